//! `Document`: an app's parts, and the one OpenAPI document that they make.

use std::collections::BTreeMap;
use std::mem;

use utoipa::ToSchema;
use utoipa::openapi::path::{HttpMethod, OperationBuilder, Parameter, ParameterIn};
use utoipa::openapi::{
    Deprecated, ExternalDocs, Info, InfoBuilder, OpenApi, OpenApiBuilder, OpenApiVersion, Server,
    path,
};

use super::about::About;
use super::check::{about_ambiguous, faults};
use super::ids::Ids;
use super::operation::Operation;
use super::paths::{as_openapi, below, in_path, names, openapi_path};
use super::refusals::Refusals;
use super::responses::responses;
use super::schema::Schemas;

/// A stream with its route.
#[derive(Clone)]
pub(crate) struct Described {
    pub(crate) method: &'static str,
    /// As axum writes it.
    pub(crate) path: String,
    /// The path of the function.
    pub(crate) name: &'static str,
    /// None for one that is left out. Asked only for a document.
    pub(crate) about: fn() -> Option<About>,
    pub(crate) describe: fn(&mut Operation),
}

/// What an app's document is made of.
#[derive(Clone, Default)]
pub(crate) struct Document {
    info: Option<Info>,
    external_docs: Option<ExternalDocs>,
    /// Documents that others have made: of plain axum routes.
    parts: Vec<OpenApi>,
    streams: Vec<Described>,
    /// What adds the types that were asked for.
    schemas: Vec<fn(&mut Schemas)>,
    pub(crate) refusals: Refusals,
}

impl Document {
    pub(crate) fn add(&mut self, stream: Described) {
        self.streams.push(stream);
    }

    /// Adds a schema that some part refers to.
    pub(crate) fn add_schema<T: ToSchema>(&mut self) {
        self.schemas.push(|schemas| {
            schemas.add_named::<T>();
        });
    }

    /// Adds paths and what they need, not the title.
    pub(crate) fn merge(&mut self, part: OpenApi) {
        self.parts.push(part);
    }

    /// Adds all that a document says, its title and where there is more about it too.
    pub(crate) fn describe(&mut self, document: OpenApi) {
        self.info = Some(document.info.clone());
        self.external_docs.clone_from(&document.external_docs);
        self.parts.push(document);
    }

    /// Adds the streams and parts of another app, below a path if there is one. The title and what failed requests are
    /// answered stay.
    pub(crate) fn join(&mut self, prefix: Option<&str>, other: Self) {
        for mut stream in other.streams {
            stream.path = prefix.map_or(stream.path.clone(), |prefix| below(prefix, &stream.path));
            self.streams.push(stream);
        }
        for mut part in other.parts {
            if let Some(prefix) = prefix {
                let paths = mem::take(&mut part.paths.paths).into_iter();
                part.paths.paths = paths.map(|(path, item)| (below(prefix, &path), item)).collect();
            }
            self.parts.push(part);
        }
        self.schemas.extend(other.schemas);
    }

    /// The document, and what is wrong with it.
    pub(crate) fn build(&self) -> (OpenApi, Vec<String>) {
        let told = self.streams.iter().filter_map(|stream| Some((stream, (stream.about)()?)));
        let told: Vec<(&Described, About)> = told.collect();
        let about = told.first().map(|(_, about)| about);
        let mut document = OpenApiBuilder::new().info(self.info(about)).build();
        document.openapi = OpenApiVersion::Version32;
        document.external_docs.clone_from(&self.external_docs);
        let mut schemas = Schemas::default();
        for part in &self.parts {
            schemas.add_all(part.components.iter().flat_map(|parts| &parts.schemas));
            let mut part = part.clone();
            part.paths.paths = as_openapi(mem::take(&mut part.paths.paths));
            merge(&mut document, part);
        }
        self.schemas.iter().for_each(|add| add(&mut schemas));

        let (mut ids, mut faults_found) = Ids::of(&mut document.paths);
        let components = document.components.get_or_insert_default();
        let names: Vec<&str> = told.iter().map(|(stream, _)| stream.name).collect();
        for (stream, about) in told {
            let mut operation =
                Operation::new(about, mem::take(&mut schemas), self.refusals.clone());
            (stream.describe)(&mut operation);
            let id = ids.take(id(stream.name, &names, &ids), String::new());
            let described = described(stream, &mut operation, id);
            let path = openapi_path(&stream.path);
            document.paths.add_path_operation(path, vec![method(stream.method)], described);
            let schemes = operation.schemes.into_iter();
            components.security_schemes.extend(schemes.map(|(name, scheme)| (name, scheme.into())));
            schemas = operation.schemas;
            schemas.forget_arguments();
        }
        faults_found.extend(schemas.ambiguous().map(about_ambiguous));
        components.schemas = schemas.into_named();
        if document.servers.is_none() {
            // Where the document came from; without it a client knows only paths.
            document.servers = Some(vec![Server::new("/")]);
        }
        faults_found.extend(faults(&document));
        (document, faults_found)
    }

