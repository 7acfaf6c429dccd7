//! What a fallible stream may return, and how.
#![deny(warnings)]

use std::error::Error;
use std::io;

use bolt::prelude::*;
use tokio_stream::Stream;

#[stream(get, "/two")]
async fn two_errors() -> Result<impl Stream<Item = Result<u32, io::Error>>, Problem> {
    Ok(tokio_stream::iter([Ok(1)]))
}

#[stream(get, "/two-iterators")]
fn two_errors_of_an_iterator() -> Result<impl Iterator<Item = Result<u32, Problem>>, io::Error> {
    Ok([Ok(1)].into_iter())
}

#[stream(get, "/boxed")]
async fn boxed() -> Result<u32, Box<dyn Error + Send + Sync>> {
    emit!(1);
    return Err(Box::new(io::Error::other("x")));
}

#[stream(get, "/boxed-blocking")]
fn boxed_blocking() -> Result<u32, Box<dyn Error + Send + Sync>> {
    emit!("1".parse()?);
    return Err("a text is an error too".into())
}

#[stream(get, "/tail")]
async fn returns_at_the_end() -> io::Result<u32> {
    emit!(1);
    return Err(io::Error::other("x"))
}

#[stream(get, "/infallible")]
async fn returns_early() -> u32 {
    emit!(1);
    return;
}

/// Not for long.
#[deprecated]
#[stream(get, "/deprecated")]
async fn deprecated() -> u32 {
    emit!(1);
}

#[stream(delete, "/body")]
async fn body_on_delete(_: Path<u32>, _: Option<Json<u32>>) -> u32 {
    emit!(1);
}

#[expect(deprecated)]
fn main() {
    let app: App = App::new().mount::<two_errors>().mount::<two_errors_of_an_iterator>();
    let app = app.mount::<boxed>().mount::<boxed_blocking>().mount::<returns_at_the_end>();
    let _ = app.mount::<returns_early>().mount::<deprecated>().mount::<body_on_delete>();
}
