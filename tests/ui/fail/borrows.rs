use bolt::prelude::*;

#[stream]
async fn ticks<'a>(name: Path<&'a str>) -> &'a str {
    emit!(name.0);
}

fn main() {
    let _: Router = Router::new().route("/{name}", bolt::axum::routing::get(ticks));
}
