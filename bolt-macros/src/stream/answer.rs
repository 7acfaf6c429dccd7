//! The local `answer!` of a function that may answer with one value in place of a stream.

use proc_macro2::{Ident, Span, TokenStream};
use quote::quote;

use crate::paths::Paths;

use super::args::Args;
use super::model::{Kind, StreamFn, hidden};

/// As `emit!` is, it is found from the user's tokens.
pub(super) fn answer(stream: &StreamFn<'_>, args: &Args, paths: &Paths) -> Option<TokenStream> {
    let ty = args.answer.as_ref()?;
    let (out, value) = (hidden("out"), hidden("value"));
    let name = Ident::new("answer", Span::call_site());
    let end = match stream.kind {
        Kind::Generator => quote!(match #out.answer(#value).await {}),
        Kind::Blocking | Kind::Stream | Kind::Iterator => {
            let stopped = paths.private("stopped");
            quote!(match #out.answer(#value) {
                ::core::result::Result::Ok(never) => match never {},
                ::core::result::Result::Err(_) => return #stopped(),
            })
        }
    };
    Some(quote! {
        #[allow(unused_macros)]
        macro_rules! #name {
            ($value:expr $(,)?) => {{
                let #value: #ty = $value;
                #end
            }};
        }
    })
}
