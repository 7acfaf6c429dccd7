//! The section `[app]` of `bolt.toml`.

use std::num::NonZeroU64;

use bolt::prelude::*;

#[derive(Clone, Debug, Deserialize)]
#[serde(default)]
pub(crate) struct Settings {
    /// Milliseconds from one tick to the next; 0 is refused when the app starts.
    pub(crate) tick_ms: NonZeroU64,
    /// The largest number that primes are looked for below.
    pub(crate) primes_below: u64,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            tick_ms: NonZeroU64::new(1000).expect("1000 is not 0"),
            primes_below: 1_000_000,
        }
    }
}
