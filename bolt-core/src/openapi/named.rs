//! `Named`: what one type and all below it go by.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;
use utoipa::openapi::schema::AnyOfBuilder;
use utoipa::openapi::{RefOr, Schema};

use super::alike::alike;
use super::mend::mend;
use super::walk::names;

/// What one type and all below it call by a name: more than one thing, when two types in it have the same.
#[derive(Default)]
pub(super) struct Named(BTreeMap<String, Vec<RefOr<Schema>>>);

impl Named {
    pub(super) fn add(&mut self, name: String, mut schema: RefOr<Schema>) {
        mend(&mut schema);
        let same = self.0.entry(name).or_default();
        if !same.contains(&schema) {
            same.push(schema);
        }
    }

    /// The names that the root or something here refers to, and that nothing here has.
    pub(super) fn lost(&self, root: &RefOr<Schema>) -> BTreeSet<String> {
        let mut lost: BTreeSet<_> =
            self.0.values().flatten().chain([root]).flat_map(names).collect();
        lost.retain(|name| !self.0.contains_key(name));
        lost
    }

    /// One schema for each name: where nobody can know which is meant, any of them.
    pub(super) fn one_each(
        self,
        ambiguous: &mut BTreeSet<String>,
    ) -> BTreeMap<String, RefOr<Schema>> {
        let first = |name: &str| self.0.get(name).and_then(|same| same.first()).map(json);
        let one = |(name, same): (&String, &Vec<RefOr<Schema>>)| {
            let mut unlike: Vec<RefOr<Schema>> = Vec::new();
            for schema in same {
                let known = |other| alike(&json(schema), &json(other), &first, &first);
                if !unlike.iter().any(known) {
                    unlike.push(schema.clone());
                }
            }
            if unlike.len() > 1 {
                ambiguous.insert(name.clone());
                return (name.clone(), any_of(unlike));
            }
            (name.clone(), unlike.remove(0))
        };
        self.0.iter().map(one).collect()
    }
}

/// Any of these.
pub(super) fn any_of(schemas: impl IntoIterator<Item = RefOr<Schema>>) -> RefOr<Schema> {
    schemas.into_iter().fold(AnyOfBuilder::new(), AnyOfBuilder::item).into()
}

/// As it is written. The parts of a document always serialise.
pub(super) fn json(schema: &RefOr<Schema>) -> Value {
    serde_json::to_value(schema).unwrap_or_default()
}
