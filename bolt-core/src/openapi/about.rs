//! `About`: what the attribute knows of a stream.

use crate::info::Info;

/// What the attribute knows of a stream.
#[derive(Clone, Copy, Debug)]
pub struct About {
    pub info: &'static Info,
    pub method: &'static str,
    /// The doc comment.
    pub docs: &'static str,
    pub tag: Option<&'static str>,
    pub deprecated: bool,
    /// The package that the function is in, its version and its description.
    pub package: Option<&'static str>,
    pub version: Option<&'static str>,
    pub purpose: Option<&'static str>,
}
