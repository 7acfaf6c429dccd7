//! Streams without `emit!`: functions that return a `Stream` or an `Iterator`.
//!
//! ```sh
//! cargo run -p combinators
//! curl -N 'localhost:8080/beats?bpm=240'
//! curl -N localhost:8080/merged
//! curl -N localhost:8080/primes/20
//! ```

use std::time::Duration;

use bolt::prelude::*;
use tokio::time::interval;
use tokio_stream::wrappers::IntervalStream;
use tokio_stream::{Stream, StreamExt};

#[derive(Deserialize, IntoParams)]
struct Tempo {
    bpm: u32,
}

/// A `Result` around the stream refuses before it begins.
#[stream(get, "/beats")]
fn beats(Query(tempo): Query<Tempo>) -> Result<impl Stream<Item = Event<&'static str>>, Problem> {
    if tempo.bpm == 0 || tempo.bpm > 6000 {
        return Err(Problem::bad_request("bpm is 1 to 6000"));
    }
    let beats = IntervalStream::new(interval(Duration::from_secs(60) / tempo.bpm));
    let mut sounds = ["one", "two", "three", "four"].iter().cycle().zip(0_u64..);
    Ok(beats.map_while(move |_| sounds.next().map(|(sound, id)| Event::new(*sound).id(id))))
}

/// Two sources as one, whichever is ready. `async_stream::stream!` is welcome too.
#[stream(get, "/merged")]
async fn merged() -> impl Stream<Item = String> {
    let slow = IntervalStream::new(interval(Duration::from_millis(30))).map(|_| "slow".to_owned());
    let counted = async_stream::stream! {
        for n in 0..5 {
            tokio::time::sleep(Duration::from_millis(10)).await;
            yield format!("counted {n}");
        }
    };
    slow.take(3).merge(counted)
}

/// An iterator computes, so it runs on a blocking thread.
#[stream(get, "/primes/{below}")]
fn primes(Path(below): Path<u64>) -> impl Iterator<Item = u64> {
    (2..below).filter(|n| (2..).take_while(|d| d * d <= *n).all(|d| n % d != 0))
}

fn app() -> App {
    App::new().mount::<beats>().mount::<merged>().mount::<primes>()
}

fn main() -> bolt::Result<()> {
    app().run()
}

#[cfg(test)]
mod tests {
    use bolt::testing::TestClient;

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn beats_go_on_with_ids() {
        let client = TestClient::new(app());
        let mut beats = client.get("/beats?bpm=60").events::<String>().await;
        for (id, sound) in ["one", "two", "three", "four", "one"].iter().enumerate() {
            let beat = beats.next().await;
            assert_eq!((beat.id, beat.data.as_str()), (id.to_string(), *sound));
        }
    }

    #[tokio::test]
    async fn no_tempo_is_refused() {
        let refused = TestClient::new(app()).get("/beats?bpm=0").send().await;
        assert_eq!(refused.assert_status(400).problem().title, "Bad Request");
    }

    #[tokio::test(start_paused = true)]
    async fn merged_has_all_of_both() {
        let client = TestClient::new(app());
        let mut all = client.get("/merged").events::<String>().await.rest_data().await;
        all.sort();
        let mut expected: Vec<_> = (0..5).map(|n| format!("counted {n}")).collect();
        expected.extend(["slow"; 3].map(String::from));
        assert_eq!(all, expected);
    }

    #[tokio::test]
    async fn primes_end() {
        let client = TestClient::new(app());
        let mut primes = client.get("/primes/20").events::<u64>().await;
        assert_eq!(primes.rest_data().await, [2, 3, 5, 7, 11, 13, 17, 19]);
    }
}
