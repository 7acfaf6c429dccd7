//! Streams that go on where their client was cut off.

use bolt::prelude::*;
use bolt::replay::{Epoch, Position, Replay, Replayed};
use bolt_tests::client::answer;
use bolt_tests::{Events, Server};
use tokio_stream::Stream;

#[derive(Serialize, ToSchema)]
struct Post {
    n: u64,
}

#[stream(get, "/feed")]
async fn feed(
    State(feed): State<Replay<Post>>,
    last: Option<LastEventId>,
) -> impl Stream<Item = Replayed<Post>> {
    feed.subscribe(last)
}
