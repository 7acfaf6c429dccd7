//! `OperationInput`: what an extractor asks of a request.

use axum::Json;
use axum::body::{Body, Bytes};
use axum::extract::{RawForm, RawQuery, Request};
use axum::http::StatusCode;
use utoipa::openapi::path::{ParameterBuilder, ParameterIn, ParameterStyle};
use utoipa::openapi::schema::{Array, ArrayItems, Object, ObjectBuilder};
use utoipa::openapi::{ContentBuilder, RefOr, Required, Schema, Type};
use utoipa::{IntoParams, ToSchema};

use super::operation::Operation;
use super::parameters::{Shape, shape, without_null};
use super::refusals::TEXT;

/// What an extractor asks of a request, for the API documentation.
///
/// bolt knows axum's own extractors. One of yours that does not implement this works, and is not documented.
///
/// ```
/// use bolt::axum::extract::FromRequestParts;
/// use bolt::axum::http::{StatusCode, request::Parts};
/// use bolt::openapi::{Operation, OperationInput, Security};
/// use bolt::prelude::*;
/// use bolt::utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityScheme};
///
/// /// Someone with a token.
/// struct User { token: String }
///
/// impl<S: Sync> FromRequestParts<S> for User {
///     type Rejection = Problem;
///
///     async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
///         let header = parts.headers.get("authorization").and_then(|value| value.to_str().ok());
///         let token = header.and_then(|value| value.strip_prefix("Bearer "));
///         let token = token.ok_or_else(|| Problem::unauthorized("there is no token", "Bearer"))?;
///         Ok(Self { token: token.to_owned() })
///     }
/// }
///
/// impl OperationInput for User {
///     fn describe(operation: &mut Operation) {
///         let bearer = HttpBuilder::new().scheme(HttpAuthScheme::Bearer).build();
///         operation.security([Security::new("bearer", SecurityScheme::Http(bearer))]);
///         operation.problem(StatusCode::UNAUTHORIZED, "There is no token.");
///     }
/// }
///
/// #[stream(get, "/inbox")]
/// async fn inbox(user: User) -> u64 {
///     emit!(user.token.len() as u64);
/// }
/// # fn main() -> bolt::Result<()> {
/// let document = App::<()>::new().mount::<inbox>().openapi()?;
/// let inbox = document.paths.paths["/inbox"].get.as_ref().unwrap();
/// assert!(inbox.responses.responses.contains_key("401"));
/// # Ok(())
/// # }
/// ```
pub trait OperationInput {
    /// Adds what this extractor asks for to the operation.
    fn describe(operation: &mut Operation);
}

impl<T: ToSchema> OperationInput for Json<T> {
    fn describe(operation: &mut Operation) {
        let schema = operation.schema::<T>();
        operation.request_body("application/json", content(schema));
        operation.rejection(StatusCode::BAD_REQUEST, "The body is not JSON.");
        operation.rejection(StatusCode::PAYLOAD_TOO_LARGE, "The body is too large.");
        operation.rejection(StatusCode::UNSUPPORTED_MEDIA_TYPE, "The `content-type` is not JSON.");
        operation.rejection(StatusCode::UNPROCESSABLE_ENTITY, "The body is JSON of another shape.");
    }
}

impl OperationInput for String {
    fn describe(operation: &mut Operation) {
        let text = ObjectBuilder::new().schema_type(Type::String);
        operation.request_body(TEXT, content(text.into()));
        operation.rejection(StatusCode::BAD_REQUEST, "The body is not UTF-8.");
        operation.rejection(StatusCode::PAYLOAD_TOO_LARGE, "The body is too large.");
    }
}

impl OperationInput for Bytes {
    fn describe(operation: &mut Operation) {
        any_body(operation);
        operation.rejection(StatusCode::PAYLOAD_TOO_LARGE, "The body is too large.");
    }
}

impl OperationInput for Body {
    fn describe(operation: &mut Operation) {
        any_body(operation);
    }
}

impl OperationInput for Request {
    fn describe(operation: &mut Operation) {
        any_body(operation);
    }
}

impl OperationInput for RawQuery {
    fn describe(operation: &mut Operation) {
        let any = ParameterBuilder::new()
            .name("query")
            .parameter_in(ParameterIn::QueryString)
            .required(Required::False)
            .content(FORM, ContentBuilder::new().build());
        operation.parameter(any);
    }
}

impl OperationInput for RawForm {
    fn describe(operation: &mut Operation) {
        if operation.about.method == "GET" {
            return RawQuery::describe(operation);
        }
        operation.request_body(FORM, ContentBuilder::new().build());
        no_form(operation);
    }
}

const FORM: &str = "application/x-www-form-urlencoded";

fn any_body(operation: &mut Operation) {
    operation.optional(|operation| {
        operation.request_body("application/octet-stream", ContentBuilder::new().build());
    });
}

