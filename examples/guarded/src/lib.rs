//! Streams for those who may see them: by header, by cookie, or by a token in the address.
//!
//! `user.rs` is the guard, an extractor; `token.rs` is what it reads, `access.rs` what it knows.

mod access;
mod sign_in;
mod token;
mod user;

use std::pin::pin;
use std::sync::Arc;

use bolt::axum::extract::FromRef;
use bolt::axum::response::Html;
use bolt::axum::routing::{get, post};
use bolt::prelude::*;
use bolt::replay::{Replay, Replayed};

pub use access::{Access, Origin};
pub use token::{Session, Signer, Ticket, now};
pub use user::{Unauthorized, User};

/// What somebody paid.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Price {
    /// In cents.
    pub cents: u64,
}

/// Prices as they are made, until the session of who reads them is over.
#[stream(get, "/prices")]
async fn prices(
    user: User,
    State(prices): State<Replay<Price>>,
    last: Option<LastEventId>,
) -> Result<Replayed<Price>, Unauthorized> {
    let mut prices = prices.subscribe(last);
    let mut over = pin!(user.session_over());
    loop {
        tokio::select! {
            // Asked first: who is slow to read gets nothing of what waits once the session is over.
            biased;
            over = &mut over => return Err(over),
            price = prices.next() => match price {
                Some(price) => emit!(price),
                None => break,
            },
        }
    }
}

/// What the extractors take.
#[derive(Clone)]
struct Shared {
    access: Arc<Access>,
    prices: Replay<Price>,
}

impl FromRef<Shared> for Arc<Access> {
    fn from_ref(shared: &Shared) -> Self {
        Self::clone(&shared.access)
    }
}

impl FromRef<Shared> for Replay<Price> {
    fn from_ref(shared: &Shared) -> Self {
        shared.prices.clone()
    }
}

/// The app, with its configuration and what it streams.
pub fn app(config: Config, prices: Replay<Price>) -> App {
    let access: Arc<Access> = Arc::new(config.section("access"));
    App::new()
        .mount::<self::prices>()
        .route("/session", post(sign_in::sign_in).delete(sign_in::sign_out))
        .route("/tickets", post(sign_in::ticket))
        .layer(access.cors())
        .route("/", get(Html(include_str!("page.html"))))
        .state(Shared { access, prices })
        .config(config)
}
