//! Whether the app lives, and whether it can take more: `/health` and `/ready`.

mod check;
mod route;
mod state;

pub(crate) use check::Check;
pub(crate) use route::routes;
pub(crate) use state::Health;
