//! The data of a named event: an enum's JSON without the variant around it.

use serde::Serialize;
use serde::ser::{
    SerializeSeq, SerializeStruct, SerializeStructVariant, SerializeTupleVariant, Serializer,
};

/// A serializer that writes `{"name": content}` as `content` at the top, where the name is the event's, and all
/// else as `S` does.
///
/// Serde keeps to itself how an enum's fields are renamed, skipped or flattened; by looking at what
/// serde writes, all of it holds.
pub(crate) struct VariantData<S> {
    pub(crate) serializer: S,
    /// The variant that the event is named after.
    pub(crate) name: &'static str,
}

macro_rules! forward {
    ($($method:ident($($arg:ident: $ty:ty),*) $(-> $assoc:ident)?;)*) => {
        $(
            fn $method(self, $($arg: $ty),*) -> Result<forward!(@ok $($assoc)?), S::Error> {
                self.serializer.$method($($arg),*)
            }
        )*
    };
    (@ok) => { S::Ok };
    (@ok $assoc:ident) => { S::$assoc };
}

impl<S: Serializer> Serializer for VariantData<S> {
    type Ok = S::Ok;
    type Error = S::Error;
    type SerializeSeq = S::SerializeSeq;
    type SerializeTuple = S::SerializeTuple;
    type SerializeTupleStruct = S::SerializeTupleStruct;
    type SerializeTupleVariant = Variant<S::SerializeSeq, S::SerializeTupleVariant>;
    type SerializeMap = S::SerializeMap;
    type SerializeStruct = S::SerializeStruct;
    type SerializeStructVariant = Variant<S::SerializeStruct, S::SerializeStructVariant>;

    fn serialize_unit_variant(
        self,
        name: &'static str,
        index: u32,
        variant: &'static str,
    ) -> Result<S::Ok, S::Error> {
        match variant == self.name {
            true => self.serializer.serialize_unit(),
            false => self.serializer.serialize_unit_variant(name, index, variant),
        }
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        name: &'static str,
        index: u32,
        variant: &'static str,
        value: &T,
    ) -> Result<S::Ok, S::Error> {
        match variant == self.name {
            true => value.serialize(self.serializer),
            false => self.serializer.serialize_newtype_variant(name, index, variant, value),
        }
    }

    fn serialize_tuple_variant(
        self,
        name: &'static str,
        index: u32,
        variant: &'static str,
        len: usize,
    ) -> Result<Self::SerializeTupleVariant, S::Error> {
        match variant == self.name {
            true => self.serializer.serialize_seq(Some(len)).map(Variant::Content),
            false => {
                let inner = self.serializer.serialize_tuple_variant(name, index, variant, len);
                inner.map(Variant::Whole)
            }
        }
    }

    fn serialize_struct_variant(
        self,
        name: &'static str,
        index: u32,
        variant: &'static str,
        len: usize,
    ) -> Result<Self::SerializeStructVariant, S::Error> {
        match variant == self.name {
            true => self.serializer.serialize_struct(variant, len).map(Variant::Content),
            false => {
                let inner = self.serializer.serialize_struct_variant(name, index, variant, len);
                inner.map(Variant::Whole)
            }
        }
    }

    forward! {
        serialize_bool(v: bool);
        serialize_i8(v: i8);
        serialize_i16(v: i16);
        serialize_i32(v: i32);
        serialize_i64(v: i64);
        serialize_i128(v: i128);
        serialize_u8(v: u8);
        serialize_u16(v: u16);
        serialize_u32(v: u32);
        serialize_u64(v: u64);
        serialize_u128(v: u128);
        serialize_f32(v: f32);
        serialize_f64(v: f64);
        serialize_char(v: char);
        serialize_str(v: &str);
        serialize_bytes(v: &[u8]);
        serialize_none();
        serialize_unit();
        serialize_unit_struct(name: &'static str);
        serialize_seq(len: Option<usize>) -> SerializeSeq;
        serialize_tuple(len: usize) -> SerializeTuple;
        serialize_tuple_struct(name: &'static str, len: usize) -> SerializeTupleStruct;
        serialize_map(len: Option<usize>) -> SerializeMap;
        serialize_struct(name: &'static str, len: usize) -> SerializeStruct;
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<S::Ok, S::Error> {
        self.serializer.serialize_some(value)
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(
        self,
        name: &'static str,
        value: &T,
    ) -> Result<S::Ok, S::Error> {
        self.serializer.serialize_newtype_struct(name, value)
    }
}

/// The fields of a variant: as a sequence or struct of their own, or with the variant around them.
pub(crate) enum Variant<C, W> {
    Content(C),
    Whole(W),
}

impl<C, W> SerializeTupleVariant for Variant<C, W>
where
    C: SerializeSeq,
    W: SerializeTupleVariant<Ok = C::Ok, Error = C::Error>,
{
    type Ok = C::Ok;
    type Error = C::Error;

    fn serialize_field<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), C::Error> {
        match self {
            Self::Content(content) => content.serialize_element(value),
            Self::Whole(whole) => whole.serialize_field(value),
        }
    }

    fn end(self) -> Result<C::Ok, C::Error> {
        match self {
            Self::Content(content) => content.end(),
            Self::Whole(whole) => whole.end(),
        }
    }
}

impl<C, W> SerializeStructVariant for Variant<C, W>
where
    C: SerializeStruct,
    W: SerializeStructVariant<Ok = C::Ok, Error = C::Error>,
{
    type Ok = C::Ok;
    type Error = C::Error;

    fn serialize_field<T: Serialize + ?Sized>(
        &mut self,
        key: &'static str,
        value: &T,
    ) -> Result<(), C::Error> {
        match self {
            Self::Content(content) => content.serialize_field(key, value),
            Self::Whole(whole) => whole.serialize_field(key, value),
        }
    }

    fn skip_field(&mut self, key: &'static str) -> Result<(), C::Error> {
        match self {
            Self::Content(content) => content.skip_field(key),
            Self::Whole(whole) => whole.skip_field(key),
        }
    }

    fn end(self) -> Result<C::Ok, C::Error> {
        match self {
            Self::Content(content) => content.end(),
            Self::Whole(whole) => whole.end(),
        }
    }
}
