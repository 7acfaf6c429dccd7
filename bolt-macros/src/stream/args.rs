//! `#[stream(…)]`: what stands between the parentheses.

use proc_macro2::{TokenStream, TokenTree};
use quote::quote;
use syn::ext::IdentExt as _;
use syn::parse::{Parse, ParseStream, Parser};
use syn::{Ident, LitStr, Path, Token, Type};

use crate::diagnostics::Errors;

use super::wire::Wire;

/// The methods that a route can have, as they are written and as HTTP writes them.
pub(crate) const METHODS: [(&str, &str); 5] =
    [("get", "GET"), ("post", "POST"), ("put", "PUT"), ("patch", "PATCH"), ("delete", "DELETE")];

const KNOWN: &str = "the arguments are a method and a path, then any of \
                     `events`, `lines`, `sequence`, `array`, `end = …`, `position = …`, `answer = Type`, `restart`, `ids`, \
                     `undocumented`, `tag = \"name\"`, `state = Type`, `crate = path`";

/// The arguments of the attribute.
#[derive(Default)]
pub(crate) struct Args {
    pub(crate) route: Option<Route>,
    /// Whether a route was meant, also where it could not be read.
    pub(crate) wants_route: bool,
    /// Run again for a client that returns after the end.
    pub(crate) restart: bool,
    /// Number its events.
    pub(crate) ids: Option<Ident>,
    /// The forms it is sent in, and what bolt adds to them.
    pub(crate) wire: Wire,
    /// The type of the JSON value that it may answer with in place of a stream.
    pub(crate) answer: Option<Type>,
    /// Leave it out of the API documentation.
    pub(crate) undocumented: bool,
    /// Where it stands in the API documentation.
    pub(crate) tag: Option<LitStr>,
    /// The one state that the function works with.
    pub(crate) state: Option<Type>,
    /// Where `bolt` is.
    pub(crate) root: Option<Path>,
}

/// `get, "/path"`.
pub(crate) struct Route {
    pub(crate) method: &'static str,
    pub(crate) path: LitStr,
}

/// One argument, before it is known what it means.
enum Arg {
    Word(Ident),
    Text(LitStr),
    Value(Ident, TokenStream),
}

impl Parse for Arg {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        if input.peek(LitStr) {
            return input.parse().map(Self::Text);
        }
        if !input.peek(Ident::peek_any) {
            return Err(input.error("expected an argument"));
        }
        let name = input.call(Ident::parse_any)?;
        if input.peek(Token![=]) {
            input.parse::<Token![=]>()?;
            let mut value = TokenStream::new();
            while !input.is_empty() && !input.peek(Token![,]) {
                value.extend([input.parse::<TokenTree>()?]);
            }
            return Ok(Self::Value(name, value));
        }
        Ok(Self::Word(name))
    }
}

impl Args {
    pub(crate) fn parse(tokens: TokenStream, errors: &mut Errors) -> Self {
        let mut args = Self { wants_route: !tokens.is_empty(), ..Self::default() };
        let list =
            match syn::punctuated::Punctuated::<Arg, Token![,]>::parse_terminated.parse2(tokens) {
                Ok(list) => list,
                Err(error) => {
                    errors.at(error.span(), error.to_string(), KNOWN);
                    return args;
                }
            };
        let mut method: Option<Ident> = None;
        let mut seen: Vec<String> = Vec::new();
        let count = list.len();
        let mut list = list.into_iter().enumerate().peekable();
        while let Some((index, arg)) = list.next() {
            match arg {
                Arg::Word(word) if args.flag(&word, &mut seen, errors) => {}
                Arg::Word(word) if index == 0 && is_method(&word, list.peek()) => {
                    method = Some(word);
                }
                Arg::Word(word) if index == 1 && method.is_some() => errors.on(
                    &word,
                    "a path is a string literal",
                    format!(
                        "write the path itself, such as \"/{}\"",
                        word.to_string().to_lowercase()
                    ),
                ),
                Arg::Text(path) if index == 1 && method.is_some() => {
                    args.route = method.as_ref().and_then(|method| route(method, path, errors));
                }
                Arg::Text(path) => errors.on(
                    &path,
                    "a path stands behind a method",
                    format!("write `#[stream(get, {})]`", path_text(&path)),
                ),
                Arg::Value(name, value) => args.value(&name, value, &mut seen, errors),
                Arg::Word(name) => unknown(&name, errors),
            }
        }
        args.check(errors);
        if let (Some(method), true) = (&method, count == 1) {
            errors.on(
                method,
                format!("the method `{method}` has no path"),
                format!("write `#[stream({method}, \"/path\")]`"),
            );
        }
        args
    }

