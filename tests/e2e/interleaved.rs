//! Publishers, readers and cuts in any order: what every reader was given is held against a ledger.

use std::collections::BTreeSet;
use std::pin::{Pin, pin};

use std::sync::{Arc, Mutex, mpsc};
use std::task::{Context, Poll, Waker};
use std::thread;
use std::time::Duration;

use bolt::prelude::*;
use bolt::replay::{
    Entry, Epoch, Gap, GapReason, History, Page, PageEnd, Position, Read, Replay, Replayed, Since,
    Subscription,
};
use bolt_tests::PATIENCE;
use bolt_tests::ledger::{Account, Ledger};
use bolt_tests::spec::Dispatched;
use proptest::prelude::*;
use tokio::runtime::{Builder, Runtime};
use tokio::sync::Notify;
use tokio::time::{advance, timeout};
use tokio_stream::Stream;

#[derive(Clone, Copy, Debug)]
enum Step {
    Publish(usize),
    /// A client reads at most so many.
    Read(usize, usize),
    /// Its connection is cut; the next `Read` is a new one.
    Cut(usize),
    /// It is cut while an event is on its way, which it never has.
    Lose(usize),
    /// The app is started again.
    Restart,
    /// Nothing happens for so long that clients are told what they were brought past.
    Silence,
}

const CLIENTS: usize = 3;

/// What `Subscription::filter` says: a client is brought past fewer events than this untold,
const UNTOLD: usize = 64;

/// and for no longer than this.
const UNTOLD_FOR: Duration = Duration::from_secs(5);

/// Which data a client wants.
type Wants = fn(&str) -> bool;

/// What a client may want: all, some, few, nothing of what there will be.
const WANTS: [Wants; 4] = [
    |_| true,
    |data| data.ends_with(['0', '3', '6', '9']),
    |data| data.ends_with("00"),
    |data| data == "0",
];

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        4 => (1..5_usize).prop_map(Step::Publish),
        6 => (0..CLIENTS, 1..6_usize).prop_map(|(client, count)| Step::Read(client, count)),
        2 => (0..CLIENTS).prop_map(Step::Cut),
        1 => (0..CLIENTS).prop_map(Step::Lose),
        1 => (40..80_usize).prop_map(Step::Publish),
        1 => Just(Step::Restart),
        1 => Just(Step::Silence),
    ]
}

type Open = Pin<Box<dyn Stream<Item = Replayed<u64>>>>;

struct Reader {
    wants: Option<Wants>,
    account: Account,
    open: Option<Open>,
}

impl Reader {
    /// `wants` nothing of a filter, or what it lets pass.
    fn new(wants: Option<Wants>) -> Self {
        let account = wants.map_or_else(Account::default, Account::wanting);
        Self { wants, account, open: None }
    }
}

/// The next that is there, as a client is sent it.
fn next(open: &mut Open) -> Option<Replayed<u64>> {
    match open.as_mut().poll_next(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(item) => item,
        Poll::Pending => None,
    }
}

fn take(account: &mut Account, ledger: &Ledger, item: &Replayed<u64>) -> Result<(), String> {
    let id = item.position().expect("a place").to_string();
    let (name, data) = match (item.value(), item.gap()) {
        (Some(value), _) => ("message", json(value)),
        (None, Some(gap)) => ("gap", json(gap)),
        (None, None) => return account.told(ledger, &id),
    };
    account.sent(ledger, &Dispatched { name: name.to_owned(), data, id })
}

struct World {
    /// Has the clock, which stands still but for `Silence`.
    runtime: Runtime,
    log: Replay<u64>,
    items: usize,
    from_oldest: bool,
    ledger: Ledger,
    published: u64,
    readers: Vec<Reader>,
}

impl World {
    fn new(items: usize, from_oldest: bool, wants: [Option<Wants>; CLIENTS]) -> Self {
        let clock = Builder::new_current_thread().enable_time().start_paused(true).build();
        let mut world = Self {
            runtime: clock.expect("a runtime"),
            log: Replay::new(),
            items,
            from_oldest,
            ledger: Ledger::default(),
            published: 0,
            readers: wants.map(Reader::new).into(),
        };
        world.restart();
        world
    }

