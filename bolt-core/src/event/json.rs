//! Items as JSON: the only file that knows what stands around an element.
//!
//! An array's elements begin with a comma each. Whoever sends the first one makes it a bracket ([`open_array`]), so
//! that the encoder need not know which is the first.

use std::convert::Infallible;

use bytes::{BufMut, BytesMut};

use super::block::Block;
use super::form::JsonForm;

/// Whether an item has data; one without is left out.
pub(crate) type HasData = bool;

/// What begins an element of a sequence; alone it is none (RFC 7464, section 2.1).
const RECORD_SEPARATOR: u8 = 0x1e;

/// Appends one element whole, or nothing. `value` appends its JSON.
///
/// # Errors
/// When `value` fails. `out` is then as it was, also when `value` panics.
#[inline]
pub(super) fn write_element<E>(
    out: &mut BytesMut,
    form: JsonForm,
    value: impl FnOnce(&mut BytesMut) -> Result<HasData, E>,
) -> Result<(), E> {
    let block = Block::new(out);
    match form {
        JsonForm::Lines => {}
        JsonForm::Sequence => block.out.put_u8(RECORD_SEPARATOR),
        JsonForm::Array => block.out.put_u8(b','),
    }
    if !value(block.out)? {
        return Ok(());
    }
    match form {
        JsonForm::Lines => {
            join_lines(&mut block.out[block.start..]);
            block.out.put_u8(b'\n');
        }
        JsonForm::Sequence => block.out.put_u8(b'\n'),
        JsonForm::Array => {}
    }
    block.keep();
    Ok(())
}

/// Appends the element that says why a stream ended early, which is JSON.
pub(crate) fn write_failure(out: &mut BytesMut, form: JsonForm, failure: &[u8]) {
    let Ok(()) = write_element::<Infallible>(out, form, |out| {
        out.put_slice(failure);
        Ok(true)
    });
}

/// What keeps the connection busy and means nothing; `begun` when an element was sent. JSON Lines has nothing of the
/// kind: each line is a value.
pub(crate) fn silence(form: JsonForm, begun: bool) -> Option<u8> {
    match form {
        JsonForm::Lines => None,
        // Nothing else may stand before the first text; after it, one without a text would be the beginning of an
        // element that is cut off.
        JsonForm::Sequence if !begun => Some(RECORD_SEPARATOR),
        // White space around a text or between its tokens (RFC 8259, section 2).
        JsonForm::Sequence | JsonForm::Array => Some(b'\n'),
    }
}

/// Makes the comma of the first element the bracket of the array; there may be white space in front of it. False when
/// there is no element.
pub(crate) fn open_array(out: &mut BytesMut) -> bool {
    let first = out.iter_mut().find(|byte| **byte != b'\n');
    first.map(|byte| *byte = b'[').is_some()
}

/// Makes one line of several: JSON has line ends only between its tokens, where a space does as well. `serde_json`
/// writes none; a `RawValue` may have them.
fn join_lines(json: &mut [u8]) {
    let mut rest = json;
    while let Some(end) = memchr::memchr2(b'\n', b'\r', rest) {
        rest[end] = b' ';
        rest = &mut rest[end + 1..];
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FORMS: [JsonForm; 3] = [JsonForm::Lines, JsonForm::Sequence, JsonForm::Array];

    fn written(form: JsonForm, values: &[&str]) -> String {
        let mut out = BytesMut::new();
        for value in values {
            let Ok(()) = write_element::<Infallible>(&mut out, form, |out| {
                out.put_slice(value.as_bytes());
                Ok(!value.is_empty())
            });
        }
        String::from_utf8(out.to_vec()).expect("what was text")
    }

    #[test]
    fn each_form_frames_its_elements() {
        assert_eq!(written(JsonForm::Lines, &["1", "", "2"]), "1\n2\n");
        assert_eq!(written(JsonForm::Sequence, &["1", "", "2"]), "\u{1e}1\n\u{1e}2\n");
        assert_eq!(written(JsonForm::Array, &["1", "", "2"]), ",1,2");
    }

    #[test]
    fn a_line_is_one_line() {
        assert_eq!(written(JsonForm::Lines, &["[\r\n  1,\r2\n]\n"]), "[    1, 2 ] \n");
        assert_eq!(written(JsonForm::Array, &["[\n1]"]), ",[\n1]");
    }

    #[test]
    fn what_fails_or_panics_leaves_nothing() {
        for form in FORMS {
            let mut out = BytesMut::from("before");
            let failed = write_element(&mut out, form, |out| {
                out.put_slice(b"half");
                Err("of it")
            });
            assert_eq!((failed, &out[..]), (Err("of it"), &b"before"[..]));
            let panicked = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
                write_element::<()>(&mut out, form, |_| std::panic::resume_unwind(Box::new(())))
            }));
            assert!(panicked.is_err());
            assert_eq!(&out[..], b"before");
        }
    }

    #[test]
    fn the_first_comma_is_the_bracket() {
        for (elements, array) in [(",1,2", "[1,2"), ("\n\n,1", "\n\n[1")] {
            let mut out = BytesMut::from(elements);
            assert!(open_array(&mut out));
            assert_eq!(&out[..], array.as_bytes());
        }
        assert!(!open_array(&mut BytesMut::from("\n\n")));
        assert!(!open_array(&mut BytesMut::new()));
    }
}
