//! One file for each route.

pub(crate) mod about;
pub(crate) mod primes;
pub(crate) mod ticks;
