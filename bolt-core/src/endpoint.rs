//! `Endpoint`: a stream with its route, as `#[stream(get, "/path")]` declares it.

use axum::routing::MethodRouter;

use crate::openapi::Operation;
use crate::openapi::about::About;

/// A stream that [`App::mount`](crate::App::mount) can take: a function with
/// `#[stream(METHOD, "/path")]`.
///
/// `S` is the state of the app. The attribute implements this for every state that the function's extractors
/// accept.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be mounted on an app with state `{S}`",
    label = "not a stream with a route for this state",
    note = "help: give it a route, `#[stream(get, \"/path\")]`; every extractor it takes must work with the state"
)]
pub trait Endpoint<S> {
    /// The HTTP method, in capitals.
    const METHOD: &'static str;
    /// The path, as axum's `Router::route` takes it.
    const PATH: &'static str;
    /// The path of the function, such as `my_app::routes::ticks`.
    const NAME: &'static str;

    #[doc(hidden)]
    fn method_router() -> MethodRouter<S>;

    /// What the attribute knows of it; none for one that is left out of the API documentation.
    #[doc(hidden)]
    fn about() -> Option<About> {
        None
    }

    /// Says what its item and its extractors are.
    #[doc(hidden)]
    fn describe(_operation: &mut Operation) {}
}
