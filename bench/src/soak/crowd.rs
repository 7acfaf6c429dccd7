//! Many clients, each of which does one thing after the other until all are stopped.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::task::JoinSet;
use tokio::time::sleep;

use super::behaviour::Behaviour;
use super::random::Random;
use super::tally::Tally;

/// Over how long the clients begin, so that they do not all connect at once, in ms.
const BEGIN: u64 = 2000;

/// Between two things that a client does, at most, in ms.
const REST: u64 = 300;

/// What clients do goes on until this is dropped, or stopped: all then leave in the middle of what they do.
#[derive(Debug)]
pub(super) struct Crowd {
    clients: JoinSet<()>,
    tally: Arc<Mutex<Tally>>,
}

impl Crowd {
    pub(super) fn start(at: SocketAddr, clients: usize, seed: u64) -> Self {
        let tally = Arc::default();
        let mut all = JoinSet::new();
        for client in 0..clients {
            all.spawn(live(at, Random::new(seed, client), Arc::clone(&tally)));
        }
        Self { clients: all, tally }
    }

    pub(super) fn tally(&self) -> Tally {
        lock(&self.tally).clone()
    }

    /// What they have done. None of them is left.
    pub(super) async fn stop(mut self) -> Tally {
        self.clients.shutdown().await;
        self.tally()
    }
}

async fn live(at: SocketAddr, mut random: Random, tally: Arc<Mutex<Tally>>) {
    sleep(random.millis(0..=BEGIN)).await;
    loop {
        let (behaviour, name) = Behaviour::choose(&mut random);
        let result = behaviour.act(at, &mut random).await;
        lock(&tally).add(name, result);
        sleep(random.millis(0..=REST)).await;
    }
}

fn lock(tally: &Mutex<Tally>) -> MutexGuard<'_, Tally> {
    tally.lock().unwrap_or_else(PoisonError::into_inner)
}
