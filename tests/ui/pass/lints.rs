//! Generated code brings no warning of its own into the strictest crate, and hides none of the user's.
#![deny(warnings, missing_docs, missing_debug_implementations, unreachable_pub, unused, rust_2018_idioms)]
#![forbid(unsafe_code)]

use bolt::axum::routing::get;
use bolt::prelude::*;

/// Never ends.
#[stream(get, "/forever")]
pub(crate) async fn forever() -> Result<u32, std::io::Error> {
    loop {
        emit!(1);
        tokio::task::yield_now().await;
    }
}

/// Never ends either.
#[stream(get, "/blocking")]
pub(crate) fn blocking() -> Result<u32, std::io::Error> {
    loop {
        emit!(1);
    }
}

/// Not written yet.
#[stream(get, "/later")]
pub(crate) async fn later() -> u32 {
    unimplemented!()
}

/// Used as a handler only; its type is not used.
#[stream(get, "/handler")]
pub(crate) async fn handler(mut query: Query<u32>) -> u32 {
    query.0 += 1;
    emit!(query.0);
}

fn main() {
    let app = App::new().route("/handler", get(handler));
    let _: App = app.mount::<forever>().mount::<blocking>().mount::<later>();
}
