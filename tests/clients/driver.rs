//! The programs that run the clients, one for each package. `drivers/drive.mjs` says how they speak.

use std::collections::HashMap;
use std::path::absolute;
use std::process::Stdio;
use std::time::Duration;

use serde_json::Value;
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::process::{Child, ChildStdin, Command};
use tokio::sync::{Mutex, watch};
use tokio::time::timeout;

use crate::app::PACKAGES;
use crate::cell::{Cells, Shown};

/// How long a browser may take to start on a busy machine.
const START: Duration = Duration::from_secs(90);

/// What runs a client.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Program {
    /// A script of `drivers`, and its argument.
    Node(&'static str, &'static str),
    Python(&'static str),
    /// A client of `drivers/rust`.
    Rust(&'static str),
}

impl Program {
    fn command(self) -> Command {
        let packages = absolute(PACKAGES).expect("a path");
        let mut command = match self {
            Self::Node(..) => Command::new("node"),
            Self::Python(_) => Command::new(packages.join("venv/bin/python")),
            Self::Rust(_) => Command::new(packages.join("drivers/debug/drivers")),
        };
        match self {
            Self::Node(script, argument) => command.args([script, argument]),
            Self::Python(argument) | Self::Rust(argument) => command.arg(argument),
        };
        command.current_dir("clients/drivers").env("TEST_PACKAGES", packages);
        command
    }
}

/// A driver that runs. It ends with its input, which ends when this is dropped.
struct Driver {
    input: ChildStdin,
    ready: watch::Receiver<bool>,
    _child: Child,
}

/// All drivers; each is started when it is needed.
pub(crate) struct Drivers {
    cells: Cells,
    running: Mutex<HashMap<Program, Driver>>,
}

impl Drivers {
    /// What they show is noted in the cells.
    pub(crate) fn new(cells: &Cells) -> Self {
        Self { cells: cells.clone(), running: Mutex::default() }
    }

    /// Starts the drivers of these programs, and waits until they can be told something. A browser takes a while.
    pub(crate) async fn start(&self, programs: impl IntoIterator<Item = Program>) {
        for program in programs {
            let mut running = self.running.lock().await;
            running.entry(program).or_insert_with(|| start(program, self.cells.clone()));
        }
        for (program, driver) in self.running.lock().await.iter_mut() {
            let ready = timeout(START, driver.ready.wait_for(|ready| *ready)).await;
            assert!(ready.is_ok_and(|ready| ready.is_ok()), "{program:?} is never ready");
        }
    }

    /// Gives a driver a command.
    pub(crate) async fn tell(&self, program: Program, command: &Value) {
        let mut running = self.running.lock().await;
        let driver = running.get_mut(&program).expect("a program that was started");
        let told = driver.input.write_all(format!("{command}\n").as_bytes()).await;
        told.unwrap_or_else(|error| panic!("{program:?} has ended: {error}"));
    }
}

fn start(program: Program, cells: Cells) -> Driver {
    let mut command = program.command();
    let child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn();
    let mut child = child.unwrap_or_else(|error| panic!("{program:?} does not start: {error}"));
    let input = child.stdin.take().expect("a pipe");
    let mut lines = BufReader::new(child.stdout.take().expect("a pipe")).lines();
    let (is_ready, ready) = watch::channel(false);
    tokio::spawn(async move {
        while let Ok(Some(line)) = lines.next_line().await {
            if line == "ready" {
                is_ready.send_replace(true);
                continue;
            }
            #[derive(serde::Deserialize)]
            struct Line {
                key: String,
                #[serde(flatten)]
                shown: Shown,
            }
            let line: Line = serde_json::from_str(&line).unwrap_or_else(|e| panic!("{e}: {line}"));
            if let Some(cell) = cells.get(&line.key) {
                cell.change(|state| state.shown.push(line.shown));
            }
        }
    });
    Driver { input, ready, _child: child }
}
