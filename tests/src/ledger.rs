//! What was published, held against what clients were sent: order, loss, doubles, and gaps that were not told.
//!
//! Nothing here knows how bolt makes ids: an id is the text that publishing gave.

use std::collections::HashMap;

use serde_json::Value;

use crate::spec::Dispatched;

/// All that was published, in its order.
#[derive(Debug, Default)]
pub struct Ledger {
    lines: Vec<Line>,
    by_id: HashMap<String, usize>,
}

#[derive(Debug)]
struct Line {
    id: String,
    /// None for the beginning of an epoch, which is no event.
    data: Option<String>,
}

impl Ledger {
    /// A log begins, or begins anew; `id` is the place in front of its first event.
    pub fn begin(&mut self, id: impl Into<String>) {
        self.add(id.into(), None);
    }

    /// Something was published.
    pub fn publish(&mut self, id: impl Into<String>, data: impl Into<String>) {
        self.add(id.into(), Some(data.into()));
    }

    fn add(&mut self, id: String, data: Option<String>) {
        let before = self.by_id.insert(id.clone(), self.lines.len());
        assert_eq!(before, None, "the id {id} was given twice");
        self.lines.push(Line { id, data });
    }

    /// The id that was given last.
    pub fn last(&self) -> &str {
        &self.lines.last().expect("a log has begun").id
    }

    /// How many events were published after this id, up to the end of its log or the next one's beginning.
    ///
    /// # Panics
    /// When the id was never given.
    pub fn count_after(&self, id: &str) -> usize {
        let after = &self.lines[self.place(id).expect("an id of the ledger") + 1..];
        after.iter().take_while(|line| line.data.is_some()).count()
    }

    fn place(&self, id: &str) -> Result<usize, String> {
        self.by_id.get(id).copied().ok_or_else(|| format!("the id {id:?} was never given"))
    }
}

/// One client, over all of its connections.
#[derive(Clone, Debug)]
pub struct Account {
    /// Which data it asked for; all else it must not be sent.
    wants: fn(&str) -> bool,
    /// What it has up to: a place in the ledger.
    at: Option<usize>,
    /// The reasons of the gaps that it was told.
    pub gaps: Vec<String>,
    /// How many events it was sent, gaps not counted.
    pub events: usize,
}

impl Default for Account {
    fn default() -> Self {
        Self::wanting(|_| true)
    }
}

impl Account {
    /// A client that wants this data only.
    #[must_use]
    pub fn wanting(wants: fn(&str) -> bool) -> Self {
        Self { wants, at: None, gaps: Vec::new(), events: 0 }
    }

