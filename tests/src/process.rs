//! An app in a process of its own.

use std::ffi::OsStr;
use std::process::{ExitStatus, Stdio};

use tokio::io::{AsyncBufReadExt as _, BufReader, Lines};
use tokio::process::{Child, ChildStderr, Command};
use tokio::time::timeout;

use crate::PATIENCE;
use crate::client::Client;

/// A running app; it is killed when this is dropped.
#[derive(Debug)]
pub struct Process {
    child: Child,
    address: String,
    log: Lines<BufReader<ChildStderr>>,
}

impl Process {
    /// Starts a program on a free port, with these variables and no others, and waits until it listens.
    pub async fn start(program: impl AsRef<OsStr>, vars: &[(&str, &str)]) -> Self {
        let mut command = command(program, vars);
        command.stderr(Stdio::piped());
        Self::spawn(command).await
    }

    /// Starts a program after a command of the shell that limits it, such as `ulimit -n 40`.
    pub async fn start_limited(program: &str, vars: &[(&str, &str)], limit: &str) -> Self {
        let mut command = command("sh", vars);
        command.args(["-c", &format!("{limit} && exec \"$0\""), program]).stderr(Stdio::piped());
        Self::spawn(command).await
    }

    /// Starts a command, whose standard error must be piped, and waits until it listens.
    pub async fn spawn(mut command: Command) -> Self {
        let mut child = command.kill_on_drop(true).spawn().expect("the program starts");
        let mut log = BufReader::new(child.stderr.take().expect("a pipe")).lines();
        let address = loop {
            let line = timeout(PATIENCE, log.next_line()).await.expect("it says where it listens");
            let line = line.expect("text").expect("it runs until it listens");
            if let Some((_, address)) = line.split_once("listening on ") {
                // In a line of JSON there is more behind it.
                break address.split('"').next().unwrap_or_default().trim().to_owned();
            }
        };
        Self { child, address, log }
    }

    /// A client of it.
    pub fn client(&self) -> Client {
        Client::new(self.address.clone())
    }

    /// Where it listens, as it says itself.
    pub fn address(&self) -> &str {
        &self.address
    }

    /// Where it listens, as `host:port`.
    pub fn host(&self) -> &str {
        self.address.split_once("://").map_or(&self.address, |(_, host)| host)
    }

    /// The id of the process.
    pub fn id(&self) -> u32 {
        self.child.id().expect("it runs")
    }

    /// Sends it a signal, such as `TERM`.
    pub async fn signal(&self, name: &str) {
        let id = self.id().to_string();
        let sent = Command::new("kill").args(["-s", name, &id]).status().await;
        assert!(sent.expect("kill runs").success());
    }

    /// Waits for its end.
    pub async fn ended(&mut self) -> ExitStatus {
        timeout(PATIENCE, self.child.wait()).await.expect("it never ended").expect("its status")
    }

    /// Reads its log up to a line with this in it.
    pub async fn logs(&mut self, text: &str) -> String {
        loop {
            let line = timeout(PATIENCE, self.log.next_line()).await;
            let line = line.unwrap_or_else(|_| panic!("{text:?} was never logged"));
            let line = line.expect("text").unwrap_or_else(|| panic!("ended without {text:?}"));
            if line.contains(text) {
                return line;
            }
        }
    }

    /// Reads its log up to the end, which is that of the process.
    pub async fn rest_of_log(&mut self) -> Vec<String> {
        let mut lines = Vec::new();
        loop {
            let line = timeout(PATIENCE, self.log.next_line()).await.expect("it never ended");
            match line.expect("text") {
                Some(line) => lines.push(line),
                None => return lines,
            }
        }
    }

    /// How many files it has open; Linux only.
    pub fn files(&self) -> Option<usize> {
        Some(std::fs::read_dir(format!("/proc/{}/fd", self.id())).ok()?.count())
    }

    /// The names of its threads; Linux only.
    pub fn threads(&self) -> Option<Vec<String>> {
        let tasks = std::fs::read_dir(format!("/proc/{}/task", self.id())).ok()?;
        let name = |task: std::fs::DirEntry| std::fs::read_to_string(task.path().join("comm")).ok();
        Some(tasks.filter_map(|task| Some(name(task.ok()?)?.trim().to_owned())).collect())
    }

    /// What the system says of it, such as `VmRSS` or `Threads`; Linux only.
    pub fn status(&self, name: &str) -> Option<u64> {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.id())).ok()?;
        let line = status.lines().find(|line| line.starts_with(name))?;
        line.split_whitespace().nth(1)?.parse().ok()
    }
}

/// A program on a free port, with these variables and no others, in a folder that surely has no `bolt.toml`.
pub fn command(program: impl AsRef<OsStr>, vars: &[(&str, &str)]) -> Command {
    let mut command = Command::new(program);
    command
        .env_clear()
        .env("BOLT_SERVER__PORT", "0")
        .envs(vars.iter().copied())
        .current_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/src"));
    command
}
