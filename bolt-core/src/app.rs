//! `App`: streams and plain axum routes, put together.

use std::convert::Infallible;
use std::fmt;
use std::sync::Arc;

use axum::extract::Request;
use axum::response::IntoResponse;
use axum::routing::{MethodRouter, Route};
use axum::{Extension, Router};
use tower_layer::Layer;
use tower_service::Service;

use crate::config::{Config, DocsSettings, Settings};
use crate::docs;
use crate::endpoint::Endpoint;
use crate::error::{Error, Result};
use crate::panics;
use crate::stream::{AppStreams, Shared};

/// An app: its streams, its plain axum routes, its layers and its state.
///
/// ```no_run
/// use bolt::prelude::*;
///
/// /// Counts up for ever.
/// #[stream(get, "/count")]
/// async fn count() -> u64 {
///     for n in 0.. {
///         emit!(n);
///         tokio::time::sleep(std::time::Duration::from_secs(1)).await;
///     }
/// }
///
/// fn main() -> bolt::Result<()> {
///     App::new().mount::<count>().run()
/// }
/// ```
///
/// `S` is the state that is still missing, as in [`axum::Router`]; an app can run when it is `()`.
#[must_use = "an app does nothing until `run` or `serve`"]
pub struct App<S = ()> {
    router: Router<S>,
    mounted: Vec<Mounted>,
    /// The paths again, because axum's router does not say beforehand which it would panic on.
    paths: matchit::Router<()>,
    conflicts: Vec<String>,
    config: Option<Config>,
    seed: Option<u64>,
}

/// What a server needs of an app.
#[derive(Clone)]
pub(crate) struct Parts<S> {
    /// Each request to it is to have `streams` as an extension.
    pub(crate) router: Router<S>,
    pub(crate) settings: Settings,
    pub(crate) streams: Arc<Shared>,
}

struct Mounted {
    method: &'static str,
    path: &'static str,
    name: &'static str,
}

