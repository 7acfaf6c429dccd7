use bolt::prelude::*;

#[derive(Serialize, StreamEvent)]
enum Answer {
    #[serde(rename = "done")]
    Done,
    #[serde(rename = "done")]
    Finished,
}

fn main() {
    drop((Answer::Done, Answer::Finished));
}
