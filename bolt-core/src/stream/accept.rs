//! Which form a client would have: its `accept` headers (RFC 9110, section 12.5.1) against what a stream can be.

use axum::http::HeaderMap;
use axum::http::header::ACCEPT;
use mediatype::{MediaType, MediaTypeList, ReadParams as _};

use crate::event::{Form, OFFERS, Offer};

/// How well a range fits a media type: the most specific range decides, and of those the one with the most weight.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Fit {
    range: Range,
    weight: u16,
}

/// Later is more specific.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Range {
    /// `*/*`
    All,
    /// `text/*`
    Type,
    /// The media type, with parameters that no form has. To the letter it fits none; but who asks for
    /// `application/json;indent=4` is served better with JSON than with nothing.
    Other,
    /// The media type.
    Exact,
}

/// The weight of a range that says none, in thousandths.
const FULL_WEIGHT: u16 = 1000;

/// What a client accepts of all that a stream can be.
#[derive(Clone, Copy, Debug)]
pub(super) enum Accept {
    /// It does not say.
    Any,
    /// Just one media type.
    Only(&'static Offer),
    /// How much it wants each of [`OFFERS`], in thousandths.
    Weights([u16; OFFERS.len()]),
}

impl Accept {
    /// A range that cannot be read is passed over. Without any that can, everything is accepted.
    pub(super) fn read(headers: &HeaderMap) -> Self {
        if let Some(offer) = plain(headers) {
            return Self::Only(offer);
        }
        let mut fits = [None; OFFERS.len()];
        let mut says = false;
        for header in headers.get_all(ACCEPT) {
            let header = String::from_utf8_lossy(header.as_bytes());
            for range in MediaTypeList::new(&header).flatten() {
                says = true;
                for (offer, best) in OFFERS.iter().zip(&mut fits) {
                    *best = (*best).max(fit(&range, offer.media_type));
                }
            }
        }
        if !says {
            return Self::Any;
        }
        Self::Weights(fits.map(|fit| fit.map_or(0, |fit| fit.weight)))
    }

    /// What the client is to be sent: of what it wants most, the first in `forms`. None when it accepts nothing of
    /// them. Of one form there is no choice: it is sent whatever is accepted, as a server may (RFC 9110, section
    /// 12.5.1).
    pub(super) fn choose(&self, forms: &[Form]) -> Option<&'static Offer> {
        let offers = || forms.iter().flat_map(|form| Offer::of(*form));
        let weighed = offers().map(|offer| (self.weight(offer), offer));
        let wanted = weighed.reduce(|best, next| if next.0 > best.0 { next } else { best });
        wanted.filter(|(weight, _)| *weight > 0 || forms.len() == 1).map(|(_, offer)| offer)
    }

    fn weight(&self, offer: &Offer) -> u16 {
        match self {
            Self::Any => FULL_WEIGHT,
            Self::Only(only) if only.media_type == offer.media_type => FULL_WEIGHT,
            Self::Only(_) => 0,
            Self::Weights(weights) => {
                let weights = OFFERS.iter().zip(weights);
                let mut own = weights.filter(|(other, _)| other.media_type == offer.media_type);
                own.next().map_or(0, |(_, weight)| *weight)
            }
        }
    }
}

/// The form for a client that names just one media type, as every EventSource does: not parsed, which takes longer than
/// all else that is read of a request.
fn plain(headers: &HeaderMap) -> Option<&'static Offer> {
    let mut values = headers.get_all(ACCEPT).iter();
    let only = values.next().filter(|_| values.next().is_none())?;
    OFFERS.iter().find(|offer| offer.media_type == only)
}

fn fit(range: &MediaType<'_>, media_type: &str) -> Option<Fit> {
    let (ty, subtype) = media_type.split_once('/')?;
    let weight = range.params().find(|(name, _)| *name == "q");
    let weight = weight.map_or(FULL_WEIGHT, |(_, value)| weight_of(&value.unquoted_str()));
    let range = match (range.ty.as_str(), range.subty.as_str()) {
        _ if range.suffix.is_some() => return None,
        ("*", "*") => Range::All,
        (_, "*") if range.ty == *ty => Range::Type,
        _ if range.ty != *ty || range.subty != *subtype => return None,
        _ if range.params().all(|(name, value)| name == "q" || is_utf8(name, &value)) => {
            Range::Exact
        }
        // That other JSON is not wanted says nothing of this one.
        _ if weight == 0 => return None,
        _ => Range::Other,
    };
    Some(Fit { range, weight })
}

