//! What runs in valgrind: on one thread, so that no other gets into the count.

use std::error::Error;
use std::net::Ipv4Addr;
use std::process::ExitCode;
use std::sync::Arc;

use axum::body::Body;
use axum::http::Request;
use tokio::net::TcpListener;
use tokio::runtime;
use tokio::sync::Notify;
use tokio_stream::StreamExt as _;
use tower_service::Service as _;

use super::apps;
use super::case::{Case, Of};
use crate::console::note;
use crate::serve::say_ready;

/// The command line.
#[derive(Debug, clap::Args)]
pub(crate) struct Counted {
    case: Case,
    of: Of,
    events: u64,
}

pub(crate) fn counted(arguments: &Counted) -> ExitCode {
    let Counted { case, of, events } = *arguments;
    let work = async {
        match case {
            Case::Encoder => drain(of, &case.target(events)).await,
            Case::Burst | Case::Paced => serve(of).await,
        }
    };
    let runtime = runtime::Builder::new_current_thread().enable_all().build();
    match runtime.map_err(Into::into).and_then(|runtime| runtime.block_on(work)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            note(format_args!("error: {error}"));
            ExitCode::FAILURE
        }
    }
}

/// Reads a stream to its end as a server does, without one.
async fn drain(of: Of, target: &str) -> Result<(), Box<dyn Error>> {
    let end = Arc::default();
    let mut router = match of {
        Of::Bolt => apps::bolt(end).into_router()?,
        Of::Axum => apps::axum(end),
    };
    let request = Request::get(target).body(Body::empty())?;
    let response = router.call(request).await?;
    let mut body = response.into_body().into_data_stream();
    while let Some(frame) = body.next().await {
        frame?;
    }
    Ok(())
}

/// Serves until it is asked for `/end`.
async fn serve(of: Of) -> Result<(), Box<dyn Error>> {
    let end = Arc::new(Notify::new());
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
    let address = listener.local_addr()?;
    let asked = Arc::clone(&end);
    let until = async move { asked.notified().await };
    say_ready(address);
    match of {
        Of::Bolt => apps::bolt(end).serve_until(listener, until).await?,
        Of::Axum => axum::serve(listener, apps::axum(end)).with_graceful_shutdown(until).await?,
    }
    Ok(())
}
