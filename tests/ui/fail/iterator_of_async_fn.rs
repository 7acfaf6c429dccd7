use bolt::prelude::*;

#[stream(get, "/ticks")]
async fn ticks() -> impl Iterator<Item = u32> {
    0..7
}

fn main() {
    let _: App = App::new().mount::<ticks>();
}
