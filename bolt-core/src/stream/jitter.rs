//! Random delays, so that clients do not all reconnect at once.

use std::hash::{BuildHasher as _, RandomState};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// The source of an app's random delays. They need not be unpredictable.
#[derive(Debug)]
pub(super) struct Jitter(AtomicU64);

/// What a step of `SplitMix64` adds (Steele, Lea and Flood, 2014).
const STEP: u64 = 0x9E37_79B9_7F4A_7C15;

impl Jitter {
    /// The same seed gives the same times. Without one they differ every time.
    pub(super) fn new(seed: Option<u64>) -> Self {
        // The keys of a new `RandomState` do.
        Self(AtomicU64::new(seed.unwrap_or_else(|| RandomState::new().hash_one(0_u8))))
    }

    /// A time between `1 - part` and `1 + part` times `middle`; `part` in hundredths.
    pub(super) fn around(&self, middle: Duration, part: u32) -> Duration {
        let thousandths = u32::try_from(self.next() % 2001).unwrap_or(1000);
        let low = middle * (100 - part) / 100;
        low + middle * part / 50 * thousandths / 2000
    }

    pub(super) fn next(&self) -> u64 {
        let mut z = self.0.fetch_add(STEP, Ordering::Relaxed).wrapping_add(STEP);
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MIDDLE: Duration = Duration::from_secs(10);

    fn times(seed: Option<u64>) -> Vec<Duration> {
        let jitter = Jitter::new(seed);
        (0..1000).map(|_| jitter.around(MIDDLE, 50)).collect()
    }

    #[test]
    fn stays_in_its_bounds_and_differs() {
        let times = times(None);
        assert!(times.iter().all(|time| (5000..=15000).contains(&time.as_millis())));
        assert!(times.iter().any(|time| time.as_secs() < 8));
        assert!(times.iter().any(|time| time.as_secs() > 12));
    }

    #[test]
    fn a_seed_repeats_itself() {
        assert_eq!(times(Some(7)), times(Some(7)));
        assert_ne!(times(Some(7)), times(Some(8)));
        assert_ne!(times(None), times(None));
    }
}
