use bolt::prelude::*;

#[derive(Serialize, StreamEvent, ToSchema)]
#[serde(rename_all = "snake_case")]
enum Change {
    Added { n: u64 },
    End { n: u64 },
}

#[stream(get, "/changes")]
async fn changes() -> Change {
    emit!(Change::Added { n: 1 });
}

fn main() {}
