//! Streams that a function returns: `-> impl Stream<Item = T>`.

use std::pin::Pin;
use std::task::{Context, Poll, ready};

use pin_project_lite::pin_project;
use tokio::task::coop::poll_proceed;
use tokio_stream::Stream;

use super::source::{Outgoing, Source};
use crate::event::Encoder;
use crate::problem::Problem;

pin_project! {
    /// The call of the function, then the stream it returned.
    pub(crate) struct Items<F, S, T, Begin, Take> {
        begin: Begin,
        take: Take,
        encode: Encoder<T>,
        limit: usize,
        #[pin]
        state: State<F, S>,
    }
}

pin_project! {
    #[project = StateProj]
    enum State<F, S> {
        Calling { #[pin] call: F },
        Running { #[pin] stream: S },
    }
}

/// `begin` turns what the call returns into a stream; `take` an item of it into a value to emit.
pub(crate) fn items<F, S, T, Begin, Take>(
    encode: Encoder<T>,
    limit: usize,
    call: F,
    begin: Begin,
    take: Take,
) -> Items<F, S, T, Begin, Take> {
    Items { begin, take, encode, limit, state: State::Calling { call } }
}

impl<F, S, T, Begin, Take> Source for Items<F, S, T, Begin, Take>
where
    F: Future + Send + 'static,
    S: Stream + Send + 'static,
    Begin: FnMut(F::Output) -> Result<S, Problem> + Send + 'static,
    Take: FnMut(S::Item) -> Result<T, Problem> + Send + 'static,
    T: 'static,
{
    fn poll_fill(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        out: &mut Outgoing,
    ) -> Poll<Result<(), Problem>> {
        let mut this = self.project();
        loop {
            match this.state.as_mut().project() {
                StateProj::Calling { call } => match (this.begin)(ready!(call.poll(cx))) {
                    Ok(stream) => this.state.set(State::Running { stream }),
                    Err(problem) => return Poll::Ready(Err(problem)),
                },
                StateProj::Running { mut stream } => {
                    while out.bytes.len() < *this.limit {
                        let Some(item) = ready!(stream.as_mut().poll_next(cx)) else {
                            return Poll::Ready(Ok(()));
                        };
                        let before = out.bytes.len();
                        let written = (this.take)(item).and_then(|value| {
                            (this.encode)(&value, &mut out.bytes).map_err(Problem::internal)
                        });
                        if let Err(problem) = written {
                            return Poll::Ready(Err(problem));
                        }
                        if out.bytes.len() == before {
                            // An item that encodes to nothing never fills the buffer, so yield to other tasks.
                            ready!(poll_proceed(cx)).made_progress();
                        } else {
                            out.events += 1;
                        }
                    }
                    return Poll::Pending;
                }
            }
        }
    }
}
