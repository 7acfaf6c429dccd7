//! What a function and its route must be. One `check_*` for each rule.

use syn::{FnArg, GenericArgument, GenericParam, PathArguments, Type};

use crate::diagnostics::Errors;

use super::args::Args;
use super::model::{Function, Kind, StreamFn, last_segment};

/// As many arguments as an axum handler can have.
const MAX_EXTRACTORS: usize = 16;

pub(crate) fn function(function: &Function, args: &Args, errors: &mut Errors) {
    check_modifiers(function, errors);
    check_receiver(function, errors);
    check_generics(function, args, errors);
    check_argument_types(function, args, errors);
    check_argument_attributes(function, errors);
    check_extractor_count(function, errors);
    check_path(args, errors);
    check_tag(args, errors);
}

/// What is emitted by a subscription has an id.
pub(crate) fn item(stream: &StreamFn<'_>, args: &Args, errors: &mut Errors) {
    if let Some(ids) = &args.ids
        && is_replayed(&stream.item)
    {
        errors.on(
            ids,
            "a `Replayed` has an id already, by which its client goes on",
            "leave `ids` out: it numbers the events of a function that makes its own",
        );
    }
}

/// Only a function with `emit!` has the place for an `answer!`.
pub(crate) fn answer(stream: &StreamFn<'_>, args: &Args, errors: &mut Errors) {
    if let (Some(answer), Kind::Stream | Kind::Iterator) = (&args.answer, stream.kind) {
        errors.on(
            answer,
            "a function that returns its items has nothing else to answer with",
            "return the item type, use `emit!` for each item, and `answer!` for the one value",
        );
    }
}

/// Whether a type is `Replayed<T>`, or a `Result` of it.
fn is_replayed(ty: &Type) -> bool {
    let Some(segment) = last_segment(ty) else { return false };
    match &segment.arguments {
        PathArguments::AngleBracketed(arguments) if segment.ident == "Result" => {
            matches!(arguments.args.first(), Some(GenericArgument::Type(inner)) if is_replayed(inner))
        }
        _ => segment.ident == "Replayed",
    }
}

fn check_modifiers(function: &Function, errors: &mut Errors) {
    let sig = &function.sig;
    let help = "a `#[stream]` function is `fn` or `async fn`";
    if let Some(token) = &sig.constness {
        errors.on(token, "a stream cannot be `const`", help);
    }
    if !matches!(sig.safety, syn::Safety::Default) {
        errors.on(&sig.safety, "a stream has no safety modifier", help);
    }
    if let Some(abi) = &sig.abi {
        errors.on(abi, "a stream cannot be `extern`", help);
    }
    if let Some(variadic) = &sig.variadic {
        errors.on(variadic, "a stream has a fixed number of arguments", help);
    }
}

fn check_receiver(function: &Function, errors: &mut Errors) {
    if let Some(FnArg::Receiver(receiver)) = function.sig.inputs.first() {
        errors.on(
            receiver,
            "a stream cannot be a method: axum has no `self` to call it with",
            "make it a free function, and take what it needs by an extractor such as `State(app)`",
        );
    }
}

fn check_generics(function: &Function, args: &Args, errors: &mut Errors) {
    for param in &function.sig.generics.params {
        match param {
            GenericParam::Lifetime(lifetime) => errors.on(
                lifetime,
                "a stream outlives its request, so it cannot borrow",
                "take extractors that own their data",
            ),
            GenericParam::Type(_) | GenericParam::Const(_) if args.route.is_some() => errors.on(
                param,
                "a stream with a route cannot be generic: the route names one function",
                "leave the route out, and add `name::<Type>` with `Router::route`",
            ),
            GenericParam::Type(_) | GenericParam::Const(_) => {}
        }
    }
}

fn check_argument_types(function: &Function, args: &Args, errors: &mut Errors) {
    let typed = function.sig.inputs.iter().filter_map(|input| match input {
        FnArg::Typed(arg) => Some(&*arg.ty),
        FnArg::Receiver(_) => None,
    });
    for ty in typed.filter(|ty| args.route.is_some() && matches!(ty, syn::Type::ImplTrait(_))) {
        errors.on(
            ty,
            "a stream with a route cannot be generic: the route names one function",
            "write the type of the extractor",
        );
    }
}

fn check_argument_attributes(function: &Function, errors: &mut Errors) {
    let attrs = function.sig.inputs.iter().flat_map(|input| match input {
        FnArg::Typed(arg) => &arg.attrs,
        FnArg::Receiver(receiver) => &receiver.attrs,
    });
    for attr in attrs.filter(|attr| attr.path().is_ident("cfg") || attr.path().is_ident("cfg_attr"))
    {
        errors.on(
            attr,
            "an argument of a stream is always there: its route and its documentation are made of all of them",
            "put `#[cfg(…)]` on the function, and write it once for each case",
        );
    }
}

fn check_extractor_count(function: &Function, errors: &mut Errors) {
    if let Some(extra) = function.sig.inputs.iter().nth(MAX_EXTRACTORS) {
        errors.on(
            extra,
            format!("a stream takes at most {MAX_EXTRACTORS} extractors, as every axum handler"),
            "put some into one struct with `#[derive(FromRequestParts)]`, or into a tuple",
        );
    }
}

fn check_tag(args: &Args, errors: &mut Errors) {
    if let Some(tag) = args.tag.as_ref().filter(|tag| tag.value().trim().is_empty()) {
        errors.on(tag, "a tag has a name", "write `tag = \"prices\"`, or leave it out");
    }
}

