use bolt::prelude::*;
use bolt::replay::{Replay, Replayed};
use tokio_stream::Stream;

#[derive(Serialize, StreamEvent, ToSchema)]
#[serde(rename_all = "snake_case")]
enum Change {
    Added { n: u64 },
    Position { n: u64 },
}

#[stream(get, "/changes")]
async fn changes(
    State(log): State<Replay<Change>>,
    last: Option<LastEventId>,
) -> impl Stream<Item = Replayed<Change>> {
    log.subscribe(last)
}

fn main() {}
