//! Where bolt's own routes may be: apart, and none that the app is built without.

use config::{Map, Value};

use super::fault::Fault;
use super::keys;
use super::named::{Named, lookup};
use super::value::Checked;

/// A key that names a route, the key that turns it off, and what an app without its feature is built without.
struct Place {
    key: &'static str,
    switch: &'static str,
    lacks: Option<Feature>,
}

#[derive(Clone, Copy)]
struct Feature {
    name: &'static str,
    what: &'static str,
}

const DOCS: Option<Feature> =
    without(cfg!(feature = "docs"), Feature { name: "docs", what: "the page" });
const METRICS: Option<Feature> =
    without(cfg!(feature = "metrics"), Feature { name: "metrics", what: "metrics" });

const PLACES: [Place; 6] = [
    Place { key: "docs.path", switch: "docs.enabled", lacks: DOCS },
    Place { key: "docs.openapi", switch: "docs.enabled", lacks: None },
    Place { key: "docs.streams", switch: "docs.enabled", lacks: DOCS },
    Place { key: "health.path", switch: "health.enabled", lacks: None },
    Place { key: "health.ready", switch: "health.enabled", lacks: None },
    Place { key: "metrics.path", switch: "metrics.enabled", lacks: METRICS },
];

const fn without(built: bool, feature: Feature) -> Option<Feature> {
    if built { None } else { Some(feature) }
}

/// What is wrong with the places of bolt's own routes.
pub(super) fn check(merged: &Map<String, Value>) -> Vec<Fault> {
    let mut faults = Vec::new();
    let mut there: Vec<(&'static str, Option<Named<'_>>, String)> = Vec::new();
    for Place { key, switch, lacks } in PLACES {
        let set = Named::find(key, merged);
        if let Some(Feature { name, what }) = lacks {
            let help = format!(
                "build it with the feature `{name}`: cargo add bolt-core --features {name}"
            );
            let what = format!("the app is built without {what}");
            faults.extend(set.map(|set| set.fault(&what, &help)));
            continue;
        }
        let path = match &set {
            // None is a fault of the layer.
            Some(set) => set.path.clone(),
            None => keys::find(key).map(|key| key.default.to_owned()),
        };
        let Some(path) = path.filter(|_| is_on(switch, merged)) else { continue };
        if let Some((other, other_set, _)) = there.iter().find(|(.., taken)| *taken == path) {
            // Of two that are alike, at most one is a default.
            let (set, kept) = if set.is_some() { (&set, *other) } else { (other_set, key) };
            let fault = |set: &Named<'_>| {
                set.fault(&format!("{kept} is at the same path"), "choose another")
            };
            faults.extend(set.as_ref().map(fault));
        }
        there.push((key, set, path));
    }
    faults
}

fn is_on(switch: &'static str, merged: &Map<String, Value>) -> bool {
    let checked =
        lookup(merged, switch).and_then(|value| keys::find(switch)?.kind.check(&value.kind));
    // Those that are not set are on.
    !matches!(checked, Some(Checked::Switch(false)))
}

#[cfg(test)]
mod tests {
    use super::PLACES;
    use crate::Config;

    #[test]
    fn what_the_app_is_built_without_says_how_to_have_it() {
        for place in PLACES {
            let Some(feature) = place.lacks else { continue };
            let error = Config::defaults().set(place.key, "/api").check().expect_err("a fault");
            let (key, name, what) = (place.key, feature.name, feature.what);
            let expected = format!(
                "{key} is \"/api\": the app is built without {what}\n    build it with the feature `{name}`: cargo \
                 add bolt-core --features {name}"
            );
            assert!(error.to_string().ends_with(&expected), "{error}");
        }
    }

    #[test]
    fn one_path_is_for_one() {
        let there = PLACES.iter().filter(|place| place.lacks.is_none());
        let keys: Vec<_> = there.map(|place| (place.key, place.switch)).collect();
        for (at, (first, _)) in keys.iter().enumerate() {
            for (second, switch) in &keys[at + 1..] {
                let config = || Config::defaults().set(first, "/same").set(second, "/same");
                let error = config().check().expect_err("a fault").to_string();
                let expected = format!(
                    "{second} is \"/same\": {first} is at the same path\n    choose another"
                );
                assert!(error.ends_with(&expected), "{error}");
                config().set(switch, "false").check().expect("the other alone");
            }
        }
    }

    #[test]
    #[cfg(not(feature = "docs"))]
    fn the_document_may_be_where_the_page_would_have_been() {
        let config = Config::defaults().set("docs.openapi", "/docs");
        config.check().expect("no fault");
    }
}
