//! A section of the user's own, as a type of theirs.

use std::collections::BTreeSet;

use config::{ConfigError, Value, ValueKind};
use serde::de::DeserializeOwned;

use super::fault::Fault;
use super::nearest::nearest;
use super::secret::{is_probed, is_secret_error, is_secret_name, probe};
use super::value::found;

/// What reading a section gave.
pub(super) struct Read<T> {
    pub(super) value: Option<T>,
    pub(super) faults: Vec<Fault>,
    pub(super) secrets: Secrets,
}

/// Which keys of a section hold a `Secret`, as far as could be found out.
pub(super) enum Secrets {
    /// These, with the name of the section.
    Known(BTreeSet<String>),
    /// A fault stood in the way.
    Unknown,
}

/// Reads the merged values of a section.
///
/// Serde stops at the first fault. So a value that is at fault is taken out and the rest read again, until what
/// is missing is only what was taken out.
pub(super) fn read<T: DeserializeOwned>(name: &str, merged: &Value) -> Read<T> {
    let secrets = secrets_of::<T>(name, merged);
    let mut faults = Vec::new();
    let mut unknown = BTreeSet::new();
    let mut rest = merged.clone();
    let mut out = Vec::new();
    let value = loop {
        let mut track = serde_path_to_error::Track::new();
        let tracked = serde_path_to_error::Deserializer::new(rest.clone(), &mut track);
        let mut ignored = |path: serde_ignored::Path<'_>| _ = unknown.insert(path.to_string());
        let error = match T::deserialize(serde_ignored::Deserializer::new(tracked, &mut ignored)) {
            Ok(value) => break faults.is_empty().then_some(value),
            Err(error) => error,
        };
        let path = track.path().to_string();
        let inner = format!("{path}.");
        let missing = matches!(error, ConfigError::NotFound(_));
        let own_doing =
            missing && out.iter().any(|out: &String| path == "." || out.starts_with(&inner));
        if !own_doing {
            faults.push(explain(name, &path, merged, &error));
        }
        if !take_out(&mut rest, &path) {
            break None;
        }
        out.push(path);
    };
    let known = known_names::<T>();
    faults.extend(unknown.into_iter().map(|path| {
        let key = format!("{name}.{path}");
        Fault {
            origin: origin(merged, &path),
            what: format!("there is no key {key}"),
            help: match nearest(&path, known.iter().copied()) {
                Some(near) => format!("did you mean {name}.{near}?"),
                None => format!("the keys of [{name}] are {}", known.join(", ")),
            },
        }
    }));
    Read { value, faults, secrets }
}

/// Removes the value at a path; false when there is none.
fn take_out(value: &mut Value, path: &str) -> bool {
    let ValueKind::Table(table) = &mut value.kind else { return false };
    match path.split_once('.') {
        Some((name, rest)) => table.get_mut(name).is_some_and(|inner| {
            // An item of a list is taken out with the list.
            take_out(inner, rest) || !matches!(inner.kind, ValueKind::Table(_))
        }),
        None => table.shift_remove(path).is_some(),
    }
}

fn explain(name: &str, path: &str, merged: &Value, error: &ConfigError) -> Fault {
    let key = if path == "." { name.to_owned() } else { format!("{name}.{path}") };
    let hidden = is_secret_error(&error.to_string()) || is_secret_name(&key);
    let at = lookup(merged, path);
    let what = match at.filter(|_| !hidden && path != ".") {
        Some(value) => format!("{key} is {}", found(&value.kind)),
        None if hidden => format!("{key} is not what it should be"),
        None => format!("[{name}] is not what it should be"),
    };
    let help = match error {
        ConfigError::Type { expected, .. } => format!("expected {expected}"),
        _ if hidden => "expected another type; the value is a secret and not shown".to_owned(),
        other => other.to_string(),
    };
    Fault { origin: origin(merged, path), what, help }
}

/// The names of a struct's fields, as serde tells them to a deserializer.
fn known_names<T: DeserializeOwned>() -> Vec<&'static str> {
    let mut names: &'static [&'static str] = &[];
    // Only the call of `deserialize_struct` matters; it always fails.
    let _ = T::deserialize(Names(&mut names));
    names.to_vec()
}

struct Names<'a>(&'a mut &'static [&'static str]);

impl<'de> serde::Deserializer<'de> for Names<'_> {
    type Error = serde::de::value::Error;

    fn deserialize_struct<V: serde::de::Visitor<'de>>(
        self,
        _name: &'static str,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Self::Error> {
        *self.0 = fields;
        self.deserialize_any(visitor)
    }

    fn deserialize_any<V: serde::de::Visitor<'de>>(
        self,
        _visitor: V,
    ) -> Result<V::Value, Self::Error> {
        Err(serde::de::Error::custom("only the names are wanted"))
    }

    serde::forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf option unit
        unit_struct newtype_struct seq tuple tuple_struct map enum identifier ignored_any
    }
}

/// Finds the secrets by asking for the first, the second, and so on, until there is none.
fn secrets_of<T: DeserializeOwned>(name: &str, merged: &Value) -> Secrets {
    let mut secrets = BTreeSet::new();
    for skip in 0.. {
        match probe(skip, || {
            serde_path_to_error::deserialize::<_, T>(merged.clone()).map_err(Box::new)
        }) {
            Err(error) if is_probed(&error.inner().to_string()) => {
                secrets.insert(format!("{name}.{}", error.path()));
            }
            Err(_) => return Secrets::Unknown,
            Ok(_) => break,
        }
    }
    Secrets::Known(secrets)
}

/// Where a value was written; where its section was, if it was not.
fn origin(merged: &Value, path: &str) -> String {
    lookup(merged, path)
        .and_then(Value::origin)
        .or_else(|| first_origin(merged))
        .unwrap_or("the configuration")
        .to_owned()
}

fn first_origin(value: &Value) -> Option<&str> {
    match &value.kind {
        ValueKind::Table(table) => {
            let mut origins: Vec<_> = table.values().filter_map(first_origin).collect();
            origins.sort_unstable();
            origins.first().copied()
        }
        _ => value.origin(),
    }
}

fn lookup<'a>(value: &'a Value, path: &str) -> Option<&'a Value> {
    path.split('.').filter(|part| !part.is_empty()).try_fold(value, |value, part| {
        match &value.kind {
            ValueKind::Table(table) => table.get(part),
            _ => Some(value),
        }
    })
}
