//! From a running generator to a response.
//!
//! ```text
//!  async fn   generator.rs ┐
//!  Stream     items.rs     ├─ Source ─► body.rs ─► response.rs ─► axum
//!  fn, Iterator blocking.rs┘
//! ```
//!
//! A source appends events to the body's buffer and says when it has ended. The body turns the buffer into
//! frames, keeps the connection alive, catches panics and writes the last block. The response decides the
//! status: it waits for the first event of a stream that can fail.

mod blocking;
mod body;
mod call;
mod generator;
mod items;
mod response;
mod source;

use std::time::Duration;

pub(crate) use blocking::BLOCKING_STREAMS;
pub use blocking::{BlockingEmitter, stopped};
pub use call::Call;
pub use generator::Emitter;
pub use response::{
    StreamFuture, respond_blocking, respond_generator, respond_items, respond_iterator,
};

/// What the attribute knows of one stream.
#[derive(Clone, Copy, Debug)]
pub struct Info {
    /// The path of the function, for the log.
    pub name: &'static str,
    /// Whether a client that returns after the end starts it again.
    pub restart: bool,
    /// Whether it can fail, so that the head waits for the first event.
    pub fallible: bool,
}

/// How many bytes of events may wait for a client before `emit!` waits: 16 KiB. One event more may be
/// added while fewer are waiting, however large it is.
const BUFFER: usize = 16 * 1024;

/// A comment is sent after this much silence, so that proxies keep the connection.
const KEEP_ALIVE: Duration = Duration::from_secs(15);

/// How long the head of a stream that can fail waits for the first event.
const HEAD_DEADLINE: Duration = Duration::from_millis(250);
