//! What generated code asks of `Replayed<T>`: its encoders, and how it is documented.
//!
//! The traits are looked up as those of other items (see [`Probe`]), in front of them.

use super::gap::Gap;
use super::replayed::{Replayed, encode_replayed_named, encode_replayed_named_event};
use crate::event::{Encoders, Event, LastBlock, StreamEvent, StreamItem, Text};
use crate::info::Info;
use crate::openapi::{Documented, Item, Operation, Schemas};
use crate::probe::Probe;

/// Items of a log with names of their own.
pub trait ReplayedNamedEncoder<T> {
    fn encoder(&self) -> Encoders<Replayed<T>>;
}

impl<T: StreamEvent> ReplayedNamedEncoder<T> for Probe<Replayed<T>> {
    fn encoder(&self) -> Encoders<Replayed<T>> {
        Encoders::new(encode_replayed_named)
    }
}

/// The same inside an `Event`.
pub trait ReplayedNamedEventEncoder<T> {
    fn encoder(&self) -> Encoders<Replayed<Event<T>>>;
}

impl<T: StreamEvent> ReplayedNamedEventEncoder<T> for Probe<Replayed<Event<T>>> {
    fn encoder(&self) -> Encoders<Replayed<Event<T>>> {
        Encoders::new(encode_replayed_named_event)
    }
}

/// What is numbered by `ids` and has an id already, under the name of an alias.
pub trait NumberedReplayedEncoder<T> {
    fn encoder(&self) -> Encoders<Replayed<Replayed<T>>>
    where
        Replayed<T>: NoReplayed;
}

impl<T> NumberedReplayedEncoder<T> for Probe<Replayed<Replayed<T>>> {
    fn encoder(&self) -> Encoders<Replayed<Replayed<T>>>
    where
        Replayed<T>: NoReplayed,
    {
        unreachable!("no `Replayed` implements `NoReplayed`")
    }
}

/// Implemented for nothing.
#[diagnostic::on_unimplemented(
    message = "this stream emits a `Replayed`, which has an id already",
    label = "an alias of a `Replayed`",
    note = "help: leave `ids` out: it numbers the events of a function that makes its own"
)]
pub trait NoReplayed {}

/// The names of an item's events, where they are known before the app runs.
#[derive(Clone, Copy, Debug)]
pub struct ItemNames {
    names: &'static [&'static str],
    /// Whether it is of a log, whose clients are told of gaps and positions too.
    log: bool,
}

impl<T: StreamEvent> Probe<T> {
    pub const NAMES: ItemNames = ItemNames { names: T::NAMES, log: false };
}

impl<T: StreamEvent> Probe<Event<T>> {
    pub const NAMES: ItemNames = ItemNames { names: T::NAMES, log: false };
}

impl<T: StreamEvent> Probe<Replayed<T>> {
    pub const NAMES: ItemNames = ItemNames { names: T::NAMES, log: true };
}

impl<T: StreamEvent> Probe<Replayed<Event<T>>> {
    pub const NAMES: ItemNames = ItemNames { names: T::NAMES, log: true };
}

/// Of any other item none is.
pub trait NamesOfItem {
    const NAMES: ItemNames = ItemNames { names: &[], log: false };
}

impl<T> NamesOfItem for Probe<T> {}

/// Ends the compilation where a variant has the name by which bolt tells of something else: no client could tell them
/// apart.
///
/// # Panics
/// When there is such a variant.
#[track_caller]
pub const fn check_names(item: ItemNames, info: &Info) {
    let mut rest = item.names;
    while let [name, others @ ..] = rest {
        assert!(
            !(item.log && same(name, "gap")),
            "a variant is named `gap`, as the event by which clients are told that some are missing\n\
             help: rename it"
        );
        if let (true, Some(position)) = (item.log, info.position) {
            assert!(
                !same(name, position),
                "a variant is named as the event by which clients are told where they are (`position`)\n\
                 help: rename it, or name that event with `#[stream(…, position = \"…\")]`"
            );
        }
        if let LastBlock::Named(end) = info.last_block() {
            assert!(
                !same(name, end),
                "a variant is named as the event by which clients are told that the stream is finished (`end`)\n\
                 help: rename it, or name that event with `#[stream(…, end = \"…\")]`"
            );
        }
        rest = others;
    }
}

