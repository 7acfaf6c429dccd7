use bolt::prelude::*;
use tokio_stream::Stream;

#[stream(post, "/ask", answer = u64)]
fn ask() -> impl Stream<Item = u64> {
    tokio_stream::once(1)
}

fn main() {}
