//! What a stream answers.

use axum::http::StatusCode;
use utoipa::openapi::header::HeaderBuilder;
use utoipa::openapi::schema::{AllOfBuilder, ArrayBuilder, Object, ObjectBuilder};
use utoipa::openapi::{
    Content, ContentBuilder, RefOr, Response, ResponseBuilder, Responses, Schema, Type,
};

use super::about::About;
use super::item::Failure;
use super::operation::Operation;
use super::refusals::{Refusals, TEXT};
use crate::event::{Form, JsonForm, LastBlock, Offer};

/// All answers of the operation: those of the stream, and those its extractors may give.
pub(super) fn responses(operation: &mut Operation) -> Responses {
    let about = operation.about;
    let problem = operation.refusals.schema(&mut operation.schemas);
    let failure =
        Failure::new(problem.clone(), operation.refusals.is_element, &mut operation.schemas);
    operation.response(StatusCode::OK, stream(operation, &failure));
    let info = about.info;
    if info.forms.contains(&Form::EVENTS) && info.last_block() != LastBlock::None {
        operation.response(StatusCode::NO_CONTENT, Response::new(FINISHED));
    }
    if info.negotiates() {
        let refused = unacceptable(&operation.refusals, &problem);
        operation.response(StatusCode::NOT_ACCEPTABLE, refused);
    }
    if info.blocking {
        let seconds = ObjectBuilder::new().schema_type(Type::Integer).minimum(Some(0));
        let wait = HeaderBuilder::new()
            .schema(Some(seconds))
            .description(Some("Seconds after which to ask again."))
            .build();
        let busy = operation.problem_response(BUSY).header("retry-after", wait);
        operation.response(StatusCode::SERVICE_UNAVAILABLE, busy);
    }
    let mut responses = Responses::new();
    responses.responses = operation.responses.clone();
    if info.fallible {
        // The stream may refuse with a status that its extractors have too.
        let (media_type, content) = operation.refusals.content(problem);
        for response in responses.responses.values_mut() {
            also_a_problem(response, &media_type, &content);
        }
    }
    let failed = RefOr::T(operation.problem_response(FAILED).build());
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

fn also_a_problem(response: &mut RefOr<Response>, media_type: &str, problem: &Content) {
    if let RefOr::T(response) = response
        && response.content.contains_key(TEXT)
    {
        response.content.entry(media_type.to_owned()).or_insert_with(|| RefOr::T(problem.clone()));
    }
}

/// 406: a problem has the forms that there are as a member.
fn unacceptable(refusals: &Refusals, problem: &RefOr<Schema>) -> Response {
    let forms = || ArrayBuilder::new().items(Object::with_type(Type::String));
    let supported = || ObjectBuilder::new().property("supported", forms()).required("supported");
    let body = match refusals.is_own {
        true => problem.clone(),
        false => AllOfBuilder::new().item(problem.clone()).item(supported()).into(),
    };
    let (media_type, content) = refusals.content(body);
    ResponseBuilder::new().description(UNACCEPTABLE).content(media_type, content).build()
}
