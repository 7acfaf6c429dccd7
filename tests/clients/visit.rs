//! One client in one situation, as it goes on.

use std::sync::Arc;
use std::time::Duration;

use serde_json::json;

use crate::cell::{Cell, Shown, State};
use crate::client::{Client, Returns};
use crate::driver::Drivers;
use crate::notes;
use crate::rows::Row;
use crate::stage::Stage;

/// What a client has not done for this long, it does not do.
const QUIET: Duration = Duration::from_secs(3);
const LONG: Duration = Duration::from_secs(30);

/// What came of it, as it is in the table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Outcome {
    pub(crate) word: String,
    /// Nothing ran again, nothing came twice, and nothing was lost without a word.
    pub(crate) good: bool,
}

/// An outcome that ends the visit is an `Err`, good or bad.
pub(crate) type Judged<T = Outcome> = Result<T, Outcome>;

pub(crate) fn good(word: impl Into<String>) -> Outcome {
    Outcome { word: word.into(), good: true }
}

pub(crate) fn bad(word: impl Into<String>) -> Outcome {
    Outcome { word: word.into(), good: false }
}

pub(crate) struct Visit {
    pub(crate) client: &'static Client,
    pub(crate) cell: Arc<Cell>,
    pub(crate) stage: Arc<Stage>,
    drivers: Arc<Drivers>,
    key: String,
    url: String,
    /// For a browser.
    page: Option<String>,
    /// How often the client was told to begin, and how much it had shown when it last was.
    opened: usize,
    seen: usize,
    /// Whether its user had to ask again, and whether they had to find out by themselves.
    by_hand: bool,
    untold: bool,
}

impl Visit {
    /// `port`: of the server, or of what is in front of it. `kind`: the first part of the path.
    pub(crate) fn new(
        (client, cell, key): (&'static Client, Arc<Cell>, String),
        (stage, drivers): (Arc<Stage>, Arc<Drivers>),
        port: u16,
        kind: &str,
    ) -> Self {
        let path = format!("/{kind}/{key}");
        let page = client.page.map(|page| {
            // Behind the proxy they share a port, and a browser has at most six connections to a host.
            let own = format!("{}.localhost", client.key);
            let host = client.host.unwrap_or(&own);
            let and = if page.contains('?') { '&' } else { '?' };
            format!("http://{host}:{port}/pages/{page}{and}stream={path}")
        });
        Self {
            client,
            cell,
            stage,
            drivers,
            key,
            url: format!("http://127.0.0.1:{port}{path}"),
            page,
            opened: 0,
            seen: 0,
            by_hand: false,
            untold: false,
        }
    }

    /// Tells the client to begin; its user gives it the last id that they have seen.
    async fn open(&mut self) {
        self.opened += 1;
        let (shown, last) = self.cell.see(|state| (state.shown.len(), state.last_id()));
        self.seen = shown;
        let command = json!({ "open": self.key, "url": self.url, "page": self.page, "last": last });
        self.drivers.tell(self.client.program, &command).await;
    }

    pub(crate) async fn close(&self) {
        self.drivers.tell(self.client.program, &json!({ "close": self.key })).await;
    }

    /// Begins, and waits until the server has answered.
    pub(crate) async fn arrive(&mut self) {
        self.open().await;
        let came = self.cell.until(|state| !state.requests.is_empty()).await;
        assert!(came, "{} never asked", self.key);
    }

    /// Waits until it is so, or the client has ended; false if it is not.
    pub(crate) async fn until(&self, is_so: impl Fn(&State) -> bool) -> bool {
        self.cell.until(|state| is_so(state) || state.ends() >= self.opened).await;
        self.cell.see(is_so)
    }

    /// The same, with the help of the client's user.
    pub(crate) async fn until_back(&mut self, is_so: impl Fn(&State) -> bool) -> Judged<()> {
        while !self.until(&is_so).await {
            let told = |state: &State| state.shown[self.seen..].iter().any(Shown::is_error);
            let (ended, told) = self.cell.see(|state| (state.ends() >= self.opened, told(state)));
            match self.client.returns {
                _ if !ended => return Err(bad("lost")),
                Returns::ByHand => {}
                Returns::Itself if told => return Err(good("told")),
                Returns::Itself => return Err(bad("untold")),
            }
            self.by_hand = true;
            self.untold |= !told;
            self.open().await;
        }
        Ok(())
    }

    /// Publishes an item, and waits until the client has shown it.
    pub(crate) async fn sends(&mut self) -> Judged<()> {
        self.cell.publish();
        self.is_up_to_date().await
    }

    /// Waits until the client has shown what was published last.
    pub(crate) async fn is_up_to_date(&mut self) -> Judged<()> {
        self.until_back(|state| state.items().last() == Some(&state.sent)).await
    }

    /// How the client came back, which has missed nothing.
    pub(crate) fn back(&self) -> Outcome {
        match (self.by_hand, self.untold) {
            (false, _) => good("comes back"),
            (true, false) => good("by hand"),
            (true, true) => bad("by hand"),
        }
    }

    /// Waits until nothing happens any more, or more than should. A client that is known to go on has longer.
    pub(crate) async fn rests(&self, row: Row) {
        let quiet = if notes::goes_on(self.client, row) { LONG } else { QUIET };
        let enough = |state: &State| state.runs > 1 || state.asks_on();
        let so_far = |state: &State| (state.requests.len(), state.shown.len());
        loop {
            let before = self.cell.see(so_far);
            let goes_on = |state: &State| enough(state) || so_far(state) != before;
            if !self.cell.within(quiet, goes_on).await || self.cell.see(enough) {
                return;
            }
        }
    }
}
