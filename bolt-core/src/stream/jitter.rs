//! Times that differ from client to client, so that not all come back at once.

use std::hash::{BuildHasher as _, RandomState};
use std::time::Duration;

/// A time between `1 - part` and `1 + part` times `middle`; `part` in hundredths.
pub(super) fn around(middle: Duration, part: u32) -> Duration {
    // The keys of a new `RandomState` differ every time; nothing here has to be secret.
    let random = RandomState::new().hash_one(0_u8) % 2001;
    let thousandths = u32::try_from(random).unwrap_or(1000);
    let low = middle * (100 - part) / 100;
    low + middle * part / 50 * thousandths / 2000
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stays_in_its_bounds_and_differs() {
        let middle = Duration::from_secs(10);
        let times: Vec<_> = (0..1000).map(|_| around(middle, 50)).collect();
        assert!(times.iter().all(|time| (5000..=15000).contains(&time.as_millis())));
        assert!(times.iter().any(|time| time.as_secs() < 8));
        assert!(times.iter().any(|time| time.as_secs() > 12));
    }
}
