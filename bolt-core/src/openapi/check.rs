//! What a document may not have: references to nothing, ways to log in that it does not know.

use std::collections::BTreeSet;

use serde_json::Value;
use utoipa::openapi::OpenApi;

use super::walk::name_in;

/// What is wrong with the document, each fault once.
pub(super) fn faults(document: &OpenApi) -> Vec<String> {
    // The parts of a document always serialise.
    let json = serde_json::to_value(document).unwrap_or_default();
    let mut to = BTreeSet::new();
    references(&json, &mut to);
    to.retain(|to| to.strip_prefix('#').is_none_or(|pointer| json.pointer(pointer).is_none()));
    let lost = to.iter().map(|to| about_dangling(to));
    lost.chain(unknown_schemes(&json).iter().map(|name| about_scheme(name))).collect()
}

/// Adds all references in a part of a document.
fn references(part: &Value, found: &mut BTreeSet<String>) {
    match part {
        Value::Object(members) => {
            for (name, member) in members {
                match (name.as_str(), member) {
                    ("$ref", Value::String(to)) => {
                        found.insert(to.clone());
                    }
                    // Names of fields, which may be any of those below.
                    ("properties", Value::Object(fields)) => {
                        fields.values().for_each(|field| references(field, found));
                    }
                    // What the user shows there is no part of the document.
                    ("default" | "enum" | "const" | "example" | "examples", _) => {}
                    _ => references(member, found),
                }
            }
        }
        Value::Array(items) => items.iter().for_each(|item| references(item, found)),
        _ => {}
    }
}

/// The ways to log in that something asks for and that are not declared.
fn unknown_schemes(document: &Value) -> BTreeSet<String> {
    let items = document["paths"].as_object().into_iter().flat_map(|paths| paths.values());
    let operations = items.filter_map(Value::as_object).flat_map(|item| item.values());
    let asked = operations.chain([document]).filter_map(|asking| asking["security"].as_array());
    let names = asked.flatten().filter_map(Value::as_object).flat_map(|any_of| any_of.keys());
    let declared = &document["components"]["securitySchemes"];
    names.filter(|name| declared[name.as_str()].is_null()).cloned().collect()
}

fn about_dangling(reference: &str) -> String {
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

fn about_scheme(name: &str) -> String {
    format!(
        "something asks for the security scheme `{name}`, which nothing declares\n  help: declare it in the document \
         that `App::describe` is given, with `Components::add_security_scheme`; an extractor declares what it asks \
         for by `Operation::security`"
    )
}

pub(super) fn about_ambiguous(name: &str) -> String {
    format!(
        "several types are named `{name}`\n  help: give all but one another name in the document: \
         `#[schema(as = OtherName)]`"
    )
}
