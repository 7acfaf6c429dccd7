//! The section `[app]` of `bolt.toml`.

use bolt::prelude::*;

#[derive(Clone, Debug, Deserialize)]
#[serde(default)]
pub(crate) struct Settings {
    /// Milliseconds from one tick to the next.
    pub(crate) tick_ms: u64,
    /// The largest number that primes are looked for below.
    pub(crate) primes_below: u64,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            tick_ms: 1000,
            primes_below: 1_000_000,
        }
    }
}
