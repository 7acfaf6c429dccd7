//! What a function says about its stream, read from the signature.

use proc_macro2::{Ident, Span, TokenStream, TokenTree};
use syn::parse::{Parse, ParseStream};
use syn::{
    Attribute, FnArg, GenericArgument, PatType, PathArguments, PathSegment, ReturnType, Signature,
    Type, TypeParamBound, Visibility,
};

use crate::diagnostics::Errors;

/// A function whose body is left as it was written: it is not parsed here, and reaches the compiler token
/// for token.
pub(crate) struct Function {
    pub(crate) attrs: Vec<Attribute>,
    pub(crate) vis: Visibility,
    pub(crate) sig: Signature,
    pub(crate) body: TokenTree,
}

impl Parse for Function {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        let attrs = input.call(Attribute::parse_outer)?;
        let vis = input.parse()?;
        if !input.peek(syn::Token![fn]) && !input.peek2(syn::Token![fn]) && !is_fn(input) {
            return Err(input.error(
                "`#[stream]` belongs on a function\nhelp: write `async fn name() -> Item { … }` or `fn …`",
            ));
        }
        let sig = input.parse()?;
        if !input.peek(syn::token::Brace) {
            return Err(input.error("a `#[stream]` function has a body\nhelp: write `{ … }`"));
        }
        Ok(Self { attrs, vis, sig, body: input.parse()? })
    }
}

/// Whether a signature with several modifiers (`const`, `unsafe`, `extern "C"`) comes next.
fn is_fn(input: ParseStream<'_>) -> bool {
    input.fork().parse::<Signature>().is_ok()
}

/// How the function makes its items.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// `async fn` with `emit!`.
    Generator,
    /// `fn` with `emit!`.
    Blocking,
    /// `-> impl Stream<Item = T>`.
    Stream,
    /// `-> impl Iterator<Item = T>`.
    Iterator,
}

/// A function that can be made into a stream.
pub(crate) struct StreamFn<'a> {
    pub(crate) function: &'a Function,
    pub(crate) kind: Kind,
    /// The declared item: `T`, or `Result<T, E>` for one that can fail.
    pub(crate) item: Type,
    /// Whether `item` is a `Result`.
    pub(crate) fallible: bool,
    /// For `-> Result<impl Stream, E>`, that `Result` with `()` in it: a type that can be written anywhere.
    pub(crate) setup: Option<Type>,
}

impl<'a> StreamFn<'a> {
    /// None when the return type says too little; that is in `errors`.
    pub(crate) fn new(function: &'a Function, errors: &mut Errors) -> Option<Self> {
        let sig = &function.sig;
        let ReturnType::Type(_, declared) = &sig.output else {
            errors.at(
                sig.paren_token.span.close(),
                "a `#[stream]` function says what it emits",
                format!(
                    "write `-> Item` behind `{}(…)`, with the type that `emit!` sends",
                    sig.ident
                ),
            );
            return None;
        };
        let (returned, setup) = match result_of_impl(declared) {
            Some(inner) => (inner, Some(with_unit(declared))),
            None => (&**declared, None),
        };
        if is_boxed_stream(returned) {
            errors.on(
                returned,
                "a boxed stream cannot be looked into",
                "return `impl Stream<Item = T>`; a boxed stream is one",
            );
            return None;
        }
        let (kind, item) = match returned {
            Type::ImplTrait(bounds) => impl_item(bounds, sig, errors)?,
            item if sig.asyncness.is_some() => (Kind::Generator, item.clone()),
            item => (Kind::Blocking, item.clone()),
        };
        let fallible = last_segment(&item).is_some_and(|segment| segment.ident == "Result");
        Some(Self { function, kind, item, fallible, setup })
    }

    pub(crate) fn extractors(&self) -> impl Iterator<Item = &PatType> {
        self.function.sig.inputs.iter().filter_map(|input| match input {
            FnArg::Typed(arg) => Some(arg),
            FnArg::Receiver(_) => None,
        })
    }

    /// Whether the body ends in `Ok(…)` or `Err(…)`, as functions with `Result` use to.
    pub(crate) fn body_returns_result(&self) -> bool {
        let TokenTree::Group(body) = &self.function.body else {
            return false;
        };
        let tokens: Vec<TokenTree> = body.stream().into_iter().collect();
        match tokens.as_slice() {
            // That is a statement, which only lacks its semicolon.
            [.., TokenTree::Ident(word), TokenTree::Ident(_), TokenTree::Group(_)]
                if word == "return" =>
            {
                false
            }
            [.., TokenTree::Ident(name), TokenTree::Group(_)] => name == "Ok" || name == "Err",
            _ => false,
        }
    }
}

/// `BoxStream<T>`, or `Pin<Box<dyn Stream<Item = T>>>`.
fn is_boxed_stream(ty: &Type) -> bool {
    let Some(segment) = last_segment(ty) else { return false };
    match segment.ident.to_string().as_str() {
        "BoxStream" | "LocalBoxStream" => true,
        "Pin" | "Box" => {
            let text = tokens(ty).to_string();
            text.contains("dyn Stream") || text.contains(":: Stream <")
        }
        _ => false,
    }
}

