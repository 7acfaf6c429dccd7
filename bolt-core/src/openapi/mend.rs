//! What utoipa does not know of tuples and of maps.

use utoipa::openapi::schema::{Array, ArrayItems, Object, ObjectBuilder, OneOfBuilder, SchemaType};
use utoipa::openapi::{RefOr, Schema, Type};

use super::walk::{Place, walk};

/// Makes a schema admit what serde writes.
pub(super) fn mend(schema: &mut RefOr<Schema>) {
    walk(schema, &mut |place| match place {
        // A tuple struct or variant with unlike fields is an array of objects to utoipa, whatever the fields are. What
        // they are is lost by then, so they may be anything.
        Place::Schema(Schema::Array(array)) if is_tuple(array) => {
            array.items = ArrayItems::default();
        }
        // The keys of a map are text in JSON, whatever they are in Rust.
        Place::Schema(Schema::Object(map)) => {
            if let Some(keys) = &mut map.property_names {
                as_text(keys);
            }
        }
        _ => {}
    });
}

/// Lets every field of a struct that may be missing be null too. What is inside of a field says itself whether it may.
pub(super) fn admit_null(schema: &mut RefOr<Schema>) {
    match schema {
        RefOr::T(Schema::Object(object)) => {
            let Object { properties, required, .. } = object;
            let optional = properties.iter_mut().filter(|(name, _)| !required.contains(name));
            optional.for_each(|(_, field)| or_null(field));
        }
        // One with `#[serde(flatten)]`.
        RefOr::T(Schema::AllOf(all)) => all.items.iter_mut().for_each(admit_null),
        _ => {}
    }
}

fn or_null(field: &mut RefOr<Schema>) {
    let has_null = |schema_type: &SchemaType| match schema_type {
        SchemaType::Type(one) => *one == Type::Null,
        SchemaType::Array(several) => several.contains(&Type::Null),
        SchemaType::AnyValue => true,
    };
    let is_null = |item: &RefOr<Schema>| matches!(item, RefOr::T(Schema::Object(object)) if has_null(&object.schema_type));
    let admits_it = match &*field {
        RefOr::T(Schema::Object(object)) => has_null(&object.schema_type),
        RefOr::T(Schema::Array(array)) => has_null(&array.schema_type),
        RefOr::T(Schema::OneOf(one)) => one.items.iter().any(is_null),
        RefOr::T(Schema::AnyOf(any)) => any.items.iter().any(is_null),
        _ => false,
    };
    if !admits_it {
        let null = Object::with_type(Type::Null);
        *field = OneOfBuilder::new().item(field.clone()).item(null).into();
    }
}

fn is_tuple(array: &Array) -> bool {
    let ArrayItems::RefOrSchema(items) = &array.items else { return false };
    let RefOr::T(Schema::Object(item)) = &**items else { return false };
    array.max_items.is_some()
        && array.max_items == array.min_items
        && item.schema_type == SchemaType::Type(Type::Object)
        && item.properties.is_empty()
        && item.additional_properties.is_none()
}

/// A number or a boolean as the name of a member.
fn as_text(keys: &mut Schema) {
    let Schema::Object(key) = keys else { return };
    let SchemaType::Type(kind) = &key.schema_type else { return };
    let pattern = match kind {
        Type::Integer if key.minimum.is_some() => "^[0-9]+$",
        Type::Integer => "^-?[0-9]+$",
        Type::Boolean => "^(true|false)$",
        _ => return,
    };
    let text = ObjectBuilder::new().schema_type(Type::String).pattern(Some(pattern));
    *keys = text.build().into();
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use serde_json::{Value, json};
    use utoipa::{PartialSchema as _, ToSchema};

    use super::*;

    #[derive(ToSchema)]
    #[expect(dead_code, reason = "for its schema")]
    struct Unlike(u32, String);

    #[derive(ToSchema)]
    #[expect(dead_code, reason = "for its schema")]
    struct Alike(u32, u32);

    fn mended(mut schema: RefOr<Schema>) -> Value {
        mend(&mut schema);
        serde_json::to_value(schema).expect("JSON")
    }

    #[test]
    fn unlike_fields_may_be_anything_and_like_ones_stay_what_they_are() {
        assert_eq!(
            mended(Unlike::schema()),
            json!({ "type": "array", "items": {}, "minItems": 2, "maxItems": 2 })
        );
        assert_eq!(mended(Alike::schema())["items"]["type"], "integer");
    }

    #[test]
    fn what_may_be_missing_may_be_null_once() {
        #[derive(ToSchema)]
        #[expect(dead_code, reason = "for its schema")]
        struct Fields {
            #[schema(required = false, nullable = false)]
            number: u8,
            maybe: Option<u8>,
            list: Option<Vec<u8>>,
            always: u8,
        }

        let mut schema = Fields::schema();
        admit_null(&mut schema);
        admit_null(&mut schema);
        let fields = &serde_json::to_value(schema).expect("JSON")["properties"];
        assert_eq!(fields["number"]["oneOf"].as_array().map(Vec::len), Some(2));
        assert_eq!(fields["number"]["oneOf"][1], json!({ "type": "null" }));
        assert_eq!(fields["maybe"]["type"], json!(["integer", "null"]));
        assert_eq!(fields["list"]["type"], json!(["array", "null"]));
        assert_eq!(fields["always"]["type"], "integer");
    }

    #[test]
    fn the_keys_of_a_map_are_text() {
        let keys = |schema: RefOr<Schema>| mended(schema)["propertyNames"].clone();
        let of = |pattern: &str| json!({ "type": "string", "pattern": pattern });
        assert_eq!(keys(BTreeMap::<u64, u8>::schema()), of("^[0-9]+$"));
        assert_eq!(keys(BTreeMap::<i8, u8>::schema()), of("^-?[0-9]+$"));
        assert_eq!(keys(BTreeMap::<bool, u8>::schema()), of("^(true|false)$"));
        assert_eq!(keys(BTreeMap::<String, u8>::schema()), json!({ "type": "string" }));
    }
}
