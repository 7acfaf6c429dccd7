//! What a test reads an event's data as.

use serde::de::value::StrDeserializer;
use serde::de::{
    DeserializeOwned, DeserializeSeed, EnumAccess, Error as _, IgnoredAny, VariantAccess, Visitor,
};
use serde::{Deserialize, Deserializer};
use serde_json::de::StrRead;

use super::variants;
use crate::event::{Text, UNNAMED};

/// What the data of an event can be read as: any [`Deserialize`] type, from JSON, or [`Text`].
///
/// An enum that is a [`StreamEvent`](macro@crate::StreamEvent) is read as it was sent, with the event's name for the
/// variant; a variant with `#[serde(other)]` takes the names that no variant has. [`serde_json::Value`] takes whatever
/// is JSON.
#[diagnostic::on_unimplemented(
    message = "the data of an event cannot be read as `{Self}`",
    label = "not `Deserialize`",
    note = "help: derive `serde::Deserialize` for it, or read the events as `bolt::Text` or `serde_json::Value`"
)]
pub trait TestItem: Sized {
    #[doc(hidden)]
    fn read(name: &str, data: &str) -> Result<Self, serde_json::Error>;

    #[doc(hidden)]
    fn has_variant(_name: &str) -> bool {
        false
    }
}

impl<T: DeserializeOwned> TestItem for T {
    fn read(name: &str, data: &str) -> Result<Self, serde_json::Error> {
        let named = name != UNNAMED;
        let null = data.trim_ascii() == "null";
        let read = |forced, looks_into| {
            let mut json = serde_json::Deserializer::from_str(data);
            let value = T::deserialize(Named { name, json: &mut json, forced, looks_into })?;
            json.end()?;
            Ok::<T, serde_json::Error>(value)
        };
        let first = match read(false, named || !null) {
            Err(error) if named => error,
            read => return read,
        };
        // It was no variant without content, so it is no value.
        if let (true, Ok(value)) = (null, read(false, false)) {
            return Ok(value);
        }
        read(true, true).map_err(|error| match error.to_string() == first.to_string() {
            true => first,
            false => {
                serde_json::Error::custom(format_args!("{error}; or, without its name, {first}"))
            }
        })
    }

    fn has_variant(name: &str) -> bool {
        variants::has_variant::<T>(name)
    }
}

impl TestItem for Text {
    fn read(_name: &str, data: &str) -> Result<Self, serde_json::Error> {
        Ok(Self::from(data))
    }
}

type Json<'a, 'de> = &'a mut serde_json::Deserializer<StrRead<'de>>;

/// Reads `content` as the enum that `{"name": content}` would be, where the name is one of its variants, and all else
/// as JSON is read. The reverse of what a named event is written with.
struct Named<'a, 'de> {
    name: &'a str,
    json: Json<'a, 'de>,
    /// The name is that of a variant even when there is none of it: one with `#[serde(other)]` takes it.
    forced: bool,
    /// There is something in an `Option`.
    looks_into: bool,
}

macro_rules! forward {
    ($($method:ident($($arg:ident: $ty:ty),*);)*) => {
        $(
            fn $method<V: Visitor<'de>>(self, $($arg: $ty,)* visitor: V) -> Result<V::Value, Self::Error> {
                self.json.$method($($arg,)* visitor)
            }
        )*
    };
}

impl<'de> Deserializer<'de> for Named<'_, 'de> {
    type Error = serde_json::Error;

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        name: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Self::Error> {
        match variants.contains(&self.name) {
            true => visitor.visit_enum(Named { forced: false, ..self }),
            false if self.forced => visitor.visit_enum(self),
            false => self.json.deserialize_enum(name, variants, visitor),
        }
    }

    // Around the enum, too.
    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Self::Error> {
        match self.looks_into {
            true => visitor.visit_some(self),
            false => self.json.deserialize_option(visitor),
        }
    }

    // A type around the enum.
    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        visitor: V,
    ) -> Result<V::Value, Self::Error> {
        // The name by which serde_json knows its own `RawValue`.
        match name.starts_with("$serde_json") {
            true => self.json.deserialize_newtype_struct(name, visitor),
            false => visitor.visit_newtype_struct(self),
        }
    }

    forward! {
        deserialize_any();
        deserialize_bool();
        deserialize_i8();
        deserialize_i16();
        deserialize_i32();
        deserialize_i64();
        deserialize_i128();
        deserialize_u8();
        deserialize_u16();
        deserialize_u32();
        deserialize_u64();
        deserialize_u128();
        deserialize_f32();
        deserialize_f64();
        deserialize_char();
        deserialize_str();
        deserialize_string();
        deserialize_bytes();
        deserialize_byte_buf();
        deserialize_unit();
        deserialize_unit_struct(name: &'static str);
        deserialize_seq();
        deserialize_tuple(len: usize);
        deserialize_tuple_struct(name: &'static str, len: usize);
        deserialize_map();
        deserialize_struct(name: &'static str, fields: &'static [&'static str]);
        deserialize_identifier();
        deserialize_ignored_any();
    }
}

impl<'a, 'de> EnumAccess<'de> for Named<'a, 'de> {
    type Error = serde_json::Error;
    type Variant = Content<'a, 'de>;

    fn variant_seed<V: DeserializeSeed<'de>>(
        self,
        seed: V,
    ) -> Result<(V::Value, Content<'a, 'de>), Self::Error> {
        let name = StrDeserializer::<serde_json::Error>::new(self.name);
        Ok((seed.deserialize(name)?, Content { json: self.json, any: self.forced }))
    }
}

/// What a variant holds.
struct Content<'a, 'de> {
    json: Json<'a, 'de>,
    /// The variant is for all names, and has nothing of it.
    any: bool,
}

impl<'de> VariantAccess<'de> for Content<'_, 'de> {
    type Error = serde_json::Error;

    fn unit_variant(self) -> Result<(), Self::Error> {
        match self.any {
            true => IgnoredAny::deserialize(self.json).map(drop),
            false => <()>::deserialize(self.json),
        }
    }

    fn newtype_variant_seed<T: DeserializeSeed<'de>>(
        self,
        seed: T,
    ) -> Result<T::Value, Self::Error> {
        seed.deserialize(self.json)
    }

    fn tuple_variant<V: Visitor<'de>>(
        self,
        _len: usize,
        visitor: V,
    ) -> Result<V::Value, Self::Error> {
        self.json.deserialize_seq(visitor)
    }

    fn struct_variant<V: Visitor<'de>>(
        self,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Self::Error> {
        self.json.deserialize_struct("", fields, visitor)
    }
}
