//! What is left to chance, from a seed.

use std::ops::RangeInclusive;
use std::time::Duration;

/// `SplitMix64` (Steele, Lea and Flood, 2014).
#[derive(Debug)]
pub(super) struct Random(u64);

impl Random {
    /// Of one client: another seed gives it other numbers, and so does another client.
    pub(super) fn new(seed: u64, client: usize) -> Self {
        let mut seeds = Self(seed ^ client as u64);
        Self(seeds.next())
    }

    pub(super) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A number of `range`. Some come a little more often than others: by less than one in a billion.
    pub(super) fn of(&mut self, range: RangeInclusive<u64>) -> u64 {
        let (first, last) = range.into_inner();
        first + self.next() % (last - first + 1)
    }

    pub(super) fn millis(&mut self, range: RangeInclusive<u64>) -> Duration {
        Duration::from_millis(self.of(range))
    }

    /// One of `all`, which is not empty.
    pub(super) fn pick<T: Copy, const N: usize>(&mut self, all: [T; N]) -> T {
        let at = self.next() % N as u64;
        all[usize::try_from(at).expect("less than the length of an array")]
    }

    pub(super) fn bytes(&mut self, count: u64) -> Vec<u8> {
        (0..count).map(|_| self.next().to_be_bytes()[0]).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_numbers_are_those_of_the_algorithm_and_of_their_client() {
        // The first of seed 0 in the authors' own implementation.
        assert_eq!(Random(0).next(), 0xe220_a839_7b1d_cdaf);
        let first = |seed, client| Random::new(seed, client).next();
        assert_eq!(first(1, 2), first(1, 2));
        assert!(first(1, 2) != first(1, 3) && first(1, 2) != first(2, 2));
    }

    #[test]
    fn a_range_has_both_its_ends() {
        let mut random = Random::new(1, 0);
        let numbers: Vec<_> = (0..200).map(|_| random.of(3..=5)).collect();
        assert!(
            (3..=5).all(|n| numbers.contains(&n)) && numbers.iter().all(|n| (3..=5).contains(n))
        );
    }
}