    /// Takes a word that has no value. False when it is none of them.
    fn flag(&mut self, word: &Ident, seen: &mut Vec<String>, errors: &mut Errors) -> bool {
        match word.to_string().as_str() {
            "restart" => self.restart = true,
            "ids" => self.ids = Some(word.clone()),
            "undocumented" => self.undocumented = true,
            _ if self.wire.form(word) => {}
            _ => return false,
        }
        once(word, seen, errors);
        true
    }

    /// Takes `name = value`.
    fn value(
        &mut self,
        name: &Ident,
        value: TokenStream,
        seen: &mut Vec<String>,
        errors: &mut Errors,
    ) {
        match name.to_string().as_str() {
            "end" => self.wire.end(name, value, errors),
            "position" => self.wire.position(name, value, errors),
            "answer" => {
                self.answer = parsed(name, value, "a type", "answer = Completion", errors);
            }
            "tag" => {
                self.tag = parsed(name, value, "a string literal", "tag = \"prices\"", errors);
            }
            "state" => self.state = parsed(name, value, "a type", "state = AppState", errors),
            "crate" => self.root = parsed(name, value, "a path", "crate = my_crate::bolt", errors),
            _ => return unknown(name, errors),
        }
        once(name, seen, errors);
    }

    /// What does not go together.
    fn check(&self, errors: &mut Errors) {
        if let Some(answer) = &self.answer {
            self.wire.check_answer(errors);
            if self.ids.is_some() {
                errors.on(answer, "what has one value has no ids", "leave out `answer` or `ids`");
            }
        }
        self.wire.check(self.restart, self.ids.as_ref(), errors);
    }
}

/// A first word is a method when it is one, or when a path follows that it must have been meant for.
fn is_method(word: &Ident, next: Option<&(usize, Arg)>) -> bool {
    let text = word.to_string().to_lowercase();
    METHODS.iter().any(|(name, _)| *name == text) || matches!(next, Some((_, Arg::Text(_))))
}

fn route(method: &Ident, path: LitStr, errors: &mut Errors) -> Option<Route> {
    let text = method.to_string();
    let lower = text.to_lowercase();
    match METHODS.iter().find(|(name, _)| *name == lower) {
        Some((name, http)) if *name == text => Some(Route { method: http, path }),
        Some((name, _)) => {
            errors.on(method, format!("unknown method `{text}`"), format!("write `{name}`"));
            None
        }
        None => {
            let known: Vec<_> = METHODS.iter().map(|(name, _)| format!("`{name}`")).collect();
            let known = known.join(", ");
            errors.on(method, format!("unknown method `{text}`"), format!("use one of {known}"));
            None
        }
    }
}

fn parsed<T: Parse>(
    name: &Ident,
    value: TokenStream,
    what: &str,
    example: &str,
    errors: &mut Errors,
) -> Option<T> {
    let shown = if value.is_empty() { quote!(#name) } else { value.clone() };
    let parsed = syn::parse2(value).ok();
    if parsed.is_none() {
        errors.on(&shown, format!("`{name}` takes {what}"), format!("write `{example}`"));
    }
    parsed
}

fn path_text(path: &LitStr) -> String {
    format!("{:?}", path.value())
}

fn once(name: &Ident, seen: &mut Vec<String>, errors: &mut Errors) {
    let text = name.to_string();
    if seen.contains(&text) {
        errors.on(name, format!("`{text}` is said twice"), "leave one out");
    }
    seen.push(text);
}

fn unknown(name: &Ident, errors: &mut Errors) {
    let text = name.to_string();
    let rule = match text.as_str() {
        "state" | "crate" | "tag" | "end" | "position" | "answer" => {
            format!("`{text}` takes a value")
        }
        "ids" | "restart" | "undocumented" | "events" | "lines" | "sequence" | "array" => {
            format!("`{text}` takes no value")
        }
        _ => format!("unknown argument `{text}`"),
    };
    errors.on(name, rule, KNOWN);
}
