//! Parameters from the schema of a struct, for types that are not `IntoParams`.

use utoipa::openapi::path::{Parameter, ParameterBuilder, ParameterIn};
use utoipa::openapi::schema::{AdditionalProperties, SchemaType};
use utoipa::openapi::{Deprecated, RefOr, Required, Schema, Type};

use super::schema::Schemas;

/// What a schema says of single parameters.
pub(super) enum Shape {
    /// A struct: a parameter for each field.
    Fields(Vec<Parameter>),
    /// A map: whatever comes.
    Map,
    /// A value, or a choice that has no fields of its own.
    Value,
}

pub(super) fn shape(schema: &RefOr<Schema>, schemas: &Schemas, place: &ParameterIn) -> Shape {
    let mut fields = Vec::new();
    match collect(schema, schemas, place, &mut fields) {
        Some(()) if fields.is_empty() => Shape::Map,
        Some(()) => Shape::Fields(fields),
        None => Shape::Value,
    }
}

/// None where there is something else than fields.
fn collect(
    schema: &RefOr<Schema>,
    schemas: &Schemas,
    place: &ParameterIn,
    fields: &mut Vec<Parameter>,
) -> Option<()> {
    match schemas.resolve(schema)? {
        Schema::Object(object) if !object.properties.is_empty() => {
            for (name, property) in &object.properties {
                let required = match object.required.contains(name) || *place == ParameterIn::Path {
                    true => Required::True,
                    false => Required::False,
                };
                fields.push(parameter(name, property, place.clone(), required));
            }
            Some(())
        }
        Schema::Object(object) => {
            let is_map = matches!(
                object.additional_properties.as_deref(),
                Some(AdditionalProperties::RefOr(_) | AdditionalProperties::FreeForm(true))
            );
            is_map.then_some(())
        }
        // A struct with `#[serde(flatten)]`.
        Schema::AllOf(all) => {
            all.items.iter().try_for_each(|item| collect(item, schemas, place, fields))
        }
        _ => None,
    }
}

/// What a schema says about the field it belongs to, moved to the parameter.
fn parameter(
    name: &str,
    schema: &RefOr<Schema>,
    place: ParameterIn,
    required: Required,
) -> Parameter {
    let mut schema = schema.clone();
    let (description, deprecated) = match &mut schema {
        RefOr::T(Schema::Object(object)) => (object.description.take(), object.deprecated.take()),
        RefOr::T(Schema::Array(array)) => (array.description.take(), array.deprecated.take()),
        RefOr::T(Schema::OneOf(one)) => (one.description.take(), None),
        _ => (None, None::<Deprecated>),
    };
    ParameterBuilder::new()
        .name(name)
        .parameter_in(place)
        .required(required)
        .description(description)
        .deprecated(deprecated)
        .schema(Some(without_null(schema)))
        .build()
}

/// A parameter can be left out, but it cannot be null.
pub(super) fn without_null(schema: RefOr<Schema>) -> RefOr<Schema> {
    match schema {
        RefOr::T(Schema::Object(mut object)) => {
            object.schema_type = non_null(object.schema_type);
            object.into()
        }
        RefOr::T(Schema::Array(mut array)) => {
            array.schema_type = non_null(array.schema_type);
            array.into()
        }
        RefOr::T(Schema::OneOf(mut one_of)) => {
            one_of.items.retain(|item| !is_null(item));
            match one_of.items.len() {
                1 => one_of.items.remove(0),
                _ => RefOr::T(Schema::OneOf(one_of)),
            }
        }
        other => other,
    }
}

fn non_null(schema_type: SchemaType) -> SchemaType {
    match schema_type {
        SchemaType::Array(mut types) if types.len() > 1 => {
            types.retain(|one| *one != Type::Null);
            match types.as_slice() {
                [one] => SchemaType::Type(one.clone()),
                _ => SchemaType::Array(types),
            }
        }
        other => other,
    }
}

fn is_null(schema: &RefOr<Schema>) -> bool {
    matches!(schema, RefOr::T(Schema::Object(object)) if object.schema_type == SchemaType::Type(Type::Null))
}
