//! What the API documentation says of a stream: its doc comment, its item, and each of its extractors.

use proc_macro2::{Ident, TokenStream};
use quote::{quote, quote_spanned};
use syn::spanned::Spanned as _;
use syn::{Expr, ExprLit, GenericArgument, Lit, PathArguments, Type};

use crate::paths::Paths;

use super::args::{Args, Route};
use super::info::info;
use super::model::{StreamFn, hidden, last_segment, place};

/// ```text
/// fn about() -> Option<About> {
///     Some(About { docs: concat!(" Counts up.", "\n"), … })
/// }
/// fn describe(operation: &mut Operation) {
///     (&&&&Probe::<Tick>::new()).item(operation);
///     (&&&&Probe::<Query<Range>>::new()).input(operation);
/// }
/// ```
/// `value` is the type that is emitted.
pub(super) fn methods(
    stream: &StreamFn<'_>,
    args: &Args,
    route: &Route,
    value: &TokenStream,
    paths: &Paths,
) -> Option<TokenStream> {
    if args.undocumented {
        return None;
    }
    let [operation_type, about_type, probe] =
        ["Operation", "About", "Probe"].map(|name| paths.private(name));
    let traits = [
        "ReplayedTextItem",
        "ReplayedTextEventItem",
        "ReplayedNamedItem",
        "ReplayedNamedEventItem",
        "ReplayedEventItem",
        "ReplayedJsonItem",
        "NumberedReplayedItem",
        "TextItem",
        "TextEventItem",
        "NamedItem",
        "NamedEventItem",
        "EventItem",
        "ResultItem",
        "JsonItem",
        "SilentItem",
        "OptionalInput",
        "UnrefusedInput",
        "BareInput",
        "KnownInput",
        "InputWithParams",
        "TupleInput",
        "PairsInput",
        "UnknownInput",
        "AnyInput",
        "KnownArgument",
        "AnyArgument",
    ]
    .map(|name| paths.private(name));
    let about = about(stream, args, route, paths);
    let operation = hidden("operation");
    let describe = Describe { probe, operation: &operation };
    let item = describe.item(&stream.item, value);
    let answer = args.answer.as_ref().map(|ty| {
        let span = place(ty.span());
        let (answer, arguments) = (paths.private_at("answer", span), describe.arguments(ty));
        quote_spanned!(span=> #arguments #answer::<#ty>(#operation);)
    });
    let inputs = stream.extractors().map(|arg| describe.input(&arg.ty));
    Some(quote! {
        fn about() -> ::core::option::Option<#about_type> {
            ::core::option::Option::Some(#about_type { #about })
        }

        fn describe(#operation: &mut #operation_type) {
            #(#[allow(unused_imports)] use #traits as _;)*
            #item
            #answer
            #(#inputs)*
        }
    })
}

fn about(stream: &StreamFn<'_>, args: &Args, route: &Route, paths: &Paths) -> TokenStream {
    let attrs = &stream.function.attrs;
    let docs =
        attrs.iter().filter(|attr| attr.path().is_ident("doc")).filter_map(|attr| {
            match &attr.meta {
                syn::Meta::NameValue(doc) => Some(comment(&doc.value)),
                _ => None,
            }
        });
    let tag = match &args.tag {
        Some(tag) => quote!(::core::option::Option::Some(#tag)),
        None => quote!(::core::option::Option::None),
    };
    let deprecated = attrs.iter().any(|attr| attr.path().is_ident("deprecated"));
    let method = route.method;
    let info = info(stream, args, paths);
    quote! {
        info: #info,
        method: #method,
        docs: ::core::concat!(#(#docs, "\n",)*),
        tag: #tag,
        deprecated: #deprecated,
        package: ::core::option_env!("CARGO_PKG_NAME"),
        version: ::core::option_env!("CARGO_PKG_VERSION"),
        purpose: ::core::option_env!("CARGO_PKG_DESCRIPTION"),
    }
}

/// The text of a doc comment. A block has its asterisks, or its indentation, still.
fn comment(doc: &Expr) -> TokenStream {
    match doc {
        Expr::Lit(ExprLit { lit: Lit::Str(text), .. }) if text.value().contains('\n') => {
            let text = without_margin(&text.value());
            quote!(#text)
        }
        other => quote!(#other),
    }
}

/// The lines of a block comment without what every one of them begins with, as rustdoc has them.
fn without_margin(text: &str) -> String {
    let (first, rest) = text.split_once('\n').unwrap_or((text, ""));
    let lines = || rest.lines().filter(|line| !line.trim().is_empty());
    let starred = lines().all(|line| line.trim_start().starts_with('*'));
    let indent = lines().map(|line| line.len() - line.trim_start().len()).min().unwrap_or(0);
    let rest = rest.lines().map(|line| match starred {
        true => line.trim_start().strip_prefix('*').unwrap_or_default(),
        false => line.get(indent..).unwrap_or_default(),
    });
    [first].into_iter().chain(rest).collect::<Vec<_>>().join("\n")
}

struct Describe<'a> {
    probe: TokenStream,
    operation: &'a Ident,
}

impl Describe<'_> {
    fn item(&self, ty: &Type, value: &TokenStream) -> TokenStream {
        let (arguments, probe, operation) = (self.arguments(ty), &self.probe, self.operation);
        let span = place(ty.span());
        let item = quote_spanned!(span=> (&&&&#probe::<#value>::new()).item(#operation););
        quote!(#arguments #item)
    }

    /// What an extractor asks for: of one in an `Option` in a `Result`, what is inside.
    fn input(&self, ty: &Type) -> TokenStream {
        let (arguments, probe, operation) = (self.arguments(ty), &self.probe, self.operation);
        let [outer, inner, inside] = ["outer", "inner", "inside"].map(hidden);
        let span = place(ty.span());
        let input = quote_spanned! {span=>
            let (#outer, #inside) = (&&#probe::<#ty>::new()).unwrapped();
            let (#inner, #inside) = (&&#inside).unwrapped();
            #outer.around(#operation, |#operation| {
                #inner.around(#operation, |#operation| { (&&&&#inside).input(#operation); });
            });
        };
        quote!(#arguments #input)
    }

    /// What stands in the angle brackets of the type that comes next.
    fn arguments(&self, ty: &Type) -> TokenStream {
        let (probe, operation) = (&self.probe, self.operation);
        let each = type_arguments(ty).into_iter().map(|ty| {
            let span = place(ty.span());
            quote_spanned!(span=> (&&#probe::<#ty>::new()).argument(#operation);)
        });
        quote!(#operation.next_type(); #(#each)*)
    }
}

/// All types in the angle brackets of a type, at any depth.
fn type_arguments(ty: &Type) -> Vec<&Type> {
    let Some(segment) = last_segment(ty) else { return Vec::new() };
    let PathArguments::AngleBracketed(arguments) = &segment.arguments else { return Vec::new() };
    let direct = arguments.args.iter().filter_map(|argument| match argument {
        GenericArgument::Type(ty) => Some(ty),
        _ => None,
    });
    direct.flat_map(|ty| [vec![ty], type_arguments(ty)].concat()).collect()
}

#[cfg(test)]
mod tests {
    use super::without_margin;

    #[test]
    fn a_block_comment_is_its_text() {
        for (text, expected) in [
            ("\n * Counts up.\n *\n * * fast\n ", "\n Counts up.\n\n * fast\n"),
            ("\n    Counts up.\n      code\n    ", "\nCounts up.\n  code\n"),
            (" Counts up. ", " Counts up. \n"),
        ] {
            assert_eq!(without_margin(text).trim_end(), expected.trim_end(), "{text:?}");
        }
    }
}
