//! `Parent`: the trace that a request belongs to (W3C Trace Context, section 3.2).

use axum::http::{HeaderMap, HeaderName};

const TRACEPARENT: HeaderName = HeaderName::from_static("traceparent");

/// The length of the fields of version 00 with their dashes; a later version may have more.
const LENGTH: usize = 55;

/// What `traceparent` says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Parent {
    pub(super) trace: u128,
    /// The span of whoever sent the request.
    pub(super) span: u64,
    pub(super) flags: u8,
}

impl Parent {
    /// None if there is no header, several, or an invalid one: then there is no trace.
    pub(super) fn read(headers: &HeaderMap) -> Option<Self> {
        let mut values = headers.get_all(TRACEPARENT).iter();
        let value = values.next().filter(|_| values.next().is_none())?;
        Self::parse(value.to_str().ok()?.trim())
    }

    fn parse(text: &str) -> Option<Self> {
        let (fields, more) = text.split_at_checked(LENGTH)?;
        let mut fields = fields.split('-');
        let version = u8::try_from(hex(fields.next()?, 2)?).ok()?;
        let known = match version {
            0 => more.is_empty(),
            0xff => false,
            _ => more.is_empty() || more.starts_with('-'),
        };
        let trace = hex(fields.next()?, 32).filter(|trace| *trace != 0)?;
        let span = u64::try_from(hex(fields.next()?, 16)?).ok().filter(|span| *span != 0)?;
        let flags = u8::try_from(hex(fields.next()?, 2)?).ok()?;
        (known && fields.next().is_none()).then_some(Self { trace, span, flags })
    }
}

/// Parses this many lower-case hexadecimal digits.
fn hex(text: &str, digits: usize) -> Option<u128> {
    let lower = |byte: u8| matches!(byte, b'0'..=b'9' | b'a'..=b'f');
    let hex = text.len() == digits && text.bytes().all(lower);
    hex.then(|| u128::from_str_radix(text, 16).ok()).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_example_of_the_standard_is_read() {
        let parent = Parent::parse("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01");
        let trace = 0x4bf9_2f35_77b3_4da6_a3ce_929d_0e0e_4736;
        assert_eq!(parent, Some(Parent { trace, span: 0x00f0_67aa_0ba9_02b7, flags: 1 }));
    }

    #[test]
    fn what_is_not_valid_is_no_trace() {
        let (trace, span) = ("4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7");
        let zeros = "0".repeat(32);
        for bad in [
            String::new(),
            format!("00-{trace}-{span}"),
            format!("00-{trace}-{span}-1"),
            format!("00-{trace}-{span}-01-more"),
            format!("00-{trace}-{span}-01 "),
            format!("00-{}-{span}-01", trace.to_uppercase()),
            format!("00-{zeros}-{span}-01"),
            format!("00-{trace}-{}-01", &zeros[..16]),
            format!("00-{trace}-{span}-0x"),
            format!("ff-{trace}-{span}-01"),
            format!("0-{trace}-{span}-001"),
            format!("cc-{trace}-{span}-01more"),
            format!("00-{span}-{trace}-01"),
            format!("00{trace}-{span}-01-+"),
            "\u{e9}".repeat(55),
        ] {
            assert_eq!(Parent::parse(&bad), None, "{bad:?}");
        }
        // A later version may have more behind these fields.
        for good in [format!("cc-{trace}-{span}-01"), format!("cc-{trace}-{span}-01-more")] {
            assert!(Parent::parse(&good).is_some(), "{good:?}");
        }
    }
}
