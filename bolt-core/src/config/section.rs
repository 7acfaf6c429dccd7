//! A section of the user's own, as a type of theirs.

use std::collections::BTreeSet;

use config::{ConfigError, Value, ValueKind};
use serde::de::DeserializeOwned;

use super::fault::Fault;
use super::nearest::nearest;
use super::secret::{is_probed, probe};
use super::value::found;

/// What reading a section gave.
pub(super) struct Read<T> {
    pub(super) value: Option<T>,
    pub(super) faults: Vec<Fault>,
    /// The keys that hold a `Secret`, with the name of the section.
    pub(super) secrets: BTreeSet<String>,
}

/// Reads the merged values of a section.
pub(super) fn read<T: DeserializeOwned>(name: &str, merged: &Value) -> Read<T> {
    let mut faults = Vec::new();
    let secrets = secrets_of::<T>(name, merged);
    let mut unknown = Vec::new();
    let mut track = serde_path_to_error::Track::new();
    let result = {
        let tracked = serde_path_to_error::Deserializer::new(merged.clone(), &mut track);
        let mut ignored = |path: serde_ignored::Path<'_>| unknown.push(path.to_string());
        T::deserialize(serde_ignored::Deserializer::new(tracked, &mut ignored))
    };
    let known = known_names::<T>();
    for path in unknown {
        let key = format!("{name}.{path}");
        let near = nearest(&path, known.iter().copied());
        faults.push(Fault {
            origin: origin(merged, &path),
            what: format!("there is no key {key}"),
            help: match near {
                Some(near) => format!("did you mean {name}.{near}?"),
                None => format!("the keys of [{name}] are {}", known.join(", ")),
            },
        });
    }
    let value = match result {
        Ok(value) => Some(value),
        Err(error) => {
            let path = track.path().to_string();
            faults.push(explain(name, &path, merged, &error, &secrets));
            None
        }
    };
    Read { value, faults, secrets }
}

fn explain(
    name: &str,
    path: &str,
    merged: &Value,
    error: &ConfigError,
    secrets: &BTreeSet<String>,
) -> Fault {
    let key = if path == "." { name.to_owned() } else { format!("{name}.{path}") };
    let hidden = secrets.contains(&key) || super::secret::is_secret_name(&key);
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
fn secrets_of<T: DeserializeOwned>(name: &str, merged: &Value) -> BTreeSet<String> {
    let mut secrets = BTreeSet::new();
    for skip in 0.. {
        let probed = probe(skip, || serde_path_to_error::deserialize::<_, T>(merged.clone()));
        match probed {
            Err(error) if is_probed(&error.inner().to_string()) => {
                secrets.insert(format!("{name}.{}", error.path()));
            }
            _ => break,
        }
    }
    secrets
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
