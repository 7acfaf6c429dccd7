//! `Outcome`: why an app has ended, for requests that still wait for it.

use std::panic::Location;
use std::thread;

use tokio::sync::watch::{Receiver, Sender};

use crate::error::Result;

/// Set once; only the first reason counts.
#[derive(Clone, Default)]
pub(super) struct Outcome(Sender<Option<String>>);

impl Outcome {
    pub(super) fn watch(&self) -> Receiver<Option<String>> {
        self.0.subscribe()
    }

    /// Runs the app to its end, and records how it ended.
    pub(super) async fn of(self, app: impl Future<Output = Result<()>>) -> Result<()> {
        let outcome = Panic(self);
        let served = app.await;
        outcome.0.say(match &served {
            Ok(()) => "the app has ended".to_owned(),
            Err(error) => format!("the app did not start: {error:?}"),
        });
        served
    }

    /// The client that was created at this place stops its app.
    pub(super) fn is_dropped(&self, place: &Location<'_>) {
        self.say(format!(
            "the app was stopped when its `TestClient` was dropped: keep that of {place} for as long"
        ));
    }

    fn say(&self, why: String) {
        self.0.send_if_modified(|said| {
            let first = said.is_none();
            said.get_or_insert(why);
            first
        });
    }
}

/// Records a panic of the app.
struct Panic(Outcome);

impl Drop for Panic {
    fn drop(&mut self) {
        if thread::panicking() {
            self.0.say("the app panicked".to_owned());
        }
    }
}
