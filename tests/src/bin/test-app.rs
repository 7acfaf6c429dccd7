//! An app for the tests that need a process of its own.

use std::io::Write as _;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use bolt::Secret;
use bolt::axum::routing::{get, post};
use bolt::extract::Multipart;
use bolt::prelude::*;

/// A section of its own.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Shop {
    items: u16,
    password: Secret<String>,
}

/// Counts for ever.
#[stream(get, "/async")]
async fn forever() -> u64 {
    for n in 0.. {
        emit!(n);
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

/// Sends what it is given, after a while, and ends.
#[stream(get, "/finite/{ms}")]
async fn finite(Path(ms): Path<u64>) -> &'static str {
    emit!("begun");
    tokio::time::sleep(Duration::from_millis(ms)).await;
    emit!("done");
}

/// A mebibyte an event.
#[stream(get, "/large")]
async fn large() -> String {
    loop {
        emit!("x".repeat(1024 * 1024));
    }
}

static RUNNING: AtomicUsize = AtomicUsize::new(0);

struct Running;

impl Running {
    fn new() -> Self {
        RUNNING.fetch_add(1, Ordering::SeqCst);
        Self
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        RUNNING.fetch_sub(1, Ordering::SeqCst);
    }
}

/// One event a second on a thread, for ever: the blocking half of the benchmark that bolt came from.
#[stream(get, "/blocking")]
fn blocking() -> u64 {
    let _running = Running::new();
    for n in 0.. {
        emit!(n);
        std::thread::sleep(Duration::from_secs(1));
    }
}

/// Says one thing and never looks again whether anybody listens.
#[stream(get, "/deaf")]
fn deaf() -> u64 {
    emit!(1);
    std::thread::sleep(Duration::from_secs(3600));
}

/// A record of an upload.
#[derive(Deserialize, ToSchema)]
struct Numbered {
    n: u64,
}

/// The number of each record.
#[stream(post, "/numbers")]
async fn numbers(mut records: JsonLines<Numbered>) -> Result<u64, Problem> {
    while let Some(record) = records.next().await {
        emit!(record?.n);
    }
}

/// The same on a thread.
#[stream(post, "/numbers/blocking")]
fn numbers_blocking(records: JsonLines<Numbered>) -> Result<u64, Problem> {
    for record in records {
        emit!(record?.n);
    }
}

/// Says something in the log, and ends as it is told.
#[stream(get, "/says/{how}")]
async fn says(Path(how): Path<String>) -> Result<u64, Problem> {
    emit!(1);
    tokio::task::yield_now().await;
    tracing::info!("in the middle");
    match how.as_str() {
        "error" => return Err(Problem::internal("the database is down")),
        "panic" => panic!("a bug"),
        _ => {}
    }
}

/// Says something on a thread.
#[stream(get, "/says-blocking/{how}")]
fn says_blocking(Path(_): Path<String>) -> u64 {
    emit!(1);
    tracing::info!("in the middle");
}

/// Says something between two items.
#[stream(get, "/says-iterator/{how}")]
fn says_iterator(Path(_): Path<String>) -> impl Iterator<Item = u64> {
    (0..1).inspect(|_| tracing::info!("in the middle"))
}

/// The bytes of each field of a form, which may be too long.
async fn fields(mut form: Multipart) -> Result<String, Problem> {
    let mut length = 0;
    while let Some(field) = form.next().await {
        length += field?.bytes().await?.len();
    }
    Ok(length.to_string())
}

/// How many of `/blocking` run.
async fn running() -> String {
    RUNNING.load(Ordering::SeqCst).to_string()
}

/// Blocks the thread that runs async code, which nobody should.
async fn stuck() {
    // To those who read the log.
    _ = writeln!(std::io::stderr(), "stuck");
    std::thread::sleep(Duration::from_secs(3600));
}

/// Which process this is.
async fn id() -> String {
    std::process::id().to_string()
}

/// What shares the pool with blocking streams.
async fn file_and_dns() -> Result<String, Problem> {
    let hosts = tokio::fs::read("/etc/hosts").await.map_err(Problem::internal)?;
    let addresses = tokio::net::lookup_host("localhost:80").await.map_err(Problem::internal)?;
    Ok(format!("{} bytes, {} addresses", hosts.len(), addresses.count()))
}

fn main() -> bolt::Result<()> {
    let config = Config::load();
    let _shop: Shop = config.section("shop");
    App::new()
        .config(config)
        .mount::<forever>()
        .mount::<finite>()
        .mount::<large>()
        .mount::<blocking>()
        .mount::<deaf>()
        .mount::<numbers>()
        .mount::<says>()
        .mount::<says_blocking>()
        .mount::<says_iterator>()
        .mount::<numbers_blocking>()
        .route("/fields", post(fields))
        .route("/running", get(running))
        .route("/id", get(id))
        .route("/stuck", get(stuck))
        .route("/file-and-dns", get(file_and_dns))
        .run()
}
