//! `Named`: a file, or a path, that a key names.

use config::{Map, Value, ValueKind};

use super::fault::Fault;
use super::keys;
use super::value::Checked;

/// The file or path, and where it is named.
pub(super) struct Named<'a> {
    pub(super) key: &'static str,
    /// None when what was written is no path.
    pub(super) path: Option<String>,
    origin: &'a str,
}

impl<'a> Named<'a> {
    /// What a key names in the merged values; none when it is not set, or off.
    pub(super) fn find(key: &'static str, merged: &'a Map<String, Value>) -> Option<Self> {
        let value = lookup(merged, key)?;
        let path = match keys::find(key)?.kind.check(&value.kind) {
            Some(Checked::Text(path)) => Some(path),
            Some(_) => return None,
            None => None,
        };
        Some(Self { key, path, origin: value.origin().unwrap_or(key) })
    }

    /// A fault of what is named.
    pub(super) fn fault(&self, what: &str, help: &str) -> Fault {
        let path = self.path.as_deref().unwrap_or_default();
        Fault {
            origin: self.origin.to_owned(),
            what: format!("{} is {path:?}: {what}", self.key),
            help: help.to_owned(),
        }
    }

    /// The fault that another key should be set too.
    pub(super) fn alone(&self, other: &str) -> Fault {
        Fault {
            origin: self.origin.to_owned(),
            what: format!("{} is set, and {other} is not", self.key),
            help: "set both or neither".to_owned(),
        }
    }
}

/// The value of a key, by its dotted name.
pub(super) fn lookup<'a>(merged: &'a Map<String, Value>, name: &str) -> Option<&'a Value> {
    let (first, rest) = match name.split_once('.') {
        Some((first, rest)) => (first, Some(rest)),
        None => (name, None),
    };
    let value = merged.get(first)?;
    match (rest, &value.kind) {
        (None, _) => Some(value),
        (Some(rest), ValueKind::Table(table)) => lookup(table, rest),
        (Some(_), _) => None,
    }
}
