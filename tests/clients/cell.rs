//! A cell of the table, one client in one situation: what ran for it, what it asked, and what it showed its user.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use bolt::prelude::*;
use bolt::replay::Replay;
use serde_json::json;
use tokio::sync::watch;
use tokio::time::timeout;

/// How long the test waits for what must happen; a browser opens pages slowly on a busy machine.
const PATIENCE: Duration = Duration::from_secs(60);

/// What the client is sent.
pub(crate) type Item = Event<Text>;

/// What a run of the function does next.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Step {
    /// Emits the next number.
    Send,
    /// Waits until the client has shown all that was sent.
    Shown,
    /// Fails with this status.
    Fail(u16),
    /// Waits until three comments have broken the silence.
    Quiet,
    /// Stays for as long as the client does.
    Stay,
}

/// What each run does, by its number from 1.
pub(crate) type Script = fn(usize) -> &'static [Step];

/// How an event must look for a client to pass it on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Shape {
    /// A number.
    Number,
    /// A change of Datastar's signal `n`.
    Signals,
    /// A part of a completion.
    Completion,
}

impl Shape {
    fn item(self, n: u64) -> Item {
        // So that those who return are back at once.
        let item = |text: String| Event::new(Text::from(text)).retry(Duration::from_millis(100));
        match self {
            Self::Number => item(n.to_string()),
            Self::Signals => {
                let name = EventName::from_static("datastar-merge-signals");
                item(format!("signals {}", json!({ "n": n }))).name(name)
            }
            Self::Completion => {
                let choice = json!({ "index": 0, "delta": { "content": n.to_string() } });
                let chunk = json!({
                    "id": "c", "object": "chat.completion.chunk", "created": 0, "model": "m",
                    "choices": [choice],
                });
                item(chunk.to_string())
            }
        }
    }
}

/// One thing that a client showed its user.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Shown {
    pub(crate) what: What,
    #[serde(default)]
    pub(crate) name: Option<String>,
    #[serde(default)]
    pub(crate) id: Option<String>,
    #[serde(default)]
    pub(crate) data: Option<String>,
    /// For those who look for a fault.
    #[serde(default)]
    #[expect(dead_code, reason = "printed with all else")]
    text: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum What {
    Event,
    Error,
    /// The client is done, and will not come back by itself.
    End,
}

impl Shown {
    fn is(&self, name: &str) -> bool {
        self.what == What::Event && self.name.as_deref() == Some(name)
    }

    /// The number of an item.
    pub(crate) fn item(&self) -> Option<u64> {
        let item = self.is("message") || self.is("datastar-merge-signals");
        self.data.as_ref().filter(|_| item)?.parse().ok()
    }

    /// That something went wrong.
    pub(crate) fn is_error(&self) -> bool {
        self.what == What::Error || self.is("error")
    }

    pub(crate) fn is_last(&self) -> bool {
        self.is("end")
    }

    pub(crate) fn is_gap(&self) -> bool {
        self.is("gap")
    }

    /// An event that nobody sent.
    pub(crate) fn is_empty(&self) -> bool {
        self.what == What::Event && self.data.as_deref().is_none_or(str::is_empty)
    }
}

/// A request, and the head of its response.
#[derive(Clone, Debug)]
pub(crate) struct Request {
    /// Names in lower case, and values.
    pub(crate) headers: HashMap<String, String>,
    pub(crate) method: String,
    pub(crate) status: u16,
    pub(crate) compressed: bool,
}

#[derive(Debug, Default)]
pub(crate) struct State {
    /// How often the function was started, and how many of these runs have ended.
    pub(crate) runs: usize,
    pub(crate) ended: usize,
    /// How many numbers were sent.
    pub(crate) sent: u64,
    pub(crate) requests: Vec<Request>,
    pub(crate) shown: Vec<Shown>,
    /// How many pieces of bodies were sent.
    pub(crate) frames: usize,
    /// How often the connection was cut.
    cuts: usize,
}

impl State {
    pub(crate) fn items(&self) -> Vec<u64> {
        self.shown.iter().filter_map(Shown::item).collect()
    }

    pub(crate) fn has(&self, what: impl Fn(&Shown) -> bool) -> bool {
        self.shown.iter().any(what)
    }

    /// Whether the client asks again although it was told that there is no more.
    pub(crate) fn asks_on(&self) -> bool {
        self.requests.iter().filter(|request| request.status == 204).count() > 1
    }

    /// How often the client has ended.
    pub(crate) fn ends(&self) -> usize {
        self.shown.iter().filter(|shown| shown.what == What::End).count()
    }

