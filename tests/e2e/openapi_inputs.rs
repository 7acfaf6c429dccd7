//! What an extractor asks for is found by its type, however that is written.

use std::collections::{BTreeMap, HashMap};

use bolt::axum::extract::rejection::QueryRejection;
use bolt::axum::extract::{RawForm, RawQuery};
use bolt::prelude::*;
use bolt_tests::Server;
use serde_json::{Value, json};

#[derive(Deserialize, ToSchema)]
#[expect(dead_code, reason = "for its schema")]
struct Wanted {
    limit: u32,
}

type Pair = (u32, String);
type InPath = Path<Pair>;
type MaybeWanted = Result<Query<Wanted>, QueryRejection>;
type MaybeBody = Option<Json<Wanted>>;
type Both = Result<Option<Path<(u8,)>>, bolt::axum::extract::rejection::PathRejection>;

#[stream(get, "/alias/{number}/{name}")]
async fn alias(Path((number, name)): InPath, wanted: MaybeWanted) -> String {
    emit!(format!("{number} {name} {}", wanted.is_ok()));
}

#[stream(post, "/body")]
async fn body(body: MaybeBody) -> bool {
    emit!(body.is_some());
}

#[stream(get, "/both/{one}")]
async fn both(one: Both) -> bool {
    emit!(one.is_ok());
}

#[stream(get, "/pairs")]
async fn pairs(Query(all): Query<Vec<(String, String)>>) -> usize {
    emit!(all.len());
}

#[stream(get, "/map")]
async fn map(Query(all): Query<HashMap<String, u32>>) -> u32 {
    emit!(all.values().sum());
}

#[stream(get, "/raw")]
async fn raw(RawQuery(query): RawQuery) -> Option<String> {
    emit!(query);
}

#[stream(get, "/raw-form")]
async fn raw_form(RawForm(form): RawForm) -> usize {
    emit!(form.len());
}

#[stream(post, "/raw-form")]
async fn raw_body(RawForm(form): RawForm) -> usize {
    emit!(form.len());
}

#[stream(get, "/each/{a}/{b}")]
async fn each(Path(all): Path<Vec<u16>>) -> u16 {
    emit!(all.iter().sum());
}

#[stream(get, "/named/{a}/{b}")]
async fn named(Path(all): Path<Vec<(String, String)>>) -> usize {
    emit!(all.len());
}

#[stream(get, "/perhaps/{a}")]
async fn perhaps(Path((a,)): Path<(Option<u16>,)>) -> Option<u16> {
    emit!(a);
}

#[stream(get, "/%7Bliteral%7D/{a}")]
async fn literal(Path(a): Path<u16>) -> u16 {
    emit!(a);
}

fn app() -> App {
    App::new()
        .mount::<alias>()
        .mount::<body>()
        .mount::<both>()
        .mount::<pairs>()
        .mount::<map>()
        .mount::<raw>()
        .mount::<raw_form>()
        .mount::<raw_body>()
        .mount::<each>()
        .mount::<named>()
        .mount::<perhaps>()
        .mount::<literal>()
        .config(Config::defaults())
}

fn document(app: &App) -> Value {
    let document = app.openapi().expect("a document that holds together");
    serde_json::to_value(document).expect("JSON")
}

/// Each parameter's place, name and type, and whether it is required.
fn parameters(document: &Value, path: &str) -> BTreeMap<String, String> {
    let of_all = document["paths"][path]["get"]["parameters"].as_array().expect(path);
    let each = of_all.iter().map(|parameter| {
        let name = parameter["name"].as_str().expect("a name").to_owned();
        let schema = parameter["schema"]["type"].as_str().unwrap_or("any");
        let required = if parameter["required"] == true { "required" } else { "optional" };
        (name, format!("{} {schema} {required}", parameter["in"].as_str().expect("a place")))
    });
    each.collect()
}

