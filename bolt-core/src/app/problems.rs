//! What the app answers when a request fails.

use std::error::Error as _;

use axum::http::HeaderValue;
use mediatype::{MediaType, names};
use serde::Serialize;
use utoipa::ToSchema;

use super::App;
use crate::error::{Error, Result};
use crate::panics::catch;
use crate::problem::{Problem, ProblemFormat, ProblemSettings};

impl<S: Clone + Send + Sync + 'static> App<S> {
    /// Answers failed requests with another body than a [`Problem`]: the JSON of what this function makes of the
    /// problem, as `application/json`.
    ///
    /// ```
    /// use bolt::prelude::*;
    ///
    /// #[derive(Serialize, ToSchema)]
    /// struct ApiError { error: Error }
    ///
    /// #[derive(Serialize, ToSchema)]
    /// struct Error { message: String, r#type: String, code: Option<String> }
    ///
    /// fn api_error(problem: &Problem) -> ApiError {
    ///     let message = problem.public_detail().unwrap_or(problem.public_title()).to_owned();
    ///     let kind = if problem.status().is_server_error() { "server_error" } else { "invalid_request_error" };
    ///     let code = problem.member("code").and_then(|code| code.as_str()).map(str::to_owned);
    ///     ApiError { error: Error { message, r#type: kind.to_owned(), code } }
    /// }
    ///
    /// #[stream(post, "/chat")]
    /// async fn chat() -> Result<String, Problem> {
    ///     return Err(Problem::not_found("there is no such model").with("code", "model_not_found"));
    /// }
    ///
    /// let app: App = App::new().mount::<chat>().problem_format(api_error);
    /// ```
    ///
    /// That is the body of everything that bolt answers to a request that fails:
    ///
    /// - before the first event of a stream, the errors of its function, of extractors, for load, and 406;
    /// - after it, the data of the event named `error`, and in the JSON forms the last element: `{"error": …}`, or the
    ///   body itself where it is an object with a member `error`;
    /// - 404 and 405 where no route is, and a [`Problem`] that a plain axum handler returns;
    /// - what the server says before a request reaches the app, such as 408 and 503 for too many connections.
    ///
    /// The status and the headers are those of the problem; the API documentation has the schema of `B` instead of the
    /// problem's. Of apps that are merged or nested, that of the outermost counts;
    /// an inner one that has a format, in an outer one without, is an error of [`run`](App::run).
    ///
    /// # Panics
    /// A panic in `format`, or a value that does not serialise, is logged, and the problem itself is sent.
    pub fn problem_format<B>(self, format: impl Fn(&Problem) -> B + Send + Sync + 'static) -> Self
    where
        B: Serialize + ToSchema,
    {
        self.problem_format_as("application/json", format)
    }

    /// The same with another media type of JSON than `application/json`, such as `application/vnd.api+json`.
    ///
    /// [`run`](App::run), [`serve`](App::serve) and [`into_router`](App::into_router) report any other.
    pub fn problem_format_as<B>(
        mut self,
        media_type: &str,
        format: impl Fn(&Problem) -> B + Send + Sync + 'static,
    ) -> Self
    where
        B: Serialize + ToSchema,
    {
        let content_type = HeaderValue::from_str(media_type).ok().filter(|_| is_json(media_type));
        let Some(content_type) = content_type else {
            let fault = format!("{media_type:?} of problem_format_as is not a media type of JSON");
            self.streams.fault(&fault);
            return self;
        };
        self.document.refusals.set_body::<B>(media_type);
        self.problems.format =
            ProblemFormat::new(content_type, move |problem| body(problem, &format));
        self
    }

    /// Leaves it to axum what failed requests are answered: what its extractors say as plain text, and 404 and 405
    /// without a body.
    ///
    /// Else these are problems too: of the extractors of a `#[stream]` function every rejection that is plain text or
    /// nothing, with its status, its headers and its text as the `detail`; 404 where the app has no route and no
    /// fallback of its own, unless it was made from a [`Router`](axum::Router) by `App::from`; and 405, with the header
    /// `allow`, of all that [`mount`](Self::mount) and [`route`](Self::route) have added. What handlers, fallbacks and
    /// layers of the app answer is never touched, nor what the extractors of plain axum handlers do.
    ///
    /// Of apps that are merged or nested, what the outermost says counts.
    pub fn keep_rejections(mut self) -> Self {
        self.problems.keeps_rejections = true;
        self.document.refusals.keeps_rejections = true;
        self
    }
}

/// Whether what has this media type is JSON (RFC 6839, section 3.1).
fn is_json(media_type: &str) -> bool {
    MediaType::parse(media_type)
        .is_ok_and(|parsed| parsed.subty == names::JSON || parsed.suffix == Some(names::JSON))
}

/// The JSON of an app's own body; none if that cannot be made.
fn body<B: Serialize>(problem: &Problem, format: &impl Fn(&Problem) -> B) -> Option<Vec<u8>> {
    let made = catch(|| serde_json::to_vec(&format(problem)));
    let fault = match made {
        Ok(Ok(json)) => return Some(json),
        Ok(Err(error)) => error.to_string(),
        Err(panicked) => panicked.source().map(ToString::to_string).unwrap_or_default(),
    };
    tracing::error!(fault, "App::problem_format failed: the problem itself is sent");
    None
}

/// What apps that were put into another say of failed requests, which only the outermost can.
#[derive(Debug, Default)]
pub(super) struct Inner {
    has_format: bool,
    keeps_rejections: bool,
}

impl Inner {
    /// Another app is put into this one.
    pub(super) fn add(&mut self, problems: &ProblemSettings, inner: &Self) {
        self.has_format |= problems.format.is_own() || inner.has_format;
        self.keeps_rejections |= problems.keeps_rejections || inner.keeps_rejections;
    }

    /// Nothing that was said is lost without a word.
    pub(super) fn check(&self, outermost: &ProblemSettings) -> Result<()> {
        let lost = if self.has_format && !outermost.format.is_own() {
            "a problem_format"
        } else if self.keeps_rejections && !outermost.keeps_rejections {
            "keep_rejections"
        } else {
            return Ok(());
        };
        let fault = format!(
            "an app that is put into another has {lost}, and the outer one has not: set it there"
        );
        Err(Error::route(fault))
    }
}
