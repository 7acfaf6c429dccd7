//! What `soak` loads: every kind of stream, each counted from its start to its drop, with limits of seconds.

use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::Duration;

use bolt::prelude::*;
use bolt::replay::{Replay, Replayed};
use tokio_stream::{Stream, StreamExt as _};

use super::bolt::config;

/// Between two numbers of `/feed`.
const PUBLISH: Duration = Duration::from_millis(10);

/// Numbers that `/feed` holds. It is full from the start, so that it does not grow in a run.
const HELD: usize = 1000;

static BEGUN: AtomicU64 = AtomicU64::new(0);
static ENDED: AtomicU64 = AtomicU64::new(0);

/// What `/stats` tells of the streams' functions: known from their own destructors, not from bolt.
#[derive(Clone, Copy, Debug, Deserialize, Serialize)]
pub(crate) struct Stats {
    /// That have begun.
    pub(crate) begun: u64,
    /// Of these, that have not ended.
    pub(crate) open: u64,
}

/// A function of a stream, from its start to its drop.
struct Inside;

impl Inside {
    fn enter() -> Self {
        BEGUN.fetch_add(1, Ordering::SeqCst);
        Self
    }
}

impl Drop for Inside {
    fn drop(&mut self) {
        ENDED.fetch_add(1, Ordering::SeqCst);
    }
}

async fn stats() -> Json<Stats> {
    // In this order: what ends in between was open.
    let ended = ENDED.load(Ordering::SeqCst);
    let begun = BEGUN.load(Ordering::SeqCst);
    Json(Stats { begun, open: begun - ended })
}

/// So many numbers from 0 on, with so many ms after each.
#[derive(Debug, Deserialize, IntoParams)]
struct Pace {
    events: u64,
    pause: u64,
}

impl Pace {
    fn pause(&self) -> Option<Duration> {
        (self.pause > 0).then(|| Duration::from_millis(self.pause))
    }
}

#[stream(get, "/async")]
async fn numbers(Query(pace): Query<Pace>) -> u64 {
    let _inside = Inside::enter();
    for n in 0..pace.events {
        emit!(n);
        if let Some(pause) = pace.pause() {
            tokio::time::sleep(pause).await;
        }
    }
}

#[stream(get, "/blocking")]
fn blocking_numbers(Query(pace): Query<Pace>) -> u64 {
    let _inside = Inside::enter();
    for n in 0..pace.events {
        emit!(n);
        if let Some(pause) = pace.pause() {
            thread::sleep(pause);
        }
    }
}

#[stream(get, "/iterator")]
fn iterated_numbers(Query(pace): Query<Pace>) -> impl Iterator<Item = u64> {
    let inside = Inside::enter();
    (0..pace.events).inspect(move |n| {
        let _held = &inside;
        if *n > 0
            && let Some(pause) = pace.pause()
        {
            thread::sleep(pause);
        }
    })
}

/// What is published, from now on or from where the client was.
#[stream(get, "/feed")]
async fn feed(
    State(feed): State<Replay<u64>>,
    last: Option<LastEventId>,
) -> impl Stream<Item = Replayed<u64>> {
    let inside = Inside::enter();
    feed.subscribe(last).map(move |number| {
        let _held = &inside;
        number
    })
}

/// Sends back what comes, number by number.
#[stream(post, "/upload")]
async fn upload(mut numbers: JsonLines<u64>) -> Result<u64, Problem> {
    let _inside = Inside::enter();
    while let Some(number) = numbers.next().await {
        emit!(number?);
    }
}

/// The same on a thread.
#[stream(post, "/blocking-upload")]
fn blocking_upload(numbers: JsonLines<u64>) -> Result<u64, Problem> {
    let _inside = Inside::enter();
    for number in numbers {
        emit!(number?);
    }
}

/// Publishes numbers for as long as the process lives.
fn publish(feed: &Replay<u64>) {
    for number in 0.. {
        if feed.publish(number).is_err() {
            return;
        }
        if number > HELD as u64 {
            thread::sleep(PUBLISH);
        }
    }
}

pub(super) fn serve(port: u16, blocking: u32) -> bolt::Result<()> {
    let replay = Replay::builder().items(HELD).build();
    let publisher = replay.clone();
    thread::spawn(move || publish(&publisher));
    let config = config(port, blocking)
        // Small, so that a client that does not read is soon seen.
        .set("server.send_buffer", "64KiB")
        // Of seconds, but longer than a busy machine lets a client wait for its turn.
        .set("server.header_timeout", "10s")
        .set("stream.keep_alive", "1s")
        .set("stream.write_timeout", "8s")
        .set("stream.stall_timeout", "8s")
        .set("stream.max_duration", "60s")
        .set("request.idle_timeout", "10s");
    App::new()
        .mount::<numbers>()
        .mount::<blocking_numbers>()
        .mount::<iterated_numbers>()
        .mount::<feed>()
        .mount::<upload>()
        .mount::<blocking_upload>()
        .route("/stats", bolt::axum::routing::get(stats))
        .state(replay)
        .config(config)
        .run()
}
