use std::collections::HashMap;

use bolt::axum::extract::{Form, FromRequestParts};
use bolt::axum::http::StatusCode;
use bolt::axum::http::request::Parts;
use bolt::openapi::{Operation, OperationInput, Security};
use bolt::prelude::*;
use bolt::utoipa::openapi::Response;
use bolt::utoipa::openapi::security::{
    ApiKey, ApiKeyValue, HttpAuthScheme, HttpBuilder, SecurityScheme,
};
use bolt::{Error, ErrorKind};
use serde_json::{Value, json};
use tokio_stream::Stream;

/// A reading.
#[derive(Serialize, ToSchema)]
struct Reading {
    celsius: f64,
    sensor: Sensor,
}

#[derive(Serialize, ToSchema)]
struct Sensor {
    name: String,
}

#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
enum Order {
    Oldest,
    Newest,
}

#[derive(Deserialize, ToSchema)]
#[expect(dead_code, reason = "for its schema")]
struct Wanted {
    /// How many at most.
    limit: Option<u32>,
    order: Order,
    #[serde(default)]
    since: u64,
}

#[derive(Deserialize, IntoParams)]
#[expect(dead_code, reason = "for its parameters")]
struct Page {
    /// From 1.
    #[param(minimum = 1)]
    page: Option<u32>,
}

/// Readings of one sensor,
/// as they come.
///
/// The first is the latest that is known.
#[stream(get, "/sensors/{id}/readings/{kind}")]
async fn readings(
    // `u32` would be documented as `int32`.
    Path((_id, _kind)): Path<(i32, String)>,
    Query(_wanted): Query<Wanted>,
    Query(_page): Query<Page>,
) -> Reading {
    if false {
        emit!(Reading { celsius: 0.0, sensor: Sensor { name: String::new() } });
    }
}

#[derive(Serialize, StreamEvent, ToSchema)]
#[serde(rename_all = "snake_case")]
enum Answer {
    /// A piece of text.
    Token {
        text: String,
    },
    /// A reading in between.
    Reading(Reading),
    Pair(u32, u32),
    Unlike(u32, String, Option<Sensor>),
    Done,
    #[serde(skip)]
    #[expect(dead_code, reason = "that it has no schema")]
    Never,
}

#[derive(Deserialize, ToSchema)]
struct Question {
    prompt: String,
}

#[stream(post, "/ask", tag = "assistant")]
#[deprecated]
async fn ask(Json(question): Json<Question>) -> Result<Answer, Problem> {
    emit!(Answer::Token { text: question.prompt });
    emit!(Answer::Done);
    return Err(Problem::conflict("no more"));
}

#[stream(get, "/blocking")]
fn blocking() -> Result<Event<u64>, std::io::Error> {
    if false {
        emit!(Event::new(1));
    }
}

#[stream(get, "/text", restart)]
fn text() -> impl Stream<Item = Text> {
    tokio_stream::empty()
}

#[stream(get, "/hidden", undocumented)]
async fn hidden() -> u64 {
    emit!(1);
}

/// Someone with a token, in a header or a cookie.
struct User;

impl<S: Sync> FromRequestParts<S> for User {
    type Rejection = StatusCode;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, StatusCode> {
        let token = parts.headers.get("authorization");
        token
            .filter(|token| *token == "Bearer friend")
            .map(|_| Self)
            .ok_or(StatusCode::UNAUTHORIZED)
    }
}

impl OperationInput for User {
    fn describe(operation: &mut Operation) {
        let bearer = HttpBuilder::new().scheme(HttpAuthScheme::Bearer).build();
        let cookie = ApiKey::Cookie(ApiKeyValue::new("session"));
        operation.security([
            Security::new("bearer", SecurityScheme::Http(bearer)),
            Security::new("session", SecurityScheme::ApiKey(cookie)),
        ]);
        operation.response(StatusCode::UNAUTHORIZED, Response::new("There is no token."));
    }
}

#[stream(get, "/inbox/{*folder}")]
async fn inbox(_user: User, Path(_folder): Path<String>) -> u64 {
    emit!(1);
}

#[stream(get, "/maybe")]
async fn maybe(_user: Option<Unproven>) -> u64 {
    emit!(1);
}

/// The same, and nobody.
struct Unproven;

