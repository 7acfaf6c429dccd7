//! Which states a route's function works with.

use proc_macro2::{Ident, TokenStream};
use quote::{quote, quote_spanned};
use syn::spanned::Spanned as _;
use syn::{GenericArgument, PatType, PathArguments, Type};

use crate::paths::Paths;

use super::args::Args;
use super::model::{StreamFn, last_segment, place, state_of};

/// axum's extractors that take the body.
const BODY_EXTRACTORS: [&str; 9] =
    ["Body", "Bytes", "BytesMut", "Form", "Json", "Multipart", "RawForm", "Request", "String"];

/// Which states the extractors accept.
///
/// The last may take the body, by a trait whose parameter cannot be written here. So it is bound only
/// where it does not: when it is a `State`, or when the request has no body to take.
pub(super) fn bounds(
    stream: &StreamFn<'_>,
    args: &Args,
    state: &Ident,
    paths: &Paths,
) -> TokenStream {
    let from_parts = paths.private("FromRequestParts");
    let from_ref = paths.private("FromRef");
    let last = stream.extractors().count().saturating_sub(1);
    let bounds = stream.extractors().enumerate().filter_map(|(index, PatType { ty, .. })| {
        let span = place(ty.span());
        match state_of(ty) {
            Some(inner) => Some(quote_spanned!(span=> #inner: #from_ref<#state>)),
            None if index < last || !may_take_body(args, ty) => {
                Some(quote_spanned!(span=> #ty: #from_parts<#state>))
            }
            None => None,
        }
    });
    quote! {
        where
            #state: ::core::clone::Clone + ::core::marker::Send + ::core::marker::Sync + 'static,
            #(#bounds,)*
    }
}

/// Whether this type, as the last extractor, may take the body.
fn may_take_body(args: &Args, ty: &Type) -> bool {
    let bodiless =
        args.route.as_ref().is_some_and(|route| matches!(route.method, "GET" | "DELETE"));
    !bodiless || is_body(ty)
}

/// Whether a type is one of axum's extractors that take the body, or one in an `Option` or `Result`.
fn is_body(ty: &Type) -> bool {
    let Some(segment) = last_segment(ty) else { return false };
    let name = &segment.ident;
    let PathArguments::AngleBracketed(arguments) = &segment.arguments else {
        return BODY_EXTRACTORS.iter().any(|known| name == known);
    };
    match arguments.args.first() {
        Some(GenericArgument::Type(inner)) if name == "Option" || name == "Result" => {
            is_body(inner)
        }
        _ => BODY_EXTRACTORS.iter().any(|known| name == known),
    }
}
