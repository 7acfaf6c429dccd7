use std::rc::Rc;

use bolt::prelude::*;

#[stream(get, "/ticks")]
async fn ticks() -> u32 {
    let shared = Rc::new(7);
    emit!(*shared);
    emit!(*shared);
}

fn main() {
    let _: App = App::new().mount::<ticks>();
}