impl<S: Sync> bolt::axum::extract::OptionalFromRequestParts<S> for Unproven {
    type Rejection = StatusCode;

    async fn from_request_parts(_: &mut Parts, _: &S) -> Result<Option<Self>, StatusCode> {
        Ok(None)
    }
}

impl OperationInput for Unproven {
    fn describe(operation: &mut Operation) {
        User::describe(operation);
    }
}

fn app() -> App {
    #[expect(deprecated, reason = "that it is documented")]
    App::new()
        .mount::<readings>()
        .mount::<ask>()
        .mount::<blocking>()
        .mount::<text>()
        .mount::<hidden>()
        .mount::<inbox>()
        .mount::<maybe>()
}

fn document(app: &App) -> Value {
    let document = app.openapi().expect("a document that holds together");
    serde_json::to_value(document).expect("JSON")
}

/// What a reference stands for, or the value itself.
fn resolve<'a>(document: &'a Value, value: &'a Value) -> &'a Value {
    match value["$ref"].as_str() {
        Some(reference) => document.pointer(&reference[1..]).expect(reference),
        None => value,
    }
}

fn references(value: &Value) -> Vec<&str> {
    match value {
        Value::Object(members) => members
            .iter()
            .flat_map(|(name, member)| match member.as_str() {
                Some(to) if name == "$ref" => vec![to],
                _ => references(member),
            })
            .collect(),
        Value::Array(items) => items.iter().flat_map(references).collect(),
        _ => Vec::new(),
    }
}

#[test]
fn every_reference_leads_somewhere() {
    let document = document(&app());
    let references = references(&document);
    assert!(references.len() > 20, "{references:?}");
    for reference in references {
        assert!(document.pointer(&reference[1..]).is_some(), "{reference}");
    }
}

#[test]
fn every_mounted_stream_is_there_unless_it_is_undocumented() {
    let document = document(&app());
    assert_eq!(document["openapi"], "3.2.0");
    assert_eq!(document["info"]["title"], "bolt-tests");
    let paths: Vec<_> = document["paths"].as_object().expect("paths").keys().collect();
    assert_eq!(
        paths,
        [
            "/ask",
            "/blocking",
            "/inbox/{folder}",
            "/maybe",
            "/sensors/{id}/readings/{kind}",
            "/text"
        ]
    );
}

#[test]
fn a_doc_comment_is_summary_and_description_and_the_module_a_tag() {
    let document = document(&app());
    let readings = &document["paths"]["/sensors/{id}/readings/{kind}"]["get"];
    assert_eq!(readings["summary"], "Readings of one sensor, as they come");
    assert_eq!(readings["description"], "The first is the latest that is known.");
    assert_eq!(readings["operationId"], "readings");
    assert_eq!(readings["tags"], json!(["openapi"]));
    assert_eq!(readings["deprecated"], Value::Null);
    let ask = &document["paths"]["/ask"]["post"];
    assert_eq!(ask["tags"], json!(["assistant"]));
    assert_eq!(ask["deprecated"], true);
}

#[test]
fn parameters_have_their_types() {
    let document = document(&app());
    let readings = &document["paths"]["/sensors/{id}/readings/{kind}"]["get"];
    let parameters: Vec<_> = readings["parameters"]
        .as_array()
        .expect("parameters")
        .iter()
        .map(|parameter| {
            let schema = resolve(&document, &parameter["schema"]);
            (
                parameter["in"].as_str().expect("a place"),
                parameter["name"].as_str().expect("a name"),
                parameter["required"].as_bool().expect("whether"),
                schema["type"].as_str().expect("one type"),
                parameter["description"].as_str().unwrap_or_default(),
            )
        })
        .collect();
    assert_eq!(
        parameters,
        [
            ("path", "id", true, "integer", ""),
            ("path", "kind", true, "string", ""),
            ("query", "limit", false, "integer", "How many at most."),
            ("query", "order", true, "string", ""),
            ("query", "since", false, "integer", ""),
            ("query", "page", false, "integer", "From 1."),
        ]
    );
    assert!(readings["responses"]["400"]["content"]["application/problem+json"].is_object());
}

/// The content of an answer under a media type.
fn content<'a>(document: &'a Value, path: &str, method: &str, media_type: &str) -> &'a Value {
    &document["paths"][path][method]["responses"]["200"]["content"][media_type]
}

