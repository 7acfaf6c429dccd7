use bolt::prelude::*;

#[stream(get, "/ticks")]
fn ticks() -> u32 {
    let _all: Vec<u32> = (0..7)
        .map(|n| {
            emit!(n);
            n
        })
        .collect();
}

fn main() {
    let _: App = App::new().mount::<ticks>();
}