fn check_path(args: &Args, errors: &mut Errors) {
    let Some(route) = &args.route else { return };
    if let Err((rule, help)) = path(&route.path.value()) {
        errors.on(&route.path, rule, help);
    }
}

/// The rules of axum's router, which panics on a path that breaks them.
fn path(path: &str) -> Result<(), (String, String)> {
    if !path.starts_with('/') {
        return Err(("a path starts with `/`".into(), format!("write \"/{path}\"")));
    }
    let refused =
        |c: &char| matches!(c, '?' | '#') || c.is_whitespace() || c.is_control() || !c.is_ascii();
    if let Some(c) = path.chars().find(refused) {
        let help = match c {
            '?' => "leave the query out, and take it with the `Query` extractor",
            '#' => "leave the fragment out: browsers do not send it",
            _ => "write it percent-encoded, such as `%20`",
        };
        return Err((format!("a path has no {c:?}"), help.into()));
    }
    let mut names = Vec::new();
    let segments: Vec<&str> = path.split('/').skip(1).collect();
    for (index, segment) in segments.iter().enumerate() {
        let name = parameter(segment)?;
        if segment.starts_with("{*") && index + 1 != segments.len() {
            return Err((
                format!("`{segment}` takes the rest of the path, so nothing can follow it"),
                "put it last".into(),
            ));
        }
        if let Some(name) = name {
            if names.contains(&name) {
                return Err((
                    format!("two parameters of this path are named `{name}`"),
                    "give each its own name".into(),
                ));
            }
            names.push(name);
        }
    }
    Ok(())
}

/// The name of the parameter in a segment, if there is one.
fn parameter(segment: &str) -> Result<Option<String>, (String, String)> {
    if let Some(name) = segment.strip_prefix(':') {
        let rule = format!("`{segment}` is how paths were written before axum 0.8");
        return Err((rule, format!("write `{{{name}}}`")));
    }
    if let Some(name) = segment.strip_prefix('*') {
        let rule = format!("`{segment}` is how paths were written before axum 0.8");
        return Err((rule, format!("write `{{*{name}}}`")));
    }
    if segment.contains("{{") || segment.contains("}}") {
        let rule = format!("`{segment}` has braces, which a URI cannot contain (RFC 3986)");
        return Err((rule, "write `%7B` and `%7D` for them, `{name}` for a parameter".into()));
    }
    let Some((before, rest)) = segment.split_once('{') else {
        return match segment.contains('}') {
            true => Err(unbalanced(segment)),
            false => Ok(None),
        };
    };
    let Some((name, after)) = rest.split_once('}') else {
        return Err(unbalanced(segment));
    };
    if before.contains('}') || name.contains('{') {
        return Err(unbalanced(segment));
    }
    if !after.is_empty() && !after.contains(['{', '}']) {
        let rule = format!("nothing can follow the parameter in `{segment}`");
        return Err((rule, "take the whole segment, and cut it in the function".into()));
    }
    if after.contains(['{', '}']) {
        let rule = format!("`{segment}` has more than one parameter");
        return Err((rule, "put one in a segment, and take it apart in the function".into()));
    }
    let bare = name.strip_prefix('*').unwrap_or(name);
    if bare.is_empty() {
        let rule = format!("the parameter in `{segment}` has no name");
        return Err((rule, "write `{name}`".into()));
    }
    if bare.contains('*') {
        let rule = format!("the parameter in `{segment}` has a `*` in its name");
        return Err((rule, "write `{name}`, or `{*name}` for the rest of the path".into()));
    }
    Ok(Some(bare.to_owned()))
}

fn unbalanced(segment: &str) -> (String, String) {
    let rule = format!("the braces in `{segment}` do not match");
    (rule, "write `{name}` for a parameter, `%7B` and `%7D` for braces".into())
}

#[cfg(test)]
mod tests {
    use super::path;

    /// What axum itself says: it panics on a path that it cannot route.
    fn axum_takes(path: &str) -> bool {
        std::panic::catch_unwind(|| {
            axum::Router::<()>::new().route(path, axum::routing::get(|| async {}))
        })
        .is_ok()
    }

    #[test]
    fn what_passes_is_what_axum_takes() {
        let good = [
            "/",
            "/a",
            "/a/",
            "/a/{x}",
            "/a/{x}/b/{y}",
            "/a/{*rest}",
            "/%7Bliteral%7D",
            "/a.b~c/%20",
            "/a{x}",
            "/v1.{x}",
            "/{a}/{b}",
            "//",
        ];
        for good in good {
            assert!(path(good).is_ok(), "{good}: {:?}", path(good));
            assert!(axum_takes(good), "{good}");
        }
        let panics = [
            "",
            "a",
            "/:x",
            "/*x",
            "/{}",
            "/{*}",
            "/{x",
            "/x}",
            "/{*x}/b",
            "/{x}{y}",
            "/{x*}",
            "/{x}.json",
            "/x/{a}b",
            "/x/p{a}c",
        ];
        for bad in panics {
            assert!(path(bad).is_err(), "{bad}");
            assert!(!axum_takes(bad), "{bad}");
        }
        // axum takes these, and they match nothing that is sent, or not what was meant.
        for bad in ["/a?b", "/a#b", "/a b", "/a\n", "/ü", "/{x}/{x}", "/{{x}}"] {
            assert!(path(bad).is_err(), "{bad}");
        }
    }
}
