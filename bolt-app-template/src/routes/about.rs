//! Plain JSON: any axum handler is welcome.

use bolt::prelude::*;

#[derive(Serialize)]
pub(crate) struct About {
    name: &'static str,
    version: &'static str,
}

pub(crate) async fn about() -> Json<About> {
    Json(About {
        name: env!("CARGO_PKG_NAME"),
        version: env!("CARGO_PKG_VERSION"),
    })
}
