use bolt::prelude::*;

#[derive(Deserialize)]
struct Row {
    name: String,
}

#[stream(post, "/rows")]
async fn rows(mut rows: JsonLines<Row>) -> Result<String, Problem> {
    while let Some(row) = rows.next().await {
        emit!(row?.name);
    }
}

fn main() {}
