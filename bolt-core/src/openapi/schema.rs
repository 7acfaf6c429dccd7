//! `Schemas`: the schemas that a document has under a name, each once.
//!
//! utoipa refers to a type by a name that others may have too. So a type is taken with all that it refers to, and
//! what is another thing than that which has its name already is given a name of its own, in all of that.

use std::any::type_name;
use std::collections::{BTreeMap, BTreeSet};

use utoipa::ToSchema;
use utoipa::openapi::{Ref, RefOr, Schema};

use super::alike::alike;
use super::given::{Given, Group};
use super::mend::mend;
use super::named::{Named, any_of, json};
use super::type_name::{Argument, has_name};
use super::walk::{name_in, rename};

/// A type that can be documented: one with `#[derive(ToSchema)]`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` does not say what it looks like in the API documentation",
    label = "has no schema",
    note = "help: add `#[derive(ToSchema)]` to it, or to what it holds (`ToSchema` is in bolt's prelude); wrap a tuple \
            or a type of another crate in a struct; or leave the stream out of the documentation: \
            `#[stream(…, undocumented)]`"
)]
pub trait Documented: ToSchema {}

#[diagnostic::do_not_recommend]
impl<T: ToSchema> Documented for T {}

/// Schemas by name.
#[derive(Clone, Default)]
pub(crate) struct Schemas {
    named: BTreeMap<String, RefOr<Schema>>,
    /// The names that several types have, which could have another.
    ambiguous: BTreeSet<String>,
    /// What stands in angle brackets of the type at hand. utoipa refers to these, and does not give them.
    arguments: Vec<Given>,
}

impl Schemas {
    /// How a place refers to `T`: by its name, which is added here, or for types of the standard library as it is.
    pub(crate) fn of<T: ToSchema>(&mut self) -> RefOr<Schema> {
        match has_name(type_name::<T>()) {
            true => self.add_named::<T>(),
            false => self.inline::<T>(),
        }
    }

    /// Adds `T` under its name, also where it is a type of the standard library.
    pub(crate) fn add_named<T: ToSchema>(&mut self) -> RefOr<Schema> {
        let Group { root, mut below } = Group::new::<T>();
        let name = Argument::new::<T>().full(&self.known());
        below.push((name.clone(), root));
        self.enter_type::<T>(Ref::from_schema_name(name).into(), below)
    }

    /// `T` written out, with what it refers to added here.
    pub(crate) fn inline<T: ToSchema>(&mut self) -> RefOr<Schema> {
        let Group { root, below } = Group::new::<T>();
        self.enter_type::<T>(root, below)
    }

    /// Enters what may refer to `T` itself.
    fn enter_type<T: ToSchema>(
        &mut self,
        root: RefOr<Schema>,
        below: Vec<(String, RefOr<Schema>)>,
    ) -> RefOr<Schema> {
        let mut group = Named::default();
        below.into_iter().for_each(|(name, schema)| group.add(name, schema));
        let wanted = self.add_given(&Given::new::<T>(), &root, &mut group);
        self.enter(root, group, wanted)
    }

    fn known(&self) -> Vec<Argument> {
        self.arguments.iter().map(|given| given.argument.clone()).collect()
    }

