//! The environment: `BOLT_SECTION__KEY`.

use config::{Value, ValueKind};

use super::fault::Fault;
use super::keys::{KEYS, Key};
use super::layer::{Layer, Leaf};
use super::nearest::nearest;

/// Which further file is read.
pub(super) const ENVIRONMENT: &str = "BOLT_ENV";

/// Takes what begins with `BOLT_` from the variables of the process.
pub(super) fn read(variables: &[(String, String)], faults: &mut Vec<Fault>) -> Layer {
    let mut ours: Vec<_> = variables
        .iter()
        .filter(|(name, _)| name.starts_with("BOLT_") && name != ENVIRONMENT)
        .collect();
    // The system gives them in no order.
    ours.sort();
    let mut layer = Layer::default();
    for (name, text) in ours {
        let path: Vec<String> = name["BOLT_".len()..].split("__").map(str::to_lowercase).collect();
        let capitals = !name.chars().any(char::is_lowercase);
        if !capitals || path.len() < 2 || path.iter().any(String::is_empty) {
            faults.push(stray(name));
            continue;
        }
        let value = Value::new(Some(name), kind(text));
        layer.leaves.push(Leaf { path, named_at: name.clone(), value });
    }
    layer
}

fn stray(name: &str) -> Fault {
    let known: Vec<_> = KEYS.iter().map(Key::variable).collect();
    let near = nearest(&name.to_uppercase(), known.iter().map(String::as_str).chain([ENVIRONMENT]));
    Fault {
        origin: name.to_owned(),
        what: "no key has this variable".to_owned(),
        help: match near {
            Some(near) => format!("did you mean {near}?"),
            None => {
                "variables are BOLT_SECTION__KEY, such as BOLT_SERVER__PORT; unset it, or give it \
                     another prefix"
                    .to_owned()
            }
        },
    }
}

/// Text, except where it is a list or table in the syntax of TOML.
pub(super) fn kind(text: &str) -> ValueKind {
    let structured = text.starts_with('[') || text.starts_with('{');
    let parsed = structured.then(|| toml::de::ValueDeserializer::parse(text).ok()).flatten();
    parsed
        .and_then(|parsed| serde::Deserialize::deserialize(parsed).ok())
        .map_or_else(|| ValueKind::String(text.to_owned()), |value: Value| value.kind)
}
