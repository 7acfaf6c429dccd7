use bolt::prelude::*;

#[stream(get, "/ticks")]
fn ticks() -> impl Iterator<Item = String> {
    0..7_u32
}

fn main() {
    let _: App = App::new().mount::<ticks>();
}
