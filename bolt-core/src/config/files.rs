//! The files: `bolt.toml`, `bolt.{BOLT_ENV}.toml`, `bolt.local.toml`.

use std::fs;
use std::io;
use std::ops::Range;
use std::path::Path;

use config::{Value, ValueKind};
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::fault::Fault;
use super::layer::{Layer, Leaf};

/// Reads one file. None when there is no such file.
pub(super) fn read(folder: &Path, name: &str, faults: &mut Vec<Fault>) -> Option<Layer> {
    let cannot = |why: String| Fault {
        origin: name.to_owned(),
        what: format!("the file cannot be read: {why}"),
        help: format!("it is looked for in {}", folder.display()),
    };
    let bytes = match fs::read(folder.join(name)) {
        Ok(bytes) => bytes,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return None,
        Err(error) => {
            faults.push(cannot(error.to_string()));
            return None;
        }
    };
    match String::from_utf8(bytes) {
        Ok(text) => Some(File { name, text: &text }.parse(faults)),
        Err(error) => {
            let at = error.utf8_error().valid_up_to();
            faults.push(cannot(format!("it is not UTF-8, from byte {at} on")));
            None
        }
    }
}

struct File<'a> {
    name: &'a str,
    text: &'a str,
}

impl File<'_> {
    fn parse(&self, faults: &mut Vec<Fault>) -> Layer {
        // A file with a mistake in its syntax is still read as far as it goes, for its other mistakes.
        let (table, errors) = DeTable::parse_recoverable(self.text);
        faults.extend(errors.iter().map(|error| Fault {
            origin: error.span().map_or_else(|| self.name.to_owned(), |span| self.place(&span)),
            what: "this is not TOML".to_owned(),
            help: error.message().to_owned(),
        }));
        let mut layer = Layer::default();
        if errors.is_empty() {
            self.walk(table.get_ref(), &[], &mut layer);
        }
        for leaf in layer.leaves.iter().filter(|leaf| leaf.path.len() == 1) {
            faults.extend(at_the_top(leaf));
        }
        layer.leaves.retain(|leaf| leaf.path.len() > 1);
        layer.leaves.sort_by_key(|leaf| position(&leaf.named_at));
        layer
    }

    fn walk(&self, table: &DeTable<'_>, path: &[String], layer: &mut Layer) {
        for (name, value) in table {
            let mut path = path.to_vec();
            path.push(name.get_ref().to_string());
            match value.get_ref() {
                DeValue::Table(inner) if !inner.is_empty() => self.walk(inner, &path, layer),
                _ => layer.leaves.push(Leaf {
                    path,
                    named_at: self.place(&name.span()),
                    value: self.value(value),
                }),
            }
        }
    }

    fn value(&self, value: &Spanned<DeValue<'_>>) -> Value {
        let place = self.place(&value.span());
        let kind = match value.get_ref() {
            DeValue::String(text) => ValueKind::String(text.to_string()),
            DeValue::Integer(number) => {
                match i64::from_str_radix(number.as_str(), number.radix()) {
                    Ok(number) => ValueKind::I64(number),
                    Err(_) => ValueKind::String(number.to_string()),
                }
            }
            DeValue::Float(number) => match number.as_str().parse() {
                Ok(number) => ValueKind::Float(number),
                Err(_) => ValueKind::String(number.to_string()),
            },
            DeValue::Boolean(on) => ValueKind::Boolean(*on),
            DeValue::Datetime(time) => ValueKind::String(time.to_string()),
            DeValue::Array(items) => {
                ValueKind::Array(items.iter().map(|item| self.value(item)).collect())
            }
            DeValue::Table(table) => ValueKind::Table(
                table
                    .iter()
                    .map(|(name, value)| (name.get_ref().to_string(), self.value(value)))
                    .collect(),
            ),
        };
        Value::new(Some(&place), kind)
    }

    /// `file:line:column` of the start of a span, counted from 1, in characters.
    fn place(&self, span: &Range<usize>) -> String {
        let before = self.text.get(..span.start).unwrap_or(self.text);
        let line = before.matches('\n').count() + 1;
        let start = before.rfind('\n').map_or(0, |newline| newline + 1);
        let column = before[start..].chars().count() + 1;
        format!("{}:{line}:{column}", self.name)
    }
}

/// What is wrong with a value that stands in no section; nothing with a section that is empty.
fn at_the_top(leaf: &Leaf) -> Option<Fault> {
    let name = leaf.name();
    let (what, help) = match &leaf.value.kind {
        ValueKind::Table(_) => return None,
        ValueKind::Array(items)
            if matches!(items.first().map(|i| &i.kind), Some(ValueKind::Table(_))) =>
        {
            (format!("{name} is a list of tables"), format!("write [{name}], in single brackets"))
        }
        _ => {
            let help = "put it below a line such as [server]".to_owned();
            (format!("{name} stands in no section"), help)
        }
    };
    Some(Fault { origin: leaf.named_at.clone(), what, help })
}

/// Line and column, to put leaves in the order of the file.
fn position(place: &str) -> (usize, usize) {
    let mut parts = place.rsplit(':').map(|part| part.parse().unwrap_or(0));
    let column = parts.next().unwrap_or(0);
    (parts.next().unwrap_or(0), column)
}
