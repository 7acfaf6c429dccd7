//! `Wire`: the forms that a stream is sent in, and what bolt itself sends in them.

use proc_macro2::{Ident, TokenStream};
use quote::quote;
use syn::parse::{Parse, ParseStream};
use syn::{LitBool, LitStr, Token};

use crate::diagnostics::Errors;
use crate::paths::Paths;

/// The forms as they are written, and as bolt names them.
const FORMS: [(&str, &str); 4] =
    [("events", "EVENTS"), ("lines", "LINES"), ("sequence", "SEQUENCE"), ("array", "ARRAY")];

/// Names of events that have another meaning.
const TAKEN: [&str; 2] = ["error", "gap"];

/// `events`, `end = …`, `position = …`.
#[derive(Default)]
pub(crate) struct Wire {
    /// Those that the function has; all of them where it names none.
    forms: Vec<Form>,
    end: Option<(Ident, End)>,
    position: Option<(Ident, Option<LitStr>)>,
}

struct Form {
    word: Ident,
    constant: &'static str,
}

/// What `end = …` says.
enum End {
    Named(LitStr),
    Data(LitStr),
    None,
}

impl Parse for End {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        if input.peek(LitStr) {
            return input.parse().map(Self::Named);
        }
        if input.peek(LitBool) {
            off(input)?;
            return Ok(Self::None);
        }
        let word: Ident = input.parse()?;
        if word != "data" {
            return Err(syn::Error::new(word.span(), "not `data`"));
        }
        let text;
        syn::parenthesized!(text in input);
        let data = text.parse()?;
        text.parse::<Option<Token![,]>>()?;
        if !text.is_empty() {
            return Err(text.error("one text"));
        }
        Ok(Self::Data(data))
    }
}

/// What `position = …` says.
pub(crate) struct Position(Option<LitStr>);

impl Parse for Position {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        match input.peek(LitStr) {
            true => input.parse().map(|name| Self(Some(name))),
            false => off(input).map(|()| Self(None)),
        }
    }
}

fn off(input: ParseStream<'_>) -> syn::Result<()> {
    let word: LitBool = input.parse()?;
    if word.value { Err(syn::Error::new(word.span, "not `false`")) } else { Ok(()) }
}

impl Wire {
    /// Takes a word that is the name of a form. False when it is none.
    pub(crate) fn form(&mut self, word: &Ident) -> bool {
        let Some((_, constant)) = FORMS.iter().find(|(name, _)| word == name) else { return false };
        self.forms.push(Form { word: word.clone(), constant });
        true
    }

    pub(crate) fn end(&mut self, name: &Ident, value: TokenStream, errors: &mut Errors) {
        let shown = if value.is_empty() { quote!(#name) } else { value.clone() };
        match syn::parse2(value) {
            Ok(end) => self.end = Some((name.clone(), end)),
            Err(_) => errors.on(
                &shown,
                "`end` takes the name of the last event, the data of one without a name, or `false`",
                "write `end = \"done\"`, `end = data(\"[DONE]\")` or `end = false`",
            ),
        }
    }

    pub(crate) fn position(&mut self, name: &Ident, value: TokenStream, errors: &mut Errors) {
        let shown = if value.is_empty() { quote!(#name) } else { value.clone() };
        match syn::parse2(value) {
            Ok(Position(position)) => self.position = Some((name.clone(), position)),
            Err(_) => errors.on(
                &shown,
                "`position` takes the name of the event that says where a reader of a log is, or `false`",
                "write `position = \"at\"` or `position = false`",
            ),
        }
    }

    /// What does not go together with `answer`.
    pub(crate) fn check_answer(&self, errors: &mut Errors) {
        for form in self.forms.iter().filter(|form| form.word == "array") {
            errors.on(
                &form.word,
                "an array and the value of `answer` have the same media type, so no client could tell which it has",
                "leave out `array` or `answer`",
            );
        }
    }

    /// What does not go together.
    pub(crate) fn check(&self, restart: bool, ids: Option<&Ident>, errors: &mut Errors) {
        let events = self.forms.is_empty() || self.forms.iter().any(|form| form.word == "events");
        if let Some((name, end)) = &self.end {
            if restart {
                errors.on(
                    name,
                    "a stream that is run again has no end to tell of",
                    "leave out `end` or `restart`",
                );
            }
            if !events {
                errors.on(
                    name,
                    "only events tell of their end",
                    "leave `end` out, or add `events`",
                );
            }
            match end {
                End::Named(text) => check_name(text, errors),
                End::Data(_) | End::None => {}
            }
        }
        let Some((name, position)) = &self.position else { return };
        if let Some(text) = position {
            check_name(text, errors);
            if self.end_name().is_some_and(|end| end == text.value()) {
                errors.on(text, "the event that ends the stream has this name", "choose another");
            }
        }
        if !events {
            errors.on(
                name,
                "only events tell of a position",
                "leave `position` out, or add `events`",
            );
        }
        if ids.is_some() {
            errors.on(
                name,
                "a function with `ids` begins at its first event, and tells of no position",
                "leave out `position` or `ids`",
            );
        }
    }

    /// The name of the event that ends the stream.
    fn end_name(&self) -> Option<String> {
        match &self.end {
            None => Some("end".to_owned()),
            Some((_, End::Named(name))) => Some(name.value()),
            Some((_, End::Data(_) | End::None)) => None,
        }
    }

    /// The fields of `Info` that say so. Where a JSON value may be answered, only events are told apart from it.
    pub(crate) fn info(&self, answers: bool, paths: &Paths) -> TokenStream {
        let [form, last] = ["Form", "LastBlock"].map(|name| paths.private(name));
        let forms = match self.forms.as_slice() {
            [] if answers => quote!(&[#form::EVENTS]),
            [] => quote!(#form::ALL),
            some => {
                let some =
                    some.iter().map(|Form { word, constant }| Ident::new(constant, word.span()));
                quote!(&[#(#form::#some),*])
            }
        };
        let end = match &self.end {
            None => quote!(#last::DEFAULT),
            Some((_, End::Named(name))) => quote!(#last::Named(#name)),
            Some((_, End::Data(text))) => quote!(#last::Data(#text)),
            Some((_, End::None)) => quote!(#last::None),
        };
        let position = match &self.position {
            None => quote!(::core::option::Option::Some("position")),
            Some((_, position)) => named(position.as_ref()),
        };
        quote!(forms: #forms, end: #end, position: #position)
    }

    /// What gives a value that is emitted the name of its position, where the function says one.
    pub(crate) fn positioned(&self, paths: &Paths) -> Option<TokenStream> {
        let (name, position) = self.position.as_ref()?;
        let rename = paths.private_at("position_named", name.span());
        let position = named(position.as_ref());
        Some(quote!((|item| #rename(item, #position))))
    }
}

fn named(name: Option<&LitStr>) -> TokenStream {
    match name {
        Some(name) => quote!(::core::option::Option::Some(#name)),
        None => quote!(::core::option::Option::None),
    }
}

fn check_name(name: &LitStr, errors: &mut Errors) {
    let text = name.value();
    if text.is_empty() || text.contains(['\r', '\n']) {
        errors.on(
            name,
            "the name of an event is not empty, and has no line ends",
            "write a name such as \"done\"",
        );
    } else if TAKEN.contains(&text.as_str()) {
        errors.on(
            name,
            format!("the name `{text}` says something else: how a stream failed, or that events are missing"),
            "choose another name",
        );
    }
}