#[test]
fn an_item_is_json_in_the_data_of_an_event() {
    let document = document(&app());
    let path = "/sensors/{id}/readings/{kind}";
    let reading = json!({ "$ref": "#/components/schemas/Reading" });
    assert_eq!(
        content(&document, path, "get", "text/event-stream"),
        &json!({ "itemSchema": { "oneOf": [
            {
                "type": "object",
                "required": ["data"],
                "properties": {
                    "event": { "type": "string", "const": "message" },
                    "data": {
                        "type": "string",
                        "contentMediaType": "application/json",
                        "contentSchema": reading,
                    },
                },
            },
            {
                "type": "object",
                "description": "The stream is finished; this is its last event.",
                "required": ["event", "data", "id"],
                "properties": {
                    "event": { "type": "string", "const": "end" },
                    "data": {
                        "type": "string",
                        "contentMediaType": "application/json",
                        "contentSchema": { "type": "null" },
                    },
                    "id": { "type": "string" },
                    "retry": { "type": "integer", "minimum": 0 },
                },
            },
            // Any function may panic.
            { "$ref": "#/components/schemas/ProblemEvent" },
        ] } })
    );
    // The server may end it before its end, which has to show in a form without comments.
    let either = json!({ "anyOf": [reading, { "$ref": "#/components/schemas/ProblemItem" }] });
    for lines in ["application/jsonl", "application/x-ndjson", "application/json-seq"] {
        assert_eq!(content(&document, path, "get", lines), &json!({ "itemSchema": either }));
    }
    assert_eq!(
        content(&document, path, "get", "application/json"),
        &json!({ "schema": { "type": "array", "items": either } })
    );
    assert_eq!(document["components"]["schemas"]["Reading"]["description"], "A reading.");
}

#[test]
fn each_variant_is_an_event_of_its_own() {
    let document = document(&app());
    let item = &content(&document, "/ask", "post", "text/event-stream")["itemSchema"];
    let events: HashMap<&str, &Value> = item["oneOf"]
        .as_array()
        .expect("a choice")
        .iter()
        .map(|event| resolve(&document, event))
        .map(|event| (event["properties"]["event"]["const"].as_str().expect("a name"), event))
        .collect();
    let mut names: Vec<_> = events.keys().copied().collect();
    names.sort_unstable();
    assert_eq!(names, ["done", "end", "error", "pair", "reading", "token", "unlike"]);
    let data = |name: &str| &events[name]["properties"]["data"]["contentSchema"];
    assert_eq!(events["token"]["description"], "A piece of text.");
    assert_eq!(data("token")["properties"]["text"]["type"], "string");
    assert_eq!(data("reading"), &json!({ "$ref": "#/components/schemas/Reading" }));
    assert_eq!(data("pair")["type"], "array");
    assert_eq!(data("done")["type"], "null");
    assert_eq!(data("error"), &json!({ "$ref": "#/components/schemas/Problem" }));
    let line = &content(&document, "/ask", "post", "application/jsonl")["itemSchema"];
    assert_eq!(line["anyOf"][0], json!({ "$ref": "#/components/schemas/Answer" }));
    let error = resolve(&document, &line["anyOf"][1]);
    assert_eq!(error["required"], json!(["error"]));
}

mod sent {
    use super::*;

    #[stream(get, "/answers")]
    pub(super) async fn answers() -> Result<Answer, Problem> {
        emit!(Answer::Token { text: "hello".to_owned() });
        emit!(Answer::Reading(reading()));
        emit!(Answer::Pair(1, 2));
        emit!(Answer::Unlike(1, "two".to_owned(), None));
        emit!(Answer::Done);
        return Err(Problem::conflict("no more"));
    }

    #[stream(get, "/plain")]
    pub(super) async fn plain() -> Reading {
        emit!(reading());
    }

    #[stream(get, "/fields")]
    pub(super) async fn fields() -> Result<Event<Tagged>, Problem> {
        emit!(Event::new(Tagged::Reading(reading())).id(1).try_name("named").expect("a name"));
        emit!(Event::new(Tagged::Empty { note: None }));
    }

