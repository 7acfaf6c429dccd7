//! Plain JSON: any axum handler is welcome. The attribute documents it; streams document themselves.

use bolt::prelude::*;

#[derive(Serialize, ToSchema)]
pub(crate) struct About {
    name: &'static str,
    version: &'static str,
}

/// Which app this is.
#[utoipa::path(get, path = "/about", responses((status = 200, body = About)))]
pub(crate) async fn about() -> Json<About> {
    Json(About {
        name: env!("CARGO_PKG_NAME"),
        version: env!("CARGO_PKG_VERSION"),
    })
}
