use bolt::prelude::*;

#[stream(get, "/ticks")]
struct Ticks;

fn main() {
    drop(Ticks);
}
