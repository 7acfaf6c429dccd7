//! What an app is put together from, and what it becomes.

use bolt::axum::extract::Request;
use bolt::axum::middleware::{Next, from_fn};
use bolt::axum::response::Response;
use bolt::axum::routing::get;
use bolt::prelude::*;
use bolt::testing::TestClient;
use bolt::{Endpoint, ErrorKind};
use bolt_tests::Server;
use serde_json::{Value, json};

#[derive(Clone)]
struct Greeting(&'static str);

/// Greets once.
#[stream(get, "/hello")]
async fn hello(State(greeting): State<Greeting>) -> String {
    emit!(greeting.0.to_owned());
}

#[stream(get, "/other/{id}")]
async fn other(Path(id): Path<u32>) -> u32 {
    emit!(id);
}

async fn mark(request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    response.headers_mut().insert("x-marked", "yes".parse().expect("a header value"));
    response
}

#[tokio::test]
async fn streams_and_plain_routers_go_together() {
    let plain = Router::new().route("/plain", get(|| async { "plain" }));
    let nested = Router::new().route("/inner", get(other_nested));
    let app = App::new()
        .mount::<hello>()
        .mount::<other>()
        .route("/one", get(|| async { "one" }))
        .merge(plain)
        .nest("/below", nested)
        .layer(from_fn(mark))
        .route("/unmarked", get(|| async { "unmarked" }))
        .state(Greeting("hello"));
    let client = TestClient::new(app);
    assert_eq!(client.get("/hello").events::<String>().await.rest_data().await, ["hello"]);
    assert_eq!(client.get("/other/7").events::<u32>().await.rest_data().await, [7]);
    assert_eq!(client.get("/below/inner").events::<u32>().await.rest_data().await, [1]);
    for path in ["/one", "/plain", "/hello", "/below/inner"] {
        let answer = client.get(path).send().await;
        assert_eq!(answer.assert_status(200).header("x-marked"), Some("yes"), "{path}");
    }
    assert_eq!(client.get("/unmarked").send().await.header("x-marked"), None);
    client.get("/nowhere").send().await.assert_status(404);
}

#[stream]
async fn other_nested() -> u32 {
    emit!(1);
}

#[tokio::test]
async fn an_app_becomes_a_plain_router() {
    let router: Router = App::new()
        .mount::<hello>()
        .state(Greeting("as a router"))
        .into_router()
        .expect("no conflicts");
    let server = Server::start_router(Router::new().nest("/api", router)).await;
    let data = server.client().events("/api/hello").await.rest_data().await;
    assert_eq!(data, ["\"as a router\""]);
    let counts = server.client().get("/api/streams/counts.json").await;
    let counts: Value = serde_json::from_str(&counts.text().await.expect("text")).expect("JSON");
    let [hello] = counts["streams"].as_array().expect("a list").as_slice() else {
        panic!("one stream: {counts}");
    };
    assert_eq!((&hello["path"], &hello["started"]), (&json!("/hello"), &json!(1)), "{counts}");
}

#[tokio::test]
async fn a_method_that_no_stream_has_is_refused() {
    let client = TestClient::new(App::new().mount::<other>());
    client.post("/other/1").send().await.assert_status(405);
}

mod twice {
    use bolt::prelude::*;

    #[stream(get, "/other/{id}")]
    pub(super) async fn same_route() -> u32 {
        emit!(1);
    }

    #[stream(post, "/other/{name}")]
    pub(super) async fn same_path_other_name() -> u32 {
        emit!(1);
    }

    #[stream(post, "/other/{id}")]
    pub(super) async fn other_method() -> u32 {
        emit!(1);
    }
}

#[test]
fn streams_on_one_route_are_all_reported() {
    let app: App = App::new()
        .mount::<other>()
        .mount::<twice::other_method>()
        .mount::<twice::same_route>()
        .mount::<twice::same_path_other_name>();
    let error = app.into_router().expect_err("two conflicts");
    assert_eq!(error.kind(), ErrorKind::Route);
    let text = error.to_string();
    assert_eq!(
        text,
        "two streams on GET /other/{id}: `e2e::app::other` and `e2e::app::twice::same_route`\n\
         `/other/{name}` of `e2e::app::twice::same_path_other_name` and `/other/{id}` of \
         `e2e::app::other` cannot be told apart: give their parameters the same names, or other paths"
    );
}

#[test]
fn an_endpoint_says_where_it_is() {
    assert_eq!(<hello as Endpoint<Greeting>>::METHOD, "GET");
    assert_eq!(<hello as Endpoint<Greeting>>::PATH, "/hello");
    assert_eq!(<hello as Endpoint<Greeting>>::NAME, "e2e::app::hello");
}
