use bolt::prelude::*;

#[derive(StreamEvent)]
enum Answer {
    Done,
}

fn main() {
    drop(Answer::Done);
}