    #[derive(Serialize, ToSchema)]
    #[serde(tag = "kind")]
    pub(super) enum Tagged {
        Reading(Reading),
        Empty { note: Option<String> },
    }

    #[stream(get, "/tagged")]
    pub(super) async fn tagged() -> TaggedAnswer {
        emit!(TaggedAnswer::Token { text: String::new() });
        emit!(TaggedAnswer::Done);
    }

    #[derive(Serialize, StreamEvent, ToSchema)]
    #[serde(tag = "kind", rename_all = "SCREAMING-KEBAB-CASE")]
    pub(super) enum TaggedAnswer {
        Token { text: String },
        Done,
    }

    #[stream(get, "/tuple")]
    pub(super) async fn tuple() -> Unlike {
        emit!(Unlike(1, "two".to_owned(), reading()));
    }

    #[derive(Serialize, ToSchema)]
    pub(super) struct Unlike(u32, String, Reading);

    #[stream(get, "/renamed")]
    pub(super) async fn renamed() -> Event<TaggedAnswer> {
        emit!(Event::new(TaggedAnswer::Done));
        emit!(Event::new(TaggedAnswer::Done).name(EventName::from_static("over")));
        emit!(Event::new(TaggedAnswer::Token { text: String::new() }).id(1));
    }

    #[stream(get, "/clashing")]
    pub(super) async fn clashing() -> Result<Clashing, Problem> {
        emit!(Clashing::Error { line: 1 });
        return Err(Problem::conflict("the other error"));
    }

    #[derive(Serialize, StreamEvent, ToSchema)]
    #[serde(rename_all = "lowercase")]
    pub(super) enum Clashing {
        Error { line: u32 },
    }

    #[stream(get, "/panics")]
    pub(super) async fn panics() -> u64 {
        emit!(1);
        emit!("none".parse().expect("a panic that is wanted"));
    }

    fn reading() -> Reading {
        Reading { celsius: -3.5, sensor: Sensor { name: "roof".to_owned() } }
    }
}

/// A schema of the document, as a validator that nobody here wrote has it.
fn validator(document: &Value, schema: &Value) -> jsonschema::Validator {
    let mut schema = schema.clone();
    schema["components"] = document["components"].clone();
    jsonschema::draft202012::new(&schema).expect("a schema")
}

#[tokio::test]
async fn what_is_sent_is_what_the_document_says() {
    let app = App::new()
        .mount::<sent::answers>()
        .mount::<sent::plain>()
        .mount::<sent::fields>()
        .mount::<sent::tagged>()
        .mount::<sent::tuple>()
        .mount::<sent::renamed>()
        .mount::<sent::clashing>()
        .mount::<sent::panics>();
    let document = document(&app);
    let server = bolt_tests::Server::start(app).await;
    for (path, count) in [
        ("/answers", 6),
        ("/plain", 1),
        ("/fields", 2),
        ("/tagged", 2),
        ("/tuple", 1),
        ("/renamed", 3),
        ("/clashing", 2),
        ("/panics", 2),
    ] {
        let item = &content(&document, path, "get", "text/event-stream")["itemSchema"];
        let events = server.client().events(path).await.rest().await;
        assert_eq!(events.len(), count, "{path}");
        for event in events {
            let mut parsed = json!({ "data": event.data });
            if event.name != "message" {
                parsed["event"] = json!(event.name);
            }
            if !event.id.is_empty() {
                parsed["id"] = json!(event.id);
            }
            let whole = validator(&document, item);
            assert!(whole.is_valid(&parsed), "{path}: {parsed} is not {item}");
            // The one of the choice that it is.
            let choices = item["oneOf"].as_array().or(item["anyOf"].as_array()).expect("a choice");
            let data: Value = serde_json::from_str(&event.data).expect("JSON");
            let schemas: Vec<_> = choices
                .iter()
                .map(|choice| resolve(&document, choice))
                .filter(|choice| validator(&document, choice).is_valid(&parsed))
                .map(|choice| &choice["properties"]["data"]["contentSchema"])
                .collect();
            let valid = |schema: &&Value| validator(&document, schema).is_valid(&data);
            assert!(schemas.iter().any(valid), "{path}: {data} is none of {schemas:?}");
        }
    }
}

