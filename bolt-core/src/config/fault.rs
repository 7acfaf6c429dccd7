//! `Fault`: one thing that is wrong in the configuration.

use std::fmt;

/// Where it is, what it is, and what to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Fault {
    /// `file:line:column`, the name of a variable, or a place in the code.
    pub(super) origin: String,
    /// What is wrong, such as `server.port is "eighty"`.
    pub(super) what: String,
    /// What was expected, or what to do.
    pub(super) help: String,
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}\n    {}", self.origin, self.what, self.help)
    }
}

/// All faults as one message.
pub(super) fn list(faults: &[Fault]) -> String {
    let count = match faults.len() {
        1 => "a fault".to_owned(),
        count => format!("{count} faults"),
    };
    let faults: Vec<_> = faults.iter().map(|fault| format!("\n  {fault}")).collect();
    format!("the configuration has {count}{}", faults.concat())
}
