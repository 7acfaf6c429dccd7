//! The metrics of the program, as Prometheus reads them.

#[cfg(not(feature = "metrics"))]
#[path = "no_scrape.rs"]
mod scrape;
#[cfg(feature = "metrics")]
mod scrape;

pub(crate) use scrape::{install, routes};