    fn restart(&mut self) {
        self.log = Replay::<u64>::builder().items(self.items).build();
        self.ledger.begin(self.log.position().to_string());
        self.readers.iter_mut().for_each(|reader| reader.open = None);
    }

    fn publish(&mut self) {
        self.published += 1;
        let position = self.log.publish(self.published).expect("published");
        self.ledger.publish(position.to_string(), self.published.to_string());
    }

    /// Whether there was something to read.
    fn read(&mut self, client: usize, lose: bool) -> Result<bool, String> {
        let _clock = self.runtime.enter();
        let Reader { wants, account, open } = &mut self.readers[client];
        let last = account.last_id(&self.ledger).map(|id| LastEventId(id.to_owned()));
        let open = open.get_or_insert_with(|| {
            let all = match self.from_oldest {
                true => self.log.subscribe_from_oldest(last),
                false => self.log.subscribe(last),
            };
            match *wants {
                Some(wants) => Box::pin(all.filter(move |value| wants(&json(value)))),
                None => Box::pin(all),
            }
        });
        let Some(item) = next(open) else {
            let at = account.last_id(&self.ledger).ok_or("it was never told where it begins")?;
            let behind = self.ledger.count_after(at);
            let most = if wants.is_some() { UNTOLD } else { 1 };
            return match behind < most {
                true => Ok(false),
                false => Err(format!("it was brought past {behind} events from {at} untold")),
            };
        };
        if lose {
            return Ok(true);
        }
        take(account, &self.ledger, &item)?;
        if let Some(gap) = item.gap() {
            self.check_reason(gap)?;
        }
        Ok(true)
    }

    /// A gap is never told for nothing: all ids here were given out, so each gap is of another epoch or of what is not
    /// held any more.
    fn check_reason(&self, gap: &Gap) -> Result<(), String> {
        let from = gap.from.as_ref().ok_or("a gap of an id that was given is from somewhere")?;
        let missed = self.ledger.count_after(&from.to_string());
        let same_epoch = from.epoch == self.log.position().epoch;
        let right = match gap.reason {
            GapReason::Epoch => !same_epoch,
            GapReason::Expired | GapReason::Slow => same_epoch && missed > self.items,
            _ => false,
        };
        let reason = gap.reason;
        match right {
            true => Ok(()),
            false => {
                Err(format!("a gap of {reason:?} from {from}, {missed} before the end of its log"))
            }
        }
    }

    /// All that is there is read, and then all that is told of it.
    fn be_silent(&mut self) -> Result<(), String> {
        for client in 0..CLIENTS {
            while self.read(client, false)? {}
        }
        self.runtime.block_on(advance(UNTOLD_FOR));
        for client in 0..CLIENTS {
            while self.read(client, false)? {}
            let account = &self.readers[client].account;
            let at = account.last_id(&self.ledger);
            if at != Some(self.ledger.last()) {
                return Err(format!("after a silence it knows of {at:?}"));
            }
        }
        Ok(())
    }

    fn run(&mut self, step: Step) -> Result<(), String> {
        match step {
            Step::Publish(count) => (0..count).for_each(|_| self.publish()),
            Step::Read(client, count) => {
                for _ in 0..count {
                    self.read(client, false)?;
                }
            }
            Step::Cut(client) => self.readers[client].open = None,
            Step::Lose(client) => {
                self.read(client, true)?;
                self.readers[client].open = None;
            }
            Step::Restart => self.restart(),
            Step::Silence => self.be_silent()?,
        }
        Ok(())
    }

    fn finish(&mut self) -> Result<(), String> {
        for client in 0..CLIENTS {
            while self.read(client, false)? {}
            self.readers[client].account.ended(&self.ledger)?;
        }
        self.be_silent()
    }
}

