//! A section of the user's own, as a type of theirs.

use std::cell::RefCell;
use std::collections::BTreeSet;

use config::{Value, ValueKind};
use serde::de::DeserializeOwned;

use super::fault::Fault;
use super::nearest::nearest;
use super::secret;
use super::typed::{Cause, Failed, Node, Notes};
use super::value::found;

/// What reading a section gave.
pub(super) struct Read<T> {
    pub(super) value: Option<T>,
    pub(super) faults: Vec<Fault>,
    pub(super) hidden: Hidden,
}

/// Which values of a section are not to be shown.
#[derive(Clone, Debug, Default)]
pub(super) struct Hidden {
    /// These, and what is in them: secrets, and what nobody reads, which may be a misspelt secret.
    paths: BTreeSet<String>,
    /// All: there is a secret somewhere, and it is not known where.
    all: bool,
}

impl Hidden {
    /// Whether the value at a path is one of them, in one of them, or has one in it.
    pub(super) fn covers(&self, path: &str) -> bool {
        let within = |inner: &str, outer: &str| {
            outer.is_empty()
                || inner
                    .strip_prefix(outer)
                    .is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
        };
        self.all
            || secret::is_secret_name(path)
            || self.paths.iter().any(|hidden| within(path, hidden) || within(hidden, path))
    }
}

/// Reads the merged values of a section.
///
/// Serde stops at the first fault. So a value is made up in its place and the section read again, until there
/// is no other.
pub(super) fn read<T: DeserializeOwned>(name: &str, merged: &Value) -> Read<T> {
    let mut made_up = BTreeSet::new();
    let mut failures: Vec<Failed> = Vec::new();
    let mut hidden = Hidden::default();
    let mut unknown = Vec::new();
    let value = loop {
        let notes = RefCell::new(Notes::default());
        let (result, met) = secret::count(|| T::deserialize(Node::new(merged, &made_up, &notes)));
        let notes = notes.into_inner();
        // A secret that this deserializer has not seen was read out of a buffer of serde's (`flatten`).
        hidden.all |= met > notes.secrets.len();
        hidden.paths.extend(notes.secrets);
        unknown = longer(unknown, notes.unknown);
        match result {
            Ok(value) => break failures.is_empty().then_some(value),
            Err(failed) => {
                let place = place_of(&failed);
                failures.push(failed);
                if !made_up.insert(place) {
                    failures.pop();
                    break None;
                }
            }
        }
    };
    hidden.paths.extend(unknown.iter().map(|(path, _)| path.clone()));
    let mut faults: Vec<_> =
        failures.iter().map(|failed| explain(name, merged, failed, &hidden)).collect();
    faults.extend(unknown.iter().map(|(path, known)| unknown_key(name, merged, path, known)));
    Read { value, faults, hidden }
}

/// What the run that came furthest did not know.
fn longer<T>(one: Vec<T>, other: Vec<T>) -> Vec<T> {
    if other.len() >= one.len() { other } else { one }
}

/// The path of what has to be made up to go on.
fn place_of(failed: &Failed) -> String {
    let path = failed.path.clone().unwrap_or_default();
    match failed.cause {
        Cause::Missing(name) if path.is_empty() => name.to_owned(),
        Cause::Missing(name) => format!("{path}.{name}"),
        _ => path,
    }
}

fn explain(section: &str, merged: &Value, failed: &Failed, hidden: &Hidden) -> Fault {
    let path = place_of(failed);
    let key = full(section, &path);
    let covered = hidden.covers(&path);
    let (what, help) = match &failed.cause {
        Cause::Missing(_) => (format!("{key} is missing"), "it has no default: set it".to_owned()),
        Cause::Wrong(expected) => {
            let what = match lookup(merged, &path) {
                Some(value) if !covered => format!("{key} is {}", found(&value.kind)),
                _ => format!("{key} is not what it should be"),
            };
            (what, format!("expected {expected}"))
        }
        Cause::Said(_) if covered => (
            format!("{key} is refused"),
            "what was said of it is not shown: it is a secret".to_owned(),
        ),
        Cause::Said(text) => (format!("{key} is refused"), text.clone()),
    };
    Fault { origin: origin(section, merged, &path), what, help }
}

fn unknown_key(section: &str, merged: &Value, path: &str, known: &[&str]) -> Fault {
    let (around, name) = path.rsplit_once('.').unwrap_or(("", path));
    let around = full(section, around);
    Fault {
        origin: origin(section, merged, path),
        what: format!("there is no key {}", full(section, path)),
        help: match nearest(name, known.iter().copied()) {
            Some(near) => format!("did you mean {around}.{near}?"),
            None => format!("the keys of [{around}] are {}", known.join(", ")),
        },
    }
}

fn full(section: &str, path: &str) -> String {
    if path.is_empty() { section.to_owned() } else { format!("{section}.{path}") }
}

/// Where a value was written; of what was not written, where something beside it was.
fn origin(section: &str, merged: &Value, path: &str) -> String {
    let mut path = path;
    loop {
        let found = lookup(merged, path).and_then(first_origin);
        match (found, path.rsplit_once('.')) {
            (Some(origin), _) => return origin.to_owned(),
            (None, Some((around, _))) => path = around,
            (None, None) if !path.is_empty() => path = "",
            (None, None) => return format!("[{section}]"),
        }
    }
}

fn first_origin(value: &Value) -> Option<&str> {
    match &value.kind {
        ValueKind::Table(table) => table.values().find_map(first_origin),
        _ => value.origin(),
    }
}

fn lookup<'a>(value: &'a Value, path: &str) -> Option<&'a Value> {
    path.split('.').filter(|part| !part.is_empty()).try_fold(value, |value, part| {
        match &value.kind {
            ValueKind::Table(table) => table.get(part),
            ValueKind::Array(items) => items.get(part.parse::<usize>().ok()?),
            _ => None,
        }
    })
}