    /// Adds to the group what it refers to and does not have, and returns the names that this is to have.
    fn add_given(
        &self,
        outer: &Given,
        root: &RefOr<Schema>,
        group: &mut Named,
    ) -> BTreeMap<String, String> {
        let (known, standard) = (self.known(), Given::standard());
        let arguments = self.arguments.iter().flat_map(|given| {
            [given.argument.short.clone(), given.argument.inside(&known)].map(|name| (name, given))
        });
        // The type may hold itself.
        let itself = [(outer.argument.inside(&known), outer)];
        let hidden = standard.iter().map(|given| (given.argument.short.clone(), given));
        let mut all: Vec<(String, &Given)> =
            itself.into_iter().chain(arguments).chain(hidden).collect();
        let key = |(name, given): &(String, &Given)| (name.clone(), given.argument.type_name);
        all.dedup_by_key(|one| key(one));
        let mut wanted: BTreeMap<String, String> = BTreeMap::new();
        loop {
            let lost = group.lost(root);
            let found: Vec<_> = all.iter().filter(|(name, _)| lost.contains(name)).collect();
            if found.is_empty() {
                return wanted;
            }
            for (name, given) in found {
                let Group { root, below } = (given.group)();
                below.into_iter().for_each(|(name, schema)| group.add(name, schema));
                group.add(name.clone(), root);
                let full = given.argument.full(&known);
                // Of two instances of one type nobody knows which is meant.
                let wanted = wanted.entry(name.clone()).or_insert_with(|| full.clone());
                if *wanted != full {
                    wanted.clone_from(name);
                }
            }
        }
    }

    /// Adds a schema that no type has.
    pub(crate) fn add(&mut self, name: &str, schema: impl Into<RefOr<Schema>>) -> RefOr<Schema> {
        let mut group = Named::default();
        group.add(name.to_owned(), schema.into());
        self.enter(Ref::from_schema_name(name).into(), group, BTreeMap::new())
    }

