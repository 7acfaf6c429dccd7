//! From a running generator to a response.
//!
//! ```text
//!  async fn   generator.rs ┐
//!  Stream     items.rs     ├─ Source ─► body.rs ─► response.rs ─► axum
//!  fn         blocking.rs  ┤
//!  Iterator   iterator.rs  ┘
//! ```
//!
//! A source appends events to the body's buffer and says when it has ended. The body turns the buffer into
//! frames, keeps the connection alive, catches panics and writes the end. The response decides the
//! status: it waits for the first event of a stream that can fail.
//!
//! Each stream is counted by a `Watch` (`observe/`) that its body holds, and `reason.rs` says why it has ended.
//!
//! What an event looks like is chosen once for a request (`accept.rs`): the source is given an encoder, the body a
//! `framing.rs`.

mod accept;
mod blocking;
mod body;
mod call;
mod clock;
#[cfg(feature = "compression")]
mod compress;
#[cfg(not(feature = "compression"))]
#[path = "no_compress.rs"]
mod compress;
mod extracted;
mod framing;
mod generator;
mod head;
mod in_app;
mod items;
mod iterator;
mod jitter;
mod limits;
mod overload;
mod pipe;
mod reason;
mod rejection;
mod response;
mod response_head;
mod shared;
mod source;
mod thread_end;

pub use blocking::{BlockingEmitter, stopped};
pub(crate) use call::AppStreams;
pub(crate) use compress::compressed;
pub use extracted::Extracted;
pub use generator::Emitter;
pub(crate) use head::is_stream;
pub(crate) use in_app::InApp;
pub use response::{
    StreamFuture, respond_blocking, respond_generator, respond_items, respond_iterator,
};
pub use response_head::{HeadError, ResponseHead};
pub(crate) use shared::Shared;
pub(crate) use thread_end::end_of_stream;