    fn info(&self, about: Option<&About>) -> Info {
        if let Some(info) = &self.info {
            return info.clone();
        }
        InfoBuilder::new()
            .title(about.and_then(|about| about.package).unwrap_or("API"))
            .version(about.and_then(|about| about.version).unwrap_or("0.0.0"))
            .description(about.and_then(|about| about.purpose).filter(|text| !text.is_empty()))
            .build()
    }
}

/// A stream's id: the function's name, or where others have it too the function's path.
fn id(name: &str, all: &[&str], taken: &Ids) -> String {
    let short = last(name);
    let unique = all.iter().filter(|other| last(other) == short).count() == 1;
    match unique && !taken.has(short) {
        true => short.to_owned(),
        false => name.replace("r#", "").replace("::", "_"),
    }
}

/// Adds all that a part says, but its title.
fn merge(document: &mut OpenApi, mut part: OpenApi) {
    if let Some(webhooks) = part.webhooks.take() {
        document.webhooks.get_or_insert_default().merge(webhooks);
    }
    if let Some(components) = &mut part.components {
        // utoipa merges only schemas, responses and security schemes.
        let all = document.components.get_or_insert_default();
        extend(&mut all.parameters, &mut components.parameters);
        extend(&mut all.examples, &mut components.examples);
        extend(&mut all.request_bodies, &mut components.request_bodies);
        extend(&mut all.headers, &mut components.headers);
        extend(&mut all.links, &mut components.links);
        extend(&mut all.callbacks, &mut components.callbacks);
        extend(&mut all.path_items, &mut components.path_items);
        extend(&mut all.media_types, &mut components.media_types);
    }
    document.merge(part);
}

/// Adds what is new.
fn extend<T>(all: &mut BTreeMap<String, T>, others: &mut BTreeMap<String, T>) {
    for (name, other) in mem::take(others) {
        all.entry(name).or_insert(other);
    }
}

fn described(stream: &Described, operation: &mut Operation, id: String) -> path::Operation {
    let about = operation.about;
    let responses = responses(operation);
    let (summary, description) = summary(about.docs);
    let parameters = parameters(&stream.path, operation);
    let mut described = OperationBuilder::new()
        .operation_id(Some(id))
        .tag(about.tag.unwrap_or_else(|| module(stream.name)))
        .summary(summary)
        .description(description)
        .parameters(Some(parameters).filter(|parameters| !parameters.is_empty()))
        .request_body(operation.body.clone())
        .securities(operation.security.requirements())
        .responses(responses)
        .build();
    described.deprecated = about.deprecated.then_some(Deprecated::True);
    described
}

/// Those of the path in its order, then the others in theirs.
fn parameters(path: &str, operation: &Operation) -> Vec<Parameter> {
    let mut in_order = operation.in_path.iter().chain(operation.rest_of_path.iter().cycle());
    let mut parameters: Vec<Parameter> = names(path)
        .into_iter()
        .map(|name| {
            let known = operation
                .parameters
                .iter()
                .find(|known| known.name == name && known.parameter_in == ParameterIn::Path);
            known.cloned().unwrap_or_else(|| in_path(name, in_order.next().cloned()))
        })
        .collect();
    let others =
        operation.parameters.iter().filter(|other| other.parameter_in != ParameterIn::Path);
    parameters.extend(others.cloned());
    parameters
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

/// The first paragraph of a doc comment, or its heading, as a summary without its full stop, and the rest.
fn summary(docs: &str) -> (Option<String>, Option<String>) {
    let lines = docs.lines().map(|line| line.strip_prefix(' ').unwrap_or(line).trim_end());
    let text = lines.collect::<Vec<_>>().join("\n");
    let text = text.trim();
    let title = text.trim_start_matches('#').strip_prefix(' ').filter(|_| text.starts_with('#'));
    // A heading is one line.
    let (text, end) = title.map_or((text, "\n\n"), |title| (title, "\n"));
    let (first, rest) = text.split_once(end).unwrap_or((text, ""));
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
        assert_eq!(summary(" ## Counts\n * up\n"), (text("Counts"), text("* up")));
        assert_eq!(summary(" #1 of\n two"), (text("#1 of two"), None));
    }

    #[test]
    fn a_function_without_tag_is_under_its_module() {
        assert_eq!(module("app::routes::ticks"), "routes");
        assert_eq!(module("app::ticks"), "app");
        assert_eq!(last("app::r#loop"), "loop");
    }
}
