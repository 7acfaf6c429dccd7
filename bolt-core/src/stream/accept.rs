//! Which form a client would have: its `accept` headers (RFC 9110, section 12.5.1) against what a stream can be.

use axum::http::HeaderMap;
use axum::http::header::ACCEPT;
use mediatype::{MediaType, MediaTypeList, ReadParams as _};

use crate::event::{OFFERS, Offer};

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

/// What the client is to be sent: of what it wants most, the first in [`OFFERS`]. None when it accepts nothing that a
/// stream can be.
///
/// A range that cannot be read is passed over. Without any that can, everything is accepted.
pub(super) fn negotiate(headers: &HeaderMap) -> Option<&'static Offer> {
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
        return OFFERS.first();
    }
    let weights = fits.iter().map(|fit| fit.map_or(0, |fit| fit.weight));
    // The last of several is the largest to `max_by_key`.
    let wanted = OFFERS.iter().zip(weights).rev().max_by_key(|(_, weight)| *weight);
    wanted.filter(|(_, weight)| *weight > 0).map(|(offer, _)| offer)
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
