//! What the tests of bolt share: an app on a real socket, a client, and a parser of event streams.

pub mod client;
pub mod golden;
pub mod ledger;
pub mod metrics;
mod notice;
pub mod probe;
pub mod process;
pub mod server;
pub mod spec;
pub mod wire;

pub use client::{Client, Events};
pub use metrics::Metrics;
pub use notice::items;
pub use probe::Probe;
pub use process::Process;
pub use server::Server;
pub use wire::Raw;

/// How long a test waits for what must happen before it says that it did not. Never a measure of speed.
pub const PATIENCE: std::time::Duration = std::time::Duration::from_secs(20);

/// The README and the guide, whose code must compile.
#[cfg(doctest)]
mod prose {
    #[doc = include_str!("../../README.md")]
    mod readme {}
    #[doc = include_str!("../../docs/guide/01-first-stream.md")]
    mod first_stream {}
    #[doc = include_str!("../../docs/guide/02-events.md")]
    mod events {}
    #[doc = include_str!("../../docs/guide/03-errors.md")]
    mod errors {}
    #[doc = include_str!("../../docs/guide/04-blocking.md")]
    mod blocking {}
    #[doc = include_str!("../../docs/guide/05-configuration.md")]
    mod configuration {}
    #[doc = include_str!("../../docs/guide/06-running.md")]
    mod running {}
    #[doc = include_str!("../../docs/guide/07-json.md")]
    mod json {}
    #[doc = include_str!("../../docs/guide/08-testing.md")]
    mod testing {}
    #[doc = include_str!("../../docs/guide/09-api-docs.md")]
    mod api_docs {}
    #[doc = include_str!("../../docs/guide/10-requests.md")]
    mod requests {}
    #[doc = include_str!("../../docs/guide/11-resume.md")]
    mod resume {}
    #[doc = include_str!("../../docs/guide/12-access.md")]
    mod access {}
    #[doc = include_str!("../../docs/guide/13-operating.md")]
    mod operating {}
    #[doc = include_str!("../../docs/guide/14-proxies.md")]
    mod proxies {}
    #[doc = include_str!("../../docs/guide/15-back-pressure.md")]
    mod back_pressure {}
    #[doc = include_str!("../../docs/guide/16-capacity.md")]
    mod capacity {}
    #[doc = include_str!("../../docs/guide/17-from-axum.md")]
    mod from_axum {}
    #[doc = include_str!("../../docs/guide/18-from-django-bolt.md")]
    mod from_django_bolt {}
    #[doc = include_str!("../../docs/guide/19-language-models.md")]
    mod language_models {}
    #[doc = include_str!("../../docs/guide/20-htmx-and-datastar.md")]
    mod htmx_and_datastar {}
}
