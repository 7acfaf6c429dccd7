//! Every schema and every reference inside a schema.

use std::collections::BTreeMap;

use utoipa::openapi::schema::{AdditionalProperties, AnyOf, ArrayItems, OneOf};
use utoipa::openapi::{Ref, RefOr, Schema};

/// Where schemas are, as a reference says it.
const PLACE: &str = "#/components/schemas/";

/// The name in a reference to a schema.
pub(super) fn name_in(reference: &str) -> Option<&str> {
    reference.strip_prefix(PLACE)
}

/// One place in a schema.
pub(super) enum Place<'a> {
    Ref(&'a mut Ref),
    Schema(&'a mut Schema),
}

/// Shows a schema and all inside it, from the outside in.
pub(super) fn walk(schema: &mut RefOr<Schema>, visit: &mut dyn FnMut(Place<'_>)) {
    match schema {
        RefOr::Ref(to) => visit(Place::Ref(to)),
        RefOr::T(schema) => walk_schema(schema, visit),
    }
}

fn walk_schema(schema: &mut Schema, visit: &mut dyn FnMut(Place<'_>)) {
    visit(Place::Schema(schema));
    let items = match schema {
        Schema::Array(array) => {
            if let ArrayItems::RefOrSchema(items) = &mut array.items {
                walk(items, visit);
            }
            array.prefix_items.iter_mut().for_each(|item| walk_schema(item, visit));
            return;
        }
        Schema::Object(object) => {
            object.properties.values_mut().for_each(|property| walk(property, visit));
            if let Some(AdditionalProperties::RefOr(others)) =
                object.additional_properties.as_deref_mut()
            {
                walk(others, visit);
            }
            if let Some(names) = &mut object.property_names {
                walk_schema(names, visit);
            }
            if let Some(content) = &mut object.content_schema {
                walk(content, visit);
            }
            return;
        }
        Schema::OneOf(one) => &mut one.items,
        Schema::AllOf(all) => &mut all.items,
        Schema::AnyOf(any) => &mut any.items,
        _ => return,
    };
    items.iter_mut().for_each(|item| walk(item, visit));
}

/// The names that a schema refers to.
pub(super) fn names(schema: &RefOr<Schema>) -> Vec<String> {
    let mut found = Vec::new();
    // The walk is for those who change something.
    walk(&mut schema.clone(), &mut |place| {
        if let Place::Ref(to) = place {
            found.extend(name_in(&to.ref_location).map(str::to_owned));
        }
    });
    found
}

/// Gives what a schema refers to other names.
pub(super) fn rename(schema: &mut RefOr<Schema>, names: &BTreeMap<String, String>) {
    let replace = |location: &mut String| {
        if let Some(name) = name_in(location).and_then(|name| names.get(name)) {
            *location = format!("{PLACE}{name}");
        }
    };
    walk(schema, &mut |place| match place {
        Place::Ref(to) => replace(&mut to.ref_location),
        Place::Schema(
            Schema::OneOf(OneOf { discriminator: Some(discriminator), .. })
            | Schema::AnyOf(AnyOf { discriminator: Some(discriminator), .. }),
        ) => {
            discriminator.mapping.values_mut().for_each(replace);
        }
        Place::Schema(_) => {}
    });
}
