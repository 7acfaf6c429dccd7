//! From layers of files and variables to checked settings.
//!
//! ```text
//! defaults < bolt.toml < bolt.{BOLT_ENV}.toml < bolt.local.toml < BOLT_SECTION__KEY < code
//! ```
//!
//! Each layer is checked on its own, so that a fault names its file and line or its variable; the `config`
//! crate then merges them. `keys.rs` is the one table of what there is.

mod compression;
mod fault;
mod files;
mod keys;
mod layer;
mod loaded;
mod named;
mod nearest;
mod places;
mod report;
mod secret;
mod section;
mod settings;
#[cfg(feature = "tls")]
mod tls;
#[cfg(not(feature = "tls"))]
#[path = "no_tls.rs"]
mod tls;
mod typed;
mod value;
mod variables;

pub use loaded::Config;
pub use secret::Secret;
pub(crate) use settings::{
    Compression, DocsSettings, HealthSettings, LogFormat, LogSettings, MetricsSettings, Overload,
    RequestSettings, RuntimeKind, ServerSettings, Settings, SocketSettings, StreamSettings,
};
#[cfg(feature = "tls")]
pub(crate) use tls::Tls;
