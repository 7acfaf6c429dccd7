//! Streams for those who may see them.
//!
//! ```sh
//! export BOLT_ACCESS__SECRET=$(openssl rand -hex 32) BOLT_ACCESS__KEYS__ALICE=open-sesame
//! cargo run -p guarded
//! curl -N localhost:8080/prices -H 'authorization: Bearer open-sesame'
//! ```
//!
//! Open <http://127.0.0.1:8080> and sign in with `open-sesame`. `docs/guide/12-access.md` says why all is as it is.

use std::thread;
use std::time::Duration;

use bolt::Config;
use bolt::replay::Replay;
use guarded::Price;

fn main() -> bolt::Result<()> {
    let prices = Replay::new();
    let publisher = prices.clone();
    thread::spawn(move || {
        for cents in 100.. {
            if publisher.publish(Price { cents }).is_err() {
                break;
            }
            thread::sleep(Duration::from_secs(1));
        }
    });
    guarded::app(Config::load(), prices).run()
}
