use bolt::prelude::*;
use std::pin::Pin;
use tokio_stream::Stream;

#[stream(get, "/ticks")]
fn ticks() -> Pin<Box<dyn Stream<Item = u32> + Send>> {
    Box::pin(tokio_stream::iter(0..7))
}

fn main() {
    let _: App = App::new().mount::<ticks>();
}
