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
        let Some(rate) = self.plan.ramp else { return self.plan.clients };
        let begun = u128::from(rate) * self.start.elapsed().as_nanos() / SECOND.as_nanos();
        usize::try_from(begun).unwrap_or(usize::MAX).saturating_add(1)
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
            Some(rate) if self.settled.is_none() => wait.min(SECOND / rate),
            _ => wait,
        }
    }

    fn tick(&mut self, now: Instant) {
        self.next_tick = now + TICK;
        self.pool.check(now);
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
            ..Report::default()
        };
        let tally = &mut self.pool.tally;
        report.open_most = tally.open_most;
        report.failures = std::mem::take(&mut tally.failures);
        report.events = tally.events;
        report.finished = tally.finished;
        report.bytes = tally.bytes;
        report.latency = tally.latency();
        report.first_byte = tally.first_bytes();
        report.course = std::mem::take(&mut tally.course);
        (report.window_seconds, report.window_events) = match self.window {
            Some(window) => {
                ((end - window.start).as_secs_f64(), report.events - window.events_before)
            }
            None => (report.seconds, report.events),
        };
        report
    }
}
