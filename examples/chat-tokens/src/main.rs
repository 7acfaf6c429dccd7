//! A POST whose answer streams, as the APIs of language models do: tokens as they come, then a typed `done`.
//!
//! ```sh
//! cargo run -p chat-tokens
//! curl -N localhost:8080/chat -H 'content-type: application/json' -d '{"prompt":"Say it backwards"}'
//! ```

use std::time::Duration;

use bolt::prelude::*;

#[derive(Deserialize, ToSchema)]
struct Question {
    /// Not empty.
    #[schema(pattern = r"\S")]
    prompt: String,
}

/// The answer, piece by piece. Each variant is an event of its own.
#[derive(Debug, PartialEq, Serialize, Deserialize, StreamEvent, ToSchema)]
#[serde(rename_all = "snake_case")]
enum Answer {
    /// A piece of the text.
    Token { index: usize, text: String },
    /// The last event: what the answer came to.
    Done { tokens: usize, finish_reason: String },
}

/// Answers a prompt with its words in reverse.
#[stream(post, "/chat")]
async fn chat(Json(question): Json<Question>) -> Result<Answer, Problem> {
    if question.prompt.trim().is_empty() {
        return Err(Problem::unprocessable("the prompt is empty"));
    }
    let mut tokens = 0;
    for word in question.prompt.split_whitespace().rev() {
        emit!(Answer::Token { index: tokens, text: format!("{word} ") });
        tokens += 1;
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    emit!(Answer::Done { tokens, finish_reason: "stop".to_owned() });
}

fn app() -> App {
    App::new().mount::<chat>()
}

fn main() -> bolt::Result<()> {
    app().run()
}

#[cfg(test)]
mod tests {
    use bolt_tests::client::answer;
    use bolt_tests::{Events, Server, golden};
    use reqwest::{Method, Response};

    use super::*;

    async fn ask(server: &Server, body: &'static str) -> Response {
        let request = server.client().request(Method::POST, "/chat");
        answer(request.header("content-type", "application/json").body(body)).await
    }

    #[tokio::test]
    async fn tokens_come_one_by_one_and_then_done() {
        let server = Server::start(app()).await;
        let mut events = Events::of(ask(&server, r#"{"prompt":"Say it"}"#).await);
        let events = events.rest().await;
        let names: Vec<_> = events.iter().map(|event| event.name.as_str()).collect();
        assert_eq!(names, ["token", "token", "done"]);
        assert_eq!(events[0].data, r#"{"index":0,"text":"it "}"#);
        assert_eq!(events[2].data, r#"{"tokens":2,"finish_reason":"stop"}"#);
    }

    #[test]
    fn the_document_says_all_of_it() {
        golden::check_openapi(concat!(env!("CARGO_MANIFEST_DIR"), "/openapi.json"), &app());
    }

    #[tokio::test]
    async fn an_empty_prompt_is_a_problem_with_a_status() {
        let server = Server::start(app()).await;
        let refused = ask(&server, r#"{"prompt":" "}"#).await;
        assert_eq!(refused.status(), 422);
        assert_eq!(refused.headers()["content-type"], "application/problem+json");
    }
}
