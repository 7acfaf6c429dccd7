//! What a stream answers.

use axum::http::StatusCode;
use utoipa::openapi::header::HeaderBuilder;
use utoipa::openapi::schema::{AllOfBuilder, ArrayBuilder, Object, ObjectBuilder};
use utoipa::openapi::{ContentBuilder, RefOr, Response, ResponseBuilder, Responses, Schema, Type};

use super::about::About;
use super::input::TEXT;
use super::item::Failure;
use super::operation::Operation;
use crate::event::{Form, JsonForm, LastBlock, Offer};
use crate::problem::{PROBLEM_JSON, Problem};

/// All answers of the operation: those of the stream, and those its extractors may give.
pub(super) fn responses(operation: &mut Operation) -> Responses {
    let about = operation.about;
    let problem = operation.schema::<Problem>();
    let failure = Failure::new(problem.clone(), &mut operation.schemas);
    operation.response(StatusCode::OK, stream(operation, &failure));
    let info = about.info;
    if info.forms.contains(&Form::EVENTS) && info.last_block() != LastBlock::None {
        operation.response(StatusCode::NO_CONTENT, Response::new(FINISHED));
    }
    let supported = ObjectBuilder::new()
        .property("supported", ArrayBuilder::new().items(Object::with_type(Type::String)))
        .required("supported");
    let refused = AllOfBuilder::new().item(problem.clone()).item(supported).into();
    if info.negotiates() {
        let refusal = problem_body(UNACCEPTABLE, &refused).build();
        operation.response(StatusCode::NOT_ACCEPTABLE, refusal);
    }
    if info.blocking {
        let seconds = ObjectBuilder::new().schema_type(Type::Integer).minimum(Some(0));
        let wait = HeaderBuilder::new()
            .schema(Some(seconds))
            .description(Some("Seconds after which to ask again."))
            .build();
        let busy = problem_body(BUSY, &problem).header("retry-after", wait).build();
        operation.response(StatusCode::SERVICE_UNAVAILABLE, busy);
    }
    let mut responses = Responses::new();
    responses.responses = operation.responses.clone();
    if info.fallible {
        // The stream may refuse with a status that its extractors have too.
        for response in responses.responses.values_mut() {
            also_a_problem(response, &problem);
        }
    }
    let failed = RefOr::T(problem_body(FAILED, &problem).build());
    responses.responses.entry("default".to_owned()).or_insert(failed);
    responses
}

const FINISHED: &str = "The stream had ended when this client was last here: it comes back with the `Last-Event-ID` of \
                        the last event, as an EventSource does.";
const UNACCEPTABLE: &str = "The client accepts none of the forms that the stream has.";
const BUSY: &str =
    "As many blocking streams run as may. An EventSource is told by a 200 with a `retry` instead.";
const FAILED: &str = "The stream failed before its first event.";

fn stream(operation: &Operation, failure: &Failure) -> Response {
    let mut response = ResponseBuilder::new().description(about_stream(&operation.about));
    let Some(item) = &operation.item else { return response.build() };
    let info = operation.about.info;
    for Offer { media_type, form } in info.forms.iter().flat_map(|form| Offer::of(*form)) {
        let content = match form {
            Form::Events => ContentBuilder::new().item_schema(Some(item.event(info, failure))),
            Form::Json(JsonForm::Array) => {
                let items = ArrayBuilder::new().items(item.json_value(failure));
                ContentBuilder::new().schema(Some(items))
            }
            Form::Json(_) => ContentBuilder::new().item_schema(Some(item.json_value(failure))),
        };
        response = response.content(*media_type, content.build());
    }
    if let Some(answer) = &operation.answer {
        let content = ContentBuilder::new().schema(Some(answer.clone())).build();
        response = response.content("application/json", content);
    }
    response.build()
}

fn about_stream(about: &About) -> &'static str {
    match about.info.fallible {
        true => {
            "The stream, item by item. A failure after the first is an `error` event, and the last."
        }
        false => {
            "The stream, item by item. Should the server fail, an event named `error` is the last."
        }
    }
}

fn also_a_problem(response: &mut RefOr<Response>, problem: &RefOr<Schema>) {
    if let RefOr::T(response) = response
        && response.content.contains_key(TEXT)
    {
        let content = ContentBuilder::new().schema(Some(problem.clone())).build();
        response.content.entry(PROBLEM_JSON.to_owned()).or_insert(RefOr::T(content));
    }
}

fn problem_body(description: &str, problem: &RefOr<Schema>) -> ResponseBuilder {
    ResponseBuilder::new()
        .description(description)
        .content(PROBLEM_JSON, ContentBuilder::new().schema(Some(problem.clone())).build())
}
