//! `Layer`: the values of one file, of all variables, or of the code.

use config::{ConfigError, Map, Source, Value, ValueKind};

use super::fault::Fault;
use super::keys::{self, KEYS};
use super::nearest::nearest;
use super::value::found;

/// Values by section and key. Each `Value` carries its origin.
#[derive(Clone, Debug, Default)]
pub(super) struct Layer {
    pub(super) leaves: Vec<Leaf>,
}

/// One value with its place.
#[derive(Clone, Debug)]
pub(super) struct Leaf {
    /// The section and the names below it.
    pub(super) path: Vec<String>,
    /// Where the name stands; the origin of the value is where the value stands.
    pub(super) named_at: String,
    pub(super) value: Value,
}

impl Leaf {
    pub(super) fn name(&self) -> String {
        self.path.join(".")
    }

    pub(super) fn section(&self) -> &str {
        self.path.first().map_or("", String::as_str)
    }
}

impl Layer {
    /// What is wrong with the values of bolt's own sections.
    pub(super) fn check(&self) -> Vec<Fault> {
        let own = self.leaves.iter().filter(|leaf| keys::is_section(leaf.section()));
        own.filter_map(check_leaf).collect()
    }
}

fn check_leaf(leaf: &Leaf) -> Option<Fault> {
    let name = leaf.name();
    let Some(key) = keys::find(&name) else {
        if is_empty_table(&leaf.value) && keys::is_table(&name) {
            return None;
        }
        let near = nearest(&name, KEYS.iter().map(|key| key.name));
        return Some(Fault {
            origin: leaf.named_at.clone(),
            what: format!("there is no key {name}"),
            help: match near.and_then(keys::find) {
                Some(near) if leaf.is_variable() => format!("did you mean {}?", near.variable()),
                Some(near) => format!("did you mean {}?", near.name),
                None => format!("the keys of [{}] are {}", leaf.section(), names(leaf.section())),
            },
        });
    };
    if key.kind.check(&leaf.value.kind).is_some() {
        return None;
    }
    Some(Fault {
        origin: leaf.value.origin().unwrap_or(&leaf.named_at).to_owned(),
        what: format!("{name} is {}", found(&leaf.value.kind)),
        help: format!("expected {}", key.kind.expected()),
    })
}

fn is_empty_table(value: &Value) -> bool {
    matches!(&value.kind, ValueKind::Table(table) if table.is_empty())
}

impl Leaf {
    fn is_variable(&self) -> bool {
        self.named_at.starts_with("BOLT_")
    }
}

/// The keys of a section, without its name.
fn names(section: &str) -> String {
    let of_section = KEYS.iter().filter_map(|key| key.name.strip_prefix(section));
    let names: Vec<_> = of_section.filter_map(|rest| rest.strip_prefix('.')).collect();
    names.join(", ")
}

impl Source for Layer {
    fn clone_into_box(&self) -> Box<dyn Source + Send + Sync> {
        Box::new(self.clone())
    }

    fn collect(&self) -> Result<Map<String, Value>, ConfigError> {
        let mut root = Map::new();
        for leaf in &self.leaves {
            insert(&mut root, &leaf.path, &leaf.value);
        }
        Ok(root)
    }
}

/// Puts a value at its path; what is no table on the way is replaced by one.
fn insert(table: &mut Map<String, Value>, path: &[String], value: &Value) {
    let Some((name, below)) = path.split_first() else { return };
    if below.is_empty() {
        table.insert(name.clone(), value.clone());
        return;
    }
    let empty = || Value::new(None, ValueKind::Table(Map::new()));
    let inner = table.entry(name.clone()).or_insert_with(empty);
    if !matches!(inner.kind, ValueKind::Table(_)) {
        *inner = empty();
    }
    if let ValueKind::Table(inner) = &mut inner.kind {
        insert(inner, below, value);
    }
}
