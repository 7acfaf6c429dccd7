//! `Document`: an app's parts, and the one OpenAPI document that they make.

use std::collections::BTreeSet;

use utoipa::ToSchema;
use utoipa::openapi::path::{
    HttpMethod, OperationBuilder, Parameter, ParameterBuilder, ParameterIn, Paths,
};
use utoipa::openapi::schema::ObjectBuilder;
use utoipa::openapi::{
    Components, Deprecated, Info, InfoBuilder, OpenApi, OpenApiBuilder, OpenApiVersion, Required,
    Server, Type, path,
};

use super::about::About;
use super::check::{about_ambiguous, about_dangling, dangling};
use super::operation::Operation;
use super::responses::responses;
use super::schema::{Schemas, name_in};

/// A stream with its route.
#[derive(Clone)]
pub(crate) struct Described {
    pub(crate) method: &'static str,
    /// As axum writes it.
    pub(crate) path: String,
    /// The path of the function.
    pub(crate) name: &'static str,
    /// None for one that is left out. Asked only for a document.
    pub(crate) operation: fn() -> Option<Operation>,
}

/// What an app's document is made of.
#[derive(Clone, Default)]
pub(crate) struct Document {
    info: Option<Info>,
    /// Documents that others have made: of plain axum routes.
    parts: Vec<OpenApi>,
    streams: Vec<Described>,
    schemas: Schemas,
}

impl Document {
    pub(crate) fn add(&mut self, stream: Described) {
        self.streams.push(stream);
    }

    /// Adds a schema that some part refers to.
    pub(crate) fn add_schema<T: ToSchema>(&mut self) {
        self.schemas.add_named::<T>();
    }

    /// Adds paths and what they need, not the title.
    pub(crate) fn merge(&mut self, part: OpenApi) {
        self.parts.push(part);
    }

    /// Adds all that a document says, its title too.
    pub(crate) fn describe(&mut self, document: OpenApi) {
        self.info = Some(document.info.clone());
        self.parts.push(document);
    }

    /// Adds the streams and parts of another app, below a path if there is one. The title stays.
    pub(crate) fn join(&mut self, prefix: Option<&str>, other: Self) {
        for mut stream in other.streams {
            stream.path = prefix.map_or(stream.path.clone(), |prefix| below(prefix, &stream.path));
            self.streams.push(stream);
        }
        for part in other.parts {
            self.parts.push(match prefix {
                Some(prefix) => {
                    let base = OpenApi::new(part.info.clone(), Paths::new());
                    base.nest_with_path_composer(prefix.to_owned(), part, below)
                }
                None => part,
            });
        }
        self.schemas.extend(other.schemas);
    }

    /// The document, and what is wrong with it.
    pub(crate) fn build(&self) -> (OpenApi, Vec<String>) {
        let (mut schemas, mut spare) = (self.schemas.clone(), Schemas::default());
        let mut components = Components::new();
        let mut paths = Paths::new();
        let told = self.streams.iter().filter_map(|stream| Some((stream, (stream.operation)()?)));
        let told: Vec<(&Described, Operation)> = told.collect();
        let about = told.first().map(|(_, operation)| operation.about).unwrap_or_default();
        let ids = ids(told.iter().map(|(stream, _)| *stream));
        for ((stream, mut operation), id) in told.into_iter().zip(ids) {
            let described = described(stream, &mut operation, id);
            paths.add_path_operation(
                openapi_path(&stream.path),
                vec![method(stream.method)],
                described,
            );
            schemas.extend(operation.schemas);
            spare.extend(operation.spare);
            components
                .security_schemes
                .extend(operation.schemes.into_iter().map(|(name, scheme)| (name, scheme.into())));
        }
        let mut document = OpenApiBuilder::new().info(self.info(about)).paths(paths).build();
        document.openapi = OpenApiVersion::Version32;
        for part in &self.parts {
            for (name, schema) in part.components.iter().flat_map(|parts| &parts.schemas) {
                schemas.add(name.clone(), schema.clone());
            }
            document.merge(part.clone());
        }
        if document.servers.is_none() {
            // Where the document came from; without it a client knows only paths.
            document.servers = Some(vec![Server::new("/")]);
        }
        let components =
            merged(document.components.take().unwrap_or_default(), components, &schemas);
        document.components = Some(components);
        let mut faults: Vec<String> = schemas.ambiguous().map(about_ambiguous).collect();
        let lost = fill(&mut document, &spare);
        faults.extend(lost.iter().map(|reference| about_dangling(reference)));
        (document, faults)
    }

    fn info(&self, about: About) -> Info {
        if let Some(info) = &self.info {
            return info.clone();
        }
        InfoBuilder::new()
            .title(about.package.unwrap_or("API"))
            .version(about.version.unwrap_or("0.0.0"))
            .description(about.purpose.filter(|purpose| !purpose.is_empty()))
            .build()
    }
}

/// Each stream's id: the function's name, or where several have it the function's path.
fn ids<'a>(streams: impl Iterator<Item = &'a Described>) -> Vec<String> {
    let names: Vec<&str> = streams.map(|stream| stream.name).collect();
    let mut used = BTreeSet::new();
    let ids = names.iter().map(|name| {
        let short = last(name);
        let unique = names.iter().filter(|other| last(other) == short).count() == 1;
        let mut id = match unique {
            true => short.to_owned(),
            false => name.replace("r#", "").replace("::", "_"),
        };
        // One function, mounted twice.
        while !used.insert(id.clone()) {
            id.push('_');
        }
        id
    });
    ids.collect()
}

/// Where a path is that was nested below another, as axum's `Router::nest` has it.
pub(crate) fn below(prefix: &str, path: &str) -> String {
    match (prefix.strip_suffix('/'), path) {
        (Some(prefix), path) => format!("{prefix}{path}"),
        (None, "/") => prefix.to_owned(),
        (None, path) => format!("{prefix}{path}"),
    }
}

