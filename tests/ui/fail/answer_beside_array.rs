use bolt::prelude::*;

#[stream(post, "/ask", events, array, answer = u64)]
async fn ask() -> u64 {
    emit!(1);
}

fn main() {}
