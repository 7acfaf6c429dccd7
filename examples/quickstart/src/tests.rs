use bolt::prelude::*;
use bolt::testing::{TestClient, TestEvent};
use bolt_tests::golden;
use serde_json::Value;

use crate::app;

#[tokio::test]
async fn the_machine_is_sampled_again_and_again() {
    let client = TestClient::new(app());
    for sample in client.get("/machine").events::<Value>().await.take(2).await {
        let sample = sample.data;
        assert!(sample["memory_total_bytes"].as_u64() > sample["memory_used_bytes"].as_u64());
        assert!(sample["cpu_percent"].is_number());
    }
}

// Tests run in the folder of their package.
#[tokio::test]
async fn the_source_files_of_a_folder_are_counted() {
    let client = TestClient::new(app());
    let found = client.get("/files?folder=src").events::<Value>().await.rest().await;
    let is_this = |event: &&TestEvent<Value>| event.data["path"] == "src/tests.rs";
    let this = found.iter().find(is_this).expect("this file");
    assert_eq!(this.name, "file");
    assert_eq!(this.data["lines"], include_str!("tests.rs").lines().count());
    assert_eq!(found.last().expect("a last event").name, "total");
}

#[tokio::test]
async fn a_folder_outside_is_refused_as_a_problem() {
    // However slow this machine is, the refusal comes before the head.
    let patient = Config::defaults().set("stream.head_deadline", "20s");
    let client = TestClient::new(app().config(patient));
    for (folder, status) in [("..", 403), ("/", 403), ("src/../../..", 403), ("nowhere", 404)] {
        let refused = client.get("/files").query(&[("folder", folder)]).send().await;
        assert_eq!(refused.assert_status(status).problem().status, status);
    }
}

#[test]
fn the_document_says_all_of_it() {
    golden::check_openapi(concat!(env!("CARGO_MANIFEST_DIR"), "/openapi.json"), &app());
}

#[tokio::test]
async fn the_page_is_served() {
    let page = TestClient::new(app()).get("/").send().await;
    assert_eq!(page.header("content-type"), Some("text/html; charset=utf-8"));
    assert!(page.text().contains("EventSource"));
}
