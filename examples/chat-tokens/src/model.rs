//! A model that says the prompt backwards, a word at a time.

use std::time::Duration;

use bolt::prelude::*;

/// What was said; by whom makes no difference to this model.
#[derive(Deserialize, ToSchema)]
pub(crate) struct Message {
    pub(crate) content: String,
}

/// The words of an answer, as they are thought of.
pub(crate) struct Thinking {
    words: std::vec::IntoIter<String>,
}

impl Thinking {
    /// Thinks about the last message.
    ///
    /// # Errors
    /// When it says nothing.
    pub(crate) fn about(messages: &[Message]) -> Result<Self, Problem> {
        let prompt = messages.last().map_or("", |message| &message.content);
        let words: Vec<_> =
            prompt.split_whitespace().rev().map(|word| format!("{word} ")).collect();
        match words.is_empty() {
            true => Err(Problem::unprocessable("the prompt is empty")),
            false => Ok(Self { words: words.into_iter() }),
        }
    }

    /// The next word.
    ///
    /// # Errors
    /// At the word `fail`, to show what becomes of an error in the middle of an answer.
    pub(crate) async fn next(&mut self) -> Result<Option<String>, Problem> {
        tokio::time::sleep(Duration::from_millis(20)).await;
        match self.words.next() {
            Some(word) if word == "fail " => Err(Problem::internal("the model was asked to fail")),
            word => Ok(word),
        }
    }

    /// All that is left.
    ///
    /// # Errors
    /// As [`next`](Self::next).
    pub(crate) async fn rest(&mut self) -> Result<Vec<String>, Problem> {
        let mut words = Vec::new();
        while let Some(word) = self.next().await? {
            words.push(word);
        }
        Ok(words)
    }
}
