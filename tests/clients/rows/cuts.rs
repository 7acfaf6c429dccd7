//! Streams of a log: what a client has after its connection has ended.

use std::time::Duration;

use bolt::replay::Replay;

use crate::cell::Shown;
use crate::visit::{Judged, Outcome, Visit, bad};

/// Everything that was published has been shown, once and in its order.
fn whole(visit: &Visit) -> Outcome {
    let (items, sent) = visit.cell.see(|state| (state.items(), state.sent));
    if items.iter().copied().eq(1..=sent) { visit.back() } else { bad(format!("{items:?}")) }
}

/// That something is missing has been shown.
fn gap_told(visit: &Visit) -> Outcome {
    if visit.cell.see(|state| state.has(Shown::is_gap)) { visit.back() } else { bad("untold") }
}

pub(super) async fn max_duration(visit: &mut Visit) -> Judged {
    visit.arrive().await;
    visit.sends().await?;
    for requests in 2..=3 {
        visit.until_back(|state| state.requests.len() >= requests).await?;
        visit.sends().await?;
    }
    Ok(whole(visit))
}

/// The connection breaks.
pub(super) async fn lost(visit: &mut Visit) -> Judged {
    visit.arrive().await;
    visit.sends().await?;
    visit.sends().await?;
    visit.cell.cut();
    visit.sends().await?;
    visit.sends().await?;
    Ok(whole(visit))
}

/// It breaks before the first event, but not before the client knows where it begins.
pub(super) async fn lost_early(visit: &mut Visit) -> Judged {
    visit.arrive().await;
    // Not every client shows that.
    visit.cell.within(Duration::from_secs(1), |state| !state.shown.is_empty()).await;
    visit.cell.cut();
    visit.sends().await?;
    visit.sends().await?;
    Ok(whole(visit))
}

/// What the client has missed is no longer held when it is back.
pub(super) async fn gap(visit: &mut Visit) -> Judged {
    visit.cell.set_log(Replay::builder().items(2).build());
    visit.arrive().await;
    visit.sends().await?;
    visit.cell.cut();
    let before = visit.cell.see(|state| state.requests.len());
    (0..3).for_each(|_| visit.cell.publish());
    visit.until_back(|state| state.requests.len() > before).await?;
    visit.sends().await?;
    Ok(gap_told(visit))
}

/// The server shuts down as it should; the log outlives it.
pub(super) async fn shutdown(visit: &mut Visit) -> Judged {
    visit.arrive().await;
    visit.sends().await?;
    visit.stage.shut_down().await;
    visit.cell.publish();
    visit.stage.start_again().await;
    visit.is_up_to_date().await?;
    visit.sends().await?;
    Ok(whole(visit))
}

/// The server is killed, and the log with it.
pub(super) async fn restart(visit: &mut Visit) -> Judged {
    visit.arrive().await;
    visit.sends().await?;
    visit.stage.kill().await;
    let before = visit.cell.see(|state| state.requests.len());
    visit.cell.set_log(Replay::new());
    visit.cell.publish();
    visit.stage.start_again().await;
    visit.until_back(|state| state.requests.len() > before).await?;
    visit.sends().await?;
    Ok(gap_told(visit))
}
