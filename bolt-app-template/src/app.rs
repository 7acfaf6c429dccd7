//! The list of routes.

use bolt::axum;
use bolt::prelude::*;
use bolt::utoipa_axum::router::OpenApiRouter;
use bolt::utoipa_axum::routes;

use crate::config::Settings;
use crate::routes::{about, primes, ticks};

/// The whole app, with its configuration.
pub fn app(config: Config) -> App {
    let settings: Settings = config.section("app");
    App::new()
        .merge(OpenApiRouter::new().routes(routes!(about::about)))
        .mount::<ticks::ticks>()
        .mount::<primes::primes>()
        .state(settings)
        .config(config)
}
