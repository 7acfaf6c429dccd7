use bolt::prelude::*;

#[stream(get, "/count", lines, end = false)]
async fn count() -> u64 {
    emit!(1);
}

fn main() {}
