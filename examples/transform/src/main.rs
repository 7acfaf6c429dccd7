//! An upload that is read while it comes: CSV or JSON Lines in, progress out.
//!
//! ```sh
//! cargo run -p transform
//! printf 'sku,cents\ntea,320\nmilk,free\n' |
//!     curl -N localhost:8080/orders -H 'content-type: text/csv' -T - -X POST
//! ```

use bolt::axum::extract::{FromRequest, Request};
use bolt::axum::http::header::CONTENT_TYPE;
use bolt::extract::BodyError;
use bolt::openapi::{Operation, OperationInput};
use bolt::prelude::*;

#[derive(Deserialize, ToSchema)]
struct Order {
    sku: String,
    cents: u64,
}

/// What is said while the orders come.
#[derive(Debug, PartialEq, Serialize, Deserialize, StreamEvent, ToSchema)]
#[serde(rename_all = "snake_case")]
enum Progress {
    /// One order more.
    Order { sku: String, total_cents: u64 },
    /// One that cannot be used, and why.
    Skipped { why: String },
    /// The last event.
    Done { orders: u64, skipped: u64, total_cents: u64 },
}

/// Orders, in the format that the client says.
enum Orders {
    Csv(Csv<Order>),
    Json(JsonLines<Order>),
}

impl Orders {
    async fn next(&mut self) -> Option<Result<Order, BodyError>> {
        match self {
            Self::Csv(rows) => rows.next().await,
            Self::Json(lines) => lines.next().await,
        }
    }
}

impl<S: Sync> FromRequest<S> for Orders {
    type Rejection = BodyError;

    async fn from_request(request: Request, state: &S) -> Result<Self, BodyError> {
        let content_type = request.headers().get(CONTENT_TYPE);
        match content_type.is_some_and(|value| value.as_bytes().starts_with(b"text/")) {
            true => Csv::from_request(request, state).await.map(Self::Csv),
            false => JsonLines::from_request(request, state).await.map(Self::Json),
        }
    }
}

impl OperationInput for Orders {
    fn describe(operation: &mut Operation) {
        Csv::<Order>::describe(operation);
        JsonLines::<Order>::describe(operation);
    }
}

/// Adds up orders as they come.
#[stream(post, "/orders")]
async fn add_up(mut orders: Orders) -> Result<Progress, Problem> {
    let (mut count, mut skipped, mut total_cents) = (0, 0, 0);
    while let Some(order) = orders.next().await {
        match order {
            Ok(Order { sku, cents }) => {
                count += 1;
                total_cents += cents;
                emit!(Progress::Order { sku, total_cents });
            }
            // One bad order is skipped; a body that breaks off is the end.
            Err(error) if !error.ends_body() => {
                skipped += 1;
                emit!(Progress::Skipped { why: error.to_string() });
            }
            Err(error) => return Err(error.into()),
        }
    }
    emit!(Progress::Done { orders: count, skipped, total_cents });
}

fn app() -> App {
    App::new().mount::<add_up>()
}

fn main() -> bolt::Result<()> {
    app().run()
}

#[cfg(test)]
mod tests {
    use bolt::testing::TestClient;
    use bolt_tests::Raw;
    use tokio::net::TcpStream;

    use super::*;

    fn order(sku: &str, total_cents: u64) -> Progress {
        Progress::Order { sku: sku.to_owned(), total_cents }
    }

    async fn upload(content_type: &str, body: &'static str) -> Vec<Progress> {
        let client = TestClient::new(app());
        let upload = client.post("/orders").header("content-type", content_type).body(body);
        upload.events::<Progress>().await.rest_data().await
    }

    #[tokio::test]
    async fn both_formats_are_read() {
        let done = || Progress::Done { orders: 2, skipped: 0, total_cents: 470 };
        let expected = || [order("tea", 320), order("milk", 470), done()];
        assert_eq!(upload("text/csv", "sku,cents\ntea,320\nmilk,150\n").await, expected());
        let lines = "{\"sku\":\"tea\",\"cents\":320}\n{\"sku\":\"milk\",\"cents\":150}\n";
        assert_eq!(upload("application/jsonl", lines).await, expected());
    }

    #[tokio::test]
    async fn a_bad_order_is_skipped() {
        let why = "item 2, at byte 18: column \"cents\": invalid digit found in string".to_owned();
        let done = Progress::Done { orders: 1, skipped: 1, total_cents: 320 };
        let said = upload("text/csv", "sku,cents\ntea,320\nmilk,free\n").await;
        assert_eq!(said, [order("tea", 320), Progress::Skipped { why }, done]);
    }

    #[tokio::test]
    async fn another_format_is_refused() {
        let client = TestClient::new(app());
        let refused = client.post("/orders").header("content-type", "image/png").send().await;
        refused.assert_status(415);
    }

    #[tokio::test]
    async fn an_order_is_answered_before_the_next_is_sent() {
        let client = TestClient::bind(app()).await;
        let mut raw = Raw::new(TcpStream::connect(client.addr()).await.expect("connected"));
        raw.send("POST /orders HTTP/1.1\r\nhost: x\r\ncontent-type: text/csv\r\ncontent-length: 26\r\n\r\n").await;
        raw.send("sku,cents\ntea,320\n").await;
        raw.until(r#"{"sku":"tea","total_cents":320}"#).await;
        raw.send("milk,150").await;
        let answer = raw.response().await;
        assert!(answer.text().contains("event: done\n"), "{}", answer.text());
    }
}
