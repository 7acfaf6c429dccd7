//! `Item`: what one item of a stream looks like, in each form that a stream can have.
//!
//! An event is described as it is after parsing (WHATWG HTML, 9.2.6), with JSON in its `data` as OpenAPI 3.2 says in
//! "Special considerations for server-sent events": `contentMediaType` and `contentSchema`.

use serde_json::{Value, json};
use utoipa::ToSchema;
use utoipa::openapi::extensions::Extensions;
use utoipa::openapi::schema::{AnyOfBuilder, Object, ObjectBuilder, OneOfBuilder, SchemaType};
use utoipa::openapi::{RefOr, Schema, Type};

use super::schema::Schemas;
use crate::event::{ERROR, LastBlock, StreamEvent};
use crate::info::Info;

/// What one item of a stream looks like.
#[derive(Clone)]
pub(crate) struct Item {
    data: Data,
    /// Whether events may have an id, a name and a `retry` too.
    fields: bool,
    /// The data of the event that tells what is missing, of a stream that can be resumed.
    gap: Option<RefOr<Schema>>,
}

#[derive(Clone)]
enum Data {
    Text,
    Json(RefOr<Schema>),
    /// The enum, and the name and the data of each variant.
    Named(RefOr<Schema>, Vec<(&'static str, RefOr<Schema>)>),
}

impl Item {
    pub(crate) fn text() -> Self {
        Self::new(Data::Text)
    }

    pub(crate) fn json<T: ToSchema>(schemas: &mut Schemas) -> Self {
        Self::new(Data::Json(schemas.of::<T>()))
    }

    pub(crate) fn named<T: StreamEvent + ToSchema>(schemas: &mut Schemas) -> Self {
        let variants = variants(&schemas.inline::<T>(), T::NAMES);
        Self::new(Data::Named(schemas.of::<T>(), variants))
    }

    fn new(data: Data) -> Self {
        Self { data, fields: false, gap: None }
    }

    pub(super) fn with_fields(self) -> Self {
        Self { fields: true, ..self }
    }

    /// Every event has an id, and what is missing is told by one named `gap`.
    pub(crate) fn with_gap(self, gap: RefOr<Schema>) -> Self {
        Self { gap: Some(gap), ..self.with_fields() }
    }

    /// An event, or one of bolt's own: the end, the last `error` (any stream may panic), and of a stream that can be
    /// resumed the `gap` and the position.
    pub(super) fn event(&self, info: &Info, failure: &Failure) -> RefOr<Schema> {
        let mut events: Vec<RefOr<Schema>> = Vec::new();
        let position = info.position.filter(|_| self.gap.is_some());
        let end = match info.last_block() {
            LastBlock::Named(name) => {
                Some(notice(name, "The stream is finished; this is its last event."))
            }
            LastBlock::Data(text) => Some(last_text(text)),
            LastBlock::None => None,
        };
        let mut taken: Vec<&str> = vec![ERROR];
        taken.extend(self.gap.iter().map(|_| "gap"));
        taken.extend(position);
        if let LastBlock::Named(name) = info.last_block() {
            taken.push(name);
        }
        let mut unique = true;
        match &self.data {
            Data::Text => events.push(self.other(text().build(), &taken).into()),
            Data::Json(schema) => events.push(self.other(json_data(schema), &taken).into()),
            Data::Named(_, variants) => {
                let variant =
                    |(name, data): &(&str, _)| named(name, RefOr::clone(data), self.fields).into();
                events.extend(variants.iter().map(variant));
                unique = !variants.iter().any(|(name, _)| taken.contains(name));
                if self.fields {
                    // An `Event` may have a name of its own, in place of the variant's.
                    taken.extend(variants.iter().map(|(name, _)| *name));
                    let any = variants.iter().map(|(_, data)| data.clone());
                    let any = any.fold(AnyOfBuilder::new(), AnyOfBuilder::item).into();
                    let mut other = self.other(json_data(&any), &taken);
                    other.description = Some("One of these under another name.".to_owned());
                    events.push(other.into());
                }
            }
        }
        events.extend(self.gap.iter().map(|gap| named("gap", gap.clone(), true).into()));
        events.extend(position.map(|name| {
            notice(name, "Where the client is: its `id` is what to come back with.").into()
        }));
        events.extend(end.map(RefOr::from));
        events.push(failure.event.clone());
        // Text may be that of the end.
        unique &= !matches!(info.last_block(), LastBlock::Data(_));
        match unique {
            true => events.into_iter().fold(OneOfBuilder::new(), OneOfBuilder::item).into(),
            // A variant has the name of one of bolt's own events.
            false => events.into_iter().fold(AnyOfBuilder::new(), AnyOfBuilder::item).into(),
        }
    }

    /// The item as JSON, or the last `error`: any stream may be ended by the server before its end.
    pub(super) fn json_value(&self, failure: &Failure) -> RefOr<Schema> {
        let item = match &self.data {
            Data::Text => text().into(),
            Data::Json(schema) | Data::Named(schema, _) => schema.clone(),
        };
        let gap = self
            .gap
            .clone()
            .map(|gap| RefOr::from(ObjectBuilder::new().property("gap", gap).required("gap")));
        let others = gap.into_iter().chain([failure.item.clone()]);
        others.fold(AnyOfBuilder::new().item(item), AnyOfBuilder::item).into()
    }

    /// An event that is not named after what it is: without fields a `message`, else whatever is not `taken`.
    fn other(&self, data: Object, taken: &[&str]) -> Object {
        let mut name = text().build();
        name.extensions = match (self.fields, taken) {
            // What a parser makes of an event without a name.
            (false, _) => keyword("const", Value::from("message")),
            (true, [one]) => keyword("not", json!({ "const": one })),
            (true, several) => keyword("not", json!({ "enum": several })),
        };
        let event =
            ObjectBuilder::new().property("event", name).property("data", data).required("data");
        if self.fields { other_fields(event).build() } else { event.build() }
    }
}

/// How a stream fails after its first item.
pub(super) struct Failure {
    event: RefOr<Schema>,
    item: RefOr<Schema>,
}

impl Failure {
    /// Adds what it is made of. `is_element`: whether the problem is the last item of a JSON form as it is.
    pub(super) fn new(problem: RefOr<Schema>, is_element: bool, schemas: &mut Schemas) -> Self {
        let mut event = named(ERROR, problem.clone(), true);
        event.description = Some("The stream has failed; this is its last event.".to_owned());
        let event = schemas.add("ProblemEvent", event);
        if is_element {
            return Self { event, item: problem };
        }
        let item = ObjectBuilder::new()
            .description(Some("The stream has failed; this is its last item."))
            .property("error", problem)
            .required("error");
        Self { event, item: schemas.add("ProblemItem", item) }
    }
}

/// An event of bolt's own whose name and id say all.
fn notice(name: &str, description: &str) -> Object {
    let mut event = named(name, null(), true);
    event.description = Some(description.to_owned());
    event.required.push("id".to_owned());
    event
}

/// The last event of a protocol in which it has no name.
fn last_text(text_of_it: &str) -> Object {
    let mut data = text().build();
    data.extensions = keyword("const", Value::from(text_of_it));
    let event = ObjectBuilder::new()
        .description(Some("The stream is finished; this is its last event."))
        .property("data", data)
        .required("data");
    other_fields(event).build()
}

fn named(name: &str, mut data: RefOr<Schema>, fields: bool) -> Object {
    let mut event = text().build();
    event.extensions = keyword("const", Value::from(name));
    // What the variant's doc comment says is said of the event.
    let description = match &mut data {
        RefOr::T(Schema::Object(data)) => data.description.take(),
        RefOr::Ref(to) => Some(std::mem::take(&mut to.description)).filter(|text| !text.is_empty()),
        RefOr::T(_) => None,
    };
    let object = ObjectBuilder::new()
        .description(description)
        .property("event", event)
        .required("event")
        .property("data", json_data(&data))
        .required("data");
    match fields {
        true => other_fields(object).build(),
        false => object.build(),
    }
}

fn other_fields(event: ObjectBuilder) -> ObjectBuilder {
    let retry = ObjectBuilder::new().schema_type(Type::Integer).minimum(Some(0));
    event.property("id", text()).property("retry", retry)
}

/// Data that is JSON.
fn json_data(schema: &RefOr<Schema>) -> Object {
    text().content_media_type("application/json").content_schema(Some(schema.clone())).build()
}

fn text() -> ObjectBuilder {
    ObjectBuilder::new().schema_type(Type::String)
}

/// A keyword of JSON Schema that utoipa has no name for. Its extensions are written out as they are.
fn keyword(name: &str, value: Value) -> Option<Extensions> {
    Some(Extensions::from_iter([(name, value)]))
}

/// The data of each variant, from the schema of the enum.
///
/// In serde's default form a variant is an object with the variant's name around its data, or for a unit variant its
/// name alone, whose data is then `null`. In all other forms the data is the whole.
fn variants(schema: &RefOr<Schema>, names: &[&'static str]) -> Vec<(&'static str, RefOr<Schema>)> {
    let anything =
        || RefOr::T(Schema::Object(ObjectBuilder::new().schema_type(SchemaType::AnyValue).build()));
    let variants: Vec<&RefOr<Schema>> = match schema {
        RefOr::T(Schema::OneOf(one_of)) => one_of.items.iter().collect(),
        // Only unit variants: one list of names.
        RefOr::T(Schema::Object(object)) if object.enum_values.is_some() => {
            return names.iter().map(|name| (*name, null())).collect();
        }
        one => vec![one],
    };
    if variants.len() != names.len() {
        return names.iter().map(|name| (*name, anything())).collect();
    }
    names.iter().zip(variants).map(|(name, variant)| (*name, content(variant, name))).collect()
}

fn content(variant: &RefOr<Schema>, name: &str) -> RefOr<Schema> {
    let RefOr::T(Schema::Object(object)) = variant else { return variant.clone() };
    if object.enum_values.as_deref() == Some(&[Value::from(name)]) {
        return null();
    }
    match object.properties.get(name) {
        Some(content) if object.properties.len() == 1 && object.required == [name] => {
            content.clone()
        }
        _ => variant.clone(),
    }
}

fn null() -> RefOr<Schema> {
    ObjectBuilder::new().schema_type(Type::Null).into()
}