#[test]
fn an_alias_is_what_it_stands_for() {
    let document = document(&app());
    let expect = |path: &str, expected: &[(&str, &str)]| {
        let expected = expected.iter().map(|(name, what)| ((*name).to_owned(), (*what).to_owned()));
        assert_eq!(parameters(&document, path), expected.collect(), "{path}");
    };
    expect(
        "/alias/{number}/{name}",
        &[
            ("number", "path integer required"),
            ("name", "path string required"),
            ("limit", "query integer optional"),
        ],
    );
    assert_eq!(document["paths"]["/body"]["post"]["requestBody"]["required"], false);
    expect("/both/{one}", &[("one", "path integer required")]);
    expect("/pairs", &[("parameters", "query object optional")]);
    expect("/map", &[("parameters", "query object optional")]);
    expect("/raw", &[("query", "querystring any optional")]);
    expect("/raw-form", &[("query", "querystring any optional")]);
    let integers = [("a", "path integer required"), ("b", "path integer required")];
    expect("/each/{a}/{b}", &integers);
    expect("/named/{a}/{b}", &[("a", "path string required"), ("b", "path string required")]);
    expect("/perhaps/{a}", &integers[..1]);
    expect("/%7Bliteral%7D/{a}", &integers[..1]);
    // A `Result` is not refused.
    let raw_form = &document["paths"]["/raw-form"]["post"]["responses"];
    for status in ["413", "415"] {
        assert!(raw_form[status]["content"]["application/problem+json"].is_object(), "{raw_form}");
    }
    let refused = |path: &str| !document["paths"][path]["get"]["responses"]["400"].is_null();
    assert!(!refused("/both/{one}") && refused("/map"));
}

#[tokio::test]
async fn the_document_says_what_can_be_asked() {
    let server = Server::start(app()).await;
    for (path, expected) in [
        ("/alias/1/one", json!("1 one false")),
        ("/pairs?a=1&b=2&a=3", json!(3)),
        ("/map?a=1&b=2", json!(3)),
        ("/raw?a=1", json!("a=1")),
        ("/raw-form?a=1", json!(3)),
        ("/each/1/2", json!(3)),
        ("/named/1/2", json!(2)),
        ("/perhaps/1", json!(1)),
    ] {
        let sent = server.client().events(path).await.rest_data().await;
        assert_eq!(sent, [expected.to_string()], "{path}");
    }
}

/** Counts up.
 *
 * For ever:
 *
 * * fast
 * * and far
 */
#[stream(get, "/starred")]
async fn starred() -> u32 {
    emit!(1);
}

/**
    Counts down.

    To the end.
*/
#[stream(get, "/indented")]
async fn indented() -> u32 {
    emit!(1);
}

#[test]
fn a_block_comment_is_its_text() {
    let document = document(&App::new().mount::<starred>().mount::<indented>());
    let starred = &document["paths"]["/starred"]["get"];
    assert_eq!(starred["summary"], "Counts up");
    assert_eq!(starred["description"], "For ever:\n\n* fast\n* and far");
    let indented = &document["paths"]["/indented"]["get"];
    assert_eq!(indented["summary"], "Counts down");
    assert_eq!(indented["description"], "To the end.");
}

/// utoipa writes down what is in a node for ever, since nothing says that it is not to.
#[derive(Serialize, ToSchema)]
struct Node {
    children: Vec<Node>,
}

#[stream(get, "/node")]
async fn node() -> Node {
    emit!(Node { children: vec![Node { children: Vec::new() }] });
}

#[tokio::test]
async fn without_documentation_nobody_asks_what_a_type_looks_like() {
    let off = Config::defaults().set("docs.enabled", "false");
    let server = Server::start(App::new().mount::<node>().config(off)).await;
    let sent = server.client().events("/node").await.rest_data().await;
    assert_eq!(sent, [r#"{"children":[{"children":[]}]}"#]);
}

#[derive(Serialize, ToSchema)]
struct Leaf {
    #[schema(no_recursion)]
    children: Vec<Leaf>,
}

#[stream(get, "/leaf")]
async fn leaf() -> Leaf {
    emit!(Leaf { children: vec![Leaf { children: Vec::new() }] });
}

#[test]
fn a_type_may_hold_itself() {
    let document = document(&App::new().mount::<leaf>());
    let leaf = &document["components"]["schemas"]["Leaf"];
    assert_eq!(leaf["properties"]["children"]["items"]["$ref"], "#/components/schemas/Leaf");
}

#[tokio::test]
async fn what_comes_instead_of_a_stream_is_kept_by_no_cache() {
    #[stream(get, "/refuses")]
    async fn refuses() -> Result<u32, Problem> {
        if true {
            return Err(Problem::not_found("nothing here"));
        }
        emit!(1);
    }

    let server = Server::start(app().mount::<refuses>()).await;
    let unacceptable = server.client().request(reqwest::Method::GET, "/map");
    let finished = server.client().event_source("/map").header("last-event-id", "bolt-finished");
    let refused = server.client().request(reqwest::Method::GET, "/refuses");
    for (request, status) in
        [(unacceptable.header("accept", "image/png"), 406), (finished, 204), (refused, 404)]
    {
        let answer = bolt_tests::client::answer(request).await;
        assert_eq!(answer.status(), status);
        assert_eq!(answer.headers()["cache-control"], "no-store", "{status}");
        assert_eq!(answer.headers()["vary"], "accept", "{status}");
    }
}
