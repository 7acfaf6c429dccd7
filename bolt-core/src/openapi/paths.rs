//! Paths as axum writes them, and as OpenAPI does.

use utoipa::openapi::path::{
    Operation, Parameter, ParameterBuilder, ParameterIn, PathItem, PathsMap,
};
use utoipa::openapi::schema::Object;
use utoipa::openapi::{RefOr, Required, Schema, Type};

use super::ids::operations;

/// Where a path is that was nested below another, as axum's `Router::nest` has it.
pub(crate) fn below(prefix: &str, path: &str) -> String {
    match (prefix.strip_suffix('/'), path) {
        (Some(prefix), path) => format!("{prefix}{path}"),
        (None, "/") => prefix.to_owned(),
        (None, path) => format!("{prefix}{path}"),
    }
}

/// The names of the parameters in a path, written either way.
pub(super) fn names(path: &str) -> Vec<String> {
    let path = openapi_path(path);
    let parameters = path.split('{').skip(1).filter_map(|rest| rest.split_once('}'));
    parameters.map(|(name, _)| name.to_owned()).collect()
}

/// The path as OpenAPI writes it: the rest of a path is a parameter like any other, and other braces than those of a
/// parameter cannot be there.
pub(super) fn openapi_path(path: &str) -> String {
    let (mut written, mut rest) = (String::new(), path);
    while let Some(at) = rest.find(['{', '}']) {
        written.push_str(&rest[..at]);
        rest = &rest[at..];
        let (part, after) = if let Some(after) = rest.strip_prefix("{{") {
            ("%7B", after)
        } else if let Some(after) = rest.strip_prefix("}}") {
            ("%7D", after)
        } else {
            rest.split_at(rest.find('}').map_or(rest.len(), |end| end + 1))
        };
        written.push_str(&part.replace("{*", "{"));
        rest = after;
    }
    written + rest
}

/// A parameter in a path: text, unless it is known to be something else.
pub(super) fn in_path(name: String, schema: Option<RefOr<Schema>>) -> Parameter {
    ParameterBuilder::new()
        .name(name)
        .parameter_in(ParameterIn::Path)
        .required(Required::True)
        .schema(Some(schema.unwrap_or_else(|| Object::with_type(Type::String).into())))
        .build()
}

/// Plain routes as OpenAPI has them: with each parameter of their path, also of the path that they were nested below.
pub(super) fn as_openapi(paths: PathsMap<String, PathItem>) -> PathsMap<String, PathItem> {
    let mut written = PathsMap::<String, PathItem>::new();
    for (path, mut item) in paths {
        let path = openapi_path(&path);
        let shared = item.parameters.clone().unwrap_or_default();
        for (_, operation) in operations(&mut item) {
            complete(operation, &path, &shared);
        }
        match written.get_mut(&path) {
            Some(same) => same.merge_operations(item),
            None => {
                written.insert(path, item);
            }
        }
    }
    written
}

/// Adds what the path, which is as OpenAPI has it, has and nothing describes.
fn complete(operation: &mut Operation, path: &str, shared: &[RefOr<Parameter>]) {
    let own = operation.parameters.take().unwrap_or_default();
    let known: Vec<&RefOr<Parameter>> = shared.iter().chain(&own).collect();
    // What a reference leads to may be any of them.
    let lost = match known.iter().any(|parameter| matches!(parameter, RefOr::Ref(_))) {
        true => Vec::new(),
        false => names(path),
    };
    let is = |parameter: &RefOr<Parameter>, name: &str| match parameter {
        RefOr::T(known) => known.parameter_in == ParameterIn::Path && known.name == name,
        RefOr::Ref(_) => false,
    };
    let lost = lost.into_iter().filter(|name| !known.iter().any(|known| is(known, name)));
    let mut all: Vec<RefOr<Parameter>> = lost.map(|name| RefOr::T(in_path(name, None))).collect();
    all.extend(own);
    operation.parameters = Some(all).filter(|all| !all.is_empty());
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_named_as_axum_has_them() {
        assert_eq!(names("/a/{b}/c/{*rest}"), ["b", "rest"]);
        assert_eq!(names("/{{b}}/x{c}"), ["c"]);
        assert_eq!(openapi_path("/a/{*rest}"), "/a/{rest}");
        assert_eq!(openapi_path("/{{b}}/x{c}"), "/%7Bb%7D/x{c}");
        assert_eq!(openapi_path("/{{{b}}}"), "/%7B{b}%7D");
        assert_eq!(below("/v1", "/"), "/v1");
        assert_eq!(below("/v1", "/a"), "/v1/a");
        assert_eq!(below("/v1/", "/a"), "/v1/a");
    }
}
