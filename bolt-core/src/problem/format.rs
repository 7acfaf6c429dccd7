//! `ProblemFormat`: what the body of a problem is to the clients of an app.

use std::cell::RefCell;
use std::fmt;
use std::sync::Arc;

use axum::http::HeaderValue;

use super::Problem;

/// The media type of a problem body.
pub(crate) const PROBLEM_JSON: &str = "application/problem+json";

/// What the body of a problem is to the clients of an app. Default: the problem itself.
#[derive(Clone, Default)]
pub(crate) struct ProblemFormat(Option<Arc<Own>>);

/// How an app answers failed requests.
#[derive(Clone, Debug, Default)]
pub(crate) struct ProblemSettings {
    pub(crate) format: ProblemFormat,
    /// Whether what axum's extractors answer stays as it is.
    pub(crate) keeps_rejections: bool,
}

/// The body of a problem.
pub(super) struct Body {
    pub(super) content_type: HeaderValue,
    pub(super) json: Vec<u8>,
    /// Whether it is in a format of the app's own.
    pub(super) is_own: bool,
}

/// A format of the app's own.
struct Own {
    content_type: HeaderValue,
    body: Box<BodyOf>,
}

/// The JSON of a problem. None when the app's code has failed, which it has logged.
type BodyOf = dyn Fn(&Problem) -> Option<Vec<u8>> + Send + Sync;

impl ProblemFormat {
    /// `body` does not panic.
    pub(crate) fn new(
        content_type: HeaderValue,
        body: impl Fn(&Problem) -> Option<Vec<u8>> + Send + Sync + 'static,
    ) -> Self {
        Self(Some(Arc::new(Own { content_type, body: Box::new(body) })))
    }

    /// Whether it is the app's own.
    pub(crate) fn is_own(&self) -> bool {
        self.0.is_some()
    }

    /// The body of a problem. One that the app's code cannot write is that of the default.
    pub(super) fn body(&self, problem: &Problem) -> Body {
        let written = self.0.as_ref().and_then(|own| {
            // The app's code may make responses, but not of problems that it would be asked for again.
            let _plain = Self::default().enter();
            let json = (own.body)(problem)?;
            Some(Body { content_type: own.content_type.clone(), json, is_own: true })
        });
        written.unwrap_or_else(|| Body {
            content_type: HeaderValue::from_static(PROBLEM_JSON),
            // Text, numbers and JSON always serialise.
            json: serde_json::to_vec(problem).unwrap_or_else(|_| b"{}".to_vec()),
            is_own: false,
        })
    }

    /// Makes it that of all problems that this thread answers, until the guard is dropped.
    pub(crate) fn enter(&self) -> InFormat {
        InFormat(CURRENT.replace(self.clone()))
    }

    /// That of the app whose request this thread handles.
    pub(super) fn current() -> Self {
        CURRENT.with_borrow(Self::clone)
    }
}

impl fmt::Debug for ProblemFormat {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let content_type = self.0.as_ref().map(|own| &own.content_type);
        f.debug_struct("ProblemFormat").field("content_type", &content_type).finish()
    }
}

thread_local! {
    static CURRENT: RefCell<ProblemFormat> = const { RefCell::new(ProblemFormat(None)) };
}

/// Restores the previous format when dropped.
#[must_use]
pub(crate) struct InFormat(ProblemFormat);

impl Drop for InFormat {
    fn drop(&mut self) {
        CURRENT.set(std::mem::take(&mut self.0));
    }
}
