//! What `health.path` and `health.ready` may be beside each other.

use config::{Map, Value};

use super::fault::Fault;
use super::keys;
use super::named::Named;

/// What is wrong with the places of the health checks.
pub(super) fn check(merged: &Map<String, Value>) -> Option<Fault> {
    let [health, ready] =
        ["health.path", "health.ready"].map(|key| (key, Named::find(key, merged)));
    let place = |(key, named): &(&str, Option<Named<'_>>)| match named {
        // None is a fault of the layer.
        Some(named) => named.path.clone(),
        None => keys::find(key).map(|key| key.default.to_owned()),
    };
    let same = place(&health)? == place(&ready)?;
    let set = ready.1.or(health.1)?;
    same.then(|| set.fault("the two health checks cannot be at one path", "choose another"))
}
