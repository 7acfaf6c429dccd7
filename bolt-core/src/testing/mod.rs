//! A client for tests of apps (feature `testing`).
//!
//! ```test_harness
//! use bolt::prelude::*;
//! use bolt::testing::TestClient;
//!
//! #[derive(Debug, PartialEq, Serialize, Deserialize, ToSchema)]
//! struct Tick { n: u64 }
//!
//! /// Counts up, one tick a minute.
//! #[stream(get, "/ticks/{from}")]
//! async fn ticks(Path(from): Path<u64>) -> Result<Tick, Problem> {
//!     if from > 100 {
//!         return Err(Problem::bad_request("begin at 100 or below"));
//!     }
//!     for n in from.. {
//!         emit!(Tick { n });
//!         tokio::time::sleep(std::time::Duration::from_secs(60)).await;
//!     }
//! }
//!
//! # fn app() -> App { App::new().config(Config::defaults()).mount::<ticks>() }
//! #[tokio::test(start_paused = true)]
//! async fn ticks_come_every_minute() {
//!     let client = TestClient::new(app());
//!
//!     // Two minutes that take no time: the clock of the test is paused.
//!     let mut events = client.get("/ticks/7").events::<Tick>().await;
//!     assert_eq!(events.next().await.data, Tick { n: 7 });
//!     assert_eq!(events.take(2).await[1].data, Tick { n: 9 });
//!     // The client leaves.
//!     events.close();
//!
//!     let refused = client.get("/ticks/101").send().await;
//!     refused.assert_status(400);
//!     assert_eq!(refused.problem().detail.as_deref(), Some("begin at 100 or below"));
//! }
//! ```
//!
//! If something that was expected does not come, the panic says which request it was, what came instead, and what came
//! before. No wait is longer than [`TestClient::timeout`].
//!
//! | to … | see |
//! |---|---|
//! | start an app, in process or on a port | [`TestClient`] |
//! | write a request | [`TestRequest`] |
//! | read a plain response | [`TestResponse`], [`TestProblem`] |
//! | read a stream, event by event | [`TestEvents`], [`TestEvent`], [`TestItem`] |

mod client;
mod events;
mod exchange;
mod item;
mod link;
mod outcome;
mod outgoing;
mod patience;
mod pipes;
mod problem;
mod request;
mod response;
mod shown;
mod stream_body;
mod stuck;
mod variants;

pub use client::TestClient;
pub use events::{TestEvent, TestEvents};
pub use item::TestItem;
pub use problem::TestProblem;
pub use request::TestRequest;
pub use response::TestResponse;
