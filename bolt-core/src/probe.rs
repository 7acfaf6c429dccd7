//! `Probe`: asks what a type implements, where the type is known but its traits are not.

use std::marker::PhantomData;

/// Asks what a type implements, where the type is known but its traits are not.
///
/// The traits of one question have the same method, implemented for `Probe<T>`, `&Probe<T>` and so on with other
/// bounds. Method lookup takes the first whose bounds hold: for a receiver with n references first those of n - 1
/// references, then those of n, then those of fewer and fewer.
#[derive(Debug)]
pub struct Probe<T: ?Sized>(PhantomData<fn(&T)>);

impl<T: ?Sized> Probe<T> {
    /// Asks about `T`.
    #[expect(clippy::new_without_default, reason = "made by generated code only")]
    pub const fn new() -> Self {
        Self(PhantomData)
    }
}
