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
mod info;
mod items;
mod limits;
mod panics;
mod response;
mod source;

pub use blocking::{BlockingEmitter, stopped};
pub use call::Call;
pub use generator::Emitter;
pub use info::Info;
pub(crate) use limits::BLOCKING_STREAMS;
pub use response::{
    StreamFuture, respond_blocking, respond_generator, respond_items, respond_iterator,
};
