use bolt::prelude::*;

#[derive(Serialize, StreamEvent)]
enum Answer {
    #[serde(rename = "done\ndata: forged")]
    Done,
}

fn main() {
    drop(Answer::Done);
}
