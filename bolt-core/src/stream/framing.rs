//! `Framing`: what surrounds the items of a body, in each form.

use std::time::Duration;

use bytes::{BufMut, BytesMut};

use super::limits::RETRY_AFTER;
use crate::event::{
    Form, JsonForm, open_array, silence, write_end, write_error, write_failure, write_keep_alive,
    write_retry,
};
use crate::info::Info;
use crate::problem::Problem;

/// What surrounds the items of a body.
#[derive(Clone, Copy, Debug)]
pub(super) enum Framing {
    Events {
        /// Whether the client is told that its stream is cut off.
        told_of_cuts: bool,
    },
    Json {
        form: JsonForm,
        /// Whether the first element, and with it the bracket of an array, has been sent.
        open: bool,
    },
}

impl Framing {
    /// `told_of_cuts`: whether a client of events is.
    pub(super) fn new(form: Form, told_of_cuts: bool) -> Self {
        match form {
            Form::Events => Self::Events { told_of_cuts },
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
    /// failed with a client error; after a server error the client may ask again.
    pub(super) fn write_end(self, out: &mut BytesMut, info: &Info, end: Result<(), &Problem>) {
        match (self, end) {
            (Self::Events { .. }, Ok(())) => write_end(out, info.last_block()),
            (Self::Events { .. }, Err(problem)) => {
                let last = !problem.status().is_server_error() && !info.restart;
                write_error(out, &problem.to_json(), last);
            }
            (Self::Json { form, open }, end) => {
                if let Err(problem) = end {
                    write_failure(out, form, &problem.to_element());
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

    /// Appends the end of a stream that is cut off before its generator ends. An EventSource reconnects after `retry`,
    /// and is told nothing else, since its page would take that for a failure; every other client must see that this
    /// is not all.
    pub(super) fn write_cut(self, out: &mut BytesMut, info: &Info, cut: Cut, retry: Duration) {
        if let Self::Events { told_of_cuts } = self {
            write_retry(out, retry, "");
            if !told_of_cuts {
                return;
            }
        }
        let problem = Problem::unavailable(cut.reason(), RETRY_AFTER);
        self.write_end(out, info, Err(&problem));
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

/// Why a stream is cut off.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Cut {
    Shutdown,
    MaxDuration,
}

impl Cut {
    fn reason(self) -> &'static str {
        match self {
            Self::Shutdown => {
                "this is not all: the server shuts down, and ended the stream; ask for it again"
            }
            Self::MaxDuration => {
                "this is not all: the stream has lasted as long as one may (stream.max_duration); ask for it again"
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::LastBlock;

    const INFO: Info = Info {
        name: "tested",
        restart: false,
        blocking: false,
        fallible: true,
        answers: false,
        forms: Form::ALL,
        end: LastBlock::DEFAULT,
        position: None,
    };

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
        framing.write_end(&mut out, &INFO, end);
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