#[test]
fn an_event_with_fields_has_them() {
    let document = document(&app());
    let item = &content(&document, "/blocking", "get", "text/event-stream")["itemSchema"];
    let event = &item["oneOf"][0];
    assert_eq!(event["required"], json!(["data"]));
    assert_eq!(event["properties"]["id"]["type"], "string");
    assert_eq!(
        event["properties"]["event"],
        json!({ "type": "string", "not": { "enum": ["error", "end"] } })
    );
    assert_eq!(event["properties"]["retry"], json!({ "type": "integer", "minimum": 0 }));
    let text = content(&document, "/text", "get", "text/event-stream");
    let text = &text["itemSchema"]["oneOf"][0];
    assert_eq!(text["properties"]["data"], json!({ "type": "string" }));
}

#[test]
fn the_answers_are_those_that_the_stream_gives() {
    let document = document(&app());
    let statuses = |path: &str, method: &str| -> Vec<String> {
        let responses = &document["paths"][path][method]["responses"];
        responses.as_object().expect("responses").keys().cloned().collect()
    };
    assert_eq!(statuses("/blocking", "get"), ["200", "204", "406", "503", "default"]);
    assert_eq!(statuses("/text", "get"), ["200", "406", "default"]);
    assert_eq!(
        statuses("/ask", "post"),
        ["200", "204", "400", "406", "413", "415", "422", "default"]
    );
    let busy = &document["paths"]["/blocking"]["get"]["responses"]["503"];
    assert!(busy["headers"]["retry-after"].is_object());
    assert!(busy["content"]["application/problem+json"].is_object());
}

#[test]
fn a_body_is_documented() {
    let document = document(&app());
    let body = &document["paths"]["/ask"]["post"]["requestBody"];
    assert_eq!(body["required"], true);
    let schema = &body["content"]["application/json"]["schema"];
    assert_eq!(schema, &json!({ "$ref": "#/components/schemas/Question" }));
}

#[test]
fn a_guard_says_what_it_needs() {
    let document = document(&app());
    let inbox = &document["paths"]["/inbox/{folder}"]["get"];
    assert_eq!(inbox["security"], json!([{ "bearer": [] }, { "session": [] }]));
    assert_eq!(inbox["responses"]["401"]["description"], "There is no token.");
    let maybe = &document["paths"]["/maybe"]["get"];
    assert_eq!(maybe["security"], json!([{ "bearer": [] }, { "session": [] }, {}]));
    let schemes = &document["components"]["securitySchemes"];
    assert_eq!(schemes["bearer"]["scheme"], "bearer");
    assert_eq!(schemes["session"]["in"], "cookie");
}

mod forms {
    use super::*;

    #[derive(Deserialize, ToSchema)]
    #[expect(dead_code, reason = "for its schema")]
    pub(super) struct Login {
        name: String,
    }

    #[stream(get, "/login")]
    pub(super) async fn search(Form(_login): Form<Login>) -> u64 {
        emit!(1);
    }

    #[stream(post, "/login")]
    pub(super) async fn login(Form(_login): Form<Login>) -> u64 {
        emit!(1);
    }

    #[stream(get, "/any")]
    pub(super) async fn any(Query(_all): Query<HashMap<String, String>>) -> Value {
        emit!(Value::Null);
    }

    #[stream(get, "/generic/{a}/{b}")]
    pub(super) async fn generic(Path(_both): Path<Both>) -> Envelope<Reading> {
        if false {
            emit!(Envelope {
                inner: Reading { celsius: 0.0, sensor: Sensor { name: String::new() } }
            });
        }
    }

    #[derive(Deserialize, IntoParams)]
    #[expect(dead_code, reason = "for its parameters")]
    pub(super) struct Both {
        b: String,
        a: u64,
    }

    #[derive(Serialize, ToSchema)]
    pub(super) struct Envelope<T> {
        inner: T,
    }
}

#[test]
fn a_form_is_the_query_of_a_get_and_the_body_of_a_post() {
    let app = App::new().mount::<forms::search>().mount::<forms::login>();
    let document = document(&app);
    let login = &document["paths"]["/login"];
    assert_eq!(login["get"]["parameters"][0]["name"], "name");
    assert_eq!(login["get"]["requestBody"], Value::Null);
    assert!(
        login["post"]["requestBody"]["content"]["application/x-www-form-urlencoded"].is_object()
    );
}