/// JSON as it is sent.
fn json<T: Serialize>(value: &T) -> String {
    serde_json::to_string(value).expect("it serialises")
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn no_order_of_things_loses_or_doubles_an_event_unsaid(
        items in prop_oneof![1..6_usize, Just(40), Just(1000)],
        from_oldest: bool,
        wants in prop::array::uniform3(prop::option::of(prop::sample::select(&WANTS[..]))),
        steps in prop::collection::vec(step(), 1..60),
    ) {
        let mut world = World::new(items, from_oldest, wants);
        for step in steps {
            world.run(step).map_err(TestCaseError::fail)?;
        }
        world.finish().map_err(TestCaseError::fail)?;
    }
}

const THREADS: u64 = 4;
const EACH: u64 = 2_000;

/// Threads publish at once while tasks read, are cut, and return. Everybody is woken to the end.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn publishers_and_readers_at_the_same_time() {
    let items = usize::try_from(THREADS * EACH).expect("small");
    let log = Replay::<u64>::builder().items(items).build();
    let start = log.position().to_string();
    let readers: Vec<_> = (0..8_usize)
        .map(|number| {
            let log = log.clone();
            // Not where the log stands when the task is first run: publishing may have begun by then.
            let mut last = Some(LastEventId(start.clone()));
            tokio::spawn(async move {
                let mut got = Vec::new();
                loop {
                    let mut open = log.subscribe(last.clone());
                    let mut left = 1 + (got.len() * 7 + number * 13) % 200;
                    loop {
                        let Some(item) = open.next().await else { return got };
                        last = item.position().map(|position| LastEventId(position.to_string()));
                        got.push(item);
                        left -= 1;
                        if left == 0 {
                            break;
                        }
                    }
                }
            })
        })
        .collect();
    let publishers: Vec<_> = (0..THREADS)
        .map(|thread| {
            let log = log.clone();
            thread::spawn(move || {
                let publish =
                    |n| (log.publish(thread * EACH + n).expect("published"), thread * EACH + n);
                (0..EACH).map(publish).collect::<Vec<_>>()
            })
        })
        .collect();
    let mut published = Vec::new();
    for publisher in publishers {
        let own = publisher.join().expect("it publishes");
        assert!(own.is_sorted_by_key(|(position, _)| position.offset), "in the order of its calls");
        published.extend(own);
    }
    log.close();
    published.sort_by_key(|(position, _)| position.offset);
    let mut ledger = Ledger::default();
    ledger.begin(start.clone());
    published.iter().for_each(|(position, n)| ledger.publish(position.to_string(), n.to_string()));
    for reader in readers {
        let got = timeout(PATIENCE, reader).await.expect("it is woken").expect("it reads");
        let mut account = Account::default();
        account.told(&ledger, &start).expect("the start");
        got.iter().try_for_each(|item| take(&mut account, &ledger, item)).expect("as published");
        account.ended(&ledger).expect("all of it");
        assert!(account.gaps.is_empty());
    }
}

#[tokio::test]
async fn who_does_not_read_keeps_nothing_from_being_dropped() {
    #[derive(Serialize)]
    struct Large {
        #[serde(skip)]
        _alive: Arc<()>,
        n: u64,
    }

    let log = Replay::<Large>::builder().items(10).build();
    let alive = Arc::new(());
    let mut slow: Vec<_> = (0..5).map(|_| log.subscribe(None)).collect();
    for open in &mut slow {
        assert!(open.next().await.is_some_and(|item| item.value().is_none()), "where it begins");
    }
    for n in 0..10_000 {
        log.publish(Large { _alive: Arc::clone(&alive), n }).expect("published");
    }
    // Those in the log; who is not polled holds none.
    assert_eq!(Arc::strong_count(&alive) - 1, 10);
    for open in &mut slow {
        let gap = open.next().await.expect("a word");
        let gap = gap.gap().expect("a gap");
        assert_eq!((gap.from.as_ref().map(|from| from.offset), gap.to.offset), (Some(0), 10_000));
        assert_eq!(serde_json::to_value(gap.reason).expect("JSON"), "slow");
    }
    log.publish(Large { _alive: Arc::clone(&alive), n: 10_000 }).expect("published");
    let last = slow[0].next().await.expect("live again");
    assert_eq!(last.value().map(|large| large.n), Some(10_000));
}

