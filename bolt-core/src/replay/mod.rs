//! Streams that resume where a client was cut off.
//!
//! ```text
//!  publish ─► handle.rs ─► memory.rs ◄─ history.rs ◄─ subscription.rs ┬───────────────┬► replayed.rs ─► #[stream]
//!                                                                     └► filtered.rs ─┘
//! ```
//!
//! [`Replay`] is a bounded log with a position for each item. A [`Subscription`] reads it from the position that the
//! client sends ([`LastEventId`]), or reports with a [`Gap`] that it cannot. There are no queues: waiting subscriptions
//! are woken and read what is new, so a slow client costs no memory.

#[doc(hidden)]
pub mod describe;
mod entry;
mod filtered;
mod gap;
mod handle;
mod history;
mod last_event_id;
mod memory;
mod notice;
mod position;
mod publish_error;
mod replayed;
mod run;
mod subscription;

pub use entry::Entry;
pub use filtered::Filtered;
pub use gap::{Gap, GapReason};
pub use handle::{Replay, ReplayBuilder};
pub use history::{History, Page, PageEnd, Read, Since};
pub use last_event_id::LastEventId;
pub(crate) use last_event_id::{HEADER, returning};
pub use memory::Memory;
pub(crate) use notice::is_notice;
pub use position::{Epoch, InvalidPosition, Position};
pub use publish_error::PublishError;
pub use replayed::Replayed;
#[doc(hidden)]
pub use run::Run;
pub use subscription::Subscription;
