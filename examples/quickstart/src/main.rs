//! This machine and its files, live in a browser: an async stream, a blocking one, and a page that draws them.

mod files;
mod machine;
#[cfg(test)]
mod tests;

use bolt::axum::response::Html;
use bolt::axum::routing::get;
use bolt::prelude::*;

fn main() -> bolt::Result<()> {
    app().run()
}

fn app() -> App {
    App::new()
        .route("/", get(Html(include_str!("page.html"))))
        .mount::<machine::machine>()
        .mount::<files::files>()
}
