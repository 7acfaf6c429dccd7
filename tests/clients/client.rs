//! The clients, one line of the table each.

use crate::cell::Shape;
use crate::driver::Program;
use crate::rows::Row;

/// Who asks again after a cut.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Returns {
    /// The client, if anybody.
    Itself,
    /// Its user, with the id that the client has given them.
    ByHand,
}

#[derive(Debug)]
pub(crate) struct Client {
    /// In the keys of its cells.
    pub(crate) key: &'static str,
    /// In the table.
    pub(crate) name: &'static str,
    pub(crate) program: Program,
    /// What a browser opens, and of which host; none for one of its own.
    pub(crate) page: Option<&'static str>,
    pub(crate) host: Option<&'static str>,
    pub(crate) shape: Shape,
    pub(crate) returns: Returns,
    /// One that is there for a row only.
    pub(crate) only: Option<Row>,
}

impl Client {
    pub(crate) fn is_in(&self, row: Row) -> bool {
        self.only.is_none_or(|only| only == row)
    }

    const fn only(self, row: Row) -> Self {
        Self { only: Some(row), ..self }
    }

    const fn shaped(self, shape: Shape) -> Self {
        Self { shape, ..self }
    }

    const fn by_hand(self) -> Self {
        Self { returns: Returns::ByHand, ..self }
    }

    /// A host whose pages are no secure context, so that a browser tells it less.
    const fn plain(self) -> Self {
        Self { host: Some("plain.test"), ..self }
    }
}

const CHROMIUM: Program = Program::Node("browser.mjs", "chromium");
const FIREFOX: Program = Program::Node("browser.mjs", "firefox");

const fn node(key: &'static str, name: &'static str, script: &'static str) -> Client {
    client(key, name, Program::Node(script, ""))
}

const fn python(key: &'static str, name: &'static str, script: &'static str) -> Client {
    client(key, name, Program::Python(script))
}

const fn rust(key: &'static str, name: &'static str, package: &'static str) -> Client {
    client(key, name, Program::Rust(package))
}

const fn client(key: &'static str, name: &'static str, program: Program) -> Client {
    Client {
        key,
        name,
        program,
        page: None,
        host: None,
        shape: Shape::Number,
        returns: Returns::Itself,
        only: None,
    }
}

const fn page(
    key: &'static str,
    name: &'static str,
    browser: Program,
    page: &'static str,
) -> Client {
    Client { page: Some(page), ..client(key, name, browser) }
}

/// As their documentation shows them, and as `docs/reference/clients.md` says.
pub(crate) const CLIENTS: &[Client] = &[
    page("chromium", "Chromium", CHROMIUM, "event-source.html"),
    page("firefox", "Firefox", FIREFOX, "event-source.html"),
    node("eventsource", "eventsource 4 (npm)", "eventsource.mjs"),
    node("eventsource-client", "eventsource-client 1 (npm)", "eventsource_client.mjs"),
    page(
        "fetch-event-source",
        "@microsoft/fetch-event-source 2",
        CHROMIUM,
        "fetch-event-source.html?end=end",
    ),
    page(
        "fetch-event-source-bare",
        "… that does not look for `end`",
        CHROMIUM,
        "fetch-event-source.html",
    )
    .only(Row::Finished),
    page("htmx-2", "htmx 2, htmx-ext-sse 2", CHROMIUM, "htmx-2.html?close=end"),
    page("htmx-2-bare", "… without `sse-close`", CHROMIUM, "htmx-2.html").only(Row::Finished),
    page("htmx-4", "htmx 4", CHROMIUM, "htmx-4.html?close=end"),
    page("htmx-4-bare", "… without `hx-sse:close`", CHROMIUM, "htmx-4.html").only(Row::Finished),
    page("datastar", "Datastar 1.0.0-beta.11", CHROMIUM, "datastar.html").shaped(Shape::Signals),
    node("openai-node", "openai 7 (npm)", "openai.mjs").shaped(Shape::Completion),
    python("openai-python", "openai 3 (PyPI)", "drive_openai.py").shaped(Shape::Completion),
    python("httpx-sse", "httpx-sse 0.4", "drive_httpx_sse.py").by_hand(),
    python("aiosseclient", "aiosseclient 0.1", "drive_aiosseclient.py").by_hand(),
    rust("reqwest-eventsource", "reqwest-eventsource 0.6", "reqwest-eventsource"),
    rust("eventsource-client-rust", "eventsource-client 0.18 (crate)", "eventsource-client"),
    rust("eventsource-client-rust-bare", "… that goes on after `end`", "eventsource-client-bare")
        .only(Row::Finished),
    rust("sse-stream", "sse-stream 0.3, the parser of rmcp", "sse-stream").by_hand(),
    node("curl", "curl", "curl.mjs").by_hand(),
];

/// For what they say of themselves.
pub(crate) const OTHERS: &[Client] = &[
    page("chromium-plain", "Chromium, http", CHROMIUM, "event-source.html")
        .plain()
        .only(Row::Overload),
    page("firefox-plain", "Firefox, http", FIREFOX, "event-source.html")
        .plain()
        .only(Row::Overload),
    page("chromium-fetch", "`fetch` in Chromium", CHROMIUM, "fetch.html").only(Row::Overload),
    page("chromium-fetch-plain", "`fetch` in Chromium, http", CHROMIUM, "fetch.html")
        .plain()
        .only(Row::Overload),
    page("firefox-fetch", "`fetch` in Firefox", FIREFOX, "fetch.html").only(Row::Overload),
    page("firefox-fetch-plain", "`fetch` in Firefox, http", FIREFOX, "fetch.html")
        .plain()
        .only(Row::Overload),
    node("node-fetch", "`fetch` in Node", "fetch.mjs").only(Row::Overload),
];
