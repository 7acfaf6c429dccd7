//! Events as bytes: the only file that knows the text format of Server-Sent Events.
//!
//! The rules are those of HTML, section 9.2 "Server-sent events"
//! (<https://html.spec.whatwg.org/multipage/server-sent-events.html>). A line ends with CR, LF or CRLF; so
//! data with any of them takes a new `data:` line for each. Every field is written as `name: value`, with
//! one space, which clients remove. A blank line ends an event.

use std::fmt::Write as _;
use std::time::Duration;

use bytes::{BufMut, BytesMut};

use super::block::Block;
use super::field::EventName;
use super::typed::Fields;

/// Appends one event whole, or nothing.
///
/// The blank line that ends an event is left out where there is nothing to end: a comment and a `retry`
/// count as they are read, and some clients dispatch an empty event for every blank line.
///
/// `data` appends the text of the data; `None` leaves the data field out.
///
/// # Errors
/// When `data` fails. `out` is then as it was, also when `data` panics.
pub(super) fn write_event<D, E>(
    out: &mut BytesMut,
    fields: &Fields,
    default_name: Option<&str>,
    data: Option<D>,
) -> Result<(), E>
where
    D: FnOnce(&mut BytesMut) -> Result<(), E>,
{
    let block = Block::new(out);
    write_fields(block.out, fields, default_name);
    let ends =
        data.is_some() || default_name.is_some() || fields.name.is_some() || fields.id.is_some();
    if !ends && block.out.len() == block.start {
        // Nothing at all was asked for; but something that is sent must be seen to be.
        put_comment(block.out, "");
    }
    if let Some(data) = data {
        block.out.put_slice(b"data: ");
        let start = block.out.len();
        data(block.out)?;
        break_lines(block.out, start, b"data: ");
        block.out.put_u8(b'\n');
    }
    if ends {
        block.out.put_u8(b'\n');
    }
    block.keep();
    Ok(())
}

/// Appends a comment that says nothing: it keeps the connection busy.
pub(crate) fn write_keep_alive(out: &mut BytesMut) {
    out.put_slice(b":\n");
}

/// Appends how long the client is to wait before it reconnects, with a comment for people. It counts as it is
/// read, and ends no event.
pub(crate) fn write_retry(out: &mut BytesMut, wait: Duration, comment: &str) {
    if !comment.is_empty() {
        put_comment(out, comment);
    }
    // Writing to a `BytesMut` grows it and cannot fail.
    let _ = writeln!(out, "retry: {}", wait.as_millis());
}

/// Appends an event of bolt's own. Neither its name nor its id has a line end.
pub(super) fn write_block(out: &mut BytesMut, name: Option<&str>, id: Option<&str>, data: &[u8]) {
    for (field, text) in [("event: ", name), ("id: ", id)] {
        if let Some(text) = text {
            out.put_slice(field.as_bytes());
            out.put_slice(text.as_bytes());
            out.put_u8(b'\n');
        }
    }
    out.put_slice(b"data: ");
    let start = out.len();
    out.put_slice(data);
    break_lines(out, start, b"data: ");
    out.put_slice(b"\n\n");
}

fn write_fields(out: &mut BytesMut, fields: &Fields, default_name: Option<&str>) {
    if let Some(comment) = &fields.comment {
        put_comment(out, comment);
    }
    if let Some(name) = fields.name.as_ref().map(EventName::as_str).or(default_name) {
        out.put_slice(b"event: ");
        out.put_slice(name.as_bytes());
        out.put_u8(b'\n');
    }
    // Writing to a `BytesMut` grows it and cannot fail.
    if let Some(id) = &fields.id {
        let _ = writeln!(out, "id: {id}");
    }
    if let Some(retry) = fields.retry {
        let _ = writeln!(out, "retry: {}", retry.as_millis());
    }
}

fn put_comment(out: &mut BytesMut, text: &str) {
    out.put_slice(b": ");
    let start = out.len();
    out.put_slice(text.as_bytes());
    break_lines(out, start, b": ");
    out.put_u8(b'\n');
}

/// Puts `prefix` in front of every line after the first of what was written since `start`.
///
/// JSON from `serde_json` has no line ends, so the scan is all that most events cost.
fn break_lines(out: &mut BytesMut, start: usize, prefix: &[u8]) {
    if memchr::memchr2(b'\n', b'\r', &out[start..]).is_none() {
        return;
    }
    let text = out.split_off(start);
    let mut rest = &text[..];
    while let Some(end) = memchr::memchr2(b'\n', b'\r', rest) {
        out.put_slice(&rest[..end]);
        out.put_u8(b'\n');
        out.put_slice(prefix);
        let width = if rest[end..].starts_with(b"\r\n") { 2 } else { 1 };
        rest = &rest[end + width..];
    }
    out.put_slice(rest);
}
