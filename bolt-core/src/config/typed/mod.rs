//! A section's values as a type of the user's: a deserializer that knows where each value stands.
//!
//! The one of the `config` crate converts and rounds what does not fit, and forgets where it came from.

mod error;
mod made_up;

use std::cell::RefCell;
use std::collections::BTreeSet;

use config::{Value, ValueKind};
use serde::de::value::StrDeserializer;
use serde::de::{self, DeserializeSeed, Deserializer, IntoDeserializer as _, Visitor};

use super::secret::MARK;

pub(super) use error::{Cause, Failed};
use made_up::MadeUp;

/// What a run learns beside the value.
#[derive(Default)]
pub(super) struct Notes {
    /// The keys that hold a `Secret`.
    pub(super) secrets: BTreeSet<String>,
    /// The keys that the type does not know, each with the names that it knows there.
    pub(super) unknown: Vec<(String, &'static [&'static str])>,
}

/// One value and where it is.
#[derive(Clone)]
pub(super) struct Node<'a> {
    value: &'a Value,
    /// Names and indices below the section, with points between.
    path: String,
    /// The names that the struct around it knows.
    siblings: &'static [&'static str],
    /// Where a value is to be made up, because what stands there is wrong or missing.
    made_up: &'a BTreeSet<String>,
    notes: &'a RefCell<Notes>,
}

impl<'a> Node<'a> {
    pub(super) fn new(
        value: &'a Value,
        made_up: &'a BTreeSet<String>,
        notes: &'a RefCell<Notes>,
    ) -> Self {
        Self { value, path: String::new(), siblings: &[], made_up, notes }
    }

    fn below(&self, name: &str, value: &'a Value, siblings: &'static [&'static str]) -> Self {
        let path =
            if self.path.is_empty() { name.to_owned() } else { format!("{}.{name}", self.path) };
        Self { value, path, siblings, made_up: self.made_up, notes: self.notes }
    }

    /// Text of a variable or of the code, which is also how numbers and switches are written there.
    fn text(&self) -> Option<&'a str> {
        match &self.value.kind {
            ValueKind::String(text) => Some(text.trim()),
            _ => None,
        }
    }

    fn lenient(&self) -> Option<&'a str> {
        // A place in a file has a line; a variable has none, and code is written as variables are.
        let from_file = self.value.origin().is_some_and(|origin| origin.contains(".toml:"));
        self.text().filter(|_| !from_file)
    }

    fn wrong(&self, visitor: &dyn de::Expected) -> Failed {
        Failed::wrong(visitor).at(&self.path)
    }

    /// The members of a table, with those that are made up.
    fn members<'de, V: Visitor<'de>>(
        self,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Failed> {
        let ValueKind::Table(table) = &self.value.kind else { return Err(self.wrong(&visitor)) };
        let present = table.iter().map(|(name, value)| (name.clone(), Some(value)));
        let absent = fields.iter().filter(|name| {
            !table.contains_key(**name)
                && self.made_up.contains(&self.below(name, self.value, &[]).path)
        });
        let members: Vec<_> =
            present.chain(absent.map(|name| ((*name).to_owned(), None))).collect();
        let path = self.path.clone();
        let access = Members { node: self, fields, left: members.into_iter(), value: None };
        visitor.visit_map(access).map_err(|failed| failed.at(&path))
    }
}

macro_rules! numbers {
    ($($method:ident $ty:ty => $visit:ident;)*) => {
        $(
            fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Failed> {
                let failed = |failed: Failed| failed.at(&self.path);
                match (&self.value.kind, self.lenient().and_then(|text| text.parse::<$ty>().ok())) {
                    (_, Some(number)) => visitor.$visit(number).map_err(failed),
                    (ValueKind::I64(number), _) => visitor.visit_i64(*number).map_err(failed),
                    (ValueKind::U64(number), _) => visitor.visit_u64(*number).map_err(failed),
                    _ => Err(self.wrong(&visitor)),
                }
            }
        )*
    };
}

