//! What people read: the values with their origins, and the reference of all keys.

use std::fmt::Write as _;

use config::{Map, Value, ValueKind};

use super::keys::{self, KEYS, Kind};
use super::layer::Layer;
use super::value::found;

/// Every key with its value, origin and documentation; of the user's own sections what is set. `hidden` says
/// of a section and a path in it whether the value is shown.
pub(super) fn values(
    layers: &[Layer],
    merged: &Map<String, Value>,
    hidden: impl Fn(&str, &str) -> bool,
) -> String {
    let mut text = String::new();
    // Writing to a `String` cannot fail.
    for key in KEYS {
        let leaves = layers.iter().rev().flat_map(|layer| layer.leaves.iter().rev());
        let set = leaves.into_iter().find(|leaf| leaf.name() == key.name);
        let (value, origin) = match set {
            Some(leaf) => (found(&leaf.value.kind), leaf.value.origin().unwrap_or(&leaf.named_at)),
            None => (written(key.kind, key.default), "default"),
        };
        let _ = writeln!(text, "{} = {value}    # {origin}\n    {}", key.name, key.doc);
    }
    for (section, value) in merged.iter().filter(|(section, _)| !keys::is_section(section)) {
        own(&mut text, section, "", value, &hidden);
    }
    text
}

/// A value of the user's own section, or those in it.
fn own(
    text: &mut String,
    section: &str,
    path: &str,
    value: &Value,
    hidden: &impl Fn(&str, &str) -> bool,
) {
    if let ValueKind::Table(table) = &value.kind {
        for (name, value) in table {
            let path = if path.is_empty() { name.clone() } else { format!("{path}.{name}") };
            own(text, section, &path, value, hidden);
        }
        return;
    }
    let shown = if hidden(section, path) { "(hidden)".to_owned() } else { show(value) };
    let origin = value.origin().unwrap_or("default");
    let _ = writeln!(text, "{section}.{path} = {shown}    # {origin}");
}

fn show(value: &Value) -> String {
    match &value.kind {
        ValueKind::Array(items) => {
            format!("[{}]", items.iter().map(show).collect::<Vec<_>>().join(", "))
        }
        kind => found(kind),
    }
}

/// A default as it is written in a file.
fn written(kind: Kind, default: &str) -> String {
    match kind {
        Kind::Switch => default.to_owned(),
        Kind::Number { .. } if default.parse::<u64>().is_ok() => default.to_owned(),
        _ => format!("{default:?}"),
    }
}

/// The reference of all keys as Markdown.
pub(super) fn reference() -> String {
    let mut text = String::from(
        "# Configuration\n\n\
         <!-- Made from the table in bolt-core/src/config/keys.rs; a test holds the two equal. -->\n\n\
         Layers, the later over the earlier:\n\n\
         1. the defaults below,\n\
         2. `bolt.toml` in the folder where the app is started,\n\
         3. `bolt.{BOLT_ENV}.toml`, when the variable `BOLT_ENV` is set,\n\
         4. `bolt.local.toml`, for one machine; keep it out of version control,\n\
         5. variables: `BOLT_SECTION__KEY`, with two underscores between section and key,\n\
         6. code: `Config::load().set(\"server.port\", 9000)`.\n\n\
         `my-app --config` prints every key with its value and where that comes from; `my-app --check` only \
         says whether all is well. Anything wrong, in any layer, is listed at once, and the app ends with \
         status 78.\n",
    );
    for section in keys::sections() {
        let _ = writeln!(text, "\n## [{section}]");
        for key in KEYS.iter().filter(|key| key.name.split('.').next() == Some(section)) {
            let _ = writeln!(
                text,
                "\n### `{}`\n\n{}\n\n- default: `{}`\n- takes: {}\n- variable: `{}`",
                key.name,
                key.doc,
                written(key.kind, key.default),
                key.kind.expected(),
                key.variable(),
            );
        }
    }
    text
}

/// A `bolt.toml` with every key at its default, commented out.
pub(super) fn sample() -> String {
    let mut text = String::new();
    for section in keys::sections() {
        let _ = write!(text, "\n[{section}]\n");
        for key in KEYS {
            let Some(name) = key.name.strip_prefix(section).and_then(|rest| rest.strip_prefix('.'))
            else {
                continue;
            };
            let default = written(key.kind, key.default);
            let _ = write!(text, "# {}\n# {name} = {default}\n", key.doc);
        }
    }
    text
}