/// The inner type of `Result<impl Trait, E>`.
fn result_of_impl(ty: &Type) -> Option<&Type> {
    let segment = last_segment(ty).filter(|segment| segment.ident == "Result")?;
    let PathArguments::AngleBracketed(arguments) = &segment.arguments else {
        return None;
    };
    match arguments.args.first() {
        Some(GenericArgument::Type(inner @ Type::ImplTrait(_))) => Some(inner),
        _ => None,
    }
}

/// The same `Result` with `()` for what it holds.
fn with_unit(ty: &Type) -> Type {
    let mut ty = ty.clone();
    if let Type::Path(path) = &mut ty
        && let Some(segment) = path.path.segments.last_mut()
        && let PathArguments::AngleBracketed(arguments) = &mut segment.arguments
        && let Some(first) = arguments.args.first_mut()
    {
        *first = GenericArgument::Type(syn::parse_quote!(()));
    }
    ty
}

/// What `impl Stream<Item = T>` or `impl Iterator<Item = T>` says.
fn impl_item(
    bounds: &syn::TypeImplTrait,
    sig: &Signature,
    errors: &mut Errors,
) -> Option<(Kind, Type)> {
    let found = bounds.bounds.iter().find_map(|bound| {
        let TypeParamBound::Trait(bound) = bound else {
            return None;
        };
        let segment = bound.path.segments.last()?;
        match segment.ident.to_string().as_str() {
            "Stream" => Some((Kind::Stream, segment)),
            "Iterator" => Some((Kind::Iterator, segment)),
            _ => None,
        }
    });
    let Some((kind, segment)) = found else {
        errors.on(
            bounds,
            "this is neither an item nor a stream of items",
            "return the item type, `impl Stream<Item = T>` or `impl Iterator<Item = T>`",
        );
        return None;
    };
    if let (Kind::Iterator, Some(token)) = (kind, &sig.asyncness) {
        errors.on(
            token,
            "an iterator runs on a blocking thread, not on the async runtime",
            "write `fn` without `async`, or return `impl Stream<Item = T>`",
        );
        return None;
    }
    let item = associated_item(segment);
    if item.is_none() {
        errors.on(
            &segment.ident,
            format!("`impl {}` does not say what it emits", segment.ident),
            format!("write `impl {}<Item = T>`", segment.ident),
        );
    }
    let item = item?;
    if matches!(item, Type::ImplTrait(_)) {
        errors.on(&item, "the item has to be a type with a name", "write the type that is emitted");
        return None;
    }
    Some((kind, item))
}

fn associated_item(segment: &PathSegment) -> Option<Type> {
    let PathArguments::AngleBracketed(arguments) = &segment.arguments else {
        return None;
    };
    arguments.args.iter().find_map(|argument| match argument {
        GenericArgument::AssocType(assoc) if assoc.ident == "Item" => Some(assoc.ty.clone()),
        _ => None,
    })
}

/// The last segment of a type that is a path.
pub(crate) fn last_segment(ty: &Type) -> Option<&PathSegment> {
    match ty {
        Type::Path(path) if path.qself.is_none() => path.path.segments.last(),
        Type::Group(group) => last_segment(&group.elem),
        Type::Paren(paren) => last_segment(&paren.elem),
        _ => None,
    }
}

/// The `T` of an extractor `State<T>`.
pub(crate) fn state_of(ty: &Type) -> Option<&Type> {
    let segment = last_segment(ty).filter(|segment| segment.ident == "State")?;
    let PathArguments::AngleBracketed(arguments) = &segment.arguments else {
        return None;
    };
    match arguments.args.first() {
        Some(GenericArgument::Type(inner)) => Some(inner),
        _ => None,
    }
}

/// Where the user's tokens are, but as generated code: errors show there, lints do not look there.
pub(crate) fn place(span: Span) -> Span {
    Span::mixed_site().located_at(span)
}

/// An identifier of generated code, invisible to the user's.
pub(crate) fn hidden(name: &str) -> Ident {
    Ident::new(&format!("__bolt_{name}"), Span::mixed_site())
}

/// The attributes that belong on every item made from the function.
pub(crate) fn shared_attrs(attrs: &[Attribute]) -> impl Iterator<Item = &Attribute> {
    attrs.iter().filter(|attr| attr.path().is_ident("cfg"))
}

/// The attributes that say something to readers.
pub(crate) fn doc_attrs(attrs: &[Attribute]) -> impl Iterator<Item = &Attribute> {
    attrs.iter().filter(|attr| attr.path().is_ident("doc") || attr.path().is_ident("deprecated"))
}

/// The tokens of a type, to put it where several are wanted.
pub(crate) fn tokens(ty: &Type) -> TokenStream {
    quote::ToTokens::to_token_stream(ty)
}
