//! Nothing of the standard prelude is needed, and what the user named like it is not used.
#![no_implicit_prelude]

#[allow(dead_code)]
enum Result {
    Ok,
    Err,
}

#[allow(dead_code)]
trait Future {}

mod core {}

#[derive(::serde::Serialize, ::bolt::StreamEvent)]
enum Answer {
    Done,
}

#[::bolt::stream(get, "/async", undocumented)]
async fn generator(_: ::bolt::axum::extract::State<u32>, q: ::bolt::axum::extract::Query<()>) -> Answer {
    let ::bolt::axum::extract::Query(()) = q;
    emit!(Answer::Done);
}

#[::bolt::stream(get, "/blocking")]
fn blocking() -> ::std::result::Result<u32, ::std::io::Error> {
    emit!(1);
}

#[::bolt::stream(get, "/items")]
fn items() -> impl ::tokio_stream::Stream<Item = ::std::result::Result<u32, ::std::io::Error>> {
    ::tokio_stream::empty()
}

#[::bolt::stream(get, "/iterator")]
fn iterator() -> ::std::result::Result<impl ::std::iter::Iterator<Item = u32>, ::bolt::Problem> {
    ::std::result::Result::Ok(::std::iter::empty())
}

fn main() {
    let _ = ::bolt::App::new()
        .mount::<generator>()
        .mount::<blocking>()
        .mount::<items>()
        .mount::<iterator>()
        .state(1)
        .into_router();
}
