//! The app that the clients read. A path ends in the key of a cell.

use std::path::Path as FilePath;
use std::sync::Arc;

use bolt::axum::body::Body;
use bolt::axum::extract::Request as HttpRequest;
use bolt::axum::http::{StatusCode, header};
use bolt::axum::middleware::{Next, from_fn_with_state};
use bolt::axum::response::{IntoResponse, Redirect, Response};
use bolt::axum::routing::get;
use bolt::prelude::*;
use bolt::replay::Replayed;
use tokio::runtime::Handle;
use tokio_stream::{Stream, StreamExt as _};

use crate::cell::{Cell, Cells, Item, Request, Run};

/// Where `.ci/run` installs the packages, below the workspace.
pub(crate) const PACKAGES: &str = "../target/ci";

fn cell(cells: &Cells, key: &str) -> Result<Arc<Cell>, Problem> {
    cells.get(key).ok_or_else(|| Problem::not_found("no such cell"))
}

/// A script.
#[stream(get, "/runs/{key}")]
async fn runs(State(cells): State<Cells>, Path(key): Path<String>) -> Result<Item, Problem> {
    let mut run = Run::begin(cell(&cells, &key)?);
    while let Some(item) = run.next().await {
        emit!(item?);
    }
}

/// The same for the SDKs of language-model APIs, which add to the address that they are given.
#[stream(post, "/runs/{key}/chat/completions", events, end = data("[DONE]"))]
async fn completions(State(cells): State<Cells>, Path(key): Path<String>) -> Result<Item, Problem> {
    let mut run = Run::begin(cell(&cells, &key)?);
    while let Some(item) = run.next().await {
        emit!(item?);
    }
}

/// A script, on a thread.
#[stream(get, "/threads/{key}")]
fn threads(State(cells): State<Cells>, Path(key): Path<String>) -> Result<Item, Problem> {
    let mut run = Run::begin(cell(&cells, &key)?);
    while let Some(item) = Handle::current().block_on(run.next()) {
        emit!(item?);
    }
}

#[stream(post, "/threads/{key}/chat/completions", events, end = data("[DONE]"))]
fn threads_of_completions(
    State(cells): State<Cells>,
    Path(key): Path<String>,
) -> Result<Item, Problem> {
    let mut run = Run::begin(cell(&cells, &key)?);
    while let Some(item) = Handle::current().block_on(run.next()) {
        emit!(item?);
    }
}

/// A log.
#[stream(get, "/log/{key}")]
async fn log(
    State(cells): State<Cells>,
    Path(key): Path<String>,
    last: Option<LastEventId>,
) -> Result<impl Stream<Item = Replayed<Item>>, Problem> {
    Ok(cell(&cells, &key)?.log().subscribe(last))
}

/// Who knows no ids is told no position.
#[stream(
    post,
    "/log/{key}/chat/completions",
    events,
    end = data("[DONE]"),
    position = false
)]
async fn log_of_completions(
    State(cells): State<Cells>,
    Path(key): Path<String>,
) -> Result<impl Stream<Item = Replayed<Item>>, Problem> {
    Ok(cell(&cells, &key)?.log().subscribe(None))
}

/// Has a thread for as long as it is read.
#[stream(get, "/occupies")]
fn occupies() -> u8 {
    loop {
        emit!(0);
        std::thread::sleep(std::time::Duration::from_millis(5));
    }
}

/// Keys of the configuration, and their values.
pub(crate) type Settings = &'static [(&'static str, &'static str)];

pub(crate) fn app(cells: &Cells, settings: Settings) -> App {
    let set = |config: Config, (key, value): &(&str, &str)| config.set(key, *value);
    let app = App::new()
        .mount::<runs>()
        .mount::<threads>()
        .mount::<log>()
        .mount::<completions>()
        .mount::<threads_of_completions>()
        .mount::<log_of_completions>()
        .mount::<occupies>()
        .route("/pages/{name}", get(page))
        .route("/lib/{*path}", get(library))
        .state(cells.clone())
        .config(settings.iter().fold(Config::defaults(), set));
    let note = from_fn_with_state(cells.clone(), note);
    if settings.iter().any(|(key, _)| *key == "stream.compression") {
        // bolt compresses outside of the app's own layers, which would not see it.
        let router = app.into_router().expect("routes and a configuration without faults");
        let off = ["docs.enabled", "health.enabled", "metrics.enabled"];
        let config = off.iter().fold(Config::defaults(), |config, key| config.set(key, false));
        return App::from(router).config(config).layer(note);
    }
    app.layer(note)
}

/// Notes what was asked and answered, and breaks the connections that are to be cut.
async fn note(State(cells): State<Cells>, request: HttpRequest, next: Next) -> Response {
    let key = request.uri().path().split('/').nth(2).unwrap_or_default();
    let Some(cell) = cells.get(key) else { return next.run(request).await };
    let text = |value: &header::HeaderValue| value.to_str().unwrap_or_default().to_owned();
    let headers = request.headers().iter();
    let headers = headers.map(|(name, value)| (name.to_string(), text(value))).collect();
    let method = request.method().to_string();
    let response = next.run(request).await;
    let compressed = response.headers().contains_key(header::CONTENT_ENCODING);
    let status = response.status().as_u16();
    let request = Request { headers, method, status, compressed };
    let cut = cell.is_cut();
    cell.change(|state| state.requests.push(request));
    response.map(|body| breakable(body, cut, cell))
}

fn breakable(body: Body, cut: impl Future<Output = ()> + Send + 'static, cell: Arc<Cell>) -> Body {
    let mut frames = body.into_data_stream();
    Body::from_stream(async_stream::stream! {
        let mut cut = std::pin::pin!(cut);
        loop {
            tokio::select! {
                biased;
                () = &mut cut => {
                    yield Err(bolt::axum::Error::new(std::io::Error::other("the connection is cut")));
                    break;
                }
                frame = frames.next() => match frame {
                    Some(frame) => {
                        cell.change(|state| state.frames += 1);
                        yield frame;
                    }
                    None => break,
                },
            }
        }
    })
}

/// A page that shows what its client shows.
async fn page(Path(name): Path<String>) -> Result<impl IntoResponse, StatusCode> {
    let kind = if name.ends_with(".js") { "text/javascript" } else { "text/html" };
    let text = std::fs::read_to_string(FilePath::new("clients/pages").join(name));
    Ok(([(header::CONTENT_TYPE, kind)], text.map_err(|_| StatusCode::NOT_FOUND)?))
}

/// A file of an npm package. An import that leaves out what Node would add is led to the file.
async fn library(Path(path): Path<String>) -> Result<Response, StatusCode> {
    let modules = FilePath::new(PACKAGES).join("npm/node_modules");
    let named = |more: &&str| modules.join(format!("{path}{more}")).is_file();
    let more = ["", ".js", "/index.js"].into_iter().find(named).ok_or(StatusCode::NOT_FOUND)?;
    if !more.is_empty() {
        return Ok(Redirect::temporary(&format!("/lib/{path}{more}")).into_response());
    }
    let text = std::fs::read_to_string(modules.join(path)).map_err(|_| StatusCode::NOT_FOUND)?;
    Ok(([(header::CONTENT_TYPE, "text/javascript")], text).into_response())
}
