//! The code that a stream becomes. `#[stream(get, "/ticks")] async fn ticks(q: Query<Range>) -> Tick`:
//!
//! ```text
//! fn ticks(Extracted { call: __bolt_call, first: (), last: q }: Extracted<(), Query<Range>>) -> StreamFuture {
//!     respond_generator::<Tick, _>(__bolt_call, Info { … }, <how Tick is encoded>, move |out| async move {
//!         let out = &out;
//!         macro_rules! emit { ($value:expr) => {{ let value: Tick = $value; out.emit(value).await }} }
//!         let _: () = { <the body as written> };
//!     }, unfailing)
//! }
//! struct ticks {}
//! impl<S> Endpoint<S> for ticks where … { … }
//! ```

use proc_macro2::{Ident, Span, TokenStream};
use quote::{quote, quote_spanned};
use syn::spanned::Spanned as _;
use syn::{GenericParam, PatType, Type};

use crate::paths::Paths;

use super::answer::answer;
use super::args::Args;
use super::describe;
use super::info::{full_name, info};
use super::model::{Kind, StreamFn, doc_attrs, hidden, place, shared_attrs, tokens};
use super::states::bounds;

pub(crate) fn stream(stream: &StreamFn<'_>, args: &Args) -> TokenStream {
    let emit = Emit { stream, args, paths: Paths::new(args.root.as_ref()), call: hidden("call") };
    let handler = emit.handler();
    let endpoint = emit.endpoint();
    quote!(#handler #endpoint)
}

struct Emit<'a> {
    stream: &'a StreamFn<'a>,
    args: &'a Args,
    paths: Paths,
    call: Ident,
}

