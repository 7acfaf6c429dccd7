//! `POST /v1/messages`, as Anthropic's clients ask for it: events with names of their own, or one message.

use bolt::prelude::*;

use crate::model::{Message, Thinking};

#[derive(Deserialize, ToSchema)]
pub(crate) struct MessageRequest {
    model: String,
    messages: Vec<Message>,
    #[serde(default)]
    stream: bool,
}

/// The events of a message. Each has its name in its data, too.
#[derive(Serialize, StreamEvent, ToSchema)]
#[serde(tag = "type", rename_all = "snake_case")]
pub(crate) enum MessageEvent {
    MessageStart { message: WholeMessage },
    ContentBlockStart { index: u32, content_block: Block },
    ContentBlockDelta { index: u32, delta: TextDelta },
    ContentBlockStop { index: u32 },
    MessageDelta { delta: Ending, usage: OutputTokens },
    MessageStop {},
}

/// A whole message.
#[derive(Serialize, ToSchema)]
pub(crate) struct WholeMessage {
    id: &'static str,
    r#type: &'static str,
    role: &'static str,
    model: String,
    content: Vec<Block>,
    stop_reason: Option<&'static str>,
    stop_sequence: Option<String>,
    usage: Tokens,
}

#[derive(Serialize, ToSchema)]
pub(crate) struct Block {
    r#type: &'static str,
    text: String,
}

#[derive(Serialize, ToSchema)]
pub(crate) struct TextDelta {
    r#type: &'static str,
    text: String,
}

#[derive(Serialize, ToSchema)]
pub(crate) struct Ending {
    stop_reason: &'static str,
    stop_sequence: Option<String>,
}

#[derive(Serialize, ToSchema)]
pub(crate) struct Tokens {
    input_tokens: usize,
    output_tokens: usize,
}

#[derive(Serialize, ToSchema)]
pub(crate) struct OutputTokens {
    output_tokens: usize,
}

/// Answers a message: event by event with `"stream": true`, else at once.
#[stream(post, "/v1/messages", answer = WholeMessage, end = false)]
pub(crate) async fn messages(Json(request): Json<MessageRequest>) -> Result<MessageEvent, Problem> {
    let mut thinking = Thinking::about(&request.messages)?;
    let MessageRequest { model, stream, .. } = request;
    let message = |content, stop_reason, output_tokens| WholeMessage {
        id: "msg_1",
        r#type: "message",
        role: "assistant",
        model,
        content,
        stop_reason,
        stop_sequence: None,
        usage: Tokens { input_tokens: 0, output_tokens },
    };
    let text = |text| Block { r#type: "text", text };
    if !stream {
        let words = thinking.rest().await?;
        answer!(message(vec![text(words.concat())], Some("end_turn"), words.len()));
    }
    emit!(MessageEvent::MessageStart { message: message(Vec::new(), None, 0) });
    emit!(MessageEvent::ContentBlockStart { index: 0, content_block: text(String::new()) });
    let mut output_tokens = 0;
    while let Some(text) = thinking.next().await? {
        emit!(MessageEvent::ContentBlockDelta {
            index: 0,
            delta: TextDelta { r#type: "text_delta", text }
        });
        output_tokens += 1;
    }
    emit!(MessageEvent::ContentBlockStop { index: 0 });
    emit!(MessageEvent::MessageDelta {
        delta: Ending { stop_reason: "end_turn", stop_sequence: None },
        usage: OutputTokens { output_tokens },
    });
    emit!(MessageEvent::MessageStop {});
}
