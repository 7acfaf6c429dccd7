//! A POST whose answer streams, as the APIs of language models do: tokens as they come, then a typed `done`. And the
//! APIs of `OpenAI` and Anthropic themselves, for their own clients.
//!
//! ```sh
//! cargo run -p chat-tokens
//! curl -N localhost:8080/chat -H 'content-type: application/json' -d '{"prompt":"Say it backwards"}'
//! ```
//!
//! ```python
//! from openai import OpenAI
//! client = OpenAI(base_url="http://localhost:8080/v1", api_key="none")
//! messages = [{"role": "user", "content": "Say it backwards"}]
//! for chunk in client.chat.completions.create(model="backwards", messages=messages, stream=True):
//!     print(chunk.choices[0].delta.content or "", end="", flush=True)
//! ```

mod anthropic;
mod model;
mod openai;

use std::time::Duration;

use bolt::prelude::*;

use crate::anthropic::messages;
use crate::openai::completions;

#[derive(Serialize, Deserialize, ToSchema)]
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

/// An error as the clients of both APIs read it.
#[derive(Serialize, ToSchema)]
struct ApiError {
    r#type: &'static str,
    error: ErrorBody,
}

#[derive(Serialize, ToSchema)]
struct ErrorBody {
    r#type: &'static str,
    message: String,
    code: u16,
}

fn api_error(problem: &Problem) -> ApiError {
    let kind = match problem.status().as_u16() {
        429 => "rate_limit_error",
        503 => "overloaded_error",
        500.. => "api_error",
        _ => "invalid_request_error",
    };
    let message = problem.public_detail().unwrap_or(problem.public_title()).to_owned();
    let code = problem.status().as_u16();
    ApiError { r#type: "error", error: ErrorBody { r#type: kind, message, code } }
}

fn app() -> App {
    App::new().mount::<chat>().mount::<completions>().mount::<messages>().problem_format(api_error)
}

fn main() -> bolt::Result<()> {
    app().run()
}

#[cfg(test)]
mod tests {
    use bolt::testing::{TestClient, TestRequest};
    use bolt_tests::golden;
    use serde_json::Value;

    use super::*;

    fn ask(client: &TestClient, prompt: &str) -> TestRequest {
        client.post("/chat").json(&Question { prompt: prompt.to_owned() })
    }

    #[tokio::test(start_paused = true)]
    async fn tokens_come_one_by_one_and_then_done() {
        let client = TestClient::new(app());
        let mut answer = ask(&client, "Say it").events::<Answer>().await;
        let token = |index, text: &str| Answer::Token { index, text: text.to_owned() };
        let done = Answer::Done { tokens: 2, finish_reason: "stop".to_owned() };
        assert_eq!(answer.rest_data().await, [token(0, "it "), token(1, "Say "), done]);
    }

    #[tokio::test]
    async fn a_variant_is_the_name_of_its_event() {
        let client = TestClient::new(app());
        let token = ask(&client, "Hello").events::<Answer>().await.next().await;
        assert_eq!(token.name, "token");
        assert_eq!(token.text, r#"{"index":0,"text":"Hello "}"#);
    }

    #[test]
    fn the_document_says_all_of_it() {
        golden::check_openapi(concat!(env!("CARGO_MANIFEST_DIR"), "/openapi.json"), &app());
    }

    #[tokio::test]
    async fn an_empty_prompt_is_an_error_with_a_status() {
        let client = TestClient::new(app());
        let refused = ask(&client, " ").send().await;
        let error: Value = refused.assert_status(422).json();
        assert_eq!(error["error"]["message"], "the prompt is empty");
    }
}
