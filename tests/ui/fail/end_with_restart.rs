use bolt::prelude::*;

#[stream(get, "/again", restart, end = "done")]
async fn again() -> u64 {
    emit!(1);
}

fn main() {}
