//! A program that tests an app without a harness, for what `bolt::testing` says on standard error.

use std::thread;
use std::time::Duration;

use bolt::prelude::*;
use bolt::testing::TestClient;

#[stream(get, "/fails")]
async fn fails() -> Result<u8, Problem> {
    let fuel: Option<u8> = None;
    emit!(fuel.ok_or_else(|| Problem::internal("the tank is empty"))?);
}

/// Never comes to an `emit!` again.
#[stream(get, "/stuck")]
fn stuck() -> &'static str {
    emit!("once");
    loop {
        thread::park();
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let app = App::new().mount::<fails>().mount::<stuck>().config(Config::defaults());
    let client = TestClient::new(app).timeout(Duration::from_secs(1));
    client.get("/fails").send().await.assert_status(500);
    client.get("/stuck").events::<String>().await.next().await;
    assert!(std::env::args().len() == 1, "it was to fail");
    // The runtime is dropped, and waits for the thread.
}
