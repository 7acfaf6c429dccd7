//! `Wrapping`: what stands around an extractor.

use super::operation::Operation;
use crate::probe::Probe;

/// What stands around an extractor, which may be left out or be wrong then.
#[derive(Clone, Copy, Debug)]
pub enum Wrapping {
    Nothing,
    Option,
    Result,
}

impl Wrapping {
    /// What `describe` adds, as it is inside of this.
    pub fn around(self, operation: &mut Operation, describe: impl FnOnce(&mut Operation)) {
        match self {
            Self::Nothing => describe(operation),
            Self::Option => operation.optional(describe),
            Self::Result => operation.unrefused(describe),
        }
    }
}

/// `Option<Extractor>`.
pub trait OptionalInput<E> {
    /// What stands around it, and what is inside.
    fn unwrapped(&self) -> (Wrapping, Probe<E>);
}

impl<E> OptionalInput<E> for &Probe<Option<E>> {
    fn unwrapped(&self) -> (Wrapping, Probe<E>) {
        (Wrapping::Option, Probe::new())
    }
}

/// `Result<Extractor, Rejection>`.
pub trait UnrefusedInput<E> {
    /// What stands around it, and what is inside.
    fn unwrapped(&self) -> (Wrapping, Probe<E>);
}

impl<E, R> UnrefusedInput<E> for &Probe<Result<E, R>> {
    fn unwrapped(&self) -> (Wrapping, Probe<E>) {
        (Wrapping::Result, Probe::new())
    }
}

/// Any other.
pub trait BareInput<E> {
    /// What stands around it, and what is inside.
    fn unwrapped(&self) -> (Wrapping, Probe<E>);
}

impl<E> BareInput<E> for Probe<E> {
    fn unwrapped(&self) -> (Wrapping, Probe<E>) {
        (Wrapping::Nothing, Probe::new())
    }
}
