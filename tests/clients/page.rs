//! `docs/reference/clients.md`, made from what was seen.

use std::fmt::Write as _;
use std::sync::Arc;

use crate::cell::{Cell, Request};
use crate::client::{CLIENTS, Client, OTHERS};
use crate::notes;
use crate::rows::Row;
use crate::visit::Outcome;

/// A cell, and what came of it.
#[derive(Debug)]
pub(crate) struct Played {
    pub(crate) row: Row,
    pub(crate) client: &'static Client,
    pub(crate) cell: Arc<Cell>,
    pub(crate) outcome: Outcome,
}

/// The page.
pub(crate) fn of(played: &[Played]) -> String {
    include_str!("page.md")
        .replace("{table}", &table(played))
        .replace("{notes}", &notes::list())
        .replace("{requests}", &requests(played))
}

fn find<'a>(played: &'a [Played], row: Row, client: &Client) -> Option<&'a Played> {
    played.iter().find(|played| played.row == row && played.client.key == client.key)
}

fn table(played: &[Played]) -> String {
    let names: Vec<_> = Row::ALL.iter().map(|row| row.name()).collect();
    let mut table =
        format!("| client | {} |\n|---|{}\n", names.join(" | "), "---|".repeat(names.len()));
    for client in CLIENTS {
        _ = write!(table, "| {} |", client.name);
        for row in Row::ALL {
            let cell = find(played, row, client).map_or_else(String::new, |found| {
                let notes = notes::numbers(client, row);
                let notes: String =
                    notes.iter().map(|number| format!("<sup>{number}</sup>")).collect();
                format!("{}{notes} ", found.outcome.word)
            });
            _ = write!(table, " {cell}|");
        }
        table.push('\n');
    }
    table.trim_end().to_owned()
}

/// What each client asks with first, and how it is answered when all blocking streams are in use.
fn requests(played: &[Played]) -> String {
    let head = "| client | `accept` | `cache-control` | `sec-fetch-mode` | over the limit |";
    let mut table = format!("{head}\n|---|---|---|---|---|\n");
    for client in CLIENTS.iter().chain(OTHERS).filter(|client| client.is_in(Row::Overload)) {
        let Some(request) = first(played, client) else { continue };
        let header = |name| {
            request.headers.get(name).map_or_else(String::new, |value| format!("`{value}` "))
        };
        _ = writeln!(
            table,
            "| {} | {}| {}| {}| {} |",
            client.name,
            header("accept"),
            header("cache-control"),
            header("sec-fetch-mode"),
            if request.status == 200 { "200 and `retry`" } else { "503" },
        );
    }
    table.trim_end().to_owned()
}

fn first(played: &[Played], client: &Client) -> Option<Request> {
    find(played, Row::Overload, client)?.cell.see(|state| state.requests.first().cloned())
}

/// Over the limit, 200 is for an EventSource and 503 for everyone else.
pub(crate) fn check_requests(played: &[Played]) {
    for client in CLIENTS.iter().chain(OTHERS).filter(|client| client.is_in(Row::Overload)) {
        let request = first(played, client).expect("it has asked");
        let says = |name: &str, what: &str| {
            request.headers.get(name).is_some_and(|value| value.contains(what))
        };
        let event_source = request.method == "GET"
            && says("accept", "text/event-stream")
            && says("cache-control", "no-cache");
        let expected = if event_source { 200 } else { 503 };
        assert_eq!(request.status, expected, "{}: {request:?}", client.key);
        match client.page {
            Some("event-source.html") => assert!(event_source, "{}: {request:?}", client.key),
            Some("fetch.html") => assert!(!event_source, "{}: {request:?}", client.key),
            _ => {}
        }
    }
}
