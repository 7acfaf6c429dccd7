//! Real clients, in what can happen to a stream. What came of it is one table, in `docs/reference/clients.md`; `BLESS=1`
//! writes it anew.
//!
//! `ROWS=Lost,Gap` and `CLIENTS=curl` play these only, and compare nothing; `CELLS=1` prints all that was seen.

mod app;
mod cell;
mod client;
mod driver;
mod notes;
mod page;
mod proxy;
mod rows;
mod stage;
mod visit;

use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

use bolt_tests::golden;

use crate::cell::{Cell, Cells};
use crate::client::{CLIENTS, Client, OTHERS};
use crate::driver::Drivers;
use crate::page::Played;
use crate::proxy::Proxy;
use crate::rows::Row;
use crate::stage::Stage;
use crate::visit::Visit;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs chromium, firefox-esr, node, python, curl, and clients from npm, PyPI and crates.io; .ci/run \
            installs and runs them"]
#[expect(clippy::print_stdout, reason = "what each client did, for who looks for a fault")]
async fn every_client_does_what_the_table_says() {
    let cells = Cells::default();
    let drivers = Arc::new(Drivers::new(&cells));
    let clients: Vec<&Client> =
        CLIENTS.iter().chain(OTHERS).filter(|c| asked("CLIENTS", c.key)).collect();
    drivers.start(clients.iter().map(|client| client.program)).await;
    let mut played = Vec::new();
    for row in Row::ALL.into_iter().filter(|row| asked("ROWS", &format!("{row:?}"))) {
        let clients = clients.iter().copied().filter(|client| client.is_in(row));
        let began = Instant::now();
        let row_played = play(row, clients, &cells, &drivers).await;
        println!("{row:?}, {:?}", began.elapsed());
        for Played { client, outcome, cell, .. } in &row_played {
            println!("  {}: {outcome:?}", client.key);
            if asked_for("CELLS") {
                cell.see(|state| state.requests.iter().for_each(|asked| println!("    {asked:?}")));
                cell.see(|state| state.shown.iter().for_each(|shown| println!("    {shown:?}")));
            }
        }
        played.extend(row_played);
    }
    if asked_for("CLIENTS") || asked_for("ROWS") {
        return;
    }
    let docs = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/reference/clients.md");
    golden::check(&docs, &page::of(&played));
    let wrong = notes::wrong(&played);
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    page::check_requests(&played);
}

fn asked_for(variable: &str) -> bool {
    std::env::var_os(variable).is_some()
}

fn asked(variable: &str, name: &str) -> bool {
    std::env::var(variable).map_or(true, |names| names.split(',').any(|asked| asked == name))
}

/// All clients in one situation, side by side.
async fn play(
    row: Row,
    clients: impl Iterator<Item = &'static Client>,
    cells: &Cells,
    drivers: &Arc<Drivers>,
) -> Vec<Played> {
    // The proxy stands in front of one server.
    let shared = match row {
        Row::Proxied => Some(Arc::new(Stage::start(cells, row.settings()).await)),
        _ => None,
    };
    let proxy = match &shared {
        Some(stage) => Some(Proxy::start(stage.address()).await),
        None => None,
    };
    let mut visits = Vec::new();
    for client in clients {
        let stage = match &shared {
            Some(stage) => Arc::clone(stage),
            None => Arc::new(Stage::start(cells, row.settings()).await),
        };
        let port = proxy.as_ref().map_or(stage.address().port(), Proxy::port);
        let key = format!("{row:?}.{}", client.key);
        let cell = cells.add(&key, Cell::new(client.shape, row.script()));
        let what = (client, Arc::clone(&cell), key);
        let mut visit = Visit::new(what, (stage, Arc::clone(drivers)), port, row.kind());
        visits.push(tokio::spawn(async move {
            let outcome = row.judge(&mut visit).await;
            visit.close().await;
            Played { row, client, cell, outcome }
        }));
    }
    let mut played = Vec::new();
    for visit in visits {
        played.push(visit.await.expect("no panic"));
    }
    played
}
