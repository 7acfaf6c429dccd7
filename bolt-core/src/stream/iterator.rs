//! Iterators: blocking generators that return their thread while their client is slow.

use std::sync::Arc;

use bytes::BytesMut;

use super::pipe::{Running, Work};
use super::thread_end::RunsHere;
use crate::event::Encoder;
use crate::panics::catch;
use crate::problem::Problem;

/// An iterator that is suspended between two items.
struct Items<I, Take, T> {
    items: I,
    take: Take,
    encode: Encoder<T>,
    scratch: BytesMut,
    running: Running,
}

/// Calls the function and sends the items of its iterator, on this thread as long as the client keeps up.
pub(super) fn run<T, R, I>(
    running: Running,
    encode: Encoder<T>,
    function: impl FnOnce() -> R,
    begin: impl FnOnce(R) -> Result<I, Problem>,
    take: impl FnMut(I::Item) -> Result<T, Problem> + Send + 'static,
) where
    T: 'static,
    I: Iterator + Send + 'static,
{
    if !running.pipe.start() {
        return;
    }
    let _here = RunsHere::new(Arc::clone(&running.pipe.closed));
    match catch(|| running.span.run(|| begin(function()))).and_then(|begun| begun) {
        Ok(items) => {
            let scratch = BytesMut::new();
            Box::new(Items { items, take, encode, scratch, running }).resume();
        }
        Err(problem) => running.pipe.finish(Err(problem)),
    }
}

impl<I, Take, T> Work for Items<I, Take, T>
where
    T: 'static,
    I: Iterator + Send + 'static,
    Take: FnMut(I::Item) -> Result<T, Problem> + Send + 'static,
{
    fn resume(mut self: Box<Self>) {
        let pipe = Arc::clone(&self.running.pipe);
        let _here = RunsHere::new(Arc::clone(&pipe.closed));
        let span = self.running.span.clone();
        // `next` is only called when there is room for the item.
        while let Some(this) = pipe.park_unless_room(self) {
            self = this;
            match catch(|| span.run(|| self.send_next())).and_then(|sent| sent) {
                Ok(true) => {}
                Ok(false) => return pipe.finish(Ok(())),
                Err(problem) => return pipe.finish(Err(problem)),
            }
        }
    }
}

impl<I, Take, T> Items<I, Take, T>
where
    I: Iterator,
    Take: FnMut(I::Item) -> Result<T, Problem>,
{
    /// Sends the next item. False if there is none, or if the client has left.
    fn send_next(&mut self) -> Result<bool, Problem> {
        let Some(item) = self.items.next() else { return Ok(false) };
        let value = (self.take)(item)?;
        (self.encode)(&value, &mut self.scratch).map_err(Problem::internal)?;
        Ok(self.running.pipe.push_now(&mut self.scratch).is_ok())
    }
}
