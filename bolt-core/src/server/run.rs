//! `App::run`: for `fn main`.

use std::env;
use std::io;
use std::sync::Arc;
use std::thread::available_parallelism;

use tokio::runtime::{Builder, Runtime};

use crate::app::{App, Parts};
use crate::config::{RuntimeKind, Settings};
use crate::error::{Error, Result};

use super::listen::{Listening, listen};
use super::serve::serve;
use super::{cores, log, signals, systemd};
use crate::latch::Latch;

/// Threads kept free of blocking streams, so that files and DNS, which use the same pool, keep working.
const BLOCKING_HEADROOM: usize = 64;

impl App {
    /// Runs the app, as the [configuration](crate::Config) says: on `127.0.0.1:8080` by default. For `fn main`: it
    /// builds the runtime.
    ///
    /// SIGTERM and Ctrl-C end it: it stops accepting, gives streams `server.drain` to finish, ends the rest
    /// between two events, and returns. A second signal ends the process at once, with 128 and the signal's
    /// number.
    ///
    /// With `--config` on the command line it prints every key with its value and origin instead, with `--check` only
    /// whether all is well; with `--openapi` it prints the API's document. Other arguments are the app's own.
    ///
    /// The log goes to standard error, unless the program has set up `tracing` itself.
    ///
    /// Under systemd it listens on the socket that was passed to it, if one was, and says when it is ready and when it
    /// stops.
    ///
    /// # Errors
    /// When two streams are on one route, the address cannot be listened on, or the runtime cannot be built. A
    /// fault in the configuration is not returned: it is printed, and the process ends with status 78.
    ///
    /// # Panics
    /// When called from inside an async runtime; use [`serve`](Self::serve) there.
    pub fn run(mut self) -> Result<()> {
        let asked = |flag: &str| env::args_os().skip(1).any(|argument| argument == flag);
        if asked("--openapi") {
            let document = self.openapi()?;
            // The parts of a document always serialise.
            print(&format!("{}\n", document.to_pretty_json().unwrap_or_default()));
            return Ok(());
        }
        let config = self.take_config();
        if asked("--config") {
            print(&config.report());
        }
        let settings = config.settings().unwrap_or_else(|error| error.exit());
        if asked("--check") {
            print("the configuration is valid\n");
        }
        if asked("--config") || asked("--check") {
            return Ok(());
        }
        log::start(&settings.log);
        raise_file_limit(&settings);
        let passed = systemd::passed()?;
        // Before it says that it listens: who waits for that may send one at once.
        let ending = Arc::new(Latch::default());
        if let Err(error) = signals::attend(Arc::clone(&ending)) {
            tracing::error!(%error, "cannot wait for signals; SIGTERM will not be graceful");
        }
        let runtime = runtime(&settings)?;
        let served = runtime.block_on(async {
            let listening = listen(&settings.server, passed).await?;
            let parts = self.config(config).assemble()?;
            let shutdown = async {
                ending.wait().await;
                systemd::stopping();
            };
            systemd::ready();
            match listening {
                Listening::Tcp(listener) => serve_on(&settings, parts, listener, shutdown).await,
                #[cfg(unix)]
                Listening::Unix(listener) => serve_on(&settings, parts, listener, shutdown).await,
            }
        });
        // A blocking generator may still run; the process does not wait for it.
        runtime.shutdown_background();
        served
    }
}

async fn serve_on<L: cores::Share>(
    settings: &Settings,
    parts: Parts<()>,
    listener: L,
    shutdown: impl Future<Output = ()>,
) -> Result<()> {
    match settings.server.runtime {
        RuntimeKind::WorkStealing => serve(parts, listener, shutdown).await,
        RuntimeKind::PerCore => {
            let cores =
                settings.server.workers.or_else(|| available_parallelism().ok().map(Into::into));
            cores::serve(parts, listener, cores.unwrap_or(1), || runtime(settings), shutdown).await
        }
    }
}

fn runtime(settings: &Settings) -> Result<Runtime> {
    let mut builder = match settings.server.runtime {
        RuntimeKind::WorkStealing => Builder::new_multi_thread(),
        RuntimeKind::PerCore => Builder::new_current_thread(),
    };
    if let Some(workers) = settings.server.workers {
        builder.worker_threads(workers);
    }
    builder
        .enable_all()
        .max_blocking_threads(settings.stream.max_blocking + BLOCKING_HEADROOM)
        .thread_stack_size(settings.stream.blocking_stack)
        .build()
        .map_err(Error::runtime)
}

/// Lets the process open as many files as the system allows, and says when that is too few.
fn raise_file_limit(settings: &Settings) {
    let wanted = settings.server.max_connections.unwrap_or(0) as u64;
    match rlimit::increase_nofile_limit(u64::MAX) {
        Ok(limit) if limit <= wanted => tracing::warn!(
            "the system allows {limit} open files, too few for server.max_connections = {wanted}: raise \
             the limit (ulimit -n, LimitNOFILE), or lower the number or set it to \"auto\""
        ),
        Ok(_) => {}
        Err(error) => tracing::warn!(%error, "cannot read the limit of open files"),
    }
}

fn print(text: &str) {
    use io::Write as _;
    // A reader that has gone, such as `head`, is no fault of the app.
    let _ = io::stdout().write_all(text.as_bytes());
}
