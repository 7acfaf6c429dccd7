//! A comparison, checked before anything is started.

use std::error::Error;
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use super::arguments::Arguments;
use super::peer::Peer;
use super::workload::Workload;
use crate::console::note;

/// Files of a server besides those of its clients.
const OTHER_FILES: u64 = 100;

#[derive(Debug)]
pub(super) struct Plan {
    pub(super) workload: Workload,
    /// Path and query.
    pub(super) target: String,
    pub(super) clients: u32,
    pub(super) secs: u32,
    pub(super) runs: u32,
    pub(super) peers: Vec<Peer>,
    pub(super) python: Option<PathBuf>,
    pub(super) out: PathBuf,
}

impl Plan {
    pub(super) fn new(arguments: &Arguments) -> Result<Self, Box<dyn Error>> {
        let workload = arguments.workload;
        let clients = arguments.clients.unwrap_or_else(|| workload.clients());
        if arguments.events.is_some() && !workload.again() {
            return Err(format!("the streams of {workload} do not end: leave out --events").into());
        }
        check_files(clients)?;
        if let Some(python) = &arguments.python {
            check_python(python)?;
        }
        Ok(Self {
            workload,
            target: workload.target(arguments.events),
            clients,
            secs: arguments.secs,
            runs: arguments.runs,
            peers: peers(arguments)?,
            python: arguments.python.as_deref().map(from_anywhere).transpose()?,
            out: arguments.out.clone(),
        })
    }

    /// The peers in the order of a run: every second run goes back from the last, so that nobody always comes after
    /// the same one, or when the machine has been busy for longest.
    pub(super) fn turns(&self, run: u32) -> Vec<Peer> {
        let mut peers = self.peers.clone();
        if run.is_multiple_of(2) {
            peers.reverse();
        }
        peers
    }

    /// What the values are, in words.
    pub(super) fn median(&self) -> String {
        if self.runs == 1 { "one run".to_owned() } else { format!("median of {} runs", self.runs) }
    }
}

/// Who is compared; whoever is left out is named.
fn peers(arguments: &Arguments) -> Result<Vec<Peer>, Box<dyn Error>> {
    let workload = arguments.workload;
    if let Some(asked) = &arguments.peers {
        let mut peers = asked.clone();
        peers.sort();
        peers.dedup();
        if let Some(peer) = peers.iter().find(|&&peer| !workload.has(peer)) {
            return Err(format!("{peer} has no {workload} streams: leave it out of --peers").into());
        }
        if peers.contains(&Peer::DjangoBolt) && arguments.python.is_none() {
            return Err("django-bolt needs --python: a Python of 3.12 or newer that has \
                        bench/peers/django-bolt/requirements.txt installed"
                .into());
        }
        if !peers.contains(&Peer::Axum) {
            note("axum is not among the peers: there are no ratios");
        }
        return Ok(peers);
    }
    let mut peers = Vec::new();
    for peer in Peer::ALL {
        if !workload.has(peer) {
            note(format_args!("{peer} is left out: it has no {workload} streams"));
        } else if peer == Peer::DjangoBolt && arguments.python.is_none() {
            note("django-bolt is left out: give a Python that has it with --python");
        } else {
            peers.push(peer);
        }
    }
    Ok(peers)
}

/// A server needs a file for each client, and bolt leaves its app an eighth of those there are.
fn check_files(clients: u32) -> Result<(), Box<dyn Error>> {
    let needed = u64::from(clients) * 8 / 7 + OTHER_FILES;
    let limit = rlimit::increase_nofile_limit(u64::MAX)?;
    if limit < needed {
        return Err(format!(
            "{clients} clients need {needed} open files, and the system allows {limit}: raise the \
             limit (`ulimit -n {needed}`), or lower --clients"
        )
        .into());
    }
    Ok(())
}

/// A path that still holds in another folder; a mere name is looked for in `PATH`. Not by following links: a
/// Python that is one knows by its place which packages it has.
fn from_anywhere(program: &Path) -> io::Result<PathBuf> {
    let name = program.components().count() == 1;
    if name { Ok(program.to_owned()) } else { std::path::absolute(program) }
}

fn check_python(python: &Path) -> Result<(), Box<dyn Error>> {
    let script = "import sys; assert sys.version_info >= (3, 12); import django_bolt";
    let run = Command::new(python).args(["-c", script]).stdin(Stdio::null()).output();
    let run = run.map_err(|error| format!("cannot run {}: {error}", python.display()))?;
    if run.status.success() {
        return Ok(());
    }
    let said = String::from_utf8_lossy(&run.stderr);
    Err(format!(
        "{} is not a Python of 3.12 or newer with django-bolt: {}\ninstall it with -m pip install \
         -r bench/peers/django-bolt/requirements.txt",
        python.display(),
        said.trim_end().lines().next_back().unwrap_or("it failed")
    )
    .into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_second_run_goes_back() {
        let plan = Plan {
            workload: Workload::Tick,
            target: "/sse".into(),
            clients: 1,
            secs: 1,
            runs: 2,
            peers: vec![Peer::Floor, Peer::Axum, Peer::Bolt],
            python: None,
            out: PathBuf::new(),
        };
        assert_eq!(plan.turns(1), [Peer::Floor, Peer::Axum, Peer::Bolt]);
        assert_eq!(plan.turns(2), [Peer::Bolt, Peer::Axum, Peer::Floor]);
        assert_eq!(plan.turns(3), plan.turns(1));
    }
}
