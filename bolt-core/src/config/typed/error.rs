//! Why a value does not fit, and where it is.

use std::fmt;

use serde::de::{self, Expected, Unexpected};

/// Never with the value in it, which may be a secret.
#[derive(Debug)]
pub(crate) struct Failed {
    /// Where; none as long as nobody has said.
    pub(crate) path: Option<String>,
    pub(crate) cause: Cause,
}

/// What is wrong.
#[derive(Debug)]
pub(crate) enum Cause {
    /// Another value was expected.
    Wrong(String),
    /// There is no such field in what stands at the path.
    Missing(&'static str),
    /// In the words of the user's own code, which may quote the value.
    Said(String),
}

impl Failed {
    pub(super) fn wrong(expected: &dyn Expected) -> Self {
        Self { path: None, cause: Cause::Wrong(expected.to_string()) }
    }

    /// Says where it is, if nobody closer to it has.
    pub(super) fn at(mut self, path: &str) -> Self {
        self.path.get_or_insert_with(|| path.to_owned());
        self
    }
}

impl de::Error for Failed {
    fn custom<T: fmt::Display>(text: T) -> Self {
        Self { path: None, cause: Cause::Said(text.to_string()) }
    }

    fn invalid_type(_: Unexpected<'_>, expected: &dyn Expected) -> Self {
        Self::wrong(expected)
    }

    fn invalid_value(_: Unexpected<'_>, expected: &dyn Expected) -> Self {
        Self::wrong(expected)
    }

    fn invalid_length(_: usize, expected: &dyn Expected) -> Self {
        Self::wrong(expected)
    }

    fn unknown_variant(_: &str, variants: &'static [&'static str]) -> Self {
        Self { path: None, cause: Cause::Wrong(format!("one of {}", variants.join(", "))) }
    }

    fn unknown_field(name: &str, fields: &'static [&'static str]) -> Self {
        let known = fields.join(", ");
        Self::custom(format!("there is no key {name} here; the keys are {known}"))
    }

    fn missing_field(name: &'static str) -> Self {
        Self { path: None, cause: Cause::Missing(name) }
    }
}

impl fmt::Display for Failed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.cause {
            Cause::Wrong(expected) => write!(f, "expected {expected}"),
            Cause::Missing(name) => write!(f, "{name} is missing"),
            Cause::Said(text) => f.write_str(text),
        }
    }
}

impl std::error::Error for Failed {}
