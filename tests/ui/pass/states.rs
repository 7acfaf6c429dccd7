//! A part of the state, an extractor that needs the whole, and both with the body last.

use bolt::axum::extract::{FromRef, FromRequestParts};
use bolt::axum::http::request::Parts;
use bolt::prelude::*;

#[derive(Clone)]
struct AppState {
    pace: Pace,
}

#[derive(Clone)]
struct Pace;

impl FromRef<AppState> for Pace {
    fn from_ref(state: &AppState) -> Self {
        state.pace.clone()
    }
}

struct User;

impl FromRequestParts<AppState> for User {
    type Rejection = Problem;

    async fn from_request_parts(_: &mut Parts, _: &AppState) -> Result<Self, Problem> {
        Ok(User)
    }
}

#[stream(get, "/part")]
async fn part(_: State<Pace>) -> u32 {
    emit!(1);
}

#[stream(post, "/whole")]
async fn whole(_: User, _: State<Pace>, _: Json<u32>) -> u32 {
    emit!(1);
}

type Alias = State<Pace>;

#[stream(get, "/last")]
fn last(_: User) -> u32 {
    emit!(1);
}

#[stream(get, "/alias")]
fn alias(_: Alias) -> u32 {
    emit!(1);
}

#[stream(get, "/body")]
async fn body(_: User, body: String) -> String {
    emit!(body);
}

#[stream(post, "/posted", state = AppState)]
fn posted(_: User) -> u32 {
    emit!(1);
}

fn main() {
    let app = App::new().mount::<part>().mount::<whole>().mount::<last>();
    let app = app.mount::<alias>().mount::<body>().mount::<posted>();
    let _ = app.state(AppState { pace: Pace }).into_router();
}
