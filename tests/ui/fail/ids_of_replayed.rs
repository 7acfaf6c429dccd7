use bolt::prelude::*;
use bolt::replay::{Replay, Replayed};
use tokio_stream::Stream;

#[stream(get, "/feed", ids)]
async fn feed(State(feed): State<Replay<u64>>) -> impl Stream<Item = Replayed<u64>> {
    feed.subscribe(None)
}

fn main() {
    let _app: App = App::new().mount::<feed>().state(Replay::new());
}
