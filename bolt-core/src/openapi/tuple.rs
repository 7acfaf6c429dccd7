//! What utoipa does not know of a tuple.

use utoipa::openapi::schema::{Array, ArrayItems, SchemaType};
use utoipa::openapi::{RefOr, Schema, Type};

use super::walk::{Place, walk};

/// A tuple struct or variant with unlike fields is an array of objects to utoipa, whatever the fields are. What they
/// are is lost by then, so they may be anything.
pub(super) fn open_tuples(schema: &mut RefOr<Schema>) {
    walk(schema, &mut |place| {
        if let Place::Schema(Schema::Array(array)) = place
            && is_tuple(array)
        {
            array.items = ArrayItems::default();
        }
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

#[cfg(test)]
mod tests {
    use serde_json::json;
    use utoipa::{PartialSchema as _, ToSchema};

    use super::*;

    #[derive(ToSchema)]
    #[expect(dead_code, reason = "for its schema")]
    struct Unlike(u32, String);

    #[derive(ToSchema)]
    #[expect(dead_code, reason = "for its schema")]
    struct Alike(u32, u32);

    #[test]
    fn unlike_fields_may_be_anything_and_like_ones_stay_what_they_are() {
        let mended = |mut schema| {
            open_tuples(&mut schema);
            serde_json::to_value(schema).expect("JSON")
        };
        assert_eq!(
            mended(Unlike::schema()),
            json!({ "type": "array", "items": {}, "minItems": 2, "maxItems": 2 })
        );
        assert_eq!(mended(Alike::schema())["items"]["type"], "integer");
    }
}
