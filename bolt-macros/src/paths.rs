//! Every path that generated code names, each once.

use proc_macro2::{Span, TokenStream};
use quote::{quote, quote_spanned};
use syn::Path;

/// The crate as the user's code reaches it: `::bolt`, or what `crate = …` says.
pub(crate) struct Paths {
    root: Option<Path>,
}

impl Paths {
    pub(crate) fn new(root: Option<&Path>) -> Self {
        Self { root: root.cloned() }
    }

    /// A name of the hidden module.
    pub(crate) fn private(&self, name: &str) -> TokenStream {
        self.private_at(name, Span::mixed_site())
    }

    /// The same, with errors about it shown at `span`.
    pub(crate) fn private_at(&self, name: &str, span: Span) -> TokenStream {
        let root = self.root_at(span);
        let name = syn::Ident::new(name, span);
        quote_spanned!(span=> #root::__private::#name)
    }

    pub(crate) fn endpoint(&self) -> TokenStream {
        let root = self.root_at(Span::mixed_site());
        quote!(#root::Endpoint)
    }

    pub(crate) fn stream_event(&self) -> TokenStream {
        let root = self.root_at(Span::mixed_site());
        quote!(#root::StreamEvent)
    }

    fn root_at(&self, span: Span) -> TokenStream {
        match &self.root {
            Some(path) => quote!(#path),
            None => quote_spanned!(span=> ::bolt),
        }
    }
}
