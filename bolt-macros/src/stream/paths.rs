//! Every path that generated code names, each once.

use proc_macro2::{Span, TokenStream};
use quote::{quote, quote_spanned};
use syn::Path;

/// The crate as the user's code reaches it: `::bolt`, or what `crate = …` says.
pub(crate) struct Paths {
    root: TokenStream,
}

impl Paths {
    pub(crate) fn new(root: Option<&Path>) -> Self {
        let root = match root {
            Some(path) => quote!(#path),
            None => quote!(::bolt),
        };
        Self { root }
    }

    /// A name of the hidden module.
    pub(crate) fn private(&self, name: &str) -> TokenStream {
        self.private_at(name, Span::mixed_site())
    }

    /// The same, with errors about it shown at `span`.
    pub(crate) fn private_at(&self, name: &str, span: Span) -> TokenStream {
        let root = &self.root;
        let name = syn::Ident::new(name, span);
        quote_spanned!(span=> #root::__private::#name)
    }

    pub(crate) fn endpoint(&self) -> TokenStream {
        let root = &self.root;
        quote!(#root::Endpoint)
    }
}
