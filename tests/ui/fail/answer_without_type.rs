use bolt::prelude::*;

#[stream(post, "/ask")]
async fn ask() -> u64 {
    bolt::answer!(1);
}

fn main() {}
