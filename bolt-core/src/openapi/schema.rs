//! `Schemas`: the schemas that a document has under a name, each once.

use std::any::type_name;
use std::collections::BTreeMap;

use utoipa::ToSchema;
use utoipa::openapi::{Ref, RefOr, Schema};

/// A type that can be documented: one with `#[derive(ToSchema)]`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` does not say what it looks like in the API documentation",
    label = "has no schema",
    note = "help: add `#[derive(ToSchema)]` to it (`ToSchema` is in bolt's prelude), or leave the stream out of the \
            documentation: `#[stream(…, undocumented)]`"
)]
pub trait Documented: ToSchema {}

#[diagnostic::do_not_recommend]
impl<T: ToSchema> Documented for T {}

/// Schemas by name, with those that were given the same name.
#[derive(Clone, Default)]
pub(crate) struct Schemas(BTreeMap<String, Vec<RefOr<Schema>>>);

impl Schemas {
    /// How a place refers to `T`: by its name, which is added here, or for types of the standard library as it is.
    pub(crate) fn of<T: ToSchema>(&mut self) -> RefOr<Schema> {
        let schema = self.inline::<T>();
        if !has_name(type_name::<T>()) {
            return schema;
        }
        let name = T::name();
        self.add(name.clone().into_owned(), schema);
        Ref::from_schema_name(name).into()
    }

    /// `T` written out, with what it refers to added here.
    pub(crate) fn inline<T: ToSchema>(&mut self) -> RefOr<Schema> {
        let mut below = Vec::new();
        T::schemas(&mut below);
        below.into_iter().for_each(|(name, schema)| self.add(name, schema));
        T::schema()
    }

    /// Adds `T` under its name, also where it is a type of the standard library.
    pub(crate) fn add_named<T: ToSchema>(&mut self) {
        let schema = self.inline::<T>();
        self.add(T::name().into_owned(), schema);
    }

    pub(crate) fn add(&mut self, name: String, schema: RefOr<Schema>) {
        let same = self.0.entry(name).or_default();
        if !same.contains(&schema) {
            same.push(schema);
        }
    }

    pub(crate) fn extend(&mut self, other: Self) {
        for (name, schemas) in other.0 {
            schemas.into_iter().for_each(|schema| self.add(name.clone(), schema));
        }
    }

    /// The schema with this name; the first, where several are.
    pub(crate) fn get(&self, name: &str) -> Option<&RefOr<Schema>> {
        self.0.get(name).and_then(|same| same.first())
    }

    /// The names that stand for more than one schema.
    pub(crate) fn ambiguous(&self) -> impl Iterator<Item = &str> {
        self.0.iter().filter(|(_, same)| same.len() > 1).map(|(name, _)| name.as_str())
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = (&String, &RefOr<Schema>)> {
        self.0.iter().filter_map(|(name, same)| Some((name, same.first()?)))
    }

    /// Follows a reference.
    pub(crate) fn resolve<'a>(&'a self, schema: &'a RefOr<Schema>) -> Option<&'a Schema> {
        match schema {
            RefOr::T(schema) => Some(schema),
            RefOr::Ref(to) => match self.get(name_in(&to.ref_location)?)? {
                RefOr::T(schema) => Some(schema),
                RefOr::Ref(_) => None,
            },
        }
    }
}

/// Where schemas are, as a reference says it.
const PLACE: &str = "#/components/schemas/";

/// The name in a reference to a schema.
pub(crate) fn name_in(reference: &str) -> Option<&str> {
    reference.strip_prefix(PLACE)
}

/// Whether a type goes by its name. Those of the language and the standard library are written out: every
/// `Vec` would have the same.
fn has_name(type_name: &str) -> bool {
    let root = type_name.split("::").next().unwrap_or_default();
    root.len() < type_name.len()
        && root.starts_with(|first: char| first.is_alphabetic() || first == '_')
        && !matches!(root, "alloc" | "core" | "serde_json" | "std")
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use super::*;

    #[derive(ToSchema)]
    #[expect(dead_code, reason = "for its schema")]
    struct Room {
        number: u32,
        beds: Vec<Bed>,
    }

    #[derive(ToSchema)]
    #[expect(dead_code, reason = "for its schema")]
    struct Bed {
        size: u8,
    }

    #[test]
    fn a_type_of_ones_own_goes_by_its_name_with_all_below_it() {
        let mut schemas = Schemas::default();
        let room = serde_json::to_value(schemas.of::<Room>()).expect("JSON");
        assert_eq!(room, serde_json::json!({ "$ref": "#/components/schemas/Room" }));
        let names: Vec<_> = schemas.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(names, ["Bed", "Room"]);
    }

    #[test]
    fn a_type_of_the_standard_library_is_written_out() {
        let mut schemas = Schemas::default();
        for schema in [
            schemas.of::<u64>(),
            schemas.of::<String>(),
            schemas.of::<&str>(),
            schemas.of::<Vec<u8>>(),
            schemas.of::<HashMap<String, u8>>(),
            schemas.of::<serde_json::Value>(),
        ] {
            assert!(matches!(schema, RefOr::T(_)));
        }
        assert_eq!(schemas.iter().count(), 0);
    }

    #[test]
    fn two_schemas_of_one_name_are_noticed() {
        mod other {
            #[derive(utoipa::ToSchema)]
            #[expect(dead_code, reason = "for its schema")]
            pub(super) struct Bed {
                name: String,
            }
        }
        let mut schemas = Schemas::default();
        schemas.of::<Bed>();
        schemas.of::<Bed>();
        assert_eq!(schemas.ambiguous().count(), 0);
        schemas.of::<other::Bed>();
        assert_eq!(schemas.ambiguous().collect::<Vec<_>>(), ["Bed"]);
    }
}