    /// The id that a user of the client has last seen.
    pub(crate) fn last_id(&self) -> Option<String> {
        let ids = self.shown.iter().rev().filter_map(|shown| shown.id.clone());
        ids.into_iter().find(|id| !id.is_empty())
    }
}

#[derive(Debug)]
pub(crate) struct Cell {
    shape: Shape,
    script: Script,
    log: Mutex<Replay<Item>>,
    state: watch::Sender<State>,
}

impl Cell {
    pub(crate) fn new(shape: Shape, script: Script) -> Self {
        Self { shape, script, log: Mutex::default(), state: watch::Sender::default() }
    }

    pub(crate) fn see<T>(&self, look: impl FnOnce(&State) -> T) -> T {
        look(&self.state.borrow())
    }

    pub(crate) fn change(&self, change: impl FnOnce(&mut State)) {
        self.state.send_modify(change);
    }

    /// Waits until it is so; false when it never was.
    pub(crate) async fn until(&self, is_so: impl FnMut(&State) -> bool) -> bool {
        self.within(PATIENCE, is_so).await
    }

    /// The same, for no longer than this.
    pub(crate) async fn within(&self, time: Duration, is_so: impl FnMut(&State) -> bool) -> bool {
        let mut states = self.state.subscribe();
        timeout(time, states.wait_for(is_so)).await.is_ok_and(|waited| waited.is_ok())
    }

    /// The log that the client reads.
    pub(crate) fn log(&self) -> Replay<Item> {
        self.log.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Gives it another log, as another process would have.
    pub(crate) fn set_log(&self, log: Replay<Item>) {
        *self.log.lock().unwrap_or_else(PoisonError::into_inner) = log;
    }

    pub(crate) fn publish(&self) {
        let item = self.next_item();
        self.log().publish(item).expect("an open log");
    }

    fn next_item(&self) -> Item {
        let mut sent = 0;
        self.change(|state| {
            state.sent += 1;
            sent = state.sent;
        });
        self.shape.item(sent)
    }

    /// Breaks the connection that the client has.
    pub(crate) fn cut(&self) {
        self.change(|state| state.cuts += 1);
    }

    /// Completes when the connection is broken next.
    pub(crate) fn is_cut(&self) -> impl Future<Output = ()> + Send + use<> {
        let mut states = self.state.subscribe();
        let before = self.see(|state| state.cuts);
        async move {
            // Its sender outlives the app.
            _ = states.wait_for(|state| state.cuts > before).await;
        }
    }
}

/// One run of a function, from its start to its drop.
pub(crate) struct Run {
    cell: Arc<Cell>,
    steps: std::slice::Iter<'static, Step>,
}

impl Run {
    pub(crate) fn begin(cell: Arc<Cell>) -> Self {
        let mut number = 0;
        cell.change(|state| {
            state.runs += 1;
            number = state.runs;
        });
        let steps = (cell.script)(number).iter();
        Self { cell, steps }
    }

    /// What is emitted next, or the failure; none at the end.
    pub(crate) async fn next(&mut self) -> Option<Result<Item, Problem>> {
        loop {
            match *self.steps.next()? {
                Step::Send => return Some(Ok(self.cell.next_item())),
                Step::Shown => {
                    let all = |state: &State| state.items().len() as u64 >= state.sent;
                    self.cell.until(all).await;
                }
                Step::Fail(404) => return Some(Err(Problem::not_found("there is no such thing"))),
                Step::Fail(409) => return Some(Err(Problem::conflict("it has changed"))),
                Step::Fail(_) => return Some(Err(Problem::internal("it is broken"))),
                Step::Quiet => {
                    let three = self.cell.see(|state| state.frames) + 3;
                    self.cell.until(|state| state.frames >= three).await;
                }
                Step::Stay => std::future::pending().await,
            }
        }
    }
}

impl Drop for Run {
    fn drop(&mut self) {
        self.cell.change(|state| state.ended += 1);
    }
}

/// All cells, by their keys.
#[derive(Clone, Debug, Default)]
pub(crate) struct Cells(Arc<Mutex<HashMap<String, Arc<Cell>>>>);

impl Cells {
    pub(crate) fn add(&self, key: &str, cell: Cell) -> Arc<Cell> {
        let cell = Arc::new(cell);
        let mut cells = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let before = cells.insert(key.to_owned(), Arc::clone(&cell));
        assert!(before.is_none(), "the cell {key} is there already");
        cell
    }

    pub(crate) fn get(&self, key: &str) -> Option<Arc<Cell>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).get(key).cloned()
    }
}
