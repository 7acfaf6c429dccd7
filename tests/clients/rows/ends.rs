//! Streams of a function: their ends and errors, and the bytes between.

use crate::cell::{Shown, State};
use crate::rows::Row;
use crate::visit::{Judged, Outcome, Visit, bad, good};

/// It runs once, all of it is shown, and its user learns of the end.
pub(super) async fn finished(visit: &mut Visit, row: Row) -> Judged {
    visit.arrive().await;
    visit.until(|state| state.items().len() >= 3).await;
    visit.rests(row).await;
    Ok(visit.cell.see(|state| match &state.items()[..] {
        _ if state.runs > 1 => bad("runs again"),
        _ if state.asks_on() => bad("asks again"),
        [1, 2, 3] if state.has(Shown::is_last) || state.ends() > 0 => good("once"),
        [1, 2, 3] => bad("open"),
        items => bad(format!("{items:?}")),
    }))
}

/// Each event is shown before the next is sent, and the function ends when the client leaves.
pub(super) async fn endless(visit: &mut Visit) -> Judged {
    visit.arrive().await;
    if !visit.until(|state| state.items() == [1, 2, 3, 4, 5]).await {
        return Err(bad(visit.cell.see(|state| format!("{:?}", state.items()))));
    }
    visit.close().await;
    let left = visit.cell.until(|state| state.ended == state.runs).await;
    if left { Ok(good("live")) } else { Err(bad("stays")) }
}

pub(super) async fn compressed(visit: &mut Visit) -> Judged {
    let live = endless(visit).await?;
    let compressed = visit.cell.see(|state| state.requests[0].compressed);
    Ok(if compressed { live } else { good("live, plain") })
}

/// Its user is told, and the function is not run again.
pub(super) async fn refused(visit: &mut Visit, row: Row) -> Judged {
    visit.arrive().await;
    visit.until(|state| state.has(Shown::is_error)).await;
    visit.rests(row).await;
    Ok(visit.cell.see(|state| match state.has(Shown::is_error) {
        _ if state.runs > 1 => bad("runs again"),
        _ if state.asks_on() => bad("asks again"),
        true => good("told"),
        false => bad("untold"),
    }))
}

/// What a second run sends completes these, or its user is told.
pub(super) async fn broken(visit: &mut Visit, all: &[u64]) -> Judged {
    visit.arrive().await;
    visit.until(|state| state.items().len() >= all.len()).await;
    Ok(back_or_told(visit, all))
}

/// The only thread is in use until the client has been answered.
pub(super) async fn overload(visit: &mut Visit) -> Judged {
    let occupied = visit.stage.occupy().await;
    visit.arrive().await;
    drop(occupied);
    visit.until(|state| state.items().len() >= 3).await;
    Ok(back_or_told(visit, &[1, 2, 3]))
}

fn back_or_told(visit: &Visit, all: &[u64]) -> Outcome {
    visit.cell.see(|state| match state.has(Shown::is_error) {
        _ if state.items() == all => good("comes back"),
        true => good("told"),
        false => bad("untold"),
    })
}

/// What breaks the silence is not shown.
pub(super) async fn keep_alive(visit: &mut Visit) -> Judged {
    visit.arrive().await;
    visit.until(|state: &State| state.items().len() >= 2).await;
    Ok(visit.cell.see(|state| match &state.items()[..] {
        [1, 2] if state.has(Shown::is_empty) => bad("empty events"),
        [1, 2] => good("unseen"),
        items => bad(format!("{items:?}")),
    }))
}