#[tokio::test(start_paused = true)]
async fn bounds_of_bytes_and_age_drop_the_oldest() {
    let log = Replay::<String>::builder().bytes(100).build();
    let held = |log: &Replay<String>| {
        let mut open = pin!(log.subscribe_from_oldest(None));
        let mut held = Vec::new();
        while let Poll::Ready(Some(item)) =
            open.as_mut().poll_next(&mut Context::from_waker(Waker::noop()))
        {
            held.extend(item.value().cloned());
        }
        held
    };
    for n in 0..5 {
        log.publish(n.to_string().repeat(38)).expect("published");
    }
    assert_eq!(held(&log), ["3".repeat(38), "4".repeat(38)], "40 bytes of JSON each");
    log.publish("5".repeat(500)).expect("published");
    assert_eq!(held(&log), ["5".repeat(500)], "the newest stays, however large");

    let log = Replay::<String>::builder().age(PATIENCE).build();
    log.publish("old".to_owned()).expect("published");
    tokio::time::advance(PATIENCE / 2).await;
    log.publish("newer".to_owned()).expect("published");
    tokio::time::advance(PATIENCE * 3 / 4).await;
    assert_eq!(held(&log), ["newer"]);
    tokio::time::advance(PATIENCE).await;
    assert_eq!(held(&log), Vec::<String>::new());
    assert_eq!(log.position().offset, 2);
}

/// A store outside of the process, at its worst: whatever is read, something is appended right after, and the answer
/// takes a while.
struct Outside {
    epoch: Epoch,
    entries: Mutex<Vec<Entry<u64>>>,
    most: u64,
    changes: Arc<Notify>,
}

impl Outside {
    fn at(&self, offset: u64) -> Position {
        Position { epoch: self.epoch.clone(), offset }
    }

    fn page(&self, since: Since, most: usize) -> Page<u64> {
        let mut entries = self.entries.lock().expect("no panic");
        let after = match since {
            Since::End => entries.last().map_or(0, |entry| entry.position().offset),
            Since::Oldest => 0,
            Since::After(position) => position.offset,
        };
        let follow: Vec<_> = entries
            .iter()
            .filter(|entry| entry.position().offset > after)
            .take(most)
            .cloned()
            .collect();
        let next = entries.len() as u64 + 1;
        let end = match follow.last().map_or(after, |entry| entry.position().offset) {
            last if last == self.most => PageEnd::Closed,
            last if last + 1 < next => PageEnd::More,
            _ => PageEnd::CaughtUp,
        };
        if next <= self.most {
            entries.push(Entry::new(self.at(next), next).expect("it serialises"));
            self.changes.notify_waiters();
        }
        Page { after: self.at(after), entries: follow, end }
    }
}

impl History<u64> for Outside {
    type Reading = Pin<Box<dyn Future<Output = Read<u64>> + Send>>;

    fn read(&self, since: Since, most: usize) -> Self::Reading {
        let page = self.page(since, most);
        Box::pin(async {
            tokio::task::yield_now().await;
            Read::Page(page)
        })
    }

    fn changes(&self) -> &Arc<Notify> {
        &self.changes
    }
}

#[tokio::test]
async fn what_comes_while_the_log_is_read_is_not_slept_through() {
    for since in [Since::End, Since::Oldest] {
        let outside = Arc::new(Outside {
            epoch: Epoch::new("outside").expect("an epoch"),
            entries: Mutex::default(),
            most: 100,
            changes: Arc::default(),
        });
        let mut open = Subscription::new(outside, since, None);
        let mut got = Vec::new();
        while let Some(item) = timeout(PATIENCE, open.next()).await.expect("it is woken") {
            got.extend(item.value().copied());
        }
        assert_eq!(got, (1..=100).collect::<Vec<_>>());
    }
}

