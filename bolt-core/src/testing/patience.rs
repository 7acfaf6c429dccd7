//! How long a test waits: by the real clock, so that a paused one (`tokio::time::pause`), which jumps to the next
//! timer whenever nothing else is to be done, does not jump to the end of the test's patience.

use std::future::poll_fn;
use std::pin::pin;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::sync::{Arc, LazyLock, Mutex, PoisonError, Weak};
use std::task::{Poll, Waker};
use std::thread;
use std::time::{Duration, Instant};

/// Runs a future, but no longer than this; `None` when that was too short.
pub(super) async fn within<F: Future>(limit: Duration, future: F) -> Option<F::Output> {
    let due = Instant::now().checked_add(limit);
    let mut alarm: Option<Arc<Alarm>> = None;
    let mut future = pin!(future);
    poll_fn(|cx| {
        if let Poll::Ready(output) = future.as_mut().poll(cx) {
            return Poll::Ready(Some(output));
        }
        // So far in the future that there is no such moment.
        let Some(due) = due else { return Poll::Pending };
        if Instant::now() >= due {
            return Poll::Ready(None);
        }
        match &alarm {
            Some(alarm) => alarm.waker().clone_from(cx.waker()),
            None => alarm = Some(Alarm::set(due, cx.waker().clone())),
        }
        Poll::Pending
    })
    .await
}

/// Wakes a task when it is due, unless it is dropped before.
struct Alarm {
    due: Instant,
    waker: Mutex<Waker>,
}

/// The thread that wakes. One for the process, started by the first test that has to wait.
static RINGER: LazyLock<Sender<Weak<Alarm>>> = LazyLock::new(|| {
    let (sender, receiver) = channel();
    thread::spawn(move || ring(&receiver));
    sender
});

impl Alarm {
    fn set(due: Instant, waker: Waker) -> Arc<Self> {
        let alarm = Arc::new(Self { due, waker: Mutex::new(waker) });
        // It ends only with the process.
        let _ = RINGER.send(Arc::downgrade(&alarm));
        alarm
    }

    fn waker(&self) -> std::sync::MutexGuard<'_, Waker> {
        self.waker.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn ring(set: &Receiver<Weak<Alarm>>) {
    let mut alarms: Vec<Weak<Alarm>> = Vec::new();
    loop {
        let next = alarms.iter().filter_map(Weak::upgrade).map(|alarm| alarm.due).min();
        let new = match next {
            Some(due) => set.recv_timeout(due.saturating_duration_since(Instant::now())),
            None => set.recv().map_err(|_| RecvTimeoutError::Disconnected),
        };
        match new {
            Ok(alarm) => alarms.push(alarm),
            Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => return,
        }
        let now = Instant::now();
        alarms.retain(|alarm| match alarm.upgrade() {
            Some(alarm) if alarm.due <= now => {
                alarm.waker().wake_by_ref();
                false
            }
            alarm => alarm.is_some(),
        });
    }
}
