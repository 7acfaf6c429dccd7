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
use utoipa::ToSchema;
use utoipa::openapi::OpenApi;
use utoipa_axum::router::OpenApiRouter;

use crate::config::{Config, DocsSettings, Settings};
use crate::docs;
use crate::endpoint::Endpoint;
use crate::error::{Error, Result};
use crate::openapi::{Described, Document, below};
use crate::panics;
use crate::stream::{AppStreams, Shared, compressed};

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
    document: Document,
    /// Wrap the API documentation too, which is added last.
    layers: Vec<Wrap>,
    config: Option<Config>,
    seed: Option<u64>,
}

/// Puts a layer around routes without state.
type Wrap = Box<dyn FnOnce(Router) -> Router + Send + Sync>;

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
    path: String,
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
            document: Document::default(),
            layers: Vec::new(),
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
        let new = Mounted { method: E::METHOD, path: E::PATH.to_owned(), name: E::NAME };
        match self.conflict(&new) {
            Some(conflict) => self.conflicts.push(conflict),
            None => self.router = self.router.route(E::PATH, E::method_router()),
        }
        let (method, path, name) = (E::METHOD, E::PATH.to_owned(), E::NAME);
        let (about, describe) = (E::about, E::describe);
        self.document.add(Described { method, path, name, about, describe });
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
        let Err(matchit::InsertError::Conflict { with }) = self.paths.insert(path, ()) else {
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

    /// Adds all routes of another app, of an axum [`Router`] or of utoipa-axum's `OpenApiRouter`, with their part of
    /// the API documentation.
    ///
    /// ```
    /// use bolt::axum::routing::get;
    /// use bolt::prelude::*;
    ///
    /// #[stream(get, "/ticks")]
    /// async fn ticks() -> u64 {
    ///     emit!(1);
    /// }
    ///
    /// let streams = App::new().mount::<ticks>();
    /// let pages = Router::new().route("/", get(|| async { "hello" }));
    /// let app: App = App::new().merge(pages).nest("/v1", streams);
    /// # assert!(app.openapi().unwrap().paths.paths.contains_key("/v1/ticks"));
    /// ```
    ///
    /// # Panics
    /// As [`Router::merge`] does: when a route that is not a stream is in both.
    #[track_caller]
    pub fn merge(self, other: impl Into<App<S>>) -> Self {
        self.join(None, other.into(), Router::merge)
    }

    /// Adds all routes of another app or router below a path.
    ///
    /// # Panics
    /// As [`Router::nest`] does.
    #[track_caller]
    pub fn nest(self, path: &str, other: impl Into<App<S>>) -> Self {
        self.join(Some(path), other.into(), |router, other| router.nest(path, other))
    }

    #[track_caller]
    fn join(
        mut self,
        prefix: Option<&str>,
        other: App<S>,
        join: impl FnOnce(Router<S>, Router<S>) -> Router<S>,
    ) -> Self {
        if other.config.is_some() || other.seed.is_some() {
            let rule = "an app that is put into another has a configuration or a seed: set it on the outer one";
            self.conflicts.push(rule.to_owned());
        }
        self.conflicts.extend(other.conflicts);
        let before = self.conflicts.len();
        for Mounted { method, path, name } in other.mounted {
            let path = prefix.map_or_else(|| path.clone(), |prefix| below(prefix, &path));
            let new = Mounted { method, path, name };
            let conflict = self.conflict(&new);
            self.conflicts.extend(conflict);
            self.mounted.push(new);
        }
        // Else axum would panic.
        if self.conflicts.len() == before {
            self.router = join(self.router, other.router);
        }
        self.document.join(prefix, other.document);
        self
    }

    /// Wraps the routes added so far in a tower layer, as [`Router::layer`] does, and the API documentation.
    pub fn layer<L>(mut self, layer: L) -> Self
    where
        L: Layer<Route> + Clone + Send + Sync + 'static,
        L::Service: Service<Request> + Clone + Send + Sync + 'static,
        <L::Service as Service<Request>>::Response: IntoResponse + 'static,
        <L::Service as Service<Request>>::Error: Into<Infallible> + 'static,
        <L::Service as Service<Request>>::Future: Send + 'static,
    {
        let again = layer.clone();
        self.layers.push(Box::new(|docs| docs.layer(again)));
        self.map(|router| router.layer(layer))
    }

    /// Provides the state that the routes added so far ask for.
    pub fn state(self, state: S) -> App {
        App {
            router: self.router.with_state(state),
            mounted: self.mounted,
            paths: self.paths,
            conflicts: self.conflicts,
            document: self.document,
            layers: self.layers,
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

    /// Adds a document of the API: of plain axum routes, with the title, version, servers and tags that the whole
    /// is to have. `#[derive(OpenApi)]` makes one.
    ///
    /// Without one, the title, version and description are those of the package that the first stream is in.
    ///
    /// ```
    /// use bolt::prelude::*;
    /// use bolt::utoipa::OpenApi;
    ///
    /// #[derive(OpenApi)]
    /// #[openapi(info(title = "Ticks", version = "2.1.0"))]
    /// struct Api;
    ///
    /// let app: App = App::new().describe(Api::openapi());
    /// assert_eq!(app.openapi().unwrap().info.title, "Ticks");
    /// ```
    pub fn describe(mut self, document: OpenApi) -> Self {
        self.document.describe(document);
        self
    }

    /// Adds a type to the schemas of the API's document, for one that something refers to but nothing adds.
    pub fn schema<T: ToSchema>(mut self) -> Self {
        self.document.add_schema::<T>();
        self
    }

    /// The OpenAPI 3.2 document of the app: of every stream that is mounted and not `undocumented`, and of what
    /// was [merged](Self::merge) or [described](Self::describe). No server is started and no file is read.
    ///
    /// # Errors
    /// When streams are mounted on one route, two types or two merged routes have one name, or something refers to a
    /// schema or a security scheme that nothing gives. (A running app logs all but the first, and serves the document.)
    pub fn openapi(&self) -> Result<OpenApi> {
        self.check_conflicts()?;
        let (document, faults) = self.document.build();
        if faults.is_empty() { Ok(document) } else { Err(Error::document(faults.join("\n"))) }
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
        self.check_conflicts()?;
        if let Some(docs) = &settings.docs {
            self = self.documented(docs)?;
        }
        if let Some(level) = settings.stream.compression {
            self = self.map(|router| compressed(router, level));
        }
        let streams = Arc::new(Shared::new(settings.stream.clone(), settings.request, self.seed));
        Ok(Parts { router: self.router, settings, streams })
    }

    fn check_conflicts(&self) -> Result<()> {
        if self.conflicts.is_empty() {
            return Ok(());
        }
        Err(Error::route(self.conflicts.join("\n")))
    }

    /// Adds the API documentation.
    fn documented(mut self, docs: &DocsSettings) -> Result<Self> {
        let taken = |by: &str| {
            Error::route(format!(
                "the API documentation cannot be at {}: {by} there; set docs.path or docs.openapi to another path, \
                 or docs.enabled to false",
                docs::paths(docs).join(" and ")
            ))
        };
        let stream = self.mounted.iter().find(|stream| {
            stream.method == "GET" && docs::paths(docs).contains(&stream.path.as_str())
        });
        if let Some(stream) = stream {
            return Err(taken(&format!("the stream `{}` is", stream.name)));
        }
        let (document, faults) = self.document.build();
        for fault in faults {
            tracing::warn!("the API documentation: {fault}");
        }
        // The parts of a document always serialise.
        let json = document.to_json().unwrap_or_default();
        let routes = docs::routes(json.as_bytes(), &document.info.title, docs);
        let layers = std::mem::take(&mut self.layers);
        let routes = layers.into_iter().fold(routes, |routes, wrap| wrap(routes)).with_state(());
        // axum does not say beforehand which routes it has.
        let merged = panics::catch(|| self.map(|app| app.merge(routes)));
        merged.map_err(|_| taken("a route of the app is"))
    }

    fn map(self, change: impl FnOnce(Router<S>) -> Router<S>) -> Self {
        Self { router: change(self.router), ..self }
    }
}

impl<S: Clone + Send + Sync + 'static> Default for App<S> {
    fn default() -> Self {
        Self::new()
    }
}

impl<S: Clone + Send + Sync + 'static> From<Router<S>> for App<S> {
    fn from(router: Router<S>) -> Self {
        Self { router, ..Self::new() }
    }
}

impl<S: Clone + Send + Sync + 'static> From<OpenApiRouter<S>> for App<S> {
    fn from(router: OpenApiRouter<S>) -> Self {
        let (router, document) = router.split_for_parts();
        let mut app = Self::from(router);
        app.document.merge(document);
        app
    }
}

impl<S> fmt::Debug for App<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let routes = self.mounted.iter().map(|m| format!("{} {} {}", m.method, m.path, m.name));
        f.debug_list().entries(routes).finish()
    }
}
