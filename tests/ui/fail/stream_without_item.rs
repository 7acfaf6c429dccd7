use bolt::prelude::*;

#[stream(get, "/ticks")]
fn ticks() -> impl Iterator {
    0..7
}

fn main() {
    let _: App = App::new().mount::<ticks>();
}
