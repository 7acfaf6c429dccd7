//! `#[stream]`: parse → model → check → emit, or the fallback when something is wrong.

mod answer;
mod args;
mod check;
mod describe;
mod emit;
mod fallback;
mod info;
mod model;
mod states;
mod wire;

use proc_macro2::TokenStream;
use quote::quote;

use crate::diagnostics::Errors;

use self::args::Args;
use self::model::{Function, StreamFn};

/// Expands the attribute. Every mistake is one error on its own tokens, and the name of the function exists
/// all the same, so that its uses are not errors too.
#[expect(clippy::needless_pass_by_value, reason = "as the compiler gives them")]
pub(crate) fn expand(attribute: TokenStream, item: TokenStream) -> TokenStream {
    let mut errors = Errors::default();
    let function: Function = match syn::parse2(item.clone()) {
        Ok(function) => function,
        Err(error) => {
            let error = error.into_compile_error();
            return quote!(#error #item);
        }
    };
    let args = Args::parse(attribute, &mut errors);
    check::function(&function, &args, &mut errors);
    let stream = StreamFn::new(&function, &mut errors);
    if let Some(stream) = &stream {
        check::item(stream, &args, &mut errors);
        check::answer(stream, &args, &mut errors);
    }
    match stream {
        Some(stream) if errors.is_empty() => emit::stream(&stream, &args),
        _ => {
            let errors = errors.into_tokens();
            let fallback = fallback::stream(&function, &args);
            quote!(#errors #fallback)
        }
    }
}