impl Emit<'_> {
    /// The function, under its own name: a plain axum handler.
    fn handler(&self) -> TokenStream {
        let function = self.stream.function;
        let (vis, name) = (&function.vis, &function.sig.ident);
        let generics = &function.sig.generics;
        let (_, _, bounds) = generics.split_for_impl();
        let future = self.paths.private("StreamFuture");
        match self.stream.kind {
            Kind::Generator | Kind::Blocking => {
                // The body is in this function, so all of the user's attributes and arguments are too.
                let attrs = &function.attrs;
                let pats: Vec<_> =
                    self.stream.extractors().map(|PatType { pat, .. }| quote!(#pat)).collect();
                let input = self.parameter(&pats);
                let respond = self.respond_emitting();
                quote! {
                    #(#attrs)*
                    #vis fn #name #generics (#input) -> #future #bounds { #respond }
                }
            }
            Kind::Stream | Kind::Iterator => {
                let attrs = doc_attrs(&function.attrs).chain(shared_attrs(&function.attrs));
                let args: Vec<_> = self.args().map(|arg| quote!(#arg)).collect();
                let input = self.parameter(&args);
                let respond = self.respond_returning();
                quote! {
                    #(#attrs)*
                    #vis fn #name #generics (#input) -> #future #bounds { #respond }
                }
            }
        }
    }

    /// The only parameter of the handler: the call, and what the extractors made, in these patterns.
    fn parameter(&self, pats: &[TokenStream]) -> TokenStream {
        let (call, extracted) = (&self.call, self.paths.private("Extracted"));
        // Lints that are allowed for an argument.
        let attrs = self.stream.extractors().flat_map(|arg| &arg.attrs);
        let (first, last) = self.extracted_types();
        let (first_pats, last_pat) = match pats.split_last() {
            Some((last, first)) => (first, quote!(#last)),
            None => (&[][..], quote!(())),
        };
        quote! {
            #(#attrs)* #extracted { call: #call, first: (#(#first_pats,)*), last: #last_pat }:
                #extracted<#first, #last>
        }
    }

    /// The types of all extractors but the last, in a tuple, and of the last.
    fn extracted_types(&self) -> (TokenStream, TokenStream) {
        let mut types: Vec<_> = self.stream.extractors().map(|arg| &*arg.ty).collect();
        let last = types.pop().map_or_else(|| quote!(()), tokens);
        (quote!((#(#types,)*)), last)
    }

    /// Names for the values of the extractors.
    fn args(&self) -> impl Iterator<Item = Ident> + use<'_> {
        (0..self.stream.extractors().count()).map(|index| hidden(&format!("arg{index}")))
    }

    /// A function with `emit!`.
    fn respond_emitting(&self) -> TokenStream {
        let (call, info, encoder) =
            (&self.call, info(self.stream, self.args, &self.paths), self.encoder());
        let (out, value, item) = (hidden("out"), hidden("value"), self.value_type());
        let (sent, run) = (self.sent_type(), hidden("run"));
        let (number, numbered) = self.numbering();
        let borrowed = self.args.ids.as_ref().map(|_| quote!(let #run = &#run;));
        let item_error = self.stream.fallible.then_some(&self.stream.item);
        let finish = self.failure_of(item_error);
        // `emit` is the user's word: it must be found from the user's tokens.
        let emit = Ident::new("emit", Span::call_site());
        let name = place(self.stream.function.sig.ident.span());
        let (returned, body) = self.body();
        let answer = answer(self.stream, self.args, &self.paths);
        if self.stream.kind == Kind::Generator {
            let respond = self.paths.private_at("respond_generator", name);
            // The value is made before it is waited for: what was borrowed to make it is given back.
            return quote_spanned! {name=>
                #number
                #respond::<#sent, _>(#call, #info, #encoder, move |#out| async move {
                    let #out = &#out;
                    #borrowed
                    macro_rules! #emit {
                        ($value:expr $(,)?) => {{
                            let #value: #item = $value;
                            #out.emit(#numbered(#value)).await
                        }};
                    }
                    #answer
                    #body
                }, #finish)
            };
        }
        let respond = self.paths.private_at("respond_blocking", name);
        let stopped = self.paths.private_at("stopped", name);
        let err = quote!(::core::result::Result::Err);
        quote_spanned! {name=>
            #number
            #respond::<#sent, _>(#call, #info, #encoder, move |#out| -> #returned {
                #borrowed
                macro_rules! #emit {
                    ($value:expr $(,)?) => {{
                        let #value: #item = $value;
                        if let #err(_) = #out.emit(#numbered(#value)) {
                            return #stopped();
                        }
                    }};
                }
                #answer
                #body
            }, #finish)
        }
    }

    /// What the function around the body returns, and the body with its end.
    fn body(&self) -> (TokenStream, TokenStream) {
        let body = &self.stream.function.body;
        if !self.stream.fallible {
            // An async block has no declared type; the `return` that is never reached gives it one.
            return (quote!(()), quote!(if false { return; } let _: () = #body;));
        }
        let (ok, error) = (quote!(::core::result::Result::Ok), self.error_type(&self.stream.item));
        let returned = quote!(::core::result::Result<(), #error>);
        let typed = quote!(if false { return #ok::<(), #error>(()); });
        let end = if self.stream.body_returns_result() {
            let end = hidden("end");
            quote!(let #end: #returned = #body; #end)
        } else {
            // `if true` because what follows a body that never ends would be warned of as unreachable.
            quote!(if true #body #ok(()))
        };
        (returned, quote!(#typed #end))
    }

    /// A function that returns its items.
    fn respond_returning(&self) -> TokenStream {
        let (call, info, encoder) =
            (&self.call, info(self.stream, self.args, &self.paths), self.encoder());
        let sent = self.sent_type();
        let function = self.stream.function;
        let (sig, body, name) = (&function.sig, &function.body, &function.sig.ident);
        // Lints and the like belong where the body is.
        let attrs = function.attrs.iter().filter(|attr| {
            !["doc", "deprecated", "cfg"].iter().any(|name| attr.path().is_ident(name))
        });
        let generic_args = sig.generics.params.iter().filter_map(|param| match param {
            GenericParam::Type(param) => Some(&param.ident),
            GenericParam::Const(param) => Some(&param.ident),
            GenericParam::Lifetime(_) => None,
        });
        let args = self.args();
        let called = quote!(#name::<#(#generic_args),*>(#(#args),*));
        let begin = self.failure_of(self.stream.setup.as_ref());
        let take = self.failure_of(self.stream.fallible.then_some(&self.stream.item));
        let (number, numbered) = self.numbering();
        let take = match numbered.is_empty() {
            true => take,
            false => quote!({
                let take = #take;
                move |item| ::core::result::Result::map(take(item), |value| #numbered(value))
            }),
        };
        let (respond, started) = if self.stream.kind == Kind::Stream {
            let dot_await = sig.asyncness.map(|_| quote!(.await));
            (
                self.paths.private_at("respond_items", place(name.span())),
                quote!(async move { #called #dot_await }),
            )
        } else {
            (self.paths.private_at("respond_iterator", place(name.span())), quote!(move || #called))
        };
        quote! {
            #(#attrs)* #sig #body
            #number
            #respond::<#sent, _, _>(#call, #info, #encoder, #started, #begin, #take)
        }
    }

    /// How the item becomes an event. That it can is asked here and nowhere else, so it is one error.
    fn encoder(&self) -> TokenStream {
        let (span, value) = (place(self.stream.item.span()), self.sent_type());
        let traits = [
            "NamedEncoder",
            "NamedEventEncoder",
            "ReplayedNamedEncoder",
            "ReplayedNamedEventEncoder",
            "NumberedReplayedEncoder",
            "ResultEncoder",
            "ItemEncoder",
        ]
        .map(|name| self.paths.private(name));
        let probe = self.paths.private("Probe");
        let encoder = quote_spanned!(span=> (&#probe::<#value>::new()).encoder());
        // An item of its own, so that `cargo check` sees it too; in a generic function it could not name the type.
        let generic = !self.stream.function.sig.generics.params.is_empty();
        let names = (!generic).then(|| {
            let names = self.paths.private("NamesOfItem");
            let check = self.paths.private_at("check_names", span);
            let info = info(self.stream, self.args, &self.paths);
            let checked = quote_spanned!(span=> #check(#probe::<#value>::NAMES, #info));
            quote!(const _: () = { #[allow(unused_imports)] use #names as _; #checked };)
        });
        quote!({ #(use #traits as _;)* #names #encoder })
    }

    /// What turns a returned value into the value and, where it is this `Result`, a problem.
    fn failure_of(&self, result: Option<&Type>) -> TokenStream {
        let Some(result) = result else { return self.paths.private("unfailing") };
        let (span, error) = (place(result.span()), self.error_type(result));
        let traits = ["KnownProblem", "ServerFault"].map(|name| self.paths.private(name));
        let failing = self.paths.private("failing");
        let probe = self.paths.private("Probe");
        let probe = quote_spanned!(span=> (&#probe::<#error>::new()).problem());
        quote!({ #(use #traits as _;)* #failing(#probe) })
    }

    /// The type that is emitted.
    fn value_type(&self) -> TokenStream {
        match self.stream.fallible {
            true => self.projected(&self.stream.item, "Item"),
            false => tokens(&self.stream.item),
        }
    }

    /// What is sent of it: with `ids`, the same with an id.
    fn sent_type(&self) -> TokenStream {
        let value = self.value_type();
        match &self.args.ids {
            Some(_) => {
                let replayed = self.paths.private("Replayed");
                quote!(#replayed<#value>)
            }
            None => value,
        }
    }

    /// What makes the numbers of one call, and what a value goes through: it is given its number, or the name of its
    /// position.
    fn numbering(&self) -> (TokenStream, TokenStream) {
        if self.args.ids.is_none() {
            return (quote!(), self.args.wire.positioned(&self.paths).unwrap_or_default());
        }
        let (call, run) = (&self.call, hidden("run"));
        (quote!(let (#call, #run) = #call.numbered();), quote!(#run.number))
    }

    fn error_type(&self, result: &Type) -> TokenStream {
        self.projected(result, "Error")
    }

    /// What a `Result`, under whatever alias, is made of.
    fn projected(&self, result: &Type, part: &str) -> TokenStream {
        let span = place(result.span());
        let fallible = self.paths.private("Fallible");
        let part = Ident::new(part, span);
        quote_spanned!(span=> <#result as #fallible>::#part)
    }

    /// The type of the same name that carries the route, for `App::mount`.
    fn endpoint(&self) -> Option<TokenStream> {
        let route = self.args.route.as_ref()?;
        let function = self.stream.function;
        let (vis, name, path) = (&function.vis, &function.sig.ident, &route.path);
        let attrs: Vec<_> = shared_attrs(&function.attrs).collect();
        let docs = doc_attrs(&function.attrs);
        let [filter, method_router] =
            ["MethodFilter", "MethodRouter"].map(|name| self.paths.private(name));
        let (endpoint, method, full_name) =
            (self.paths.endpoint(), route.method, full_name(self.stream));
        let verb = Ident::new(method, Span::mixed_site());
        let generic = hidden("State");
        let (parameter, state, bounds) = match &self.args.state {
            Some(state) => (quote!(), quote!(#state), quote!()),
            None => (
                quote!(<#generic>),
                quote!(#generic),
                bounds(self.stream, self.args, &generic, &self.paths),
            ),
        };
        let routed = self.routed(&state);
        let described =
            describe::methods(self.stream, self.args, route, &self.sent_type(), &self.paths);
        Some(quote! {
            #(#attrs)*
            #(#docs)*
            #[allow(non_camel_case_types)]
            #vis struct #name {}

            #(#attrs)*
            #[allow(deprecated)]
            impl #parameter #endpoint<#state> for #name #bounds {
                const METHOD: &'static str = #method;
                const PATH: &'static str = #path;
                const NAME: &'static str = #full_name;

                fn method_router() -> #method_router<#state> {
                    #routed(#filter::#verb, #name)
                }

                #described
            }
        })
    }

    /// The function that makes a route, told which extractors come before the last, and the last: where that
    /// does not fit, the error is on it.
    fn routed(&self, state: &TokenStream) -> TokenStream {
        let (first, last) = self.extracted_types();
        let span = place(last.span());
        let route = self.paths.private_at("route", span);
        quote_spanned!(span=> #route::<#state, _, #first, #last>)
    }
}
