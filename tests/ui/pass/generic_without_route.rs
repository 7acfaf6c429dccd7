//! Type and const parameters, where the router names the function with its arguments.

use bolt::axum::routing::get;
use bolt::prelude::*;
use tokio_stream::Stream;

#[stream]
async fn generator<T>() -> T
where
    T: Default + Serialize + Send + 'static,
{
    emit!(T::default());
}

#[stream]
fn items<T: Default + Serialize + Send + 'static, const N: usize>() -> impl Stream<Item = T> {
    tokio_stream::iter((0..N).map(|_| T::default()))
}

struct Clock;

impl Clock {
    #[stream]
    async fn ticks() -> u32 {
        emit!(1);
    }
}

fn main() {
    let _: Router = Router::new()
        .route("/generator", get(generator::<String>))
        .route("/items", get(items::<u32, 3>))
        .route("/ticks", get(Clock::ticks));
}
