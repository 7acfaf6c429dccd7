//! `POST /v1/chat/completions`, as `OpenAI`'s clients ask for it: chunks and a last `[DONE]`, or one completion.

use bolt::prelude::*;

use crate::model::{Message, Thinking};

#[derive(Deserialize, ToSchema)]
pub(crate) struct CompletionRequest {
    model: String,
    messages: Vec<Message>,
    #[serde(default)]
    stream: bool,
}

/// A piece of a completion.
#[derive(Serialize, ToSchema)]
pub(crate) struct Chunk {
    id: &'static str,
    object: &'static str,
    created: u64,
    model: String,
    choices: [Change; 1],
}

#[derive(Serialize, ToSchema)]
pub(crate) struct Change {
    index: u32,
    delta: Delta,
    finish_reason: Option<&'static str>,
}

#[derive(Default, Serialize, ToSchema)]
pub(crate) struct Delta {
    #[serde(skip_serializing_if = "Option::is_none")]
    role: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    content: Option<String>,
}

/// A whole completion.
#[derive(Serialize, ToSchema)]
pub(crate) struct Completion {
    id: &'static str,
    object: &'static str,
    created: u64,
    model: String,
    choices: [Choice; 1],
    usage: Usage,
}

#[derive(Serialize, ToSchema)]
pub(crate) struct Choice {
    index: u32,
    message: Reply,
    finish_reason: &'static str,
}

#[derive(Serialize, ToSchema)]
pub(crate) struct Reply {
    role: &'static str,
    content: String,
}

#[derive(Serialize, ToSchema)]
pub(crate) struct Usage {
    prompt_tokens: usize,
    completion_tokens: usize,
    total_tokens: usize,
}

const ID: &str = "chatcmpl-1";

/// Completes a chat: chunk by chunk with `"stream": true`, else at once.
#[stream(post, "/v1/chat/completions", answer = Completion, end = data("[DONE]"))]
pub(crate) async fn completions(Json(request): Json<CompletionRequest>) -> Result<Chunk, Problem> {
    let mut thinking = Thinking::about(&request.messages)?;
    let CompletionRequest { model, stream, .. } = request;
    if !stream {
        let words = thinking.rest().await?;
        let tokens = words.len();
        answer!(Completion {
            id: ID,
            object: "chat.completion",
            created: 0,
            model,
            choices: [Choice {
                index: 0,
                message: Reply { role: "assistant", content: words.concat() },
                finish_reason: "stop",
            }],
            usage: Usage {
                prompt_tokens: tokens,
                completion_tokens: tokens,
                total_tokens: 2 * tokens
            },
        });
    }
    let chunk = |delta, finish_reason| Chunk {
        id: ID,
        object: "chat.completion.chunk",
        created: 0,
        model: model.clone(),
        choices: [Change { index: 0, delta, finish_reason }],
    };
    // At once, so that the client need not wait for the head until the model has its first word.
    emit!(chunk(Delta { role: Some("assistant"), content: None }, None));
    while let Some(word) = thinking.next().await? {
        emit!(chunk(Delta { role: None, content: Some(word) }, None));
    }
    emit!(chunk(Delta::default(), Some("stop")));
}
