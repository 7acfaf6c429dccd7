//! bolt over real sockets, one topic to a module.

// A guarded stream, read by pages of other origins. Needs Chromium and its driver.
mod access;
// What an app is put together from, and what it becomes.
mod app;
// How many blocking streams, and what one more is told.
mod blocking;
// A real browser's EventSource. Needs Chromium and its driver.
mod browser;
// The bytes of events, against parsers that are not bolt's.
mod ends;
mod events;
// Requests that are read item by item.
mod extract;
// Streams as gzip, br and zstd, event by event.
mod compression;
// What goes wrong in a stream, and what its client and the others see.
mod faults;
// One stream in the form that its client asks for.
mod forms;
// Layers, mistakes in them, and secrets.
mod config;
// A live stream and its client on one connection.
mod handoff;
// Whether the app lives, and whether it is ready.
mod health;
// What HTTP/1 asks of a server.
mod http;
// HTTP/2 without TLS.
mod http2;
// The page that shows the API, and the document.
mod docs;
// The page in a real browser. Needs Chromium and its driver.
mod docs_page;
// More of everything than the server can bear.
mod limits;
// How streams and the app end when the generator does not end them.
mod life;
// What a failed request is answered, and in which format.
mod problems;
// What extractors and routes refuse.
mod rejections;
// Headers that a stream's function sets.
mod response_head;
// What streams say of themselves in the OpenAPI document.
mod openapi;
mod openapi_inputs;
mod openapi_names;
// What Prometheus reads.
mod metrics;
// Addresses, unix sockets, and what a service manager passes.
#[cfg(unix)]
mod listen;
// Parsers and clients that others wrote. Needs node, python and curl.
mod foreign;
// Layers that others wrote, and streams that are not bolt's.
mod middleware;
// Behind nginx and Caddy, as the guide configures them. Needs both.
#[cfg(unix)]
mod proxy;
// The server on pipes of a few bytes.
mod pump;
// Publishers, readers and cuts in any order, against a ledger.
mod interleaved;
// Clients that are cut off and return.
mod resume;
// What a stream does as long as nothing goes wrong.
mod sdk;
mod streams;
mod streams_page;
mod streams_page_requests;
// The client for tests of apps.
mod testing;
// The handshake, streams behind it, and what is said of wrong files.
mod tls;
// Which request it was: ids, traces, spans, the log.
mod tracing;
// Whose fault a wrong body is, and that nothing is left of it.
mod uploads;
// What another server streams, read and sent on.
mod upstream;
// A client without a network. Needs root.
#[cfg(target_os = "linux")]
mod vanish;