#[test]
fn what_can_be_anything_is_documented_as_that() {
    let app = App::new().mount::<forms::any>().mount::<forms::generic>();
    let document = document(&app);
    let any = &document["paths"]["/any"]["get"]["parameters"][0];
    assert_eq!(any["schema"]["additionalProperties"], json!({ "type": "string" }));
    assert_eq!([&any["style"], &any["explode"]], [&json!("form"), &json!(true)]);
    let item = &content(&document, "/any", "get", "application/jsonl")["itemSchema"];
    assert_eq!(item["anyOf"][0], json!({}));
    let parameters = &document["paths"]["/generic/{a}/{b}"]["get"]["parameters"];
    assert_eq!([&parameters[0]["name"], &parameters[1]["name"]], ["a", "b"]);
    assert_eq!(parameters[0]["schema"]["type"], "integer");
    // Its field is of a type parameter, whose type only the function names.
    let envelope = &document["components"]["schemas"]["Envelope_Reading"];
    let inner = resolve(&document, &envelope["properties"]["inner"]);
    assert_eq!(inner["description"], "A reading.");
}

fn fault(app: &App) -> Error {
    app.openapi().map(|_| "a document").expect_err("a document with a fault")
}

#[test]
fn a_reference_to_nothing_is_a_fault() {
    mod lost {
        use super::*;

        #[derive(Deserialize, ToSchema)]
        pub(super) enum Kind {
            One,
        }

        // `IntoParams` refers to the type of a field, and does not give it.
        #[derive(Deserialize, IntoParams)]
        #[expect(dead_code, reason = "for its parameters")]
        pub(super) struct Filter {
            kind: Kind,
        }

        #[stream(get, "/lost")]
        pub(super) async fn lost(Query(_filter): Query<Filter>) -> u64 {
            emit!(1);
        }
    }
    let app: App = App::new().mount::<lost::lost>();
    let fault = fault(&app);
    assert!(fault.to_string().contains("the schema `Kind`"), "{fault}");
    assert!(fault.to_string().contains("#[param(inline)]"), "{fault}");
    document(&app.schema::<lost::Kind>());
}

#[test]
fn apps_and_documented_routers_are_put_together() {
    use bolt::utoipa::openapi::path::{OperationBuilder, PathItem};
    use bolt::utoipa::openapi::{HttpMethod, InfoBuilder, OpenApiBuilder, PathsBuilder};

    let item = PathItem::new(HttpMethod::Get, OperationBuilder::new().summary(Some("All users")));
    let plain = OpenApiBuilder::new()
        .info(InfoBuilder::new().title("Weather").version("3.0.0").build())
        .paths(PathsBuilder::new().path("/users", item))
        .build();
    let inner = App::new().mount::<blocking>().nest("/deep", App::new().mount::<text>());
    let app: App = App::new().mount::<readings>().nest("/v1", inner).describe(plain);
    let document = document(&app);
    assert_eq!(document["info"]["title"], "Weather");
    let paths: Vec<_> = document["paths"].as_object().expect("paths").keys().collect();
    assert_eq!(paths, ["/sensors/{id}/readings/{kind}", "/users", "/v1/blocking", "/v1/deep/text"]);
}

mod plain {
    use bolt::axum;
    use bolt::prelude::*;
    use bolt::utoipa_axum::router::OpenApiRouter;
    use bolt::utoipa_axum::routes;

    #[derive(Serialize, ToSchema)]
    pub(super) struct Status {
        open: usize,
    }

    /// What is going on.
    #[utoipa::path(get, path = "/status", responses((status = 200, body = Status)))]
    async fn status() -> Json<Status> {
        Json(Status { open: 1 })
    }

    /// A file.
    #[utoipa::path(get, path = "/files/{*rest}", params(("rest" = String, Path)))]
    async fn file(Path(rest): Path<(String, String)>) -> String {
        format!("{} {}", rest.0, rest.1)
    }

    pub(super) fn router() -> OpenApiRouter {
        OpenApiRouter::new().routes(routes!(status))
    }

    pub(super) fn files() -> OpenApiRouter {
        OpenApiRouter::new().routes(routes!(file))
    }
}

