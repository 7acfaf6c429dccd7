//! `Refusals`: what an app's answers to failed requests look like.

use std::fmt;

use utoipa::openapi::schema::Object;
use utoipa::openapi::{Content, ContentBuilder, RefOr, Schema, Type};
use utoipa::{PartialSchema, ToSchema};

use super::schema::Schemas;
use crate::problem::{PROBLEM_JSON, Problem};

/// What an app's answers to failed requests look like.
#[derive(Clone)]
pub(crate) struct Refusals {
    media_type: String,
    schema: fn(&mut Schemas) -> RefOr<Schema>,
    /// Whether the last item of a JSON form is the body itself: see `Problem::to_element`.
    pub(super) is_element: bool,
    /// Whether it is the app's own, which has no members but those that its schema says.
    pub(super) is_own: bool,
    /// Whether the rejections of axum's extractors are what axum makes of them: text.
    pub(crate) keeps_rejections: bool,
}

impl Default for Refusals {
    fn default() -> Self {
        Self {
            media_type: PROBLEM_JSON.to_owned(),
            schema: Schemas::of::<Problem>,
            is_element: false,
            is_own: false,
            keeps_rejections: false,
        }
    }
}

impl Refusals {
    /// Has bodies of this type from now on.
    pub(crate) fn set_body<B: ToSchema>(&mut self, media_type: &str) {
        media_type.clone_into(&mut self.media_type);
        self.schema = Schemas::of::<B>;
        self.is_element = has_error::<B>();
        self.is_own = true;
    }

    pub(super) fn schema(&self, schemas: &mut Schemas) -> RefOr<Schema> {
        (self.schema)(schemas)
    }

    /// The body of an answer.
    pub(super) fn content(&self, schema: RefOr<Schema>) -> (String, Content) {
        (self.media_type.clone(), ContentBuilder::new().schema(Some(schema)).build())
    }
}

/// The media type of a sentence.
pub(super) const TEXT: &str = "text/plain; charset=utf-8";

/// A sentence, as axum's extractors answer.
pub(super) fn text() -> (&'static str, Content) {
    (TEXT, ContentBuilder::new().schema(Some(Object::with_type(Type::String))).build())
}

/// Whether a body has the member `error`.
fn has_error<B: PartialSchema>() -> bool {
    match B::schema() {
        RefOr::T(Schema::Object(object)) => object.properties.contains_key("error"),
        _ => false,
    }
}

impl fmt::Debug for Refusals {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Refusals").field("media_type", &self.media_type).finish_non_exhaustive()
    }
}
