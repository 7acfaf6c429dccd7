use bolt::prelude::*;

#[stream(get, "/ticks")]
async fn ticks() -> u32 {
    (0..7).for_each(|n| emit!(n));
}

fn main() {
    let _: App = App::new().mount::<ticks>();
}