/// A store that holds nothing but its end.
struct Forgetful(Arc<Notify>);

impl Forgetful {
    const END: u64 = 9;

    fn at(offset: u64) -> Position {
        Position { epoch: Epoch::new("e").expect("an epoch"), offset }
    }
}

impl History<u64> for Forgetful {
    type Reading = std::future::Ready<Read<u64>>;

    fn read(&self, since: Since, _most: usize) -> Self::Reading {
        let lost = matches!(&since, Since::After(position) if position.offset != Self::END);
        let page = Page { after: Self::at(Self::END), entries: Vec::new(), end: PageEnd::CaughtUp };
        std::future::ready(if lost { Read::Lost(GapReason::Expired) } else { Read::Page(page) })
    }

    fn changes(&self) -> &Arc<Notify> {
        &self.0
    }
}

#[test]
fn where_the_beginning_is_lost_too_a_client_goes_on_from_the_end() {
    let fresh = Since::After(Forgetful::at(1));
    for (last, reason, from) in [
        (None, GapReason::Expired, Some(1)),
        (Some("e-3"), GapReason::Expired, Some(3)),
        (Some("e-1"), GapReason::Expired, Some(1)),
        (Some("x"), GapReason::Unknown, None),
    ] {
        let (sender, read) = mpsc::channel();
        let fresh = fresh.clone();
        // It must not be the test that waits for it for ever.
        thread::spawn(move || {
            let last = last.map(|id| LastEventId(id.to_owned()));
            let history = Arc::new(Forgetful(Arc::default()));
            let mut open: Open = Box::pin(Subscription::new(history, fresh, last));
            let first = next(&mut open);
            let _ = sender.send((first, next(&mut open).is_none()));
        });
        let (first, waits) = read.recv_timeout(PATIENCE).expect("it answers");
        let first = first.expect("a gap");
        let gap = first.gap().expect("a gap");
        assert_eq!((gap.reason, &gap.to), (reason, &Forgetful::at(9)), "{last:?}");
        assert_eq!(gap.from.as_ref().map(|from| from.offset), from, "{last:?}");
        assert!(waits, "{last:?}");
    }
}

/// A page is made of the state, and goes on by the stream: what the guide says of both.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_page_and_its_stream_have_all_when_the_state_is_changed_first() {
    const CHANGES: usize = 20_000;
    let log = Replay::<usize>::builder().items(CHANGES).build();
    let state = Arc::new(Mutex::new(BTreeSet::new()));
    let (publisher, changed) = (log.clone(), Arc::clone(&state));
    let publishing = thread::spawn(move || {
        for n in 0..CHANGES {
            changed.lock().expect("no panic").insert(n);
            publisher.publish(n).expect("published");
        }
        publisher.close();
    });
    let mut readers = Vec::new();
    while !publishing.is_finished() && readers.len() < 100 {
        let position = log.position();
        let mut page = state.lock().expect("no panic").clone();
        let mut open = log.subscribe(LastEventId(position.to_string()));
        readers.push(tokio::spawn(async move {
            while let Some(item) = open.next().await {
                assert!(item.gap().is_none());
                page.extend(item.value());
            }
            page
        }));
        tokio::task::yield_now().await;
    }
    publishing.join().expect("it publishes");
    for reader in readers {
        let page = timeout(PATIENCE, reader).await.expect("it is woken").expect("it reads");
        assert_eq!(page.len(), CHANGES);
    }
}

#[tokio::test(start_paused = true)]
async fn a_subscription_that_waits_keeps_little() {
    let log = Replay::<u64>::new();
    // A timer, a page or a second position for each client would show.
    let rest = size_of_val(&log.subscribe(None));
    assert!(rest <= 240, "{rest} bytes");
    let wanted = |n: &u64| *n == 0;
    let filtered = size_of_val(&log.subscribe(None).filter(wanted));
    assert!(filtered <= rest + 16, "{filtered} bytes, {rest} without a filter");
}