const fn same(one: &str, other: &str) -> bool {
    let (one, other) = (one.as_bytes(), other.as_bytes());
    if one.len() != other.len() {
        return false;
    }
    let mut i = 0;
    while i < one.len() {
        if one[i] != other[i] {
            return false;
        }
        i += 1;
    }
    true
}

/// What can say where its reader is.
#[diagnostic::on_unimplemented(
    message = "`{Self}` has no position to tell of",
    label = "not a `Replayed`",
    note = "help: leave `position` out: it is for streams that emit a `Replayed`, as a `Subscription` returns it"
)]
pub trait Positioned {
    #[doc(hidden)]
    fn position_named(self, name: Option<&'static str>) -> Self;
}

impl<T> Positioned for Replayed<T> {
    fn position_named(self, name: Option<&'static str>) -> Self {
        self.position_named(name)
    }
}

/// The item, which tells of its position with this name.
pub fn position_named<I: Positioned>(item: I, name: Option<&'static str>) -> I {
    item.position_named(name)
}

fn document(operation: &mut Operation, item: impl FnOnce(&mut Schemas) -> Item) {
    operation.set_item(|schemas| item(schemas).with_gap(schemas.of::<Gap>()));
}

pub trait ReplayedTextItem {
    fn item(&self, operation: &mut Operation);
}

impl ReplayedTextItem for &&&Probe<Replayed<Text>> {
    fn item(&self, operation: &mut Operation) {
        document(operation, |_| Item::text());
    }
}

pub trait ReplayedTextEventItem {
    fn item(&self, operation: &mut Operation);
}

impl ReplayedTextEventItem for &&&Probe<Replayed<Event<Text>>> {
    fn item(&self, operation: &mut Operation) {
        document(operation, |_| Item::text());
    }
}

pub trait ReplayedNamedItem<T> {
    fn item(&self, operation: &mut Operation)
    where
        T: Documented;
}

impl<T: StreamEvent> ReplayedNamedItem<T> for &&&Probe<Replayed<T>> {
    fn item(&self, operation: &mut Operation)
    where
        T: Documented,
    {
        document(operation, Item::named::<T>);
    }
}

pub trait ReplayedNamedEventItem<T> {
    fn item(&self, operation: &mut Operation)
    where
        T: Documented;
}

impl<T: StreamEvent> ReplayedNamedEventItem<T> for &&&Probe<Replayed<Event<T>>> {
    fn item(&self, operation: &mut Operation)
    where
        T: Documented,
    {
        document(operation, Item::named::<T>);
    }
}

/// Any other value in an `Event`.
pub trait ReplayedEventItem<T> {
    fn item(&self, operation: &mut Operation)
    where
        T: Documented;
}

impl<T> ReplayedEventItem<T> for &&&&Probe<Replayed<Event<T>>>
where
    Event<T>: StreamItem,
{
    fn item(&self, operation: &mut Operation)
    where
        T: Documented,
    {
        document(operation, Item::json::<T>);
    }
}

/// Any other value.
pub trait ReplayedJsonItem<T> {
    fn item(&self, operation: &mut Operation)
    where
        T: Documented;
}

impl<T: StreamItem> ReplayedJsonItem<T> for &&Probe<Replayed<T>> {
    fn item(&self, operation: &mut Operation)
    where
        T: Documented,
    {
        document(operation, Item::json::<T>);
    }
}

/// What must not be numbered is told where it is encoded.
pub trait NumberedReplayedItem {
    fn item(&self, operation: &mut Operation);
}

impl<T> NumberedReplayedItem for &&&Probe<Replayed<Replayed<T>>> {
    fn item(&self, _operation: &mut Operation) {}
}
