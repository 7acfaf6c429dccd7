//! `Given`: types that are there when another refers to them by name, as utoipa refers to what stands in angle brackets.

use utoipa::ToSchema;
use utoipa::openapi::{RefOr, Schema};

use super::mend::admit_null;
use super::type_name::Argument;

/// A type that is there when something refers to it.
#[derive(Clone)]
pub(super) struct Given {
    pub(super) argument: Argument,
    pub(super) group: fn() -> Group,
}

impl Given {
    pub(super) fn new<T: ToSchema>() -> Self {
        Self { argument: Argument::new::<T>(), group: Group::new::<T> }
    }

    /// Those that may stand where nobody sees them: behind an alias, or as the default of a parameter.
    pub(super) fn standard() -> Vec<Self> {
        macro_rules! given {
            ($($ty:ty)*) => { vec![$(Self::new::<$ty>()),*] };
        }
        given! {
            bool char String f32 f64 i8 i16 i32 i64 i128 isize u8 u16 u32 u64 u128 usize
        }
    }
}

/// A schema with those that it refers to, before they are among the others.
pub(super) struct Group {
    pub(super) root: RefOr<Schema>,
    pub(super) below: Vec<(String, RefOr<Schema>)>,
}

impl Group {
    pub(super) fn new<T: ToSchema>() -> Self {
        let mut below = Vec::new();
        T::schemas(&mut below);
        // Of a field's generic type, which has an underscore in its name, utoipa loses that an `Option` may be null.
        let composed = below.iter_mut().filter(|(name, _)| name.contains('_'));
        composed.for_each(|(_, schema)| admit_null(schema));
        Self { root: T::schema(), below }
    }
}
