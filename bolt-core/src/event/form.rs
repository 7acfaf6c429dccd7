//! `Form`: how the items of a stream are written, and under which media types.

/// How the items of a stream are written. The request chooses one of those that the function has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// Server-Sent Events (HTML, section 9.2).
    Events,
    /// The data alone, as JSON.
    Json(JsonForm),
}

/// As the attribute names them.
impl Form {
    /// Server-Sent Events.
    pub const EVENTS: Self = Self::Events;
    /// JSON Lines.
    pub const LINES: Self = Self::Json(JsonForm::Lines);
    /// A JSON text sequence.
    pub const SEQUENCE: Self = Self::Json(JsonForm::Sequence);
    /// A JSON array.
    pub const ARRAY: Self = Self::Json(JsonForm::Array);

    /// The forms of a function that names none, the one that it would rather be sent in first.
    pub const ALL: &'static [Self] = &[Self::EVENTS, Self::LINES, Self::SEQUENCE, Self::ARRAY];
}

/// How JSON texts that follow each other are told apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum JsonForm {
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

impl Offer {
    /// The media types of a form, the one it would rather be first.
    pub(crate) fn of(form: Form) -> impl Iterator<Item = &'static Self> {
        OFFERS.iter().filter(move |offer| offer.form == form)
    }
}

/// All that a stream can be.
pub(crate) const OFFERS: [Offer; 6] = [
    Offer { media_type: "text/event-stream", form: Form::Events },
    Offer { media_type: "application/jsonl", form: Form::Json(JsonForm::Lines) },
    Offer { media_type: "application/x-ndjson", form: Form::Json(JsonForm::Lines) },
    // Not registered either, but some clients ask for it without the `x-`.
    Offer { media_type: "application/ndjson", form: Form::Json(JsonForm::Lines) },
    Offer { media_type: "application/json-seq", form: Form::Json(JsonForm::Sequence) },
    Offer { media_type: "application/json", form: Form::Json(JsonForm::Array) },
];
