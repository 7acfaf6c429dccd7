//! `#[derive(StreamEvent)]`: an enum's variants as the names of events.

mod rename;

use proc_macro2::TokenStream;
use quote::quote;
use syn::{Attribute, Data, DeriveInput, Fields, Lit, LitStr, Path, Variant};

use crate::diagnostics::Errors;
use crate::paths::Paths;

use self::rename::Rule;

/// ```text
/// impl StreamEvent for Answer {
///     const NAMES: &[&str] = &["token", "done"];
///     fn event_name(&self) -> &str { match self { Self::Token { .. } => "token", … } }
/// }
/// ```
pub(crate) fn expand(item: TokenStream) -> TokenStream {
    let mut errors = Errors::default();
    let input: DeriveInput = match syn::parse2(item) {
        Ok(input) => input,
        Err(error) => return error.into_compile_error(),
    };
    let Data::Enum(data) = &input.data else {
        errors.on(
            &input.ident,
            "only an enum can be a `StreamEvent`: its variants are the names",
            "emit the value itself, or `Event::new(value).name(NAME)`",
        );
        return errors.into_tokens();
    };
    let rule = container_rule(&input.attrs, &mut errors);
    let mut names: Vec<String> = Vec::new();
    let mut sent: Vec<String> = Vec::new();
    for variant in &data.variants {
        let attrs = VariantAttrs::of(variant, &mut errors);
        let name = attrs.name(variant, rule, &mut errors);
        if sent.contains(&name) {
            let rule = format!("two variants are named `{name}`");
            match &attrs.rename {
                Some(rename) => errors.on(rename, rule, "rename one of them"),
                None => errors.on(&variant.ident, rule, "rename one of them"),
            }
        }
        if !attrs.skipped {
            sent.push(name.clone());
        }
        names.push(name);
    }
    if !errors.is_empty() {
        sent.clear();
    }
    let patterns = data.variants.iter().map(|Variant { ident, fields, .. }| match fields {
        Fields::Named(_) => quote!(Self::#ident { .. }),
        Fields::Unnamed(_) => quote!(Self::#ident(..)),
        Fields::Unit => quote!(Self::#ident),
    });
    let (ident, (generics, arguments, bounds)) = (&input.ident, input.generics.split_for_impl());
    // With generics the enum may be `Serialize` for some arguments only.
    let predicates = bounds.map(|bounds| &bounds.predicates).into_iter().flatten();
    let paths = Paths::new(root(&input.attrs, &mut errors).as_ref());
    let serialize = paths.private("Serialize");
    let serialize = (!input.generics.params.is_empty()).then(|| quote!(Self: #serialize,));
    let stream_event = paths.stream_event();
    let errors = errors.into_tokens();
    quote! {
        #errors
        impl #generics #stream_event for #ident #arguments
        where
            #serialize
            #(#predicates,)*
        {
            const NAMES: &'static [&'static str] = &[#(#sent),*];

            fn event_name(&self) -> &'static str {
                match *self {
                    #(#patterns => #names,)*
                }
            }
        }
    }
}

/// What serde's attributes on a variant say of its name.
#[derive(Default)]
struct VariantAttrs {
    rename: Option<LitStr>,
    skipped: bool,
}

impl VariantAttrs {
    fn of(variant: &Variant, errors: &mut Errors) -> Self {
        let mut found = Self::default();
        each_serde(&variant.attrs, errors, |name, value| match (name, value) {
            ("rename", Some(value)) => found.rename = Some(value),
            ("skip" | "skip_serializing", None) => found.skipped = true,
            _ => {}
        });
        found
    }

    fn name(&self, variant: &Variant, rule: Rule, errors: &mut Errors) -> String {
        let Some(rename) = &self.rename else {
            return rule.apply(&syn::ext::IdentExt::unraw(&variant.ident).to_string());
        };
        let name = rename.value();
        if name.is_empty() {
            let help = "give it one, or send the value as a `message` event without `StreamEvent`";
            errors.on(rename, "an event name cannot be empty", help);
        }
        if name.contains(['\r', '\n']) {
            errors.on(rename, "an event name cannot hold CR or LF", "write it in one line");
        }
        name
    }
}

fn container_rule(attrs: &[Attribute], errors: &mut Errors) -> Rule {
    let mut rule = Rule::default();
    each_serde(attrs, errors, |name, value| {
        if let ("rename_all", Some(value)) = (name, value) {
            // An unknown rule is serde's error to report.
            rule = Rule::named(&value.value()).unwrap_or_default();
        }
    });
    rule
}

/// Calls `found` with each `name`, `name = "value"` and `name(serialize = "value")` of `#[serde(…)]`.
fn each_serde(
    attrs: &[Attribute],
    errors: &mut Errors,
    mut found: impl FnMut(&str, Option<LitStr>),
) {
    for attr in attrs.iter().filter(|attr| attr.path().is_ident("serde")) {
        let parsed = attr.parse_nested_meta(|meta| {
            let name = meta.path.get_ident().map(ToString::to_string).unwrap_or_default();
            if meta.input.peek(syn::Token![=]) {
                let value = meta.value()?.parse::<syn::Expr>()?;
                found(&name, text_of(&value));
            } else if meta.input.peek(syn::token::Paren) {
                meta.parse_nested_meta(|side| {
                    let value = side.value()?.parse::<syn::Expr>()?;
                    if side.path.is_ident("serialize") {
                        found(&name, text_of(&value));
                    }
                    Ok(())
                })?;
            } else {
                found(&name, None);
            }
            Ok(())
        });
        if let Err(error) = parsed {
            errors.add(error);
        }
    }
}

/// Where `bolt` is, as `#[bolt(crate = …)]` says.
fn root(attrs: &[Attribute], errors: &mut Errors) -> Option<Path> {
    let mut root = None;
    for attr in attrs.iter().filter(|attr| attr.path().is_ident("bolt")) {
        let parsed = attr.parse_nested_meta(|meta| {
            if !meta.path.is_ident("crate") {
                let help = "write `#[bolt(crate = my_crate::bolt)]`";
                return Err(meta.error(format!("unknown argument\nhelp: {help}")));
            }
            root = Some(meta.value()?.call(Path::parse_mod_style)?);
            Ok(())
        });
        if let Err(error) = parsed {
            errors.add(error);
        }
    }
    root
}

fn text_of(value: &syn::Expr) -> Option<LitStr> {
    match value {
        // A literal that came through a `macro_rules!` is in a group of its own.
        syn::Expr::Group(group) => text_of(&group.expr),
        syn::Expr::Lit(syn::ExprLit { lit: Lit::Str(text), .. }) => Some(text.clone()),
        _ => None,
    }
}
