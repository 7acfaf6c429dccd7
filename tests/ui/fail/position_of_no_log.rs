use bolt::prelude::*;

#[stream(get, "/count", position = "at")]
async fn count() -> u64 {
    emit!(1);
}

fn main() {}
