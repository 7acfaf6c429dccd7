//! `Framing`: what surrounds the items of a body, in each form.

use std::time::Duration;

use bytes::{BufMut, BytesMut};

use super::limits::RETRY_AFTER;
use crate::event::{
    Form, JsonForm, open_array, silence, write_error, write_failure, write_keep_alive, write_retry,
    write_terminal,
};
use crate::problem::Problem;

/// What surrounds the items of a body.
#[derive(Clone, Copy, Debug)]
pub(super) enum Framing {
    Events {
        /// Whether the last block tells the client not to reconnect.
        terminal: bool,
    },
    Json {
        form: JsonForm,
        /// Whether the first element, and with it the bracket of an array, has been sent.
        open: bool,
    },
}

impl Framing {
    /// `terminal`: whether a client of events is told not to reconnect.
    pub(super) fn new(form: Form, terminal: bool) -> Self {
        match form {
            Form::Events => Self::Events { terminal },
            Form::Json(form) => Self::Json { form, open: false },
        }
    }

    /// Whether the form has a keep-alive.
    pub(super) fn breaks_silence(self) -> bool {
        match self {
            Self::Events { .. } => true,
            Self::Json { form, .. } => silence(form, false).is_some(),
        }
    }

    /// Appends a keep-alive, which has no meaning to the client.
    pub(super) fn write_keep_alive(self, out: &mut BytesMut) {
        match self {
            Self::Events { .. } => write_keep_alive(out),
            Self::Json { form, open } => out.extend(silence(form, open)),
        }
    }

    /// Appends the end of a stream whose generator has ended. The stream is finished if the generator returned, or
    /// failed with a client error; after a server error the client may reconnect.
    pub(super) fn write_end(self, out: &mut BytesMut, end: Result<(), &Problem>) {
        match self {
            Self::Events { terminal } => {
                if let Err(problem) = end {
                    write_error(out, &problem.to_json());
                }
                let refused = |problem: &Problem| !problem.status().is_server_error();
                if terminal && end.map_or_else(refused, |()| true) {
                    write_terminal(out);
                }
            }
            Self::Json { form, open } => {
                if let Err(problem) = end {
                    write_failure(out, form, &problem.to_json());
                }
                if form == JsonForm::Array {
                    // Without an element there is no comma that becomes the bracket.
                    if !open && !open_array(out) {
                        out.put_u8(b'[');
                    }
                    out.put_u8(b']');
                }
            }
        }
    }

    /// Appends the end of a stream that is cut off before its generator ends. An EventSource reconnects after `retry`;
    /// a client that reads JSON must see that this is not all.
    pub(super) fn write_cut(self, out: &mut BytesMut, retry: Duration) {
        match self {
            Self::Events { .. } => write_retry(out, retry, ""),
            Self::Json { .. } => {
                let cut = Problem::unavailable(
                    "the server ended this stream before its end; ask for it again",
                    RETRY_AFTER,
                );
                self.write_end(out, Err(&cut));
            }
        }
    }

    /// Called when `out` is sent: turns the start of the first element into the opening bracket of an array.
    pub(super) fn begin(&mut self, out: &mut BytesMut) {
        if let Self::Json { form, open: open @ false } = self {
            *open = match form {
                JsonForm::Array => open_array(out),
                JsonForm::Sequence | JsonForm::Lines => out.ends_with(b"\n"),
            };
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is sent of these frames, and then of the end.
    fn array(frames: &[&str], last: &str, end: Result<(), &Problem>) -> String {
        let mut framing = Framing::new(Form::Json(JsonForm::Array), false);
        let mut sent = String::new();
        let mut send = |framing: &mut Framing, out: &mut BytesMut| {
            framing.begin(out);
            sent.push_str(std::str::from_utf8(out).expect("text"));
        };
        for frame in frames {
            send(&mut framing, &mut BytesMut::from(*frame));
        }
        let mut out = BytesMut::from(last);
        framing.write_end(&mut out, end);
        send(&mut framing, &mut out);
        sent
    }

    #[test]
    fn an_array_is_whole_wherever_its_frames_are_cut() {
        for (frames, last, whole) in [
            (&[][..], "", "[]"),
            (&[], ",1,2", "[1,2]"),
            (&[",1"], "", "[1]"),
            (&[",1,2", ",3"], ",4", "[1,2,3,4]"),
            (&["\n", "\n"], "", "\n\n[]"),
            (&["\n", ",1", "\n", ",2"], "\n", "\n[1\n,2\n]"),
            (&["\n"], "\n,1", "\n\n[1]"),
        ] {
            assert_eq!(array(frames, last, Ok(())), whole);
        }
    }

    #[test]
    fn an_array_is_closed_after_an_error() {
        let gone = Problem::not_found("gone");
        let error = r#"{"error":{"title":"Not Found","status":404,"detail":"gone"}}"#;
        assert_eq!(array(&[], "", Err(&gone)), format!("[{error}]"));
        assert_eq!(array(&["\n"], "\n", Err(&gone)), format!("\n\n[{error}]"));
        assert_eq!(array(&[",1"], ",2", Err(&gone)), format!("[1,2,{error}]"));
    }
}