impl<S: Clone + Send + Sync + 'static> App<S> {
    /// An app with no routes.
    pub fn new() -> Self {
        Self {
            router: Router::new(),
            mounted: Vec::new(),
            paths: matchit::Router::new(),
            conflicts: Vec::new(),
            config: None,
            seed: None,
        }
    }

    /// Adds a stream at the route that its attribute names.
    ///
    /// Two streams whose routes conflict do not panic: [`run`](App::run), [`serve`](App::serve) and
    /// [`into_router`](App::into_router) report them all.
    ///
    /// # Panics
    /// When the route conflicts with one of [`route`](Self::route), [`merge`](Self::merge) or
    /// [`nest`](Self::nest), as [`Router::route`] does.
    #[track_caller]
    pub fn mount<E: Endpoint<S>>(mut self) -> Self {
        let new = Mounted { method: E::METHOD, path: E::PATH, name: E::NAME };
        match self.conflict(&new) {
            Some(conflict) => self.conflicts.push(conflict),
            None => self.router = self.router.route(E::PATH, E::method_router()),
        }
        self.mounted.push(new);
        self
    }

    /// Why a stream cannot be routed beside those that are.
    fn conflict(&mut self, new: &Mounted) -> Option<String> {
        let Mounted { method, path, name } = new;
        if let Some(old) =
            self.mounted.iter().find(|old| old.path == *path && old.method == *method)
        {
            return Some(format!("two streams on {method} {path}: `{}` and `{name}`", old.name));
        }
        if self.mounted.iter().any(|old| old.path == *path) {
            return None;
        }
        let Err(matchit::InsertError::Conflict { with }) = self.paths.insert(*path, ()) else {
            return None;
        };
        let old = self
            .mounted
            .iter()
            .find(|old| old.path == with)
            .map_or("another route", |old| old.name);
        Some(format!(
            "`{path}` of `{name}` and `{with}` of `{old}` cannot be told apart: give their parameters the \
             same names, or other paths"
        ))
    }

    /// Adds a plain axum route.
    ///
    /// # Panics
    /// As [`Router::route`] does: when the path is taken or is not a path.
    #[track_caller]
    pub fn route(self, path: &str, methods: MethodRouter<S>) -> Self {
        self.map(|router| router.route(path, methods))
    }

    /// Adds all routes of an axum router.
    ///
    /// # Panics
    /// As [`Router::merge`] does: when a route is in both.
    #[track_caller]
    pub fn merge(self, other: impl Into<Router<S>>) -> Self {
        self.map(|router| router.merge(other))
    }

    /// Adds an axum router below a path.
    ///
    /// # Panics
    /// As [`Router::nest`] does.
    #[track_caller]
    pub fn nest(self, path: &str, other: Router<S>) -> Self {
        self.map(|router| router.nest(path, other))
    }

    /// Wraps the routes added so far in a tower layer, as [`Router::layer`] does.
    pub fn layer<L>(self, layer: L) -> Self
    where
        L: Layer<Route> + Clone + Send + Sync + 'static,
        L::Service: Service<Request> + Clone + Send + Sync + 'static,
        <L::Service as Service<Request>>::Response: IntoResponse + 'static,
        <L::Service as Service<Request>>::Error: Into<Infallible> + 'static,
        <L::Service as Service<Request>>::Future: Send + 'static,
    {
        self.map(|router| router.layer(layer))
    }

    /// Provides the state that the routes added so far ask for.
    pub fn state(self, state: S) -> App {
        App {
            router: self.router.with_state(state),
            mounted: self.mounted,
            paths: self.paths,
            conflicts: self.conflicts,
            config: self.config,
            seed: self.seed,
        }
    }

    /// Uses this configuration. Default: what [`Config::load`] finds.
    pub fn config(mut self, config: Config) -> Self {
        self.config = Some(config);
        self
    }

    /// Takes the app's random times from this seed: those that clients are told to come back at, and how much
    /// `stream.max_duration` varies. For tests that are to repeat themselves. Default: another one every time.
    pub fn seed(mut self, seed: u64) -> Self {
        self.seed = Some(seed);
        self
    }

    /// The app as a plain axum router. Of the configuration, `[stream]` applies to it.
    ///
    /// # Errors
    /// When the configuration has faults, or two streams are mounted on one route.
    pub fn into_router(self) -> Result<Router<S>> {
        self.assemble().map(|parts| parts.router.layer(Extension(AppStreams(parts.streams))))
    }

    pub(crate) fn take_config(&mut self) -> Config {
        self.config.take().unwrap_or_else(Config::load)
    }

    pub(crate) fn assemble(mut self) -> Result<Parts<S>> {
        let settings = self.take_config().settings()?;
        if !self.conflicts.is_empty() {
            return Err(Error::route(self.conflicts.join("\n")));
        }
        if let Some(docs) = &settings.docs {
            self = self.document(docs)?;
        }
        let streams = Arc::new(Shared::new(settings.stream.clone(), self.seed));
        Ok(Parts { router: self.router, settings, streams })
    }

    /// Adds the API documentation.
    fn document(self, docs: &DocsSettings) -> Result<Self> {
        let taken = |by: &str| {
            Error::route(format!(
                "the API documentation cannot be at {}: {by} there; set docs.path or docs.openapi to another path, \
                 or docs.enabled to false",
                docs::paths(docs).join(" and ")
            ))
        };
        let stream = self
            .mounted
            .iter()
            .find(|stream| stream.method == "GET" && docs::paths(docs).contains(&stream.path));
        if let Some(stream) = stream {
            return Err(taken(&format!("the stream `{}` is", stream.name)));
        }
        let document = openapi_stub(&self.mounted);
        let routes = docs::routes(document.as_bytes(), "API", docs);
        // axum does not say beforehand which routes it has.
        let merged = panics::catch(|| self.map(|app| app.merge(routes)));
        merged.map_err(|_| taken("a route of the app is"))
    }

    fn map(self, change: impl FnOnce(Router<S>) -> Router<S>) -> Self {
        Self { router: change(self.router), ..self }
    }
}

/// The streams as an OpenAPI document.
fn openapi_stub(mounted: &[Mounted]) -> String {
    use utoipa::openapi::path::OperationBuilder;
    use utoipa::openapi::{
        Content, HttpMethod, Info, OpenApiBuilder, OpenApiVersion, Paths, RefOr, Response, Server,
    };
    let mut paths = Paths::new();
    for Mounted { method, path, name } in mounted {
        let method = match *method {
            "POST" => HttpMethod::Post,
            "PUT" => HttpMethod::Put,
            "PATCH" => HttpMethod::Patch,
            "DELETE" => HttpMethod::Delete,
            _ => HttpMethod::Get,
        };
        let mut response = Response::new("Events.");
        let content = Content::new(None::<RefOr<utoipa::openapi::Schema>>);
        response.content.insert("text/event-stream".to_owned(), content.into());
        let operation = OperationBuilder::new()
            .operation_id(Some(*name))
            .summary(Some(*name))
            .response("200", response);
        paths.add_path_operation(*path, vec![method], operation.build());
    }
    let document = OpenApiBuilder::new()
        .openapi(OpenApiVersion::Version32)
        .info(Info::new("API", "0.1.0"))
        .servers(Some([Server::new("/")]))
        .paths(paths);
    document.build().to_json().expect("text and maps are JSON")
}

impl<S: Clone + Send + Sync + 'static> Default for App<S> {
    fn default() -> Self {
        Self::new()
    }
}

impl<S> fmt::Debug for App<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let routes = self.mounted.iter().map(|m| format!("{} {} {}", m.method, m.path, m.name));
        f.debug_list().entries(routes).finish()
    }
}
