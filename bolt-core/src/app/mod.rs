//! `App`: streams and plain axum routes, put together.

mod built_in;
mod problems;
mod unmatched;

use std::convert::Infallible;
use std::fmt;
use std::sync::Arc;

use axum::Router;
use axum::extract::Request;
use axum::response::IntoResponse;
use axum::routing::{MethodRouter, Route};
use tower_layer::Layer;
use tower_service::Service;
use utoipa::ToSchema;
use utoipa::openapi::OpenApi;
use utoipa_axum::router::OpenApiRouter;

use self::problems::Inner;
use self::unmatched::{not_allowed, not_found, put_into};
use crate::config::{Config, Settings};
use crate::endpoint::Endpoint;
use crate::error::{Error, Result};
use crate::health::{self, Check, Health};
use crate::openapi::{Described, Document};
use crate::problem::{BoxError, ProblemSettings};
use crate::prometheus;
use crate::routes::{Mounted, Routes};
use crate::stream::{InApp, Shared, compressed};

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
    streams: Routes,
    document: Document,
    /// Wrap the API documentation too, which is added last.
    layers: Vec<Wrap>,
    problems: ProblemSettings,
    inner: Inner,
    checks: Vec<Check>,
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
    pub(crate) health: Arc<Health>,
}

impl<S: Clone + Send + Sync + 'static> App<S> {
    /// An app with no routes.
    pub fn new() -> Self {
        Self {
            router: not_found(),
            streams: Routes::default(),
            document: Document::default(),
            layers: Vec::new(),
            problems: ProblemSettings::default(),
            inner: Inner::default(),
            checks: Vec::new(),
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
        let (method, path, name) = (E::METHOD, E::PATH, E::NAME);
        if self.streams.add(Mounted { method, path: path.to_owned(), name }) {
            self.router = self.router.route(path, E::method_router().merge(not_allowed()));
        }
        let (path, about, describe) = (path.to_owned(), E::about, E::describe);
        self.document.add(Described { method, path, name, about, describe });
        self
    }

    /// Adds a plain axum route.
    ///
    /// # Panics
    /// As [`Router::route`] does: when the path is taken or is not a path.
    #[track_caller]
    pub fn route(self, path: &str, methods: MethodRouter<S>) -> Self {
        self.map(|router| router.route(path, methods.merge(not_allowed())))
    }

    /// Adds all routes of another app, of an axum [`Router`] or of utoipa-axum's `OpenApiRouter`, with their part of
    /// the API documentation, and the router's fallback if it has one. What no route takes is else answered by this app,
    /// within its own layers.
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
        self.join(None, other.into(), put_into)
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
            self.streams.fault(
                "an app that is put into another has a configuration or a seed: set it on the outer one",
            );
        }
        self.inner.add(&other.problems, &other.inner);
        // Else axum would panic.
        if self.streams.join(prefix, other.streams) {
            self.router = join(self.router, other.router);
        }
        self.checks.extend(other.checks);
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
            streams: self.streams,
            document: self.document,
            layers: self.layers,
            problems: self.problems,
            inner: self.inner,
            checks: self.checks,
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

    /// Adds a check to `/ready`: the app is ready when this returns `Ok`, within `health.timeout`. Why it is not goes
    /// to the log, never to who asks.
    ///
    /// All checks run at once. Those who ask within half a second are told the same, so that the check is not a load.
    ///
    /// ```
    /// use bolt::prelude::*;
    ///
    /// async fn database() -> Result<(), std::io::Error> {
    ///     tokio::net::TcpStream::connect("127.0.0.1:5432").await.map(drop)
    /// }
    ///
    /// let app: App = App::new().ready_check("database", database);
    /// ```
    ///
    /// # Cancellation
    /// The future is dropped when it takes too long, or when whoever asked has gone. A panic in it is a failure.
    pub fn ready_check<F, R, E>(mut self, name: &'static str, check: F) -> Self
    where
        F: Fn() -> R + Send + Sync + 'static,
        R: Future<Output = std::result::Result<(), E>> + Send + 'static,
        E: Into<BoxError>,
    {
        self.checks.push(Check::new(name, check));
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
        self.check()?;
        let (document, faults) = self.document.build();
        if faults.is_empty() { Ok(document) } else { Err(Error::document(faults.join("\n"))) }
    }

    /// The app as a plain axum router. Of the configuration, `[stream]` applies to it.
    ///
    /// # Errors
    /// When the configuration has faults, or two streams are mounted on one route.
    pub fn into_router(self) -> Result<Router<S>> {
        self.assemble().map(|Parts { router, streams, .. }| router.layer(InApp(streams)))
    }

    /// Reports all that is wrong with how the app was put together.
    fn check(&self) -> Result<()> {
        self.streams.check()?;
        self.inner.check(&self.problems)
    }

    pub(crate) fn take_config(&mut self) -> Config {
        self.config.take().unwrap_or_else(Config::load)
    }

    pub(crate) fn assemble(mut self) -> Result<Parts<S>> {
        let settings = self.take_config().settings()?;
        self.check()?;
        prometheus::install(&settings.metrics);
        let (stream, request) = (settings.stream.clone(), settings.request);
        let streams = Arc::new(Shared::new(stream, request, self.problems.clone(), self.seed));
        if let Some(docs) = &settings.docs {
            self = self.documented(docs, &streams)?;
        }
        if let Some(level) = settings.stream.compression {
            self = self.map(|router| compressed(router, level));
        }
        let checks = std::mem::take(&mut self.checks);
        let health = Arc::new(Health::new(checks, &settings.health, Arc::clone(&streams)));
        if settings.health.enabled {
            let (reserved, routes) = health::routes(&health, &settings.health);
            self = self.built_in(&reserved, routes)?;
        }
        if let Some((reserved, routes)) = prometheus::routes(&settings.metrics) {
            self = self.built_in(&reserved, routes)?;
        }
        Ok(Parts { router: self.router, settings, streams, health })
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
        let routes =
            self.streams.mounted().iter().map(|m| format!("{} {} {}", m.method, m.path, m.name));
        f.debug_list().entries(routes).finish()
    }
}
