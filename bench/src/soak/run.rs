//! One run, from a fresh server to its end.

use std::error::Error;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use tokio::time::sleep;

use super::arguments::Arguments;
use super::checks;
use super::crowd::Crowd;
use super::growth::Growth;
use super::report::{Report, Sample};
use super::snapshot::{Site, Snapshot};
use super::tally::Tally;
use crate::circumstances::circumstances;
use crate::console::note;
use crate::server::Server;
use crate::stop::Stop;

/// Between two looks at the server.
const SECOND: Duration = Duration::from_secs(1);

/// A line of progress after so many.
const LINE: usize = 10;

/// Another one each time.
pub(super) fn seed() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    // Few digits, to be typed again.
    since.as_secs() % 1_000_000
}

pub(super) async fn run(
    arguments: &Arguments,
    seed: u64,
    server: &mut Server,
    stop: &Stop,
) -> Result<Report, Box<dyn Error>> {
    let site = Site::new(server.address, server.pid());
    // What is made once, for the first request.
    site.look().await?;
    let fresh = site.look().await?;
    let warm_up = (arguments.secs / 10).clamp(Duration::from_secs(5), Duration::from_secs(60));
    note(format_args!("warm-up of {:.0} s", warm_up.as_secs_f64()));
    let clients = arguments.clients.into();
    // Not what the run itself begins with.
    let crowd = Crowd::start(site.address, clients, !seed);
    load(&site, crowd, warm_up, stop).await?;
    let warm = site.rest(&fresh).await?;
    note("run");
    let crowd = Crowd::start(site.address, clients, seed);
    let (course, tally) = load(&site, crowd, arguments.secs, stop).await?;
    note("all clients have left; waiting for the server to be at rest");
    let last = site.rest(&fresh).await?;

    let half: Vec<_> = course
        .iter()
        .filter(|sample| sample.at >= arguments.secs.as_secs_f64() / 2.0)
        .map(|sample| (sample.at, sample.server.rss as f64))
        .collect();
    let growth = Growth::of(&half);
    let most = f64::from(arguments.growth) * 1024.0;
    let mut all = Vec::new();
    all.extend(checks::clients(&tally));
    all.extend(checks::rest(&fresh, &last));
    all.extend(checks::memory(&warm, &last, &growth, most));
    all.extend(checks::permits(&site, arguments.blocking).await?);
    all.extend(checks::end(server)?);
    Ok(Report {
        with: circumstances(),
        seed,
        clients: arguments.clients,
        seconds: arguments.secs.as_secs_f64(),
        behaviours: tally,
        streams: last.begun - warm.begun,
        fresh,
        warm,
        last,
        growth,
        checks: all,
        course,
    })
}

/// Lets a crowd do what it does for so long, and looks at the server each second.
async fn load(
    site: &Site,
    crowd: Crowd,
    lasts: Duration,
    stop: &Stop,
) -> Result<(Vec<Sample>, Tally), Box<dyn Error>> {
    let start = Instant::now();
    let mut course = Vec::new();
    while start.elapsed() < lasts {
        stop.check()?;
        sleep(SECOND).await;
        let server = site.look().await?;
        course.push(Sample { at: start.elapsed().as_secs_f64(), server });
        if course.len().is_multiple_of(LINE) {
            line(start.elapsed(), &server, &crowd.tally());
        }
    }
    Ok((course, crowd.stop().await))
}

fn line(elapsed: Duration, server: &Snapshot, tally: &Tally) {
    let Snapshot { begun, open, threads, files, rss, .. } = server;
    note(format_args!(
        "{:>5.0} s: {open} open of {begun} streams, {threads} threads, {files} files, {:.1} MiB; {} events, {} faults",
        elapsed.as_secs_f64(),
        *rss as f64 / 1024.0,
        tally.done().events,
        tally.faults()
    ));
}
