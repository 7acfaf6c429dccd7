//! What a client gets wrong, and what to write instead.

use crate::client::Client;
use crate::page::Played;
use crate::rows::Row;

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// Nothing is wrong.
    Remark,
    /// Something goes wrong without a word.
    Fault,
    /// The client goes on for ever.
    Endless,
}

struct Note {
    cells: &'static [(&'static str, &'static [Row])],
    kind: Kind,
    text: &'static str,
}

const LATER: &[Row] = &[Row::ErrorOfServer, Row::ErrorOfClient, Row::MaxDuration, Row::Shutdown];

const NOTES: &[Note] = &[
    Note {
        cells: &[("eventsource-client", &[Row::Refused])],
        kind: Kind::Endless,
        text: "It looks at no status: to it, a problem is a stream without events, and it asks again. Give it a `fetch` \
               that closes it: `fetch: async (...request) => { const response = await fetch(...request); if \
               (!response.ok) source.close(); return response; }`.",
    },
    Note {
        cells: &[("fetch-event-source-bare", &[Row::Finished])],
        kind: Kind::Endless,
        text: "The example of its README throws in `onclose`, after every end, so that it asks again for ever; it takes \
               the 204 for a failure. Throw unless an event `end` has come.",
    },
    Note {
        cells: &[("htmx-2-bare", &[Row::Finished])],
        kind: Kind::Endless,
        text: "A 204 closes its EventSource, and it opens another, which has no id. Write `sse-close=\"end\"`.",
    },
    Note {
        cells: &[("htmx-2", &[Row::Refused, Row::ErrorOfClient])],
        kind: Kind::Endless,
        text: "It opens another EventSource whenever one has closed. To stop it, listen for `htmx:sseError`; if \
               `detail.source.readyState` is 2, or the `status` in `detail.error.data` is below 500, close \
               `detail.source` and remove the attribute `sse-connect` of the event's target.",
    },
    Note {
        cells: &[("htmx-4-bare", &[Row::Finished])],
        kind: Kind::Endless,
        text: "It takes the 204 for a broken stream, and asks again for ever. Write `hx-sse:close=\"end\"`.",
    },
    Note {
        cells: &[("htmx-4", &[Row::ErrorOfClient])],
        kind: Kind::Endless,
        text: "The same, since it closes at one name only. Listen for `htmx:sse:after:message`, remember whether \
               `detail.message` is an `error` with a `status` below 500, and call `preventDefault` of the next \
               `htmx:sse:before:connection`.",
    },
    Note {
        cells: &[("htmx-4", &[Row::Refused, Row::Broken, Row::Overload])],
        kind: Kind::Remark,
        text: "It comes back to a stream that it has once had. Its first request is not repeated.",
    },
    Note {
        cells: &[("datastar", LATER)],
        kind: Kind::Fault,
        text: "It passes on events whose names begin with `datastar`, and no others, and takes every clean end for the \
               end of the stream. So send an error as an event of its own, and then return. To ask again after \
               every end, write `data-on-datastar-sse=\"evt.detail.type === 'finished' && @get(…)\"`.",
    },
    Note {
        cells: &[("datastar", &[Row::Gap, Row::Restart])],
        kind: Kind::Fault,
        text: "It comes back with its id, and drops the event `gap`. Send the whole state when a stream begins, as its \
               documentation advises, instead of what follows an id.",
    },
    Note {
        cells: &[("openai-python", LATER)],
        kind: Kind::Fault,
        text: "It takes a problem for a chunk without `choices`, and the end for that of the answer. [Language \
               models](../guide/19-language-models.md) has the format of errors that it raises.",
    },
    Note {
        cells: &[("aiosseclient", &[Row::Overload, Row::MaxDuration, Row::Shutdown])],
        kind: Kind::Fault,
        text: "It says that it is an EventSource (`cache-control: no-cache`), and does not come back by itself: it gets \
               a clean end, before the first event or after the last. What ends without an event `end` or `error` is \
               not finished: ask again, with `last_id`.",
    },
    Note {
        cells: &[("eventsource-client-rust-bare", &[Row::Finished])],
        kind: Kind::Endless,
        text: "It asks again after every end, also after a 204. Stop at the id `bolt-finished`, which comes with `end` \
               and with an `error` that asking again would not mend.",
    },
];

impl Note {
    fn is_of(&self, client: &Client, row: Row) -> bool {
        self.cells.iter().any(|(key, rows)| *key == client.key && rows.contains(&row))
    }
}

/// The numbers of the notes of a cell.
pub(crate) fn numbers(client: &Client, row: Row) -> Vec<usize> {
    let notes = (1..).zip(NOTES).filter(|(_, note)| note.is_of(client, row));
    notes.map(|(number, _)| number).collect()
}

/// Whether a note says that the client goes on for ever.
pub(crate) fn goes_on(client: &Client, row: Row) -> bool {
    NOTES.iter().any(|note| note.kind == Kind::Endless && note.is_of(client, row))
}

/// Whether a note says that something is wrong.
fn of_fault(client: &Client, row: Row) -> bool {
    NOTES.iter().any(|note| note.kind != Kind::Remark && note.is_of(client, row))
}

/// All of them.
pub(crate) fn list() -> String {
    let notes: Vec<_> =
        (1..).zip(NOTES).map(|(n, note): (u32, _)| format!("{n}. {}", note.text)).collect();
    notes.join("\n")
}

/// What is wrong without a note, and the notes of nothing wrong.
pub(crate) fn wrong(played: &[Played]) -> Vec<String> {
    let wrong = |played: &&Played| played.outcome.good == of_fault(played.client, played.row);
    let shown = |played: &Played| {
        format!("{:?} of {}: {:?}", played.row, played.client.key, played.outcome)
    };
    played.iter().filter(wrong).map(shown).collect()
}
