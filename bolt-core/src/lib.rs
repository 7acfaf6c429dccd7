//! A web framework on [axum] for responses that keep coming.
//!
//! You write a function that emits values; bolt serves it as live Server-Sent Events. Everything else stays
//! axum: any extractor, any tower layer, any [`Router`](axum::Router) in and out.
//!
//! ```no_run
//! use bolt::prelude::*;
//!
//! #[derive(Serialize, ToSchema)]
//! struct Tick { n: u64 }
//!
//! /// Counts up, one tick a second.
//! #[stream(get, "/ticks")]
//! async fn ticks() -> Tick {
//!     for n in 0.. {
//!         emit!(Tick { n });
//!         tokio::time::sleep(std::time::Duration::from_secs(1)).await;
//!     }
//! }
//!
//! fn main() -> bolt::Result<()> {
//!     App::new().mount::<ticks>().run()
//! }
//! ```
//!
//! | to … | see |
//! |---|---|
//! | turn a function into a stream | [`stream`] |
//! | send more than data | [`Event`], [`Text`], [`derive@StreamEvent`] |
//! | refuse a request, or end a stream with an error | [`Problem`] |
//! | set headers and cookies of a stream's response | [`ResponseHead`] |
//! | go on where a client was cut off | [`replay`], [`LastEventId`] |
//! | read a request item by item | [`extract`] |
//! | put an app together and run it | [`App`] |
//! | configure it | [`Config`] |
//! | document it | [`App::openapi`], [`openapi`] |
//! | test it | `testing`, with the feature of that name |

#[doc(hidden)]
#[path = "private.rs"]
pub mod __private;
mod app;
mod config;
mod docs;
mod endpoint;
mod error;
mod event;
pub mod extract;
mod health;
mod info;
mod latch;
mod observe;
pub mod openapi;
mod panics;
mod probe;
mod problem;
mod prometheus;
pub mod replay;
mod routes;
mod server;
mod stream;
#[cfg(feature = "testing")]
pub mod testing;
mod trace;

pub use app::App;
pub use axum;
pub use config::{Config, Secret};
pub use endpoint::Endpoint;
pub use error::{Error, ErrorKind, Result};
pub use event::{Event, EventId, EventName, InvalidField, StreamEvent, StreamItem, Text};
pub use problem::{BoxError, ErrorStatus, NotAnError, Problem};
pub use replay::LastEventId;
pub use server::{Listener, shutdown_signal};
pub use stream::{HeadError, ResponseHead};
pub use utoipa;
pub use utoipa_axum;

#[doc = include_str!("docs/stream.md")]
pub use bolt_macros::stream;

#[doc = include_str!("docs/stream_event.md")]
pub use bolt_macros::StreamEvent;

/// Sends a value, inside a `#[stream]` function.
///
/// There it is a local macro, in scope without an import. This one stands outside, to say that; do not import it by
/// name, or the compiler will find the import unused.
#[macro_export]
macro_rules! emit {
    ($($value:tt)*) => {
        ::core::compile_error!(
            "`emit!` works only inside a `#[stream]` function\n\
             help: put `#[stream]` on the function around it, or return the value"
        )
    };
}

/// Answers with one JSON value in place of a stream, inside a `#[stream(…, answer = Type)]` function, and ends it.
///
/// As [`emit!`] is, it is a local macro there. See [`stream`](macro@stream#one-value-in-place-of-a-stream).
#[macro_export]
macro_rules! answer {
    ($($value:tt)*) => {
        ::core::compile_error!(
            "`answer!` works only inside a `#[stream]` function that says what it answers\n\
             help: add `answer = Type` to its attribute: `#[stream(post, \"/chat\", answer = Completion)]`"
        )
    };
}

/// What most apps import: `use bolt::prelude::*;`.
pub mod prelude {
    pub use axum::extract::{Path, Query, State};
    pub use axum::{Json, Router};
    pub use serde::{Deserialize, Serialize};
    /// The derives write paths that begin with `utoipa`.
    pub use utoipa::{self, IntoParams, ToSchema};

    pub use crate::extract::{Csv, JsonLines};
    pub use crate::{
        App, Config, Event, EventId, EventName, LastEventId, Problem, ResponseHead, StreamEvent,
        Text, emit, stream,
    };
}
