//! `PathTuple`: several parameters of a path, in their order.

use super::input::path_fields;
use super::operation::Operation;
use super::schema::Documented;

/// A tuple, of whatever types.
pub trait Tuple {}

/// A tuple whose types have schemas.
pub trait PathTuple {
    fn describe(operation: &mut Operation);
}

macro_rules! tuples {
    () => {};
    ($first:ident $($rest:ident)*) => {
        impl<$first, $($rest),*> Tuple for ($first, $($rest,)*) {}

        impl<$first: Documented, $($rest: Documented),*> PathTuple for ($first, $($rest,)*) {
            fn describe(operation: &mut Operation) {
                path_fields::<$first>(operation);
                $(path_fields::<$rest>(operation);)*
            }
        }

        tuples! { $($rest)* }
    };
}

// As many as serde reads.
tuples! { A B C D E F G H I J K L M N O P }
