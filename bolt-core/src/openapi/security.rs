//! `Security`, and the ways in which a client may prove who it is.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use utoipa::openapi::security::{SecurityRequirement, SecurityScheme};

/// One way for a client to prove who it is.
#[derive(Clone)]
pub struct Security {
    pub(super) name: String,
    pub(super) scheme: SecurityScheme,
    scopes: Vec<String>,
}

impl Security {
    /// `name` is what the document calls the scheme.
    #[must_use]
    pub fn new(name: impl Into<String>, scheme: SecurityScheme) -> Self {
        Self { name: name.into(), scheme, scopes: Vec::new() }
    }

    /// Sets the scopes that are needed, for OAuth 2 and `OpenID` Connect.
    #[must_use]
    pub fn scopes<S: Into<String>>(mut self, scopes: impl IntoIterator<Item = S>) -> Self {
        self.scopes = scopes.into_iter().map(Into::into).collect();
        self
    }
}

impl fmt::Debug for Security {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Security").field("name", &self.name).finish_non_exhaustive()
    }
}

/// The schemes that one way needs, each with its scopes. Without any it is the client that proves nothing.
type Way = BTreeMap<String, BTreeSet<String>>;

/// The ways of which a client takes one, each once. None: nothing is asked for.
#[derive(Clone, Default, PartialEq, Eq)]
pub(super) struct Ways(Vec<Way>);

impl Ways {
    /// The client has to take one of these too.
    pub(super) fn also(&mut self, any_of: &[Security]) {
        if any_of.is_empty() {
            return;
        }
        for before in std::mem::take(self).or_nothing() {
            for Security { name, scopes, .. } in any_of {
                let mut both = before.clone();
                both.entry(name.clone()).or_default().extend(scopes.iter().cloned());
                self.add(both);
            }
        }
    }

    /// What was enough `before` is enough still.
    pub(super) fn or(&mut self, before: Self) {
        if *self != before {
            before.or_nothing().into_iter().for_each(|way| self.add(way));
        }
    }

    /// As the document has them.
    pub(super) fn requirements(&self) -> Option<Vec<SecurityRequirement>> {
        let requirement = |way: &Way| {
            let empty = SecurityRequirement::default();
            way.iter().fold(empty, |all, (name, scopes)| all.add(name, scopes))
        };
        (!self.0.is_empty()).then(|| self.0.iter().map(requirement).collect())
    }

    fn or_nothing(self) -> Vec<Way> {
        if self.0.is_empty() { vec![Way::new()] } else { self.0 }
    }

    fn add(&mut self, way: Way) {
        if !self.0.contains(&way) {
            self.0.push(way);
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};
    use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder};

    use super::*;

    fn scheme(name: &str, scopes: &[&str]) -> Security {
        let basic = HttpBuilder::new().scheme(HttpAuthScheme::Basic).build();
        Security::new(name, SecurityScheme::Http(basic)).scopes(scopes.iter().copied())
    }

    /// What is asked for by extractors of these schemes, of which `true` are in an `Option`.
    fn asked(extractors: &[(bool, &[Security])]) -> Value {
        let mut ways = Ways::default();
        for (optional, any_of) in extractors {
            let before = ways.clone();
            ways.also(any_of);
            if *optional {
                ways.or(before);
            }
        }
        serde_json::to_value(ways.requirements()).expect("JSON")
    }

    #[test]
    fn what_several_extractors_ask_for_is_said_once() {
        let (a, b) = ([scheme("a", &[])], [scheme("b", &[])]);
        for (extractors, expected) in [
            (vec![], Value::Null),
            (vec![(false, &a)], json!([{ "a": [] }])),
            (vec![(false, &a), (false, &a)], json!([{ "a": [] }])),
            (vec![(false, &a), (false, &b)], json!([{ "a": [], "b": [] }])),
            (vec![(true, &a)], json!([{ "a": [] }, {}])),
            (vec![(true, &a), (false, &a)], json!([{ "a": [] }])),
            (vec![(false, &a), (true, &a)], json!([{ "a": [] }])),
            (vec![(true, &a), (true, &a)], json!([{ "a": [] }, {}])),
            (vec![(true, &a), (false, &b)], json!([{ "a": [], "b": [] }, { "b": [] }])),
        ] {
            let extractors: Vec<(bool, &[Security])> =
                extractors.into_iter().map(|(optional, one)| (optional, &one[..])).collect();
            assert_eq!(asked(&extractors), expected, "{extractors:?}");
        }
    }

    #[test]
    fn who_asks_for_nothing_takes_nothing_back() {
        let a = [scheme("a", &[])];
        assert_eq!(asked(&[(false, &a), (false, &[])]), json!([{ "a": [] }]));
        assert_eq!(asked(&[(false, &[])]), Value::Null);
        assert_eq!(asked(&[(true, &a), (true, &[])]), json!([{ "a": [] }, {}]));
    }

    #[test]
    fn the_scopes_of_one_scheme_are_all_needed() {
        let (read, write) = ([scheme("a", &["read"])], [scheme("a", &["write"])]);
        assert_eq!(asked(&[(false, &read), (false, &write)]), json!([{ "a": ["read", "write"] }]));
    }
}
