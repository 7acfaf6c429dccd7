//! What the API documentation says of a stream: its doc comment, its item, and each of its extractors.

use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};
use syn::spanned::Spanned as _;
use syn::{GenericArgument, PathArguments, Type};

use crate::paths::Paths;

use super::args::{Args, Route};
use super::model::{Kind, StreamFn, hidden, last_segment, place};

/// ```text
/// fn operation() -> Option<Operation> {
///     let mut operation = Operation::new(About { docs: concat!(" Counts up.", "\n"), … });
///     (&&&&Probe::<Tick>::new()).item(&mut operation);
///     (&&&&Probe::<Query<Range>>::new()).input(&mut operation);
///     Some(operation)
/// }
/// ```
/// `value` is the type that is emitted.
pub(super) fn operation(
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
        "KnownInput",
        "InputWithParams",
        "UnknownInput",
        "AnyInput",
        "SpareSchema",
        "NoSpareSchema",
    ]
    .map(|name| paths.private(name));
    let about = about(stream, args, route);
    let operation = hidden("operation");
    let at_item = place(stream.item.span());
    let item = quote_spanned!(at_item=> (&&&&#probe::<#value>::new()).item(&mut #operation););
    let spare = type_arguments(&stream.item).into_iter().map(|ty| {
        let span = place(ty.span());
        quote_spanned!(span=> (&&#probe::<#ty>::new()).spare(&mut #operation);)
    });
    let inputs = stream.extractors().map(|arg| input(&arg.ty, &quote!(&mut #operation), &probe));
    Some(quote! {
        fn operation() -> ::core::option::Option<#operation_type> {
            #(#[allow(unused_imports)] use #traits as _;)*
            let mut #operation = #operation_type::new(#about_type { #about });
            #item
            #(#spare)*
            #(#inputs)*
            ::core::option::Option::Some(#operation)
        }
    })
}

fn about(stream: &StreamFn<'_>, args: &Args, route: &Route) -> TokenStream {
    let attrs = &stream.function.attrs;
    let docs =
        attrs.iter().filter(|attr| attr.path().is_ident("doc")).filter_map(|attr| {
            match &attr.meta {
                syn::Meta::NameValue(doc) => Some(&doc.value),
                _ => None,
            }
        });
    let tag = match &args.tag {
        Some(tag) => quote!(::core::option::Option::Some(#tag)),
        None => quote!(::core::option::Option::None),
    };
    let deprecated = attrs.iter().any(|attr| attr.path().is_ident("deprecated"));
    let (method, restart) = (route.method, args.restart);
    let blocking = matches!(stream.kind, Kind::Blocking | Kind::Iterator);
    let fallible = stream.fallible || stream.setup.is_some();
    quote! {
        method: #method,
        docs: ::core::concat!(#(#docs, "\n",)*),
        tag: #tag,
        deprecated: #deprecated,
        package: ::core::option_env!("CARGO_PKG_NAME"),
        version: ::core::option_env!("CARGO_PKG_VERSION"),
        purpose: ::core::option_env!("CARGO_PKG_DESCRIPTION"),
        restart: #restart,
        blocking: #blocking,
        fallible: #fallible,
    }
}

/// What an extractor asks for. `Option` and `Result` are looked into, and so is a path of several parameters.
fn input(ty: &Type, operation: &TokenStream, probe: &TokenStream) -> TokenStream {
    let span = place(ty.span());
    if let Some((name, inner)) = wrapped(ty) {
        let inside = hidden("inside");
        let method = match name.as_str() {
            "Option" => Some(quote_spanned!(span=> optional)),
            "Result" => Some(quote_spanned!(span=> unrefused)),
            _ => None,
        };
        if let Some(method) = method {
            let inner = input(inner, &quote!(#inside), probe);
            return quote_spanned!(span=> (#operation).#method(|#inside| { #inner }););
        }
        if let ("Path", Type::Tuple(tuple), Type::Path(path)) = (name.as_str(), inner, ty) {
            let each = tuple.elems.iter().map(|element| {
                let mut path = path.clone();
                if let Some(last) = path.path.segments.last_mut() {
                    last.arguments = PathArguments::AngleBracketed(syn::parse_quote!(<#element>));
                }
                let span = place(element.span());
                quote_spanned!(span=> (&&&&#probe::<#path>::new()).input(#operation);)
            });
            return quote!(#(#each)*);
        }
    }
    quote_spanned!(span=> (&&&&#probe::<#ty>::new()).input(#operation);)
}

/// The name of a type with arguments, and the first of them.
fn wrapped(ty: &Type) -> Option<(String, &Type)> {
    let segment = last_segment(ty)?;
    let PathArguments::AngleBracketed(arguments) = &segment.arguments else { return None };
    match arguments.args.first() {
        Some(GenericArgument::Type(inner)) => Some((segment.ident.to_string(), inner)),
        _ => None,
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
