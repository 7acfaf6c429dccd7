//! A fault of the server that no log has: in tests, which seldom have one, its reason would be lost.

use tracing::dispatcher::get_default;
use tracing::subscriber::NoSubscriber;

/// Says on standard error why a stream failed, unless the program has a `tracing` subscriber, which was told.
///
/// The harness of the tests shows it with the test that failed: it keeps what its threads print.
#[expect(clippy::print_stderr, reason = "the harness keeps what is printed, and nothing else")]
pub(super) fn tell(source: &str, status: u16, cause: Option<&str>) {
    if get_default(|dispatch| dispatch.is::<NoSubscriber>()) {
        eprintln!("the stream failed: {source}: {status}: {}", cause.unwrap_or("without a cause"));
    }
}
