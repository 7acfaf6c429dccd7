//! `Operation`: one route as it describes itself, before it is known where it is.

use std::collections::BTreeMap;
use std::fmt;

use axum::http::StatusCode;
use utoipa::ToSchema;
use utoipa::openapi::path::{Parameter, ParameterIn};
use utoipa::openapi::request_body::RequestBody;
use utoipa::openapi::security::SecurityScheme;
use utoipa::openapi::{Content, RefOr, Required, Response, ResponseBuilder, Schema};

use super::about::About;
use super::item::Item;
use super::refusals::{Refusals, text};
use super::schema::Schemas;
use super::security::{Security, Ways};

/// What one route asks for and answers: collected from its function, extractor by extractor.
#[derive(Clone)]
pub struct Operation {
    pub(super) about: About,
    pub(super) item: Option<Item>,
    /// What may be answered in place of a stream.
    pub(super) answer: Option<RefOr<Schema>>,
    pub(super) parameters: Vec<Parameter>,
    pub(super) in_path: Vec<RefOr<Schema>>,
    /// What all others in the path are.
    pub(super) rest_of_path: Option<RefOr<Schema>>,
    pub(super) body: Option<RequestBody>,
    pub(super) responses: BTreeMap<String, RefOr<Response>>,
    pub(super) security: Ways,
    pub(super) schemes: BTreeMap<String, SecurityScheme>,
    /// Those of the whole document.
    pub(super) schemas: Schemas,
    pub(super) refusals: Refusals,
}

impl Operation {
    pub(super) fn new(about: About, schemas: Schemas, refusals: Refusals) -> Self {
        Self {
            about,
            item: None,
            answer: None,
            parameters: Vec::new(),
            in_path: Vec::new(),
            rest_of_path: None,
            body: None,
            responses: BTreeMap::new(),
            security: Ways::default(),
            schemes: BTreeMap::new(),
            schemas,
            refusals,
        }
    }

    /// Forgets the type arguments of the type before.
    #[doc(hidden)]
    pub fn next_type(&mut self) {
        self.schemas.forget_arguments();
    }

    pub(crate) fn set_item(&mut self, item: impl FnOnce(&mut Schemas) -> Item) {
        self.item = Some(item(&mut self.schemas));
    }

    /// The schema of a type, for use in what is added here: a reference, or for types of the standard library the
    /// schema itself.
    pub fn schema<T: ToSchema>(&mut self) -> RefOr<Schema> {
        self.schemas.of::<T>()
    }

    /// A parameter in the query, a header, a cookie, or the path.
    ///
    /// One in the path is documented only where the path has a parameter of that name.
    pub fn parameter(&mut self, parameter: impl Into<Parameter>) {
        let parameter = parameter.into();
        let same = |old: &Parameter| {
            old.name == parameter.name && old.parameter_in == parameter.parameter_in
        };
        if !self.parameters.iter().any(same) {
            self.parameters.push(parameter);
        }
    }

    /// A form that the request's body may have. An operation may have several.
    pub fn request_body(&mut self, content_type: impl Into<String>, content: impl Into<Content>) {
        let body = self.body.get_or_insert_with(|| {
            let mut body = RequestBody::new();
            body.required = Some(Required::True);
            body
        });
        body.content.insert(content_type.into(), RefOr::T(content.into()));
    }

    /// An answer with this status. The first one that is given for a status stays.
    pub fn response(&mut self, status: StatusCode, response: impl Into<Response>) {
        let status = status.as_u16().to_string();
        self.responses.entry(status).or_insert_with(|| RefOr::T(response.into()));
    }

    /// An answer with this status whose body is a [`Problem`](crate::Problem), or what the app answers
    /// [instead](crate::App::problem_format). The first one that is given for a status stays.
    pub fn problem(&mut self, status: StatusCode, description: impl Into<String>) {
        let response = self.problem_response(description);
        self.response(status, response);
    }

    /// The answer of an axum extractor to what it cannot use.
    pub(super) fn rejection(&mut self, status: StatusCode, description: &str) {
        if !self.refusals.keeps_rejections {
            return self.problem(status, description);
        }
        let (media_type, text) = text();
        let response = ResponseBuilder::new().description(description).content(media_type, text);
        self.response(status, response);
    }

    pub(super) fn problem_response(&mut self, description: impl Into<String>) -> ResponseBuilder {
        let schema = self.refusals.schema(&mut self.schemas);
        let (media_type, content) = self.refusals.content(schema);
        ResponseBuilder::new().description(description).content(media_type, content)
    }

    /// The client has to prove who it is, in one of these ways. Called again, it has to do that too; with no way,
    /// nothing is asked for.
    pub fn security(&mut self, any_of: impl IntoIterator<Item = Security>) {
        let any_of: Vec<Security> = any_of.into_iter().collect();
        self.security.also(&any_of);
        self.schemes.extend(any_of.into_iter().map(|one| (one.name, one.scheme)));
    }

    /// What `describe` adds may be left out by the client: for `Option<Extractor>`.
    pub fn optional(&mut self, describe: impl FnOnce(&mut Self)) {
        let (parameters, body) = (self.parameters.len(), self.body.is_some());
        let security = self.security.clone();
        describe(self);
        for parameter in &mut self.parameters[parameters..] {
            if parameter.parameter_in != ParameterIn::Path {
                parameter.required = Required::False;
            }
        }
        if let (false, Some(body)) = (body, &mut self.body) {
            body.required = Some(Required::False);
        }
        self.security.or(security);
    }

    /// What `describe` adds is not refused when it is wrong: for `Result<Extractor, _>`.
    pub fn unrefused(&mut self, describe: impl FnOnce(&mut Self)) {
        let responses = self.responses.clone();
        self.optional(describe);
        self.responses = responses;
    }
}

impl fmt::Debug for Operation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Operation").field("about", &self.about).finish_non_exhaustive()
    }
}
