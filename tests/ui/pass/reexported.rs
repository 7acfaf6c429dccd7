//! bolt under another name, as a library that re-exports it gives it.

mod framework {
    pub mod streams {
        pub use bolt::*;
    }
}

use framework::streams::utoipa::ToSchema;
use framework::streams::{App, StreamEvent, stream, utoipa};

#[stream(get, "/ticks", crate = crate::framework::streams)]
async fn ticks() -> u32 {
    emit!(1);
}

#[derive(serde::Serialize, StreamEvent, ToSchema)]
#[bolt(crate = crate::framework::streams)]
enum Answer {
    Done,
}

#[stream(get, "/answer", crate = crate::framework::streams)]
fn answer() -> Answer {
    emit!(Answer::Done);
}

fn main() {
    let _: App = App::new().mount::<ticks>().mount::<answer>();
}
