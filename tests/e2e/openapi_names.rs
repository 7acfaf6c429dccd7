//! Which name each schema and each operation has.

use bolt::axum;
use bolt::prelude::*;
use bolt::utoipa::openapi::external_docs::ExternalDocs;
use bolt::utoipa::openapi::{InfoBuilder, OpenApiBuilder};
use bolt::utoipa_axum::router::OpenApiRouter;
use bolt::utoipa_axum::routes;
use bolt::{Error, ErrorKind};
use bolt_tests::Server;
use serde_json::{Value, json};

#[derive(Serialize, Deserialize, ToSchema)]
struct Row {
    number: u32,
}

#[derive(Serialize, Deserialize, ToSchema)]
struct Note {
    text: String,
}

#[derive(Serialize, Deserialize, ToSchema)]
struct Page<T> {
    items: Vec<T>,
    first: T,
}

#[derive(Serialize, ToSchema)]
struct Envelope<T> {
    inner: T,
}

/// A type with a page as a field, which utoipa names by itself.
#[derive(Serialize, ToSchema)]
struct Book {
    pages: Page<Note>,
}

mod other {
    use super::*;

    #[derive(Serialize, ToSchema)]
    pub(super) struct Row {
        letter: char,
    }

    #[derive(Serialize, ToSchema)]
    pub(super) struct Table {
        row: Row,
    }

    #[stream(get, "/table")]
    pub(super) async fn table() -> Table {
        emit!(Table { row: Row { letter: 'a' } });
    }
}

fn rows_page() -> Page<Row> {
    Page { items: vec![Row { number: 1 }], first: Row { number: 2 } }
}

fn notes_page() -> Page<Note> {
    let note = |text: &str| Note { text: text.to_owned() };
    Page { items: vec![note("a")], first: note("b") }
}

#[stream(get, "/rows")]
async fn rows() -> Page<Row> {
    emit!(rows_page());
}

#[stream(get, "/notes")]
async fn notes() -> Event<Page<Note>> {
    emit!(Event::new(notes_page()));
}

#[stream(get, "/enveloped/rows")]
async fn enveloped_rows() -> Envelope<Page<Row>> {
    emit!(Envelope { inner: rows_page() });
}

#[stream(get, "/enveloped/notes")]
async fn enveloped_notes() -> Result<Envelope<Page<Note>>, Problem> {
    emit!(Envelope { inner: notes_page() });
}

#[stream(post, "/books")]
async fn books(Json(page): Json<Page<Note>>) -> Book {
    emit!(Book { pages: page });
}

fn line<'a>(document: &'a Value, path: &str) -> &'a Value {
    let content = &document["paths"][path]["get"]["responses"]["200"]["content"];
    &content["application/jsonl"]["itemSchema"]
}

fn is_valid(document: &Value, schema: &Value, value: &Value) -> bool {
    let mut schema = schema.clone();
    schema["components"] = document["components"].clone();
    jsonschema::draft202012::new(&schema).expect("a schema").is_valid(value)
}

#[tokio::test]
async fn each_instance_of_a_generic_type_is_described_as_what_it_is() {
    let app = App::new()
        .mount::<rows>()
        .mount::<notes>()
        .mount::<enveloped_rows>()
        .mount::<enveloped_notes>()
        .mount::<books>();
    let document = app.openapi().expect("no fault").to_json().expect("JSON");
    let document: Value = serde_json::from_str(&document).expect("JSON");
    let schemas: Vec<_> =
        document["components"]["schemas"].as_object().expect("some").keys().collect();
    for expected in
        ["Page_Row", "Page_Note", "Envelope_Page_Row", "Envelope_Page_Note", "Row", "Note"]
    {
        assert!(schemas.iter().any(|name| *name == expected), "{expected} in {schemas:?}");
    }
    assert_eq!(schemas.iter().filter(|name| name.starts_with("Page")).count(), 2, "{schemas:?}");
    let server = Server::start(app).await;
    let paths = ["/rows", "/notes", "/enveloped/rows", "/enveloped/notes"];
    for path in paths {
        let sent = server.client().events(path).await.rest_data().await;
        let sent: Value = serde_json::from_str(&sent[0]).expect("JSON");
        for described in paths {
            let valid = is_valid(&document, line(&document, described), &sent);
            assert_eq!(valid, path == described, "what {path} sends, as {described}: {sent}");
        }
    }
}

