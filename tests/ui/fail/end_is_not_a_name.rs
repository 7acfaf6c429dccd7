use bolt::prelude::*;

#[stream(get, "/count", end = done)]
async fn count() -> u64 {
    emit!(1);
}

fn main() {}
