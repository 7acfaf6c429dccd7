//! What a test reads an event's data as.

use serde::de::value::StrDeserializer;
use serde::de::{DeserializeOwned, DeserializeSeed, EnumAccess, VariantAccess, Visitor};
use serde::{Deserialize, Deserializer};
use serde_json::de::StrRead;

use crate::event::Text;

/// What the data of an event can be read as: any [`Deserialize`] type, from JSON, or [`Text`].
///
/// An enum that is a [`StreamEvent`](macro@crate::StreamEvent) is read as it was sent, with the event's name for the
/// variant. [`serde_json::Value`] takes whatever is JSON.
#[diagnostic::on_unimplemented(
    message = "the data of an event cannot be read as `{Self}`",
    label = "not `Deserialize`",
    note = "help: derive `serde::Deserialize` for it, or read the events as `bolt::Text` or `serde_json::Value`"
)]
pub trait TestItem: Sized {
    #[doc(hidden)]
    fn read(name: &str, data: &str) -> Result<Self, serde_json::Error>;
}

impl<T: DeserializeOwned> TestItem for T {
    fn read(name: &str, data: &str) -> Result<Self, serde_json::Error> {
        let mut json = serde_json::Deserializer::from_str(data);
        let value = T::deserialize(Named { name, json: &mut json })?;
        json.end()?;
        Ok(value)
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
            true => visitor.visit_enum(self),
            false => self.json.deserialize_enum(name, variants, visitor),
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
        deserialize_option();
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
        Ok((seed.deserialize(name)?, Content(self.json)))
    }
}

/// What a variant holds.
struct Content<'a, 'de>(Json<'a, 'de>);

impl<'de> VariantAccess<'de> for Content<'_, 'de> {
    type Error = serde_json::Error;

    fn unit_variant(self) -> Result<(), Self::Error> {
        <()>::deserialize(self.0)
    }

    fn newtype_variant_seed<T: DeserializeSeed<'de>>(
        self,
        seed: T,
    ) -> Result<T::Value, Self::Error> {
        seed.deserialize(self.0)
    }

    fn tuple_variant<V: Visitor<'de>>(
        self,
        _len: usize,
        visitor: V,
    ) -> Result<V::Value, Self::Error> {
        self.0.deserialize_seq(visitor)
    }

    fn struct_variant<V: Visitor<'de>>(
        self,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Self::Error> {
        self.0.deserialize_struct("", fields, visitor)
    }
}
