use bolt::Config;
use bolt_tests::{Server, golden};

use crate::app;

#[tokio::test]
async fn the_machine_is_sampled_again_and_again() {
    let server = Server::start(app()).await;
    let mut events = server.client().events("/machine").await;
    for _ in 0..2 {
        let sample: serde_json::Value = events.next_json().await;
        assert!(sample["memory_total_bytes"].as_u64() > sample["memory_used_bytes"].as_u64());
        assert!(sample["cpu_percent"].is_number());
    }
}

// Tests run in the folder of their package.
#[tokio::test]
async fn the_source_files_of_a_folder_are_counted() {
    let server = Server::start(app()).await;
    let found = server.client().events("/files?folder=src").await.rest().await;
    let this = found.iter().find(|event| event.data.contains("src/tests.rs")).expect("this file");
    assert_eq!(this.name, "file");
    let lines = include_str!("tests.rs").lines().count();
    assert!(this.data.ends_with(&format!("\"lines\":{lines}}}")), "{}", this.data);
    assert_eq!(found.last().expect("a last event").name, "total");
}

#[tokio::test]
async fn a_folder_outside_is_refused_as_a_problem() {
    // However slow this machine is, the refusal comes before the head.
    let patient = Config::defaults().set("stream.head_deadline", "20s");
    let server = Server::start(app().config(patient)).await;
    for (folder, status) in [("..", 403), ("/", 403), ("src/../../..", 403), ("nowhere", 404)] {
        let refused = server.client().get(&format!("/files?folder={folder}")).await;
        assert_eq!(refused.status(), status, "{folder}");
        assert_eq!(refused.headers()["content-type"], "application/problem+json");
    }
}

#[test]
fn the_document_says_all_of_it() {
    golden::check_openapi(concat!(env!("CARGO_MANIFEST_DIR"), "/openapi.json"), &app());
}

#[tokio::test]
async fn the_page_is_served() {
    let server = Server::start(app()).await;
    let page = server.client().get("/").await;
    assert_eq!(page.headers()["content-type"], "text/html; charset=utf-8");
    assert!(page.text().await.expect("the page").contains("EventSource"));
}
