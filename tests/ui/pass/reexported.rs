//! bolt under another name, as a library that re-exports it gives it.

mod framework {
    pub mod streams {
        pub use bolt::*;
    }
}

use framework::streams::{App, stream};

#[stream(get, "/ticks", crate = crate::framework::streams)]
async fn ticks() -> u32 {
    emit!(1);
}

fn main() {
    let _: App = App::new().mount::<ticks>();
}
