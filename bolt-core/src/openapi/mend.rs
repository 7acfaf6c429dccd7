//! What utoipa does not know of tuples and of maps.

use utoipa::openapi::schema::{Array, ArrayItems, ObjectBuilder, SchemaType};
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
    fn the_keys_of_a_map_are_text() {
        let keys = |schema: RefOr<Schema>| mended(schema)["propertyNames"].clone();
        let of = |pattern: &str| json!({ "type": "string", "pattern": pattern });
        assert_eq!(keys(BTreeMap::<u64, u8>::schema()), of("^[0-9]+$"));
        assert_eq!(keys(BTreeMap::<i8, u8>::schema()), of("^-?[0-9]+$"));
        assert_eq!(keys(BTreeMap::<bool, u8>::schema()), of("^(true|false)$"));
        assert_eq!(keys(BTreeMap::<String, u8>::schema()), json!({ "type": "string" }));
    }
}
