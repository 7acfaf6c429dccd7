//! `Errors`: every mistake of one invocation, reported together.

use proc_macro2::{Span, TokenStream};
use quote::ToTokens;

/// Collects errors; what is in it must be taken out with [`into_tokens`](Self::into_tokens).
#[derive(Default)]
pub(crate) struct Errors(Option<syn::Error>);

impl Errors {
    /// Adds an error on these tokens: the rule that they break, and a line that says what to write.
    pub(crate) fn on(
        &mut self,
        tokens: &impl ToTokens,
        rule: impl AsRef<str>,
        help: impl AsRef<str>,
    ) {
        self.add(syn::Error::new_spanned(tokens, text(rule.as_ref(), help.as_ref())));
    }

    /// The same where there are no tokens, as for something that is missing.
    pub(crate) fn at(&mut self, span: Span, rule: impl AsRef<str>, help: impl AsRef<str>) {
        self.add(syn::Error::new(span, text(rule.as_ref(), help.as_ref())));
    }

    pub(crate) fn add(&mut self, error: syn::Error) {
        match &mut self.0 {
            Some(errors) => errors.combine(error),
            None => self.0 = Some(error),
        }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_none()
    }

    pub(crate) fn into_tokens(self) -> TokenStream {
        self.0.map(syn::Error::into_compile_error).unwrap_or_default()
    }
}

fn text(rule: &str, help: &str) -> String {
    format!("{rule}\nhelp: {help}")
}
