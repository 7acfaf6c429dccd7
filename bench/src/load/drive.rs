//! A run: one loop that waits for all sockets.

use std::io;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use mio::{Events, Poll};

use crate::process::Process;

use super::client::Client;
use super::error::Error;
use super::limits;
use super::meter::Meter;
use super::plan::Plan;
use super::pool::Pool;
use super::progress::Progress;
use super::report::{Report, Spread};

/// How often clients that wait, memory and the display are looked after.
const TICK: Duration = Duration::from_millis(100);

const SECOND: Duration = Duration::from_secs(1);

/// Runs `plan`, or as much of it as comes before `stop`, and shows how far it is if `progress`.
pub(crate) fn run_until(plan: &Plan, progress: bool, stop: &AtomicBool) -> Result<Report, Error> {
    limits::check(plan.clients)?;
    // Before anything is allocated for the run.
    let client =
        Meter::start(Process::own()).map_err(|error| Error::Process(std::process::id(), error))?;
    let server = match plan.pid {
        Some(pid) => {
            Some(Meter::start(Process::of(pid)).map_err(|error| Error::Process(pid, error))?)
        }
        None => None,
    };
    let mut poll = Poll::new().map_err(Error::Poll)?;
    let registry = poll.registry().try_clone().map_err(Error::Poll)?;
    let progress = Progress::new(progress);
    let now = Instant::now();
    let mut run = Run {
        plan,
        pool: Pool::new(plan, registry),
        client,
        server,
        progress,
        start: now,
        next_tick: now + TICK,
        second: now,
        settled: None,
        window: None,
    };
    let ended = run.go(&mut poll, stop);
    run.progress.end();
    ended.map(|()| run.end())
}

/// How many clients of a ramp have begun after `elapsed`: the first at once, the others evenly, so that what they do
/// every second is spread over it.
fn begun(elapsed: Duration, rate: u32) -> usize {
    let after_first = u128::from(rate) * elapsed.as_nanos() / SECOND.as_nanos();
    usize::try_from(after_first).unwrap_or(usize::MAX).saturating_add(1)
}

/// When the next client of a ramp begins, after so many.
fn due(begun: usize, rate: u32) -> Duration {
    // Rounded up: a moment too early would be a turn for nothing.
    let nanos = (begun as u128 * SECOND.as_nanos()).div_ceil(u128::from(rate));
    Duration::from_nanos(u64::try_from(nanos).unwrap_or(u64::MAX))
}

struct Run<'a> {
    plan: &'a Plan,
    pool: Pool<'a>,
    client: Meter,
    server: Option<Meter>,
    progress: Progress,
    start: Instant,
    next_tick: Instant,
    /// When the current second of the course began.
    second: Instant,
    /// When the ramp was over.
    settled: Option<Instant>,
    window: Option<Window>,
}

/// What is measured: all streams open.
struct Window {
    start: Instant,
    events_before: u64,
}