impl<'de> Deserializer<'de> for Node<'_> {
    type Error = Failed;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Failed> {
        let path = self.path.clone();
        match &self.value.kind {
            ValueKind::Boolean(on) => visitor.visit_bool(*on),
            ValueKind::I64(number) => visitor.visit_i64(*number),
            ValueKind::U64(number) => visitor.visit_u64(*number),
            ValueKind::Float(number) => visitor.visit_f64(*number),
            ValueKind::String(text) => visitor.visit_str(text),
            ValueKind::Array(_) => return self.deserialize_seq(visitor),
            ValueKind::Table(_) => return self.members(&[], visitor),
            _ => visitor.visit_unit(),
        }
        .map_err(|failed: Failed| failed.at(&path))
    }

    numbers! {
        deserialize_i8 i64 => visit_i64;
        deserialize_i16 i64 => visit_i64;
        deserialize_i32 i64 => visit_i64;
        deserialize_i64 i64 => visit_i64;
        deserialize_i128 i128 => visit_i128;
        deserialize_u8 u64 => visit_u64;
        deserialize_u16 u64 => visit_u64;
        deserialize_u32 u64 => visit_u64;
        deserialize_u64 u64 => visit_u64;
        deserialize_u128 u128 => visit_u128;
    }

    fn deserialize_f32<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Failed> {
        self.deserialize_f64(visitor)
    }

    fn deserialize_f64<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Failed> {
        match self.lenient().and_then(|text| text.parse().ok()) {
            Some(number) => {
                visitor.visit_f64(number).map_err(|failed: Failed| failed.at(&self.path))
            }
            None => self.deserialize_any(visitor),
        }
    }

    fn deserialize_bool<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Failed> {
        match (&self.value.kind, self.lenient()) {
            (ValueKind::Boolean(on), _) => visitor.visit_bool(*on),
            (_, Some("true")) => visitor.visit_bool(true),
            (_, Some("false")) => visitor.visit_bool(false),
            _ => Err(self.wrong(&visitor)),
        }
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Failed> {
        visitor.visit_some(self)
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        visitor: V,
    ) -> Result<V::Value, Failed> {
        if name == MARK {
            self.notes.borrow_mut().secrets.insert(self.path.clone());
        }
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Failed> {
        let ValueKind::Array(items) = &self.value.kind else { return Err(self.wrong(&visitor)) };
        let path = self.path.clone();
        let items = Items { node: self, left: items.iter().enumerate() };
        visitor.visit_seq(items).map_err(|failed| failed.at(&path))
    }

    fn deserialize_tuple<V: Visitor<'de>>(self, _: usize, visitor: V) -> Result<V::Value, Failed> {
        self.deserialize_seq(visitor)
    }

    fn deserialize_tuple_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: usize,
        visitor: V,
    ) -> Result<V::Value, Failed> {
        self.deserialize_seq(visitor)
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Failed> {
        self.members(fields, visitor)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Failed> {
        let path = self.path.clone();
        let read = match &self.value.kind {
            ValueKind::String(name) => {
                let name: StrDeserializer<'_, Failed> = name.as_str().into_deserializer();
                visitor.visit_enum(name)
            }
            ValueKind::Table(table) if table.len() == 1 => match table.iter().next() {
                Some((name, value)) => {
                    visitor.visit_enum(Variant { name, content: self.below(name, value, &[]) })
                }
                None => Err(self.wrong(&visitor)),
            },
            _ => Err(self.wrong(&visitor)),
        };
        read.map_err(|failed| failed.at(&path))
    }

    fn deserialize_ignored_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Failed> {
        self.notes.borrow_mut().unknown.push((self.path, self.siblings));
        visitor.visit_unit()
    }

    serde::forward_to_deserialize_any! {
        char str string bytes byte_buf unit unit_struct map identifier
    }
}

/// The members of a table; one without a value is made up.
struct Members<'a> {
    node: Node<'a>,
    fields: &'static [&'static str],
    left: std::vec::IntoIter<(String, Option<&'a Value>)>,
    value: Option<(String, Option<&'a Value>)>,
}

impl<'de> de::MapAccess<'de> for Members<'_> {
    type Error = Failed;

    fn next_key_seed<K: DeserializeSeed<'de>>(
        &mut self,
        seed: K,
    ) -> Result<Option<K::Value>, Failed> {
        let Some((name, value)) = self.left.next() else { return Ok(None) };
        let key = seed.deserialize(name.as_str().into_deserializer());
        self.value = Some((name, value));
        key.map(Some)
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, Failed> {
        let Some((name, value)) = self.value.take() else {
            return Err(de::Error::custom("a value without a key"));
        };
        let node = self.node.below(&name, value.unwrap_or(self.node.value), self.fields);
        if value.is_none() || self.node.made_up.contains(&node.path) {
            return seed.deserialize(MadeUp).map_err(|failed: Failed| failed.at(&node.path));
        }
        let path = node.path.clone();
        seed.deserialize(node).map_err(|failed| failed.at(&path))
    }
}

struct Items<'a> {
    node: Node<'a>,
    left: std::iter::Enumerate<std::slice::Iter<'a, Value>>,
}

impl<'de> de::SeqAccess<'de> for Items<'_> {
    type Error = Failed;

    fn next_element_seed<T: DeserializeSeed<'de>>(
        &mut self,
        seed: T,
    ) -> Result<Option<T::Value>, Failed> {
        let Some((index, value)) = self.left.next() else { return Ok(None) };
        let node = self.node.below(&index.to_string(), value, &[]);
        let path = node.path.clone();
        if self.node.made_up.contains(&path) {
            return seed.deserialize(MadeUp).map(Some).map_err(|failed: Failed| failed.at(&path));
        }
        seed.deserialize(node).map(Some).map_err(|failed| failed.at(&path))
    }
}

/// `name = content`, as a variant with fields is written.
struct Variant<'a> {
    name: &'a str,
    content: Node<'a>,
}

impl<'de, 'a> de::EnumAccess<'de> for Variant<'a> {
    type Error = Failed;
    type Variant = Node<'a>;

    fn variant_seed<V: DeserializeSeed<'de>>(
        self,
        seed: V,
    ) -> Result<(V::Value, Node<'a>), Failed> {
        let name: StrDeserializer<'_, Failed> = self.name.into_deserializer();
        Ok((seed.deserialize(name)?, self.content))
    }
}

impl<'de> de::VariantAccess<'de> for Node<'_> {
    type Error = Failed;

    fn unit_variant(self) -> Result<(), Failed> {
        Err(self.wrong(&"a variant without content, written as text"))
    }

    fn newtype_variant_seed<T: DeserializeSeed<'de>>(self, seed: T) -> Result<T::Value, Failed> {
        seed.deserialize(self)
    }

    fn tuple_variant<V: Visitor<'de>>(self, _: usize, visitor: V) -> Result<V::Value, Failed> {
        self.deserialize_seq(visitor)
    }

    fn struct_variant<V: Visitor<'de>>(
        self,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Failed> {
        self.members(fields, visitor)
    }
}
