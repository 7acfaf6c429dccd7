//! Which variants an enum has.

use std::error::Error;
use std::fmt;

use serde::de::{DeserializeOwned, Deserializer, Visitor};
use serde::forward_to_deserialize_any;

/// Whether a type is an enum with a variant of this name, or is around one. An enum with its tag inside of the data, or
/// with none, does not say which variants it has.
pub(super) fn has_variant<T: DeserializeOwned>(name: &str) -> bool {
    T::deserialize(Asked(name)).is_err_and(|Answer(has)| has)
}

/// Gives no value, but an answer as its error.
struct Asked<'a>(&'a str);

#[derive(Debug)]
struct Answer(bool);

impl<'de> Deserializer<'de> for Asked<'_> {
    type Error = Answer;

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _name: &'static str,
        variants: &'static [&'static str],
        _visitor: V,
    ) -> Result<V::Value, Answer> {
        Err(Answer(variants.contains(&self.0)))
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        visitor: V,
    ) -> Result<V::Value, Answer> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Answer> {
        visitor.visit_some(self)
    }

    fn deserialize_any<V: Visitor<'de>>(self, _visitor: V) -> Result<V::Value, Answer> {
        Err(Answer(false))
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf unit unit_struct seq
        tuple tuple_struct map struct identifier ignored_any
    }
}

impl fmt::Display for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.0 { "it has this variant" } else { "it does not say that it has it" })
    }
}

impl Error for Answer {}

impl serde::de::Error for Answer {
    fn custom<T: fmt::Display>(_message: T) -> Self {
        Self(false)
    }
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;

    use super::*;

    #[derive(Debug, Deserialize)]
    #[serde(rename_all = "snake_case")]
    enum Named {
        #[expect(dead_code, reason = "only its name is asked for")]
        AnError(u8),
        #[serde(alias = "fault")]
        Error,
    }

    #[derive(Debug, Deserialize)]
    struct Around(#[expect(dead_code, reason = "only its type matters")] Option<Box<Named>>);

    #[derive(Debug, Deserialize)]
    #[serde(tag = "type", rename_all = "snake_case")]
    enum Tagged {
        Error,
    }

    #[test]
    fn an_enum_says_which_variants_it_has() {
        assert!(has_variant::<Named>("error") && has_variant::<Named>("an_error"));
        assert!(has_variant::<Named>("fault") && has_variant::<Around>("error"));
        assert!(!has_variant::<Named>("Error") && !has_variant::<Around>("message"));
        assert!(!has_variant::<Tagged>("error") && !has_variant::<serde_json::Value>("error"));
    }
}