impl Run<'_> {
    fn go(&mut self, poll: &mut Poll, stop: &AtomicBool) -> Result<(), Error> {
        let mut events = Events::with_capacity(1024);
        loop {
            self.pool.connect(self.allowed());
            match poll.poll(&mut events, Some(self.timeout())) {
                Ok(()) => {}
                // By a signal.
                Err(error) if error.kind() == io::ErrorKind::Interrupted => events.clear(),
                Err(error) => return Err(Error::Poll(error)),
            }
            self.pool.read_on();
            for event in &events {
                self.pool.ready(event.token().0, event.is_read_closed() || event.is_error());
            }
            let now = Instant::now();
            if now >= self.next_tick {
                self.tick(now);
            }
            if let Some(error) = self.pool.take_dead() {
                return Err(Error::Dead(self.plan.address, error));
            }
            if self.settled.is_none() && self.pool.settled() {
                self.settle(now);
            }
            let over = self.settled.is_some_and(|settled| now - settled >= self.plan.lasts);
            if over || self.pool.all_done() || stop.load(Ordering::Relaxed) {
                return Ok(());
            }
        }
    }

    /// How many clients may have begun by now.
    fn allowed(&self) -> usize {
        self.plan.ramp.map_or(self.plan.clients, |rate| begun(self.start.elapsed(), rate))
    }

    fn timeout(&self) -> Duration {
        if self.pool.has_unread() {
            return Duration::ZERO;
        }
        let until = match self.settled {
            Some(settled) => self.next_tick.min(settled + self.plan.lasts),
            None => self.next_tick,
        };
        let wait = until.saturating_duration_since(Instant::now());
        match self.plan.ramp {
            // Without a slot, the next one begins when another is answered.
            Some(rate) if self.pool.may_connect() => {
                let due = self.start + due(self.pool.begun(), rate);
                wait.min(due.saturating_duration_since(Instant::now()))
            }
            _ => wait,
        }
    }

    fn tick(&mut self, now: Instant) {
        self.next_tick = now + TICK;
        self.pool.check(now);
        // More often than the CPU, whose file costs the server's kernel a look at each of its threads.
        for meter in self.meters() {
            meter.sample_memory();
        }
        if now - self.second >= SECOND {
            self.end_second(now);
        }
        match self.settled {
            None => {
                let settled = self.pool.settled_clients();
                self.progress.connecting(settled, self.plan.clients, &self.pool.tally);
            }
            Some(settled) => {
                self.progress.measuring(now - settled, self.plan.lasts, &self.pool.tally);
            }
        }
    }

    fn end_second(&mut self, now: Instant) {
        self.pool.tally.end_second(now - self.start, now - self.second);
        self.second = now;
        for meter in self.meters() {
            meter.sample();
        }
    }

    /// The ramp is over.
    fn settle(&mut self, now: Instant) {
        self.settled = Some(now);
        let ended = self.pool.tally.finished > 0 && !self.plan.again;
        if ended || self.pool.all_done() {
            // Short streams: there is no time when all are open, so the whole run is measured.
            return;
        }
        self.end_second(now);
        self.pool.tally.start_window();
        for meter in self.meters() {
            meter.start_window();
        }
        self.window = Some(Window { start: now, events_before: self.pool.tally.events });
    }

    fn meters(&mut self) -> impl Iterator<Item = &mut Meter> {
        std::iter::once(&mut self.client).chain(&mut self.server)
    }

    fn end(mut self) -> Report {
        let end = Instant::now();
        // Before the streams are closed: that costs the server too.
        for meter in self.meters() {
            meter.sample();
        }
        self.pool.tally.end_second(end - self.start, end - self.second);
        self.pool.close();
        let (clients, plan) = (self.pool.clients(), self.plan);
        let opened = || clients.iter().filter(|client| client.opened);
        let spread =
            |of: &dyn Fn(&Client) -> f64| Spread::of(&opened().map(of).collect::<Vec<_>>());
        let mut report = Report {
            request: format!("{} http://{}{}", plan.method, plan.host, plan.target),
            clients: plan.clients,
            opened: opened().count(),
            succeeded: clients.iter().filter(|client| !client.failed).count(),
            seconds: (end - self.start).as_secs_f64(),
            ramp_seconds: (self.settled.unwrap_or(end) - self.start).as_secs_f64(),
            events_per_client: spread(&|client| client.events as f64),
            durations: spread(&|client| client.lasted.as_secs_f64()),
            client: self.client.usage(),
            server: self.server.as_ref().map(Meter::usage),
            other_machine: !plan.address.ip().to_canonical().is_loopback(),
            ..Report::default()
        };
        let tally = &mut self.pool.tally;
        report.open_most = tally.open_most;
        report.failures = std::mem::take(&mut tally.failures);
        report.events = tally.events;
        report.finished = tally.finished;
        report.bytes = tally.bytes;
        report.latency = tally.latency();
        report.events_ahead = tally.ahead;
        report.longest_silence = tally.longest_silence.as_secs_f64();
        report.first_byte = tally.first_bytes();
        report.course = std::mem::take(&mut tally.course);
        if report.events_ahead > 0 {
            // What is reckoned with a wrong clock is no latency.
            report.latency = None;
            report.course.iter_mut().for_each(|second| second.latency = None);
        }
        (report.window_seconds, report.window_events) = match self.window {
            Some(window) => {
                ((end - window.start).as_secs_f64(), report.events - window.events_before)
            }
            None => (report.seconds, report.events),
        };
        report
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_ramp_begins_one_client_at_each_even_step() {
        for rate in [1, 3, 7, 1000, 4999, u32::MAX] {
            assert_eq!(begun(Duration::ZERO, rate), 1);
            for client in [1, 2, 3, 10_000] {
                let due = due(client, rate);
                assert!(begun(due, rate) > client, "{client} at {rate}/s is late");
                let before = due.saturating_sub(Duration::from_nanos(1));
                assert!(rate == u32::MAX || begun(before, rate) <= client, "{client} at {rate}/s");
            }
        }
    }
}
