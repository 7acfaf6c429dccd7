use bolt::prelude::*;

#[derive(Serialize, StreamEvent)]
struct Tick {
    n: u32,
}

fn main() {
    drop(Tick { n: 7 });
}