#[tokio::test]
async fn the_routes_of_an_openapi_router_are_served_and_documented() {
    let app = App::new().mount::<text>().merge(plain::router()).nest("/v2", plain::router());
    let document = document(&app);
    for path in ["/status", "/v2/status"] {
        let status = &document["paths"][path]["get"];
        assert_eq!(status["summary"], "What is going on.", "{path}");
        let content = &status["responses"]["200"]["content"]["application/json"];
        assert_eq!(resolve(&document, &content["schema"])["required"], json!(["open"]));
    }
    assert_eq!(document["info"]["title"], "bolt-tests");
    let server = bolt_tests::Server::start(app).await;
    for path in ["/status", "/v2/status"] {
        let answer = server.client().get(path).await;
        assert_eq!(answer.text().await.expect("text"), r#"{"open":1}"#);
    }
}

#[tokio::test]
async fn the_path_of_a_plain_route_has_all_its_parameters() {
    let app = App::new().nest("/of/{tenant}", plain::files());
    let document = document(&app);
    let file = &document["paths"]["/of/{tenant}/files/{rest}"]["get"];
    let parameters = file["parameters"].as_array().expect("parameters");
    let names: Vec<_> = parameters.iter().map(|parameter| &parameter["name"]).collect();
    assert_eq!(names, ["tenant", "rest"]);
    assert!(parameters.iter().all(|parameter| parameter["in"] == "path"), "{file}");
    let server = bolt_tests::Server::start(app).await;
    let answer = server.client().get("/of/me/files/a/b").await;
    assert_eq!(answer.text().await.expect("text"), "me a/b");
}

#[tokio::test]
async fn a_nested_stream_is_served_where_the_document_says() {
    let app = App::new().nest("/v1", App::new().mount::<forms::any>());
    assert!(document(&app)["paths"]["/v1/any"].is_object());
    let server = bolt_tests::Server::start(app).await;
    assert_eq!(server.client().events("/v1/any").await.rest_data().await, ["null"]);
}

#[test]
fn conflicts_are_found_below_a_path_too() {
    let app: App = App::new()
        .nest("/v1", App::new().mount::<blocking>())
        .nest("/v1", App::new().mount::<blocking>());
    let fault = fault(&app);
    assert_eq!(fault.kind(), ErrorKind::Route);
    let expected = "`e2e::openapi::blocking` is mounted twice on GET /v1/blocking: remove one";
    assert_eq!(fault.to_string(), expected);
}

#[test]
fn two_functions_of_one_name_have_ids_of_their_own() {
    mod other {
        use super::*;

        #[stream(get, "/other/blocking")]
        pub(super) async fn blocking() -> u64 {
            emit!(1);
        }
    }
    let app: App = App::new().mount::<blocking>().mount::<other::blocking>();
    let document = document(&app);
    let id = |path: &str| document["paths"][path]["get"]["operationId"].clone();
    assert_ne!(id("/blocking"), id("/other/blocking"));
}

#[test]
fn the_command_line_prints_the_document() {
    let output = std::process::Command::new(env!("CARGO_BIN_EXE_test-app"))
        .arg("--openapi")
        .env_clear()
        .output()
        .expect("the app runs");
    assert_eq!(output.status.code(), Some(0));
    let document: Value = serde_json::from_slice(&output.stdout).expect("JSON alone");
    assert!(document["paths"]["/finite/{ms}"]["get"].is_object());
}

/// Where `.ci/run` installs the packages, below the workspace.
const PACKAGES: &str = "../target/ci";

#[test]
#[ignore = "needs node and @hyperjump/json-schema from npm; .ci/run installs and runs it"]
fn the_document_is_valid_openapi() {
    use std::io::Write as _;
    use std::process::{Command, Stdio};

    let validate = |document: &Value| {
        let mut child = Command::new("node")
            .arg("foreign/openapi_schema.mjs")
            .env("TEST_PACKAGES", PACKAGES)
            .stdin(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("node starts");
        let mut stdin = child.stdin.take().expect("a pipe");
        stdin.write_all(document.to_string().as_bytes()).expect("it reads");
        drop(stdin);
        let output = child.wait_with_output().expect("it ends");
        (output.status.success(), String::from_utf8_lossy(&output.stderr).into_owned())
    };
    let mut document = document(&app());
    let (valid, said) = validate(&document);
    assert!(valid, "{said}");
    // It can say no.
    document["paths"]["/text"]["gett"] = json!({});
    let (valid, said) = validate(&document);
    assert!(!valid && said.contains("/paths/~1text/gett"), "{said}");
}

#[tokio::test]
#[ignore = "needs node, openapi-typescript and typescript from npm; .ci/run installs and runs it"]
async fn a_typescript_client_is_made_from_the_document() {
    use std::path::Path;
    use tokio::process::Command;

    let run = async |command: &mut Command| {
        let output = command.kill_on_drop(true).output();
        let output = tokio::time::timeout(6 * bolt_tests::PATIENCE, output).await;
        let output = output.expect("it never ended").expect("it starts");
        let said = [output.stdout.clone(), output.stderr].concat();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&said));
        String::from_utf8(output.stdout).expect("text")
    };
    let tools = Path::new(env!("CARGO_MANIFEST_DIR")).join(PACKAGES).join("npm/node_modules");
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("typescript");
    std::fs::create_dir_all(&folder).expect("a folder");
    let document = app().openapi().expect("a document").to_json().expect("JSON");
    std::fs::write(folder.join("document.json"), document).expect("written");
    std::fs::copy("foreign/client.ts", folder.join("client.ts")).expect("copied");
    std::fs::write(folder.join("package.json"), r#"{ "type": "module" }"#).expect("written");
    let make = tools.join("openapi-typescript/bin/cli.js");
    run(Command::new("node").current_dir(&folder).arg(make).args([
        "document.json",
        "--output",
        "document.d.ts",
    ]))
    .await;
    let compile = tools.join("typescript/bin/tsc");
    let strict = [
        "--strict",
        "--target",
        "es2022",
        "--module",
        "nodenext",
        "--lib",
        "es2022,dom,dom.asynciterable",
    ];
    run(Command::new("node")
        .current_dir(&folder)
        .arg(compile)
        .args(strict)
        .args(["--typeRoots", &tools.join("@types").to_string_lossy(), "--types", "node"])
        .arg("client.ts"))
    .await;
    let server = bolt_tests::Server::start(app()).await;
    let said =
        run(Command::new("node").current_dir(&folder).args(["client.js", &server.url("")])).await;
    assert_eq!(said, "now\nother\n409 no more\n");
}

/// Asks for all that the document says, and what it says is wrong to ask for.
async fn schemathesis(document: String) {
    let program = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join(PACKAGES);
    let mut command = tokio::process::Command::new(program.join("venv/bin/schemathesis"));
    // It keeps a cache where it is run.
    command.current_dir(env!("CARGO_TARGET_TMPDIR"));
    command.args(["run", &document, "--max-examples", "30", "--no-color", "--seed", "1"]);
    let output = command.kill_on_drop(true).output();
    let output = tokio::time::timeout(6 * bolt_tests::PATIENCE, output).await;
    let output = output.expect("it never ended").expect("it starts");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
}

#[tokio::test]
#[ignore = "needs python and schemathesis from PyPI; .ci/run installs and runs it"]
async fn schemathesis_finds_nothing() {
    let server = bolt_tests::Server::start(app()).await;
    schemathesis(server.url("/openapi.json")).await;
}

#[tokio::test]
#[ignore = "needs python and schemathesis from PyPI; .ci/run installs and runs it"]
async fn schemathesis_finds_nothing_in_the_quickstart() {
    use std::process::Stdio;

    let cargo = |arguments: &[&str]| {
        let mut cargo = tokio::process::Command::new(env!("CARGO"));
        cargo.args(arguments).args(["--quiet", "--package", "quickstart"]);
        cargo.current_dir("..");
        cargo
    };
    // Building takes longer than starting may.
    assert!(cargo(&["build"]).status().await.expect("cargo runs").success());
    let mut quickstart = cargo(&["run"]);
    // One of its streams has no end.
    quickstart.env("BOLT_STREAM__MAX_DURATION", "300ms").env("BOLT_SERVER__PORT", "0");
    let quickstart = bolt_tests::Process::spawn({
        quickstart.stderr(Stdio::piped());
        quickstart
    })
    .await;
    schemathesis(format!("{}/openapi.json", quickstart.address())).await;
}