    /// Adds those of a document that is done: their names have to stay.
    pub(crate) fn add_all<'a>(
        &mut self,
        part: impl Iterator<Item = (&'a String, &'a RefOr<Schema>)>,
    ) {
        let part = part.map(|(name, schema)| (name.clone(), schema.clone()));
        let mut part: BTreeMap<_, _> = part.collect();
        part.values_mut().for_each(mend);
        for (name, schema) in &part {
            let of_part = |name: &str| part.get(name).map(json);
            let of_all = |name: &str| self.named.get(name).map(json);
            let both = match self.named.get(name) {
                None => schema.clone(),
                Some(other) if alike(&json(schema), &json(other), &of_part, &of_all) => continue,
                Some(other) => any_of([other.clone(), schema.clone()]),
            };
            if self.named.insert(name.clone(), both).is_some() {
                self.ambiguous.insert(name.clone());
            }
        }
    }

    /// Says that `T` stands in angle brackets of a type that comes next.
    pub(crate) fn add_argument<T: ToSchema>(&mut self) {
        self.arguments.push(Given::new::<T>());
    }

    /// Forgets what stood in angle brackets.
    pub(crate) fn forget_arguments(&mut self) {
        self.arguments.clear();
    }

    /// Adds a group, and returns its root with the names that they have here. `wanted` are those that they shall have,
    /// where it is not their own.
    fn enter(
        &mut self,
        mut root: RefOr<Schema>,
        group: Named,
        mut wanted: BTreeMap<String, String>,
    ) -> RefOr<Schema> {
        mend(&mut root);
        let group = group.one_each(&mut self.ambiguous);

        let mut taken: BTreeMap<String, &str> = BTreeMap::new();
        for (name, schema) in &group {
            let plain = wanted.get(name).unwrap_or(name).clone();
            let of_group = |name: &str| group.get(name).or_else(|| self.named.get(name)).map(json);
            let of_all = |name: &str| self.named.get(name).map(json);
            let schema = json(schema);
            let free = |candidate: &String| {
                let here = self.named.get(candidate);
                let beside = taken.get(candidate).and_then(|name| group.get(*name));
                here.is_none_or(|here| alike(&schema, &json(here), &of_group, &of_all))
                    && beside
                        .is_none_or(|beside| alike(&schema, &json(beside), &of_group, &of_group))
            };
            let numbered = (2_u32..).map(|number| format!("{plain}{number}"));
            let found = [plain.clone()].into_iter().chain(numbered).find(free);
            let found = found.expect("there are more numbers than schemas");
            // With an underscore it is utoipa's name for a type with parameters, which nobody can change.
            if found != plain && !plain.contains('_') {
                self.ambiguous.insert(plain);
            }
            taken.insert(found.clone(), name);
            wanted.insert(name.clone(), found);
        }
        rename(&mut root, &wanted);
        for (name, schema) in &group {
            let mut schema = schema.clone();
            rename(&mut schema, &wanted);
            self.named.entry(wanted[name].clone()).or_insert(schema);
        }
        root
    }

    /// The names that stand for more than one type.
    pub(crate) fn ambiguous(&self) -> impl Iterator<Item = &str> {
        self.ambiguous.iter().map(String::as_str)
    }

    pub(crate) fn into_named(self) -> BTreeMap<String, RefOr<Schema>> {
        self.named
    }

    /// Follows a reference.
    pub(crate) fn resolve<'a>(&'a self, schema: &'a RefOr<Schema>) -> Option<&'a Schema> {
        match schema {
            RefOr::T(schema) => Some(schema),
            RefOr::Ref(to) => match self.named.get(name_in(&to.ref_location)?)? {
                RefOr::T(schema) => Some(schema),
                RefOr::Ref(_) => None,
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use super::super::walk::names;
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
        assert_eq!(keys(&schemas), ["Bed", "Room"]);
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
        assert!(schemas.named.is_empty());
    }

    mod other {
        #[derive(utoipa::ToSchema)]
        #[expect(dead_code, reason = "for its schema")]
        pub(super) struct Room {
            number: u32,
            beds: Vec<Bed>,
        }

        #[derive(utoipa::ToSchema)]
        #[expect(dead_code, reason = "for its schema")]
        pub(super) struct Bed {
            name: String,
        }

        #[derive(utoipa::ToSchema)]
        #[expect(dead_code, reason = "for its schema")]
        pub(super) struct Both {
            mine: super::Bed,
            other: Bed,
        }
    }

    #[test]
    fn two_types_of_one_name_have_a_schema_each() {
        let mut schemas = Schemas::default();
        schemas.of::<Room>();
        schemas.of::<Room>();
        assert_eq!(schemas.ambiguous().count(), 0);
        assert_eq!(keys(&schemas), ["Bed", "Room"]);
        let room = json(&schemas.of::<other::Room>());
        assert_eq!(room["$ref"], "#/components/schemas/Room2");
        // Its own schema says the same, but of other beds.
        let beds = &json(&schemas.named["Room2"])["properties"]["beds"]["items"];
        assert_eq!(beds["$ref"], "#/components/schemas/Bed2");
        assert!(json(&schemas.named["Bed2"])["properties"]["name"].is_object());
        assert!(json(&schemas.named["Bed"])["properties"]["size"].is_object());
        assert_eq!(json(&schemas.of::<other::Room>()), room);
        assert_eq!(json(&schemas.of::<Room>())["$ref"], "#/components/schemas/Room");
        assert_eq!(schemas.ambiguous().collect::<Vec<_>>(), ["Bed", "Room"]);
    }

    #[test]
    fn where_nobody_can_know_which_is_meant_it_is_any() {
        let mut schemas = Schemas::default();
        schemas.of::<other::Both>();
        assert_eq!(json(&schemas.named["Bed"])["anyOf"].as_array().map(Vec::len), Some(2));
        assert_eq!(schemas.ambiguous().collect::<Vec<_>>(), ["Bed"]);
    }

    #[derive(ToSchema)]
    #[expect(dead_code, reason = "for its schema")]
    struct Pair<A, B> {
        first: A,
        second: B,
    }

    #[test]
    fn two_arguments_of_one_name_are_either() {
        let mut schemas = Schemas::default();
        schemas.add_argument::<Bed>();
        schemas.add_argument::<other::Bed>();
        schemas.of::<Pair<Bed, other::Bed>>();
        assert_eq!(json(&schemas.named["Bed"])["anyOf"].as_array().map(Vec::len), Some(2));
        assert_eq!(schemas.ambiguous().collect::<Vec<_>>(), ["Bed"]);
    }

    #[derive(ToSchema)]
    #[expect(dead_code, reason = "for its schema")]
    struct Page<T> {
        items: Vec<T>,
    }

    #[derive(ToSchema)]
    #[expect(dead_code, reason = "for its schema")]
    struct Hotel {
        rooms: Page<Room>,
    }

    #[derive(ToSchema)]
    #[expect(dead_code, reason = "for its schema")]
    struct Tree<T> {
        value: T,
        #[schema(no_recursion)]
        children: Vec<Tree<T>>,
    }

    #[test]
    fn each_instance_of_a_generic_type_has_a_name() {
        let mut schemas = Schemas::default();
        schemas.add_argument::<Room>();
        assert_eq!(json(&schemas.of::<Page<Room>>())["$ref"], "#/components/schemas/Page_Room");
        schemas.forget_arguments();
        schemas.add_argument::<Bed>();
        assert_eq!(json(&schemas.of::<Page<Bed>>())["$ref"], "#/components/schemas/Page_Bed");
        schemas.forget_arguments();
        // utoipa has it with the room written out.
        schemas.of::<Hotel>();
        assert_eq!(keys(&schemas), ["Bed", "Hotel", "Page_Bed", "Page_Room", "Room"]);
        assert_eq!(schemas.ambiguous().count(), 0);
    }

    #[test]
    fn an_option_in_a_generic_type_may_be_null_wherever_that_is() {
        #[derive(ToSchema)]
        #[expect(dead_code, reason = "for its schema")]
        struct Last<T> {
            next: Option<T>,
        }

        #[derive(ToSchema)]
        #[expect(dead_code, reason = "for its schema")]
        struct Floor {
            last: Last<Room>,
        }

        let mut schemas = Schemas::default();
        schemas.add_argument::<Room>();
        schemas.of::<Last<Room>>();
        schemas.forget_arguments();
        schemas.of::<Floor>();
        assert_eq!(keys(&schemas), ["Bed", "Floor", "Last_Room", "Room"]);
        let next = &json(&schemas.named["Last_Room"])["properties"]["next"];
        assert_eq!(next["oneOf"][1]["type"], "null", "{next}");
    }

    #[test]
    fn a_type_of_the_standard_library_need_not_be_told() {
        let mut schemas = Schemas::default();
        schemas.of::<Page<u8>>();
        schemas.of::<Page<String>>();
        assert_eq!(keys(&schemas), ["Page_String", "Page_u8", "String", "u8"]);
        assert_eq!(json(&schemas.named["u8"])["type"], "integer");
    }

    #[test]
    fn a_generic_type_inside_of_another_has_its_own_name_there() {
        let mut schemas = Schemas::default();
        for add in [
            |schemas: &mut Schemas| {
                schemas.add_argument::<Page<Room>>();
                schemas.add_argument::<Room>();
                schemas.of::<Tree<Page<Room>>>();
            },
            |schemas: &mut Schemas| {
                schemas.add_argument::<Page<Bed>>();
                schemas.add_argument::<Bed>();
                schemas.of::<Tree<Page<Bed>>>();
            },
        ] {
            add(&mut schemas);
            schemas.forget_arguments();
        }
        let value = |name: &str| json(&schemas.named[name])["properties"]["value"]["$ref"].clone();
        assert_eq!(value("Tree_Page_Room"), "#/components/schemas/Page_Room");
        assert_eq!(value("Tree_Page_Bed"), "#/components/schemas/Page_Bed");
        for schema in schemas.named.values() {
            for name in names(schema) {
                assert!(schemas.named.contains_key(&name), "{name} in {:?}", keys(&schemas));
            }
        }
    }

    fn keys(schemas: &Schemas) -> Vec<&str> {
        schemas.named.keys().map(String::as_str).collect()
    }
}
