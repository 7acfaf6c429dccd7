//! Who is let in, who is not, and what pages of other origins may do. On real sockets.

use bolt::axum::Router;
use bolt::axum::http::Method;
use bolt::replay::Replay;
use bolt::testing::{TestClient, TestRequest, TestResponse};
use bolt::{App, Config};
use guarded::{Price, Session, Signer, Ticket, now};
use serde_json::{Value, json};

const SECRET: &str = "0123456789abcdef0123456789abcdef";
const PAGE: &str = "https://app.example";

fn config() -> Config {
    Config::defaults()
        .set("access.secret", SECRET)
        .set("access.keys.alice", "open-sesame")
        .set("access.keys.bob", "abracadabra")
        .set("access.origins", format!("[{PAGE:?}]"))
}

async fn client() -> TestClient {
    TestClient::bind(guarded::app(config(), Replay::new())).await
}

/// Signs as the app does.
fn signer() -> Signer {
    SECRET.to_owned().try_into().expect("long enough")
}

fn session(ends: u64) -> Session {
    Session { user: "alice".to_owned(), ends }
}

fn ticket(path: &str, until: u64) -> Ticket {
    Ticket { session: session(now() + 60), path: path.to_owned(), until }
}

async fn assert_let_in(request: TestRequest) {
    let mut events = request.events::<Value>().await;
    // Of `prices`, which comes with an id of another log.
    assert_eq!(events.next().await.name, "gap");
}

async fn assert_refused(request: TestRequest, why: &str) {
    let refused = request.send().await;
    refused.assert_status(401);
    assert_eq!(refused.header("www-authenticate"), Some("Bearer"));
    assert_eq!(refused.problem().detail.as_deref(), Some(why));
}

fn prices(client: &TestClient) -> TestRequest {
    client.get("/prices").last_event_id("before-1")
}

fn with_cookie(client: &TestClient, token: &str) -> TestRequest {
    prices(client).header("cookie", &format!("other=1; __Host-session={token}"))
}

fn with_token(client: &TestClient, token: &str) -> TestRequest {
    prices(client).query(&[("token", token)])
}

/// What the app has for the cookie of who signs in.
async fn signed_in(client: &TestClient) -> (TestResponse, String) {
    let answer = client.post("/session").header("authorization", "Bearer open-sesame").send().await;
    answer.assert_status(204);
    let cookie = answer.header("set-cookie").expect("a cookie").to_owned();
    let token = cookie.strip_prefix("__Host-session=").and_then(|rest| rest.split(';').next());
    let token = token.expect("a value").to_owned();
    (answer, token)
}

#[tokio::test]
async fn a_key_in_the_header_lets_in() {
    let client = client().await;
    assert_let_in(prices(&client).header("authorization", "Bearer open-sesame")).await;
    // The scheme is written in any case: RFC 9110, section 11.1.
    assert_let_in(prices(&client).header("authorization", "bearer abracadabra")).await;
    let refused = prices(&client).header("authorization", "Bearer open-sesam");
    assert_refused(refused, "this is nobody's key").await;
    assert_refused(prices(&client), "say who you are: by a key, a cookie or a token").await;
}

#[tokio::test]
async fn a_cookie_lets_in() {
    let client = client().await;
    let (answer, token) = signed_in(&client).await;
    let cookie = answer.header("set-cookie").expect("a cookie");
    for attribute in ["HttpOnly", "SameSite=Strict", "Secure", "Path=/"] {
        assert!(cookie.contains(attribute), "{cookie}");
    }
    assert_let_in(with_cookie(&client, &token)).await;
    assert_let_in(with_cookie(&client, &signer().sign(&session(now() + 60)))).await;
    let over = signer().sign(&session(now()));
    assert_refused(with_cookie(&client, &over), "the session is over: sign in again").await;
    let nobody = Session { user: "mallory".to_owned(), ends: now() + 60 };
    let nobody = with_cookie(&client, &signer().sign(&nobody));
    assert_refused(nobody, "the session is over: sign in again").await;
    let out = client.delete("/session").header("cookie", cookie).send().await;
    let gone = out.assert_status(204).header("set-cookie").expect("it is taken back");
    assert!(gone.starts_with("__Host-session=;") && gone.contains("Max-Age=0"), "{gone}");
}

