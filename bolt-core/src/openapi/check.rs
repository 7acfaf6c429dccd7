//! What a document may not have: references to nothing.

use std::collections::BTreeSet;

use serde_json::Value;
use utoipa::openapi::OpenApi;

use super::schema::name_in;

/// The references of the document that lead nowhere, each once.
pub(super) fn dangling(document: &OpenApi) -> BTreeSet<String> {
    // The parts of a document always serialise.
    let json = serde_json::to_value(document).unwrap_or_default();
    let mut references = BTreeSet::new();
    collect(&json, &mut references);
    references.retain(|reference| {
        reference.strip_prefix('#').is_none_or(|pointer| json.pointer(pointer).is_none())
    });
    references
}

fn collect(value: &Value, references: &mut BTreeSet<String>) {
    match value {
        Value::Object(members) => {
            for (name, member) in members {
                match (name.as_str(), member) {
                    ("$ref", Value::String(to)) => {
                        references.insert(to.clone());
                    }
                    // What the user shows there is no part of the document.
                    ("default" | "enum" | "const" | "example" | "examples", _) => {}
                    _ => collect(member, references),
                }
            }
        }
        Value::Array(items) => items.iter().for_each(|item| collect(item, references)),
        _ => {}
    }
}

pub(super) fn about_dangling(reference: &str) -> String {
    match name_in(reference) {
        Some(name) => format!(
            "something refers to the schema `{name}`, which no type gives\n  help: a field of a struct with \
             `IntoParams` says `#[param(inline)]`, or the struct derives `ToSchema` instead; a type with type \
             parameters is given a name by a struct around it; any other type is added with \
             `App::schema::<{name}>()`"
        ),
        None => format!("`{reference}` refers to nothing"),
    }
}

pub(super) fn about_ambiguous(name: &str) -> String {
    format!(
        "several types are named `{name}`\n  help: give all but one another name in the document: \
         `#[schema(as = OtherName)]`"
    )
}
