//! The app. `main.rs` runs it; `tests/` calls it.

mod app;
mod config;
mod error;
mod routes;

pub use app::app;
