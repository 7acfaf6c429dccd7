//! `Form`: how the items of a stream are written, and under which media types.

/// How the items of a stream are written. One handler has all of them; the request chooses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Form {
    /// Server-Sent Events (HTML, section 9.2).
    Events,
    /// The data alone, as JSON.
    Json(JsonForm),
}

/// How JSON texts that follow each other are told apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum JsonForm {
    /// One to a line: JSON Lines (<https://jsonlines.org>), which is NDJSON too.
    Lines,
    /// Each between RS and LF (RFC 7464).
    Sequence,
    /// The elements of one array.
    Array,
}

/// A media type that a stream can be asked for by, and what is sent under it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Offer {
    pub(crate) media_type: &'static str,
    pub(crate) form: Form,
}

/// All that a stream can be, the one it would rather be first.
pub(crate) const OFFERS: [Offer; 6] = [
    Offer { media_type: "text/event-stream", form: Form::Events },
    Offer { media_type: "application/jsonl", form: Form::Json(JsonForm::Lines) },
    Offer { media_type: "application/x-ndjson", form: Form::Json(JsonForm::Lines) },
    // Not registered either, but some clients ask for it without the `x-`.
    Offer { media_type: "application/ndjson", form: Form::Json(JsonForm::Lines) },
    Offer { media_type: "application/json-seq", form: Form::Json(JsonForm::Sequence) },
    Offer { media_type: "application/json", form: Form::Json(JsonForm::Array) },
];
