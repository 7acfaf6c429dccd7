//! What stands in for a function that could not be expanded.

use proc_macro2::TokenStream;
use quote::quote;

use crate::paths::Paths;

use super::args::Args;
use super::model::{Function, hidden, shared_attrs};

/// ```text
/// fn ticks(extracted: Extracted<(), ()>) -> StreamFuture { unreachable!() }
/// struct ticks {}
/// impl<S> Endpoint<S> for ticks { … }
/// ```
/// Every use of the name compiles, so that the mistakes already reported are all that is.
pub(crate) fn stream(function: &Function, args: &Args) -> TokenStream {
    if function.sig.receiver().is_some() {
        // A method stays one: its `impl` block could not hold the other items.
        let Function { attrs, vis, sig, .. } = function;
        let attrs = shared_attrs(attrs);
        return quote!(#(#attrs)* #[allow(unused)] #vis #sig { ::core::unreachable!() });
    }
    let paths = Paths::new(args.root.as_ref());
    let (extracted, state) = (hidden("extracted"), hidden("State"));
    let attrs: Vec<_> = shared_attrs(&function.attrs).collect();
    let (vis, name) = (&function.vis, &function.sig.ident);
    let extracted_type = paths.private("Extracted");
    let future = paths.private("StreamFuture");
    let method_router = paths.private("MethodRouter");
    let endpoint = paths.endpoint();
    let handler = quote! {
        #(#attrs)*
        #[allow(dead_code)]
        #vis fn #name(#extracted: #extracted_type<(), ()>) -> #future {
            ::core::unreachable!()
        }
    };
    if !args.wants_route {
        return handler;
    }
    quote! {
        #handler

        #(#attrs)*
        #[allow(dead_code, non_camel_case_types)]
        #vis struct #name {}

        #(#attrs)*
        impl<#state> #endpoint<#state> for #name {
            const METHOD: &'static str = "";
            const PATH: &'static str = "";
            const NAME: &'static str = "";

            fn method_router() -> #method_router<#state> {
                ::core::unreachable!()
            }
        }
    }
}
