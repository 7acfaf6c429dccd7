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
//! frames, keeps the connection alive, catches panics and writes the last block. The response decides the
//! status: it waits for the first event of a stream that can fail.

mod blocking;
mod body;
mod call;
mod clock;
mod generator;
mod head;
mod info;
mod items;
mod iterator;
mod jitter;
mod limits;
mod overload;
mod pipe;
mod response;
mod shared;
mod source;

pub use blocking::{BlockingEmitter, stopped};
pub(crate) use call::AppStreams;
pub use call::Call;
pub use generator::Emitter;
pub use info::Info;
pub use response::{
    StreamFuture, respond_blocking, respond_generator, respond_items, respond_iterator,
};
pub(crate) use shared::Shared;
