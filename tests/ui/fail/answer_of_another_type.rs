use bolt::prelude::*;

#[derive(Serialize, ToSchema)]
struct Whole {
    n: u64,
}

#[stream(post, "/ask", answer = Whole)]
async fn ask() -> u64 {
    answer!(1);
}

fn main() {}