    /// The id that it would come back with.
    pub fn last_id<'a>(&self, ledger: &'a Ledger) -> Option<&'a str> {
        self.at.map(|at| ledger.lines[at].id.as_str())
    }

    /// What it wants of the events that follow the place where it is, up to another: the first of them, if there is
    /// one. The beginning of a log is never passed unsaid.
    fn missing<'a>(&self, ledger: &'a Ledger, at: usize, to: usize) -> Option<&'a Line> {
        let wants = |line: &&Line| line.data.as_deref().is_none_or(self.wants);
        ledger.lines.get(at + 1..to).and_then(|passed| passed.iter().find(wants))
    }

    /// The client was told where it is, without an event.
    ///
    /// # Errors
    /// When it was elsewhere, or has not had what it wants.
    pub fn told(&mut self, ledger: &Ledger, id: &str) -> Result<(), String> {
        let place = ledger.place(id)?;
        if let Some(at) = self.at
            && (place < at || self.missing(ledger, at, place + 1).is_some())
        {
            return Err(format!("moved from {} to {id} unseen", ledger.lines[at].id));
        }
        self.at = Some(place);
        Ok(())
    }

    /// The client was sent an event.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn sent(&mut self, ledger: &Ledger, event: &Dispatched) -> Result<(), String> {
        if event.name == "gap" {
            return self.sent_gap(ledger, event);
        }
        let place = ledger.place(&event.id)?;
        let line = &ledger.lines[place];
        if line.data.as_ref() != Some(&event.data) {
            return Err(format!("{} is {:?}, not {:?}", event.id, line.data, event.data));
        }
        let Some(at) = self.at else {
            return Err(format!("{} came before it was told where it begins", event.id));
        };
        if place <= at {
            return Err(format!("{} came again, or too late", event.id));
        }
        if let Some(missing) = self.missing(ledger, at, place) {
            return Err(format!("{} is missing before {}", missing.id, event.id));
        }
        if !(self.wants)(&event.data) {
            return Err(format!("{} is not wanted", event.id));
        }
        self.at = Some(place);
        self.events += 1;
        Ok(())
    }

    fn sent_gap(&mut self, ledger: &Ledger, event: &Dispatched) -> Result<(), String> {
        let gap: Value = serde_json::from_str(&event.data).map_err(|error| error.to_string())?;
        let text = |name: &str| gap[name].as_str();
        if text("to") != Some(&event.id) {
            return Err(format!("a gap to {:?} has the id {:?}", text("to"), event.id));
        }
        let reason = text("reason").ok_or("a gap without a reason")?;
        if reason != "unknown" {
            // It may have been brought past what it does not want, unsaid.
            let from = text("from").map(|from| ledger.place(from)).transpose()?;
            let right = match (self.at, from) {
                (Some(at), Some(from)) => {
                    from >= at && self.missing(ledger, at, from + 1).is_none()
                }
                (at, from) => at == from,
            };
            if !right {
                let before = self.last_id(ledger);
                return Err(format!("a gap from {:?} for one at {before:?}", text("from")));
            }
        }
        self.at = Some(ledger.place(&event.id)?);
        self.gaps.push(reason.to_owned());
        Ok(())
    }

    /// The client has read all there is.
    ///
    /// # Errors
    /// When there is more.
    pub fn ended(&self, ledger: &Ledger) -> Result<(), String> {
        match self.at {
            Some(at) if self.missing(ledger, at, ledger.lines.len()).is_none() => Ok(()),
            _ => {
                Err(format!("it ended at {:?}, the log at {}", self.last_id(ledger), ledger.last()))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ledger() -> Ledger {
        let mut ledger = Ledger::default();
        ledger.begin("a-0");
        ["a-1", "a-2", "a-3"]
            .into_iter()
            .for_each(|id| ledger.publish(id, format!("data of {id}")));
        ledger.begin("b-0");
        ledger.publish("b-1", "data of b-1");
        ledger
    }

    fn event(id: &str) -> Dispatched {
        Dispatched { name: "message".into(), data: format!("data of {id}"), id: id.into() }
    }

    fn gap(from: &str, to: &str) -> Dispatched {
        let data = format!(r#"{{"reason":"expired","from":"{from}","to":"{to}"}}"#);
        Dispatched { name: "gap".into(), data, id: to.into() }
    }

    fn checked(begin: &str, events: &[Dispatched]) -> Result<(), String> {
        checked_for(Account::default(), begin, events)
    }

    fn checked_for(mut account: Account, begin: &str, events: &[Dispatched]) -> Result<(), String> {
        let ledger = ledger();
        account.told(&ledger, begin)?;
        events.iter().try_for_each(|event| account.sent(&ledger, event))?;
        account.ended(&ledger)
    }

    #[test]
    fn what_is_right_is_right() {
        let whole = [event("a-1"), event("a-2"), event("a-3"), gap("a-3", "b-0"), event("b-1")];
        assert_eq!(checked("a-0", &whole), Ok(()));
        assert_eq!(checked("a-2", &[gap("a-2", "b-1")]), Ok(()));
    }

    #[test]
    fn each_fault_is_found() {
        let end = [gap("a-3", "b-1")];
        let faults: [(&str, Vec<Dispatched>, &str); 8] = [
            ("loss", vec![event("a-1"), event("a-3")], "a-2 is missing before a-3"),
            ("double", vec![event("a-1"), event("a-1")], "a-1 came again"),
            (
                "order",
                vec![event("a-1"), event("a-2"), event("a-1")],
                "a-1 came again, or too late",
            ),
            ("other data", vec![Dispatched { data: "x".into(), ..event("a-1") }], "not \"x\""),
            ("no such id", vec![event("a-9")], "never given"),
            (
                "silent restart",
                vec![event("a-1"), event("a-2"), event("a-3"), event("b-1")],
                "b-0 is missing",
            ),
            (
                "gap from elsewhere",
                vec![event("a-1"), gap("a-2", "b-0")],
                "for one at Some(\"a-1\")",
            ),
            ("too short", vec![event("a-1")], "ended at Some(\"a-1\")"),
        ];
        for (name, events, expected) in faults {
            let found = checked("a-0", &events).expect_err(name);
            assert!(found.contains(expected), "{name}: {found}");
        }
        let unseen = checked("a-3", &end).and_then(|()| {
            let (ledger, mut account) = (ledger(), Account::default());
            account.told(&ledger, "a-0")?;
            account.told(&ledger, "a-2")
        });
        assert_eq!(unseen.expect_err("moved"), "moved from a-0 to a-2 unseen");
    }
    #[test]
    fn what_is_not_wanted_may_be_passed_and_nothing_else() {
        let odd = || Account::wanting(|data| data.ends_with(['1', '3']));
        let end = || [event("a-3"), gap("a-3", "b-1")];
        let passed = |events: &[Dispatched]| {
            checked_for(odd(), "a-0", &[&[event("a-1")], events, &end()].concat())
        };
        assert_eq!(passed(&[]), Ok(()));
        assert!(passed(&[event("a-2")]).is_err_and(|fault| fault == "a-2 is not wanted"));
        // The gap is from behind what was passed unsaid, or from before it.
        for from in ["a-1", "a-2"] {
            assert_eq!(checked_for(odd(), "a-0", &[event("a-1"), gap(from, "b-1")]), Ok(()));
        }
        let lost = checked_for(odd(), "a-0", &[event("a-1"), gap("a-3", "b-1")]);
        assert!(lost.is_err_and(|fault| fault.contains("for one at Some(\"a-1\")")));
        let (ledger, mut account) = (ledger(), odd());
        for (place, right) in [("a-1", true), ("a-2", true), ("a-1", false), ("a-3", false)] {
            assert_eq!(account.told(&ledger, place).is_ok(), right, "{place}");
        }
    }
}
