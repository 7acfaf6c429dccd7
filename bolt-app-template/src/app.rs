//! The list of routes.

use bolt::axum::routing::get;
use bolt::prelude::*;

use crate::config::Settings;
use crate::routes::{about, primes, ticks};

/// The whole app, with its configuration.
pub fn app(config: Config) -> App {
    let settings: Settings = config.section("app");
    App::new()
        .route("/about", get(about::about))
        .mount::<ticks::ticks>()
        .mount::<primes::primes>()
        .state(settings)
        .config(config)
}
