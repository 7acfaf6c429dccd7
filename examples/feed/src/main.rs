//! One publisher, many readers: who was cut off goes on where it was.
//!
//! ```sh
//! cargo run -p feed
//! curl -N localhost:8080/notes
//! curl -N 'localhost:8080/notes?lastEventId=…'       # with an id of before
//! curl localhost:8080/notes -H 'content-type: application/json' -d '{"text":"hello"}'
//! ```
//!
//! Open <http://127.0.0.1:8080> in several tabs, and stop and start the program while they are open.

use bolt::axum::http::StatusCode;
use bolt::axum::response::Html;
use bolt::axum::routing::{get, post};
use bolt::prelude::*;
use bolt::replay::{Replay, Replayed};
use tokio_stream::Stream;

/// What somebody wrote.
#[derive(Serialize, Deserialize, ToSchema)]
struct Note {
    text: String,
}

/// The last 100 notes, and those to come; for who returns, what it missed.
#[stream(get, "/notes")]
async fn notes(
    State(notes): State<Replay<Note>>,
    last: Option<LastEventId>,
) -> impl Stream<Item = Replayed<Note>> {
    notes.subscribe_from_oldest(last)
}

/// The id of the note is the answer.
async fn write(
    State(notes): State<Replay<Note>>,
    Json(note): Json<Note>,
) -> Result<(StatusCode, String), Problem> {
    if note.text.len() > 1000 {
        return Err(Problem::unprocessable("a note has at most 1000 bytes"));
    }
    let position = notes.publish(note).map_err(Problem::internal)?;
    Ok((StatusCode::CREATED, position.to_string()))
}

fn app(notes: Replay<Note>) -> App {
    App::new()
        .route("/", get(Html(include_str!("page.html"))))
        .mount::<self::notes>()
        .route("/notes", post(write))
        .state(notes)
}

fn main() -> bolt::Result<()> {
    app(Replay::builder().items(100).build()).run()
}

#[cfg(test)]
mod tests {
    use bolt::testing::TestClient;
    use serde_json::Value;

    use super::*;

    #[tokio::test]
    async fn a_reader_that_returns_has_each_note_once() {
        let client = TestClient::new(app(Replay::new()));
        let write = async |text: &str| {
            let note = client.post("/notes").json(&Note { text: text.to_owned() });
            note.send().await.assert_status(201);
        };
        write("one").await;
        let mut reader = client.get("/notes").event_source().events::<Value>().await;
        write("two").await;
        let texts = |event: bolt::testing::TestEvent<Value>| event.data["text"].clone();
        assert_eq!(texts(reader.next().await), "one");
        assert_eq!(texts(reader.next().await), "two");
        let again = reader.reconnect();
        write("three").await;
        let mut reader = again.events::<Value>().await;
        assert_eq!(texts(reader.next().await), "three");
    }

    #[tokio::test]
    async fn a_reader_of_the_program_before_is_told_so() {
        let client = TestClient::new(app(Replay::new()));
        let last = client.get("/notes").header("last-event-id", "before-17");
        let gap = last.events::<Value>().await.next().await;
        assert_eq!((gap.name.as_str(), &gap.data["reason"]), ("gap", &Value::from("epoch")));
    }
}
