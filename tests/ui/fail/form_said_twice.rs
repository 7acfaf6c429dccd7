use bolt::prelude::*;

#[stream(get, "/count", events, events)]
async fn count() -> u64 {
    emit!(1);
}

fn main() {}
