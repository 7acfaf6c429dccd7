//! An async stream: it waits for something, and says so.

use std::time::Duration;

use bolt::prelude::*;

use crate::config::Settings;

#[derive(Serialize, ToSchema)]
struct Tick {
    n: u64,
}

/// Counts up, for as long as somebody listens.
#[stream(get, "/ticks")]
pub(crate) async fn ticks(State(settings): State<Settings>) -> Tick {
    for n in 0.. {
        emit!(Tick { n });
        tokio::time::sleep(Duration::from_millis(settings.tick_ms.get())).await;
    }
}
