use bolt::prelude::*;

#[stream(get, "/ticks")]
fn ticks() -> impl Fn() -> u32 {
    || 7
}

fn main() {
    let _: App = App::new().mount::<ticks>();
}