#[stream(get, "/row")]
async fn row() -> Row {
    emit!(Row { number: 1 });
}

fn fault(app: &App) -> Error {
    app.openapi().map(|_| "a document").expect_err("a document with a fault")
}

#[tokio::test]
async fn two_types_of_one_name_are_a_fault_and_have_a_schema_each() {
    let app = App::new().mount::<row>().mount::<other::table>();
    let fault = fault(&app);
    assert_eq!(fault.kind(), ErrorKind::Document);
    assert!(fault.to_string().contains("several types are named `Row`"), "{fault}");
    assert!(fault.to_string().contains("#[schema(as = OtherName)]"), "{fault}");
    // It starts all the same, and what it serves is true.
    let server = Server::start(app).await;
    let document = server.client().get("/openapi.json").await.text().await.expect("text");
    let document: Value = serde_json::from_str(&document).expect("JSON");
    for (path, sent, other) in [
        ("/row", json!({ "number": 1 }), json!({ "letter": "a" })),
        ("/table", json!({ "row": { "letter": "a" } }), json!({ "row": { "number": 1 } })),
    ] {
        assert!(is_valid(&document, line(&document, path), &sent), "{path}");
        assert!(!is_valid(&document, line(&document, path), &other), "{path}");
    }
}

/// A route that is no stream.
#[utoipa::path(get, path = "/plain", operation_id = "row")]
async fn plain() -> &'static str {
    "plain"
}

#[utoipa::path(get, path = "/another", operation_id = "row", summary = "Another")]
async fn another() -> &'static str {
    "another"
}

fn ids(app: &App) -> Vec<String> {
    let document = app.openapi().expect("no fault");
    let operations = document.paths.paths.values().filter_map(|item| item.get.as_ref());
    operations.filter_map(|operation| operation.operation_id.clone()).collect()
}

#[test]
fn no_operation_has_the_id_of_another() {
    let router = || OpenApiRouter::<()>::new().routes(routes!(plain));
    let app = App::new().mount::<row>().merge(router()).nest("/v2", router());
    assert_eq!(ids(&app), ["row", "e2e_openapi_names_row", "row_"]);
}

#[test]
fn two_routes_with_one_id_are_a_fault() {
    let router = OpenApiRouter::<()>::new().routes(routes!(plain)).routes(routes!(another));
    let fault = fault(&App::from(router));
    assert_eq!(fault.kind(), ErrorKind::Document);
    let said = fault.to_string();
    assert!(said.contains("GET /another and GET /plain have the id `row`"), "{said}");
    assert!(said.contains("operation_id"), "{said}");
}

#[utoipa::path(get, path = "/guarded", security(("bearer" = [])))]
async fn guarded() -> &'static str {
    "guarded"
}

#[test]
fn a_way_to_log_in_that_nothing_declares_is_a_fault() {
    let app = || App::from(OpenApiRouter::<()>::new().routes(routes!(guarded)));
    let said = fault(&app()).to_string();
    assert!(said.contains("the security scheme `bearer`"), "{said}");
    let mut components = bolt::utoipa::openapi::Components::new();
    let scheme = bolt::utoipa::openapi::security::HttpBuilder::new()
        .scheme(bolt::utoipa::openapi::security::HttpAuthScheme::Bearer)
        .build();
    components.add_security_scheme(
        "bearer",
        bolt::utoipa::openapi::security::SecurityScheme::Http(scheme),
    );
    let declared = OpenApiBuilder::new().components(Some(components)).build();
    assert!(app().describe(declared).openapi().is_ok());
}

#[test]
fn what_is_described_stays_as_it_was_said() {
    let described = OpenApiBuilder::new()
        .info(InfoBuilder::new().title("Rows").version("1.0.0").build())
        .external_docs(Some(ExternalDocs::new("https://docs.example")))
        .build();
    let inner = App::new().mount::<row>().describe(described.clone());
    let document = App::<()>::new().nest("/v1", inner).openapi().expect("no fault");
    assert!(document.external_docs.is_none(), "it is the inner app's");
    let document = App::<()>::new().mount::<row>().describe(described).openapi().expect("no fault");
    assert_eq!(
        document.external_docs.map(|docs| docs.url).as_deref(),
        Some("https://docs.example")
    );
}