/// All forms are in UTF-8, also those whose type has no such parameter.
fn is_utf8(name: mediatype::Name<'_>, value: &mediatype::Value<'_>) -> bool {
    name == "charset" && value.unquoted_str().eq_ignore_ascii_case("utf-8")
}

/// A `qvalue` in thousandths. What is none counts as if it were not there.
fn weight_of(text: &str) -> u16 {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let digits = fraction.bytes().all(|byte| byte.is_ascii_digit());
    match whole {
        // Java's own client says `.2`.
        "" | "0" if digits && text != "." && !text.is_empty() => {
            format!("{fraction:0<3.3}").parse().unwrap_or(FULL_WEIGHT)
        }
        _ => FULL_WEIGHT,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::HeaderValue;

    const EVENTS: Option<&str> = Some("text/event-stream");
    const JSONL: Option<&str> = Some("application/jsonl");
    const NDJSON: Option<&str> = Some("application/x-ndjson");
    const SEQ: Option<&str> = Some("application/json-seq");
    const JSON: Option<&str> = Some("application/json");

    fn chosen(accept: &[&[u8]]) -> Option<&'static str> {
        chosen_of(Form::ALL, accept)
    }

    fn chosen_of(forms: &[Form], accept: &[&[u8]]) -> Option<&'static str> {
        let mut headers = HeaderMap::new();
        for value in accept {
            headers.append(ACCEPT, HeaderValue::from_bytes(value).expect("a value"));
        }
        Accept::read(&headers).choose(forms).map(|offer| offer.media_type)
    }

    /// The weight of a media type, in thousandths.
    fn weight(accept: &str, media_type: &str) -> Option<u16> {
        let fits = MediaTypeList::new(accept).flatten().map(|range| fit(&range, media_type));
        fits.max().flatten().map(|fit| fit.weight)
    }

    #[test]
    fn the_examples_of_rfc_9110_weigh_as_it_says() {
        let accept = "audio/*; q=0.2, audio/basic";
        assert_eq!(weight(accept, "audio/basic"), Some(1000));
        assert_eq!(weight(accept, "audio/mpeg"), Some(200));
        assert_eq!(weight(accept, "text/plain"), None);
        let accept = "text/plain; q=0.5, text/html,\ttext/x-dvi; q=0.8, text/x-c";
        let types = ["text/html", "text/x-c", "text/x-dvi", "text/plain", "text/css"];
        let weights = types.map(|media_type| weight(accept, media_type));
        assert_eq!(weights, [Some(1000), Some(1000), Some(800), Some(500), None]);
        // Those of the table that have no parameters.
        let accept = "text/*;q=0.3, text/plain;q=0.7, text/plain;format=flowed, \
                      text/plain;format=fixed;q=0.4, */*;q=0.5";
        let types = ["text/plain", "text/html", "image/jpeg"];
        let weights = types.map(|media_type| weight(accept, media_type));
        assert_eq!(weights, [Some(700), Some(300), Some(500)]);
    }

    #[test]
    fn the_most_wanted_is_sent() {
        for (accept, media_type) in [
            ("text/event-stream", EVENTS),
            ("*/*", EVENTS),
            ("text/*", EVENTS),
            ("application/*", JSONL),
            ("application/jsonl", JSONL),
            ("application/x-ndjson", NDJSON),
            ("application/ndjson", Some("application/ndjson")),
            ("application/json-seq", SEQ),
            ("application/json", JSON),
            ("Application/JSON", JSON),
            ("application/json; charset=\"UTF-8\"", JSON),
            // Of equal weight, the first that a stream would rather be.
            ("application/json, application/json-seq, application/x-ndjson", NDJSON),
            ("application/json, text/event-stream", EVENTS),
            ("application/json, text/plain, */*", EVENTS),
            ("application/json, */*;q=0.9", JSON),
            ("application/json;q=0.5, application/json-seq;q=0.501", SEQ),
            ("text/event-stream;q=0.1, application/*;q=0.2, application/jsonl;q=0", NDJSON),
            // What a browser says of a page, and what Java says of everything.
            ("text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", EVENTS),
            ("text/html, image/gif, image/jpeg, *; q=.2, */*; q=.2", EVENTS),
            ("application/json;q=.3, application/jsonl;q=.2", JSON),
            // A range with parameters that no form has.
            ("application/json;indent=4, */*;q=0.5", JSON),
            ("application/json;indent=4;q=0, application/json;q=0.5", JSON),
            ("application/json;indent=4, application/json;q=0.2, text/*;q=0.5", EVENTS),
        ] {
            assert_eq!(chosen(&[accept.as_bytes()]), media_type, "{accept}");
        }
    }

    #[test]
    fn what_is_not_accepted_is_not_sent() {
        for accept in [
            "text/html",
            "image/*, application/xml",
            "application/json+x",
            "application/problem+json",
            "text/event-stream;q=0",
            "text/event-stream;q=0.000, application/json;q=0.0",
            "*/*;q=0",
            "application/json;q=0, text/html",
            "*/json",
        ] {
            assert_eq!(chosen(&[accept.as_bytes()]), None, "{accept}");
        }
        assert_eq!(chosen(&[b"*/*, text/event-stream;q=0"]), JSONL);
        assert_eq!(chosen(&[b"*/*, text/*;q=0, application/*;q=0, application/json"]), JSON);
    }

    #[test]
    fn one_form_is_sent_whatever_is_accepted() {
        for accept in ["application/json", "text/html", "text/event-stream;q=0", "*/*;q=0", ""] {
            assert_eq!(chosen_of(&[Form::EVENTS], &[accept.as_bytes()]), EVENTS, "{accept}");
        }
        for (accept, media_type) in [
            ("application/x-ndjson", NDJSON),
            ("application/ndjson;q=0.3, application/x-ndjson;q=0.2", Some("application/ndjson")),
            ("text/event-stream", JSONL),
            ("*/*", JSONL),
        ] {
            assert_eq!(chosen_of(&[Form::LINES], &[accept.as_bytes()]), media_type, "{accept}");
        }
    }

    #[test]
    fn of_several_forms_one_is_chosen_or_none() {
        let forms = [Form::LINES, Form::EVENTS];
        for (accept, media_type) in [
            ("*/*", JSONL),
            ("", JSONL),
            ("text/event-stream, application/jsonl", JSONL),
            ("text/event-stream", EVENTS),
            ("application/json, text/event-stream;q=0.1", EVENTS),
            ("application/json", None),
            ("application/json-seq, application/json", None),
        ] {
            assert_eq!(chosen_of(&forms, &[accept.as_bytes()]), media_type, "{accept}");
        }
    }

    #[test]
    fn several_headers_are_one_list() {
        assert_eq!(chosen(&[b"text/html", b"application/json"]), JSON);
        assert_eq!(chosen(&[b"*/*;q=0.1", b"application/json-seq"]), SEQ);
        assert_eq!(chosen(&[b"*/*", b"text/event-stream;q=0"]), JSONL);
    }

    #[test]
    fn what_cannot_be_read_is_passed_over() {
        for nothing in
            ["", " ", ",", ", ,,", "json", "/", "text", "q=1", "\"", ";;;", "text/", "a/b/c"]
        {
            assert_eq!(chosen(&[nothing.as_bytes()]), EVENTS, "{nothing:?}");
            let more = format!("application/json, {nothing}");
            assert_eq!(chosen(&[more.as_bytes()]), JSON, "{more:?}");
        }
        assert_eq!(chosen(&[]), EVENTS);
        assert_eq!(chosen(&[b"\xff\xfe/\xfd, application/json"]), JSON);
        assert_eq!(chosen(&[b"text/html;a=\"\xff,\", application/json"]), JSON);
        for weight in ["", "x", "2", "-1", "1.5", "0x1", "0.5.5", ".", "nan", "inf", "1e9", "\"\""]
        {
            let accept = format!("application/json;q={weight}, text/event-stream;q=0.9");
            assert_eq!(chosen(&[accept.as_bytes()]), JSON, "{accept}");
        }
        let long = format!("{}, application/json", "a/b;c=d,".repeat(10_000));
        assert_eq!(chosen(&[long.as_bytes()]), JSON);
    }
}