fn merged(mut of_parts: Components, of_streams: Components, schemas: &Schemas) -> Components {
    of_parts.schemas =
        schemas.iter().map(|(name, schema)| (name.clone(), schema.clone())).collect();
    of_parts.security_schemes.extend(of_streams.security_schemes);
    of_parts
}

/// Adds the spare schemas that something refers to, and returns the references that still lead nowhere.
fn fill(document: &mut OpenApi, spare: &Schemas) -> BTreeSet<String> {
    loop {
        let lost = dangling(document);
        let found: Vec<_> = lost
            .iter()
            .filter_map(|reference| {
                let name = name_in(reference)?;
                Some((name.to_owned(), spare.get(name)?.clone()))
            })
            .collect();
        if found.is_empty() {
            return lost;
        }
        document.components.get_or_insert_default().schemas.extend(found);
    }
}

fn described(stream: &Described, operation: &mut Operation, id: String) -> path::Operation {
    let about = operation.about;
    let responses = responses(operation);
    let (summary, description) = summary(about.docs);
    let parameters = parameters(&stream.path, operation);
    let security = Some(&operation.security).filter(|security| !security.is_empty());
    let mut described = OperationBuilder::new()
        .operation_id(Some(id))
        .tag(about.tag.unwrap_or_else(|| module(stream.name)))
        .summary(summary)
        .description(description)
        .parameters(Some(parameters).filter(|parameters| !parameters.is_empty()))
        .request_body(operation.body.clone())
        .securities(security.cloned())
        .responses(responses)
        .build();
    described.deprecated = about.deprecated.then_some(Deprecated::True);
    described
}

/// Those of the path in its order, then the others in theirs.
fn parameters(path: &str, operation: &Operation) -> Vec<Parameter> {
    let mut in_order = operation.in_path.iter();
    let mut parameters: Vec<Parameter> = names(path)
        .map(|name| {
            let known = operation
                .parameters
                .iter()
                .find(|known| known.name == name && known.parameter_in == ParameterIn::Path);
            known.cloned().unwrap_or_else(|| {
                let text = || ObjectBuilder::new().schema_type(Type::String).into();
                ParameterBuilder::new()
                    .name(name)
                    .parameter_in(ParameterIn::Path)
                    .required(Required::True)
                    .schema(Some(in_order.next().cloned().unwrap_or_else(text)))
                    .build()
            })
        })
        .collect();
    let others =
        operation.parameters.iter().filter(|other| other.parameter_in != ParameterIn::Path);
    parameters.extend(others.cloned());
    parameters
}

/// The names of the parameters in a path.
fn names(path: &str) -> impl Iterator<Item = &str> {
    path.split('/').filter_map(|segment| {
        let (_, rest) = segment.split_once('{').filter(|(_, rest)| !rest.starts_with('{'))?;
        let (name, _) = rest.split_once('}')?;
        Some(name.trim_start_matches('*'))
    })
}

/// The path as OpenAPI writes it: the rest of a path is a parameter like any other.
fn openapi_path(path: &str) -> String {
    path.replace("{*", "{")
}

fn method(name: &str) -> HttpMethod {
    match name {
        "POST" => HttpMethod::Post,
        "PUT" => HttpMethod::Put,
        "PATCH" => HttpMethod::Patch,
        "DELETE" => HttpMethod::Delete,
        _ => HttpMethod::Get,
    }
}

fn last(name: &str) -> &str {
    let last = name.rsplit("::").next().unwrap_or(name);
    last.strip_prefix("r#").unwrap_or(last)
}

/// The module that a function is in.
fn module(name: &str) -> &str {
    name.rsplit_once("::").map_or(name, |(module, _)| last(module))
}

/// The first paragraph of a doc comment as a summary, without its full stop, and the rest.
fn summary(docs: &str) -> (Option<String>, Option<String>) {
    let lines = docs.lines().map(|line| line.strip_prefix(' ').unwrap_or(line).trim_end());
    let text = lines.collect::<Vec<_>>().join("\n");
    let text = text.trim();
    let (first, rest) = text.split_once("\n\n").unwrap_or((text, ""));
    let first = first.replace('\n', " ");
    let first = first.strip_suffix('.').unwrap_or(&first);
    let some = |text: &str| Some(text.trim().to_owned()).filter(|text| !text.is_empty());
    (some(first), some(rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_doc_comment_is_a_summary_and_a_description() {
        let text = |text: &str| Some(text.to_owned());
        assert_eq!(summary(""), (None, None));
        assert_eq!(summary(" Counts up."), (text("Counts up"), None));
        assert_eq!(
            summary(" Counts up,\n one a second.\n\n For ever.\n\n     code\n"),
            (text("Counts up, one a second"), text("For ever.\n\n    code"))
        );
    }

    #[test]
    fn paths_are_named_as_axum_has_them() {
        assert_eq!(names("/a/{b}/c/{*rest}").collect::<Vec<_>>(), ["b", "rest"]);
        assert_eq!(names("/{{b}}/x{c}").collect::<Vec<_>>(), ["c"]);
        assert_eq!(openapi_path("/a/{*rest}"), "/a/{rest}");
        assert_eq!(below("/v1", "/"), "/v1");
        assert_eq!(below("/v1", "/a"), "/v1/a");
        assert_eq!(below("/v1/", "/a"), "/v1/a");
    }

    #[test]
    fn a_function_without_tag_is_under_its_module() {
        assert_eq!(module("app::routes::ticks"), "routes");
        assert_eq!(module("app::ticks"), "app");
        assert_eq!(last("app::r#loop"), "loop");
    }
}
