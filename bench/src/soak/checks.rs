//! What must hold after a run.

use std::collections::BTreeSet;
use std::time::Duration;

use super::behaviour::Behaviour;
use super::connection::Connection;
use super::fault::Fault;
use super::growth::Growth;
use super::report::Check;
use super::snapshot::{Site, Snapshot};
use super::tally::Tally;
use crate::server::Server;

/// Longer than the server gives to streams that are open when it is told to end.
const END: Duration = Duration::from_secs(30);

fn check(what: &'static str, holds: bool, found: String) -> Check {
    Check { what, holds, found }
}

/// That clients did everything, and that each got what it should.
pub(super) fn clients(tally: &Tally) -> [Check; 2] {
    let never: BTreeSet<_> =
        Behaviour::names().filter(|name| !tally.0.contains_key(name)).collect();
    let faults = tally.faults();
    [
        check(
            "every behaviour was seen",
            never.is_empty(),
            match never.len() {
                0 => format!("{} times in all", tally.ended()),
                _ => format!("never {never:?}: run longer, or with more clients"),
            },
        ),
        check("every client got what it should", faults == 0, format!("{faults} faults")),
    ]
}

/// That nothing is left of the clients.
pub(super) fn rest(fresh: &Snapshot, last: &Snapshot) -> [Check; 3] {
    let back = |what, of: fn(&Snapshot) -> u64| {
        let (before, after) = (of(fresh), of(last));
        check(what, after == before, format!("{before} before, {after} after"))
    };
    [
        back("open streams are back", |at| at.open),
        back("threads are back", |at| at.threads),
        back("open files are back", |at| at.files),
    ]
}

/// That memory neither grows nor stays: by at most `most` KiB.
pub(super) fn memory(warm: &Snapshot, last: &Snapshot, growth: &Growth, most: f64) -> [Check; 2] {
    let mib = |kib: f64| kib / 1024.0;
    let kept = last.rss as f64 - warm.rss as f64;
    let Growth { slope, error, seconds } = growth;
    [
        check(
            "memory does not grow under load",
            growth.whole() <= most,
            format!(
                "{:.2} MiB in the last {seconds:.0} s, by a line of {slope:.2} ± {error:.2} KiB/s; at most {:.0} MiB",
                mib(growth.whole()),
                mib(most)
            ),
        ),
        check(
            "memory is back",
            kept <= most,
            format!(
                "{:.2} MiB more than after the warm-up; at most {:.0} MiB",
                mib(kept),
                mib(most)
            ),
        ),
    ]
}

/// That as many blocking streams are admitted as are allowed, and not one more.
pub(super) async fn permits(site: &Site, allowed: u16) -> Result<[Check; 2], Fault> {
    let mut held = Vec::new();
    let mut refused = 0;
    for _ in 0..allowed {
        match hold(site).await? {
            Some(connection) => held.push(connection),
            None => refused += 1,
        }
    }
    let one_more = hold(site).await?;
    let what = "one more than all is refused";
    let found = if one_more.is_some() { "admitted" } else { "503" }.to_owned();
    Ok([
        check(
            "all permits are free",
            refused == 0,
            format!("{} of {allowed} admitted", held.len()),
        ),
        check(what, one_more.is_none(), found),
    ])
}

/// A blocking stream, once its function runs; none, when it is refused.
async fn hold(site: &Site) -> Result<Option<Connection>, Fault> {
    let mut connection = Connection::open(site.address).await?;
    connection.ask("GET /blocking?events=1000000&pause=100", "").await?;
    if connection.stream().await?.is_none() {
        return Ok(None);
    }
    match connection.block().await? {
        Some(_) => Ok(Some(connection)),
        None => Err(Fault::new("a blocking stream without an event")),
    }
}

/// That it did not panic, and ends when it is told to, well.
pub(super) fn end(server: &mut Server) -> std::io::Result<[Check; 2]> {
    let status = server.terminate(END)?;
    let panics = server.panics();
    let found = status.map_or_else(
        || format!("it runs {} s after SIGTERM", END.as_secs()),
        |status| status.to_string(),
    );
    Ok([
        check("the server did not panic", panics == 0, format!("{panics} panics in its log")),
        check("the server ends", status.is_some_and(|status| status.success()), found),
    ])
}
