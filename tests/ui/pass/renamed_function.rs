//! The function under another name, and from another module: handler and route go together.

mod handlers {
    use bolt::prelude::*;

    #[stream(get, "/ticks")]
    pub async fn ticks() -> u32 {
        emit!(1);
    }

    pub mod deeper {
        #[bolt::stream(post, "/match")]
        pub(in crate::handlers) async fn r#match() -> u32 {
            emit!(1);
        }
    }

    pub fn all() -> App {
        App::new().mount::<deeper::r#match>()
    }
}

use bolt::App;
use bolt::axum::Router;
use bolt::axum::routing::get;
use handlers::ticks as clock;

fn main() {
    let _: Router = Router::new().route("/clock", get(clock));
    let _ = App::<()>::new().mount::<clock>().into_router();
    let _ = handlers::all();
    // Also inside a function.
    #[bolt::stream(get, "/inner")]
    async fn inner() -> u32 {
        emit!(2);
    }
    let _ = App::<()>::new().mount::<inner>().into_router();
}
