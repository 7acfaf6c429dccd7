use bolt::prelude::*;

#[stream(get, "/count", end = "error")]
async fn count() -> u64 {
    emit!(1);
}

fn main() {}