fn content(schema: RefOr<Schema>) -> utoipa::openapi::Content {
    ContentBuilder::new().schema(Some(schema)).build()
}

/// `Query<T>`, from `IntoParams`.
pub(super) fn query_params<T: IntoParams>(operation: &mut Operation) {
    for mut parameter in T::into_params(|| Some(ParameterIn::Query)) {
        parameter.parameter_in = ParameterIn::Query;
        parameter.schema = parameter.schema.map(without_null);
        operation.parameter(parameter);
    }
    refuse_query(operation);
}

/// `Query<T>`, from `ToSchema`. A choice of several structs is the query as a whole.
pub(super) fn query_fields<T: ToSchema>(operation: &mut Operation) {
    let schema = operation.schemas.inline::<T>();
    match shape(&schema, &operation.schemas, &ParameterIn::Query) {
        Shape::Fields(fields) => fields.into_iter().for_each(|field| operation.parameter(field)),
        Shape::Map => operation.parameter(any_parameters(schema)),
        Shape::Value => {
            let schema = operation.schema::<T>();
            let whole = ParameterBuilder::new()
                .name("query")
                .parameter_in(ParameterIn::QueryString)
                .content(FORM, content(schema));
            operation.parameter(whole);
        }
    }
    refuse_query(operation);
}

/// `Query<Vec<(K, V)>>`.
pub(super) fn query_pairs(operation: &mut Operation) {
    operation.parameter(any_parameters(any_fields().into()));
    refuse_query(operation);
}

/// Parameters of whatever names: the fields of an object, each on its own.
fn any_parameters(object: RefOr<Schema>) -> ParameterBuilder {
    ParameterBuilder::new()
        .name("parameters")
        .parameter_in(ParameterIn::Query)
        .description(Some("Any, each by its own name."))
        .required(Required::False)
        .style(Some(ParameterStyle::Form))
        .explode(Some(true))
        .schema(Some(object))
}

fn any_fields() -> Object {
    let text = Object::with_type(Type::String);
    ObjectBuilder::new().additional_properties(Some(RefOr::<Schema>::from(text))).build()
}

fn refuse_query(operation: &mut Operation) {
    let why = "The query lacks a parameter, or one is not what it has to be.";
    operation.rejection(StatusCode::BAD_REQUEST, why);
}

/// `Path<T>`, from `IntoParams`.
pub(super) fn path_params<T: IntoParams>(operation: &mut Operation) {
    for mut parameter in T::into_params(|| Some(ParameterIn::Path)) {
        parameter.parameter_in = ParameterIn::Path;
        parameter.required = Required::True;
        operation.parameter(parameter);
    }
    refuse_path(operation);
}

/// `Path<T>`, from `ToSchema`: a struct has the names of its parameters, all else takes them in their order.
pub(super) fn path_fields<T: ToSchema>(operation: &mut Operation) {
    let schema = operation.schemas.inline::<T>();
    match shape(&schema, &operation.schemas, &ParameterIn::Path) {
        Shape::Fields(fields) => fields.into_iter().for_each(|field| operation.parameter(field)),
        Shape::Map => {}
        Shape::Value => match schema {
            RefOr::T(Schema::Array(Array { items: ArrayItems::RefOrSchema(item), .. })) => {
                operation.rest_of_path = Some(*item);
            }
            _ => {
                let schema = operation.schema::<T>();
                operation.in_path.push(without_null(schema));
            }
        },
    }
    refuse_path(operation);
}

/// `Path<Vec<(K, V)>>`: the names are those that the path has.
pub(super) fn path_pairs(operation: &mut Operation) {
    refuse_path(operation);
}

fn refuse_path(operation: &mut Operation) {
    let why = "A parameter in the path is not what it has to be.";
    operation.rejection(StatusCode::BAD_REQUEST, why);
}

/// `Form<T>`: the query of a GET, the body of all else.
pub(super) fn form_fields<T: ToSchema>(operation: &mut Operation) {
    if operation.about.method == "GET" {
        return query_fields::<T>(operation);
    }
    let schema = operation.schema::<T>();
    form(operation, schema);
}

/// `Form<Vec<(K, V)>>`.
pub(super) fn form_pairs(operation: &mut Operation) {
    match operation.about.method {
        "GET" => query_pairs(operation),
        _ => form(operation, any_fields().into()),
    }
}

fn form(operation: &mut Operation, schema: RefOr<Schema>) {
    operation.request_body(FORM, content(schema));
    no_form(operation);
    operation.rejection(StatusCode::UNPROCESSABLE_ENTITY, "The form is of another shape.");
}

fn no_form(operation: &mut Operation) {
    operation.rejection(StatusCode::PAYLOAD_TOO_LARGE, "The body is too large.");
    operation.rejection(StatusCode::UNSUPPORTED_MEDIA_TYPE, "The body is not a form.");
}
