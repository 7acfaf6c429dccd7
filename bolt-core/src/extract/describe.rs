//! What the extractors ask of a request, in the terms of OpenAPI.

use axum::http::StatusCode;
use utoipa::ToSchema;
use utoipa::openapi::schema::{KnownFormat, ObjectBuilder, SchemaFormat};
use utoipa::openapi::{Content, ContentBuilder, RefOr, Schema, Type};

use super::chunks::Chunks;
use super::csv::Csv;
use super::events::Events;
use super::json::JsonLines;
use super::lines::Lines;
use super::multipart::Multipart;
use crate::event::Text;
use crate::openapi::probes::UnknownInput;
use crate::openapi::{Documented, Operation, OperationInput};
use crate::probe::Probe;

impl<T: ToSchema> OperationInput for JsonLines<T> {
    fn describe(operation: &mut Operation) {
        let item = operation.schema::<T>();
        for media_type in ["application/jsonl", "application/x-ndjson", "application/json-seq"] {
            operation.request_body(media_type, items(item.clone()));
        }
        refusals(operation, Some("A value is not what the stream reads."));
    }
}

impl<T: ToSchema> OperationInput for Csv<T> {
    fn describe(operation: &mut Operation) {
        let row = operation.schema::<T>();
        for media_type in ["text/csv", "text/tab-separated-values"] {
            operation.request_body(media_type, items(row.clone()));
        }
        refusals(operation, Some("A row is not what the stream reads."));
    }
}

impl<T: ToSchema> OperationInput for Events<T> {
    fn describe(operation: &mut Operation) {
        let data = operation.schema::<T>();
        let data = text().content_media_type("application/json").content_schema(Some(data));
        operation.request_body("text/event-stream", items(event(data)));
        refusals(operation, Some("The data of an event is not what the stream reads."));
    }
}

impl OperationInput for Events<Text> {
    fn describe(operation: &mut Operation) {
        operation.request_body("text/event-stream", items(event(text())));
        refusals(operation, None);
    }
}

impl OperationInput for Lines {
    fn describe(operation: &mut Operation) {
        let content = ContentBuilder::new().schema(Some(text())).item_schema(Some(text()));
        operation.request_body("text/plain", content.build());
        refusals(operation, None);
    }
}

impl OperationInput for Chunks {
    fn describe(operation: &mut Operation) {
        operation.request_body("application/octet-stream", ContentBuilder::new().build());
        refusals(operation, None);
    }
}

impl OperationInput for Multipart {
    fn describe(operation: &mut Operation) {
        let form = ContentBuilder::new().schema(Some(ObjectBuilder::new()));
        operation.request_body("multipart/form-data", form.build());
        refusals(operation, None);
    }
}

/// Without a schema of its items a stream is told so, and not left out of the documentation in silence.
macro_rules! with_schema {
    ($($extractor:ident)*) => {
        $(impl<T> UnknownInput<T> for &Probe<$extractor<T>> {
            fn input(&self, operation: &mut Operation)
            where
                T: Documented,
            {
                <$extractor<T>>::describe(operation);
            }
        })*
    };
}

with_schema! { JsonLines Csv Events }

fn items(item: impl Into<RefOr<Schema>>) -> Content {
    ContentBuilder::new().item_schema(Some(item.into())).build()
}

fn event(data: ObjectBuilder) -> ObjectBuilder {
    let retry = ObjectBuilder::new()
        .schema_type(Type::Integer)
        .format(Some(SchemaFormat::KnownFormat(KnownFormat::Int64)))
        .minimum(Some(0));
    ObjectBuilder::new()
        .property("event", text())
        .property("data", data)
        .required("data")
        .property("id", text())
        .property("retry", retry)
}

fn text() -> ObjectBuilder {
    ObjectBuilder::new().schema_type(Type::String)
}

/// What is answered when the body is wrong before the first event.
fn refusals(operation: &mut Operation, mismatch: Option<&str>) {
    let all = [
        (StatusCode::BAD_REQUEST, "The body is not in its format, or ends in the middle."),
        (StatusCode::REQUEST_TIMEOUT, "The client sent nothing for too long."),
        (
            StatusCode::PAYLOAD_TOO_LARGE,
            "An item or the body is too large, or there are too many items.",
        ),
        (
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
            "The `content-type` is another, or the `content-encoding` is not known.",
        ),
    ];
    let mismatch = mismatch.map(|why| (StatusCode::UNPROCESSABLE_ENTITY, why));
    for (status, why) in all.into_iter().chain(mismatch) {
        operation.problem(status, why);
    }
}