#[tokio::test]
async fn a_session_makes_no_other() {
    let client = client().await;
    let (_, token) = signed_in(&client).await;
    let again = client.post("/session").header("cookie", &format!("__Host-session={token}"));
    assert_refused(again, "show a key").await;
}

#[tokio::test]
async fn a_token_in_the_address_lets_in_to_its_path_for_its_time() {
    let client = client().await;
    let (_, cookie) = signed_in(&client).await;
    let ask = client.post("/tickets").json(&json!({ "path": "/prices" }));
    assert_refused(ask.clone(), "say who you are: by a key, a cookie or a token").await;
    let given = ask.header("cookie", &format!("__Host-session={cookie}")).send().await;
    let given: Value = given.assert_status(200).json();
    let token = given["token"].as_str().expect("a token");
    assert!(token.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_.".contains(&b)), "{token}");
    assert_let_in(with_token(&client, token)).await;
    // It is no cookie, no key, and opens nothing but a stream.
    assert_refused(with_cookie(&client, token), "this is no session").await;
    let as_key = prices(&client).header("authorization", &format!("Bearer {token}"));
    assert_refused(as_key, "this is nobody's key").await;
    let more =
        client.post("/tickets").query(&[("token", token)]).json(&json!({ "path": "/prices" }));
    assert_refused(more, "say who you are: by a key, a cookie or a token").await;

    let elsewhere = signer().sign(&ticket("/orders", now() + 60));
    assert_refused(with_token(&client, &elsewhere), "the token is for another path").await;
    let old = signer().sign(&ticket("/prices", now()));
    assert_refused(with_token(&client, &old), "the token is too old: ask for another").await;
    let mut over = ticket("/prices", now() + 60);
    over.session.ends = now();
    let over = signer().sign(&over);
    assert_refused(with_token(&client, &over), "the session is over: sign in again").await;
    let cookie_as_token = signer().sign(&session(now() + 60));
    assert_refused(with_token(&client, &cookie_as_token), "this is no token").await;
}

#[tokio::test]
async fn a_forged_token_lets_nobody_in() {
    let client = client().await;
    let other: Signer = "another secret that is long enough".to_owned().try_into().expect("is");
    let token = signer().sign(&ticket("/prices", now() + 60));
    let (claim, signature) = token.split_once('.').expect("two parts");
    let longer = signer().sign(&ticket("/prices", now() + 3600));
    let (other_claim, _) = longer.split_once('.').expect("two parts");
    for forged in [
        other.sign(&ticket("/prices", now() + 60)),
        format!("{other_claim}.{signature}"),
        format!("{claim}."),
        format!("{claim}.{}", &signature[1..]),
        format!("{claim}.{signature}{signature}"),
        format!(".{signature}"),
        claim.to_owned(),
        String::new(),
        "é.é".to_owned(),
    ] {
        assert_refused(with_token(&client, &forged), "this is no token").await;
    }
    let cookie = other.sign(&session(now() + 60));
    assert_refused(with_cookie(&client, &cookie), "this is no session").await;
}

#[tokio::test]
async fn what_is_wrong_is_not_made_good_by_another() {
    let client = client().await;
    let cookie = signer().sign(&session(now() + 60));
    let both = with_cookie(&client, &cookie).header("authorization", "Bearer wrong");
    assert_refused(both, "this is nobody's key").await;
    let both = with_cookie(&client, &cookie).query(&[("token", "wrong")]);
    assert_refused(both, "this is no token").await;
    // Another scheme is for somebody else, such as a proxy.
    assert_let_in(with_cookie(&client, &cookie).header("authorization", "Basic YTpi")).await;
}

#[tokio::test]
async fn a_stream_ends_with_the_session_and_its_reader_goes_on_with_a_new_one() {
    let log = Replay::new();
    let client = TestClient::bind(guarded::app(config(), log.clone())).await;
    let ask = |ends| {
        let ticket = Ticket { session: session(ends), ..ticket("/prices", now() + 60) };
        client.get("/prices").query(&[("token", signer().sign(&ticket))]).event_source()
    };
    let mut events = ask(now() + 2).events::<Price>().await;
    log.publish(Price { cents: 1 }).expect("published");
    let first = events.next().await;
    let problem = events.problem().await;
    assert_eq!((first.data.cents, problem.status), (1, 401));
    log.publish(Price { cents: 2 }).expect("published");
    let mut events = ask(now() + 60).last_event_id(&first.id).events::<Price>().await;
    assert_eq!(events.next().await.data.cents, 2);
}

#[tokio::test]
async fn a_token_names_the_whole_path_where_the_app_is_nested() {
    let inner = guarded::app(config(), Replay::new()).into_router().expect("a router");
    let outer = App::from(Router::new().nest("/v1", inner)).config(Config::defaults());
    let client = TestClient::bind(outer).await;
    let prices = |path: &str| {
        let token = signer().sign(&ticket(path, now() + 60));
        client.get("/v1/prices").last_event_id("before-1").query(&[("token", token)])
    };
    assert_let_in(prices("/v1/prices")).await;
    assert_refused(prices("/prices"), "the token is for another path").await;
}

#[tokio::test]
async fn a_page_of_an_origin_that_is_named_may_read_and_others_may_not() {
    let client = client().await;
    let ask = |origin: &str| {
        prices(&client)
            .header("origin", origin)
            .header("authorization", "Bearer open-sesame")
            .send()
    };
    let answer = ask(PAGE).await;
    assert_eq!(answer.header("access-control-allow-origin"), Some(PAGE));
    assert_eq!(answer.header("access-control-allow-credentials"), Some("true"));
    assert_eq!(
        answer.header("access-control-expose-headers"),
        Some("retry-after,www-authenticate")
    );
    // A cache has to tell origins apart, and forms.
    let vary: Vec<_> = answer.headers().get_all("vary").iter().collect();
    assert!(vary.iter().any(|value| *value == "accept"), "{vary:?}");
    assert!(
        vary.iter().any(|value| value.to_str().is_ok_and(|v| v.contains("origin"))),
        "{vary:?}"
    );
    let other = ask("https://app.example.org").await;
    assert_eq!(other.header("access-control-allow-origin"), None);
    // A page is to know why it is refused, too.
    let refused = prices(&client).header("origin", PAGE).send().await;
    refused.assert_status(401);
    assert_eq!(refused.header("access-control-allow-origin"), Some(PAGE));
}

#[tokio::test]
async fn a_preflight_is_answered_in_front_of_the_guard() {
    let client = client().await;
    for (path, method) in [("/prices", "GET"), ("/tickets", "POST"), ("/session", "DELETE")] {
        let answer = client
            .request(Method::OPTIONS, path)
            .header("origin", PAGE)
            .header("access-control-request-method", method)
            .header("access-control-request-headers", "authorization,last-event-id")
            .send()
            .await;
        answer.assert_status(200);
        assert_eq!(answer.text(), "");
        assert_eq!(answer.header("access-control-allow-origin"), Some(PAGE));
        let methods = answer.header("access-control-allow-methods").expect("methods");
        assert!(methods.split(',').any(|allowed| allowed == method), "{methods}");
        let headers = answer.header("access-control-allow-headers").expect("headers");
        for name in ["authorization", "last-event-id"] {
            assert!(headers.split(',').any(|allowed| allowed == name), "{headers}");
        }
    }
}

#[test]
fn the_document_says_how_to_be_let_in() {
    let app = guarded::app(config(), Replay::new());
    let document = serde_json::to_value(app.openapi().expect("a document")).expect("JSON");
    let prices = &document["paths"]["/prices"]["get"];
    assert_eq!(prices["security"], json!([{ "key": [] }, { "session": [] }, { "ticket": [] }]));
    let body = &prices["responses"]["401"]["content"]["application/problem+json"]["schema"]["$ref"];
    assert_eq!(body, "#/components/schemas/Problem");
    let schemes = &document["components"]["securitySchemes"];
    assert_eq!(schemes["key"], json!({ "type": "http", "scheme": "bearer" }));
    assert_eq!(schemes["session"]["in"], "cookie");
    assert_eq!(
        (&schemes["ticket"]["in"], &schemes["ticket"]["name"]),
        (&json!("query"), &json!("token"))
    );
}

#[test]
fn a_configuration_that_guards_nothing_is_refused() {
    for (key, value, why) in [
        ("access.secret", "short", "access.secret is refused"),
        ("access.origins", "[\"https://app.example/\"]", "without a path"),
        ("access.origins", "[\"*\"]", "is no origin"),
    ] {
        let error = config().set(key, value).try_section::<guarded::Access>("access");
        let error = error.expect_err("it is refused").to_string();
        assert!(error.contains(why), "{error}");
    }
}
