//! What the attribute knows of a stream, as bolt is told it.

use proc_macro2::TokenStream;
use quote::quote;

use crate::paths::Paths;

use super::args::Args;
use super::model::{Kind, StreamFn};

/// A reference to the one `Info` of the function.
pub(super) fn info(stream: &StreamFn<'_>, args: &Args, paths: &Paths) -> TokenStream {
    let info = paths.private("Info");
    let name = full_name(stream);
    let restart = args.restart;
    let fallible = stream.fallible || stream.setup.is_some();
    let blocking = matches!(stream.kind, Kind::Blocking | Kind::Iterator);
    let (answers, wire) = (args.answer.is_some(), args.wire.info(args.answer.is_some(), paths));
    quote! {
        const {
            &#info {
                name: #name,
                restart: #restart,
                blocking: #blocking,
                fallible: #fallible,
                answers: #answers,
                #wire
            }
        }
    }
}

/// The path of the function, for people.
pub(super) fn full_name(stream: &StreamFn<'_>) -> TokenStream {
    let name = stream.function.sig.ident.to_string();
    quote!(::core::concat!(::core::module_path!(), "::", #name))
}
