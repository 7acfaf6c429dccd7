//! As many as axum takes, with a body last.

use bolt::prelude::*;
use tokio_stream::Stream;

type Q = Query<()>;

#[stream(post, "/generator")]
#[rustfmt::skip]
async fn generator(
    Query(()): Q, _2: Q, _3: Q, _4: Q, _5: Q, _6: Q, _7: Q, _8: Q, _9: Q,
    _10: Q, _11: Q, _12: Q, _13: Q, _14: Q, _15: Q, body: String,
) -> String {
    emit!(body);
}

#[stream(post, "/items")]
#[rustfmt::skip]
fn items(
    Query(()): Q, _2: Q, _3: Q, _4: Q, _5: Q, _6: Q, _7: Q, _8: Q, _9: Q,
    _10: Q, _11: Q, _12: Q, _13: Q, _14: Q, _15: Q, body: String,
) -> impl Stream<Item = String> {
    tokio_stream::once(body)
}

fn main() {
    let _: App = App::new().mount::<generator>().mount::<items>();
}
