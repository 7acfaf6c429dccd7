//! Clients that do what is right: each must get all that it asked for, whole and in order.

use std::net::SocketAddr;

use tokio::time::sleep;

use super::connection::Connection;
use super::fault::Fault;
use super::random::Random;
use super::tally::Done;

/// The routes of numbers, one for each kind of function.
pub(super) const NUMBERS: [&str; 3] = ["/async", "/blocking", "/iterator"];

/// The id of a stream that is not to be asked for again.
const FINISHED: &str = "bolt-finished";

/// What bolt takes for a browser's EventSource.
const EVENT_SOURCE: &str = "accept: text/event-stream\r\ncache-control: no-cache\r\n";

/// A few streams of a second or two, on one connection.
pub(super) async fn ticks(at: SocketAddr, random: &mut Random) -> Result<Done, Fault> {
    let mut connection = Connection::open(at).await?;
    let mut done = Done::default();
    for _ in 0..random.of(1..=3) {
        let (route, events) = (random.pick(NUMBERS), random.of(0..=20));
        let target = format!("{route}?events={events}&pause={}", random.of(10..=200));
        done += numbers(&mut connection, random, &target, events).await?;
    }
    Ok(done)
}

/// Many short streams, on one connection.
pub(super) async fn short(at: SocketAddr, random: &mut Random) -> Result<Done, Fault> {
    let mut connection = Connection::open(at).await?;
    let mut done = Done::default();
    for _ in 0..random.of(5..=20) {
        let route = random.pick(NUMBERS);
        let target = format!("{route}?events=3&pause=0");
        done += numbers(&mut connection, random, &target, 3).await?;
    }
    Ok(done)
}

/// As fast as it can be read.
pub(super) async fn burst(at: SocketAddr, random: &mut Random) -> Result<Done, Fault> {
    let mut connection = Connection::open(at).await?;
    let (route, events) = (random.pick(NUMBERS), random.of(100..=5000));
    let target = format!("{route}?events={events}&pause=0");
    numbers(&mut connection, random, &target, events).await
}

/// More than all buffers hold, read slowly.
pub(super) async fn slow_reader(at: SocketAddr, random: &mut Random) -> Result<Done, Fault> {
    let pause = random.millis(5..=40);
    let mut connection = Connection::open_small(at, 4096, pause).await?;
    let (route, events) = (random.pick(NUMBERS), random.of(10_000..=40_000));
    let target = format!("{route}?events={events}&pause=0");
    numbers(&mut connection, random, &target, events).await
}

/// Asks, and reads so many numbers in order up to the end of the stream.
async fn numbers(
    connection: &mut Connection,
    random: &mut Random,
    target: &str,
    count: u64,
) -> Result<Done, Fault> {
    let is_event_source = random.of(0..=1) == 0;
    let headers = if is_event_source { EVENT_SOURCE } else { "" };
    connection.ask(&format!("GET {target}"), headers).await?;
    if connection.stream().await?.is_none() {
        return Ok(Done::refused());
    }
    let mut next = 0;
    let mut finished = false;
    while let Some(block) = connection.block().await? {
        finished = block.id.as_deref() == Some(FINISHED);
        if let (false, Some(data)) = (finished, block.data) {
            if block.name.is_some() {
                return Err(Fault::new(format!("an event that is no number: {data}")));
            }
            if data != next.to_string() {
                return Err(Fault::new("a number is lost, doubled or out of order"));
            }
            next += 1;
        }
    }
    match (next == count, finished) {
        (true, true) => Ok(Done::events(count)),
        // With a 503 it would not come back.
        _ if next == 0 && is_event_source && connection.told_to_come_back() => Ok(Done::refused()),
        (true, false) => Err(Fault::new("a client is not told of the end")),
        _ => Err(Fault::new("a stream ended before its end")),
    }
}

/// Sends numbers one by one, and reads each as it comes back.
pub(super) async fn upload(at: SocketAddr, random: &mut Random) -> Result<Done, Fault> {
    let mut connection = Connection::open(at).await?;
    if begin_upload(&mut connection, random).await?.is_none() {
        return Ok(Done::refused());
    }
    let count = random.of(1..=30);
    for number in 0..count {
        if number > 0 {
            send_line(&mut connection, &number.to_string()).await?;
        }
        let block = connection.block().await?;
        if block.and_then(|block| block.data) != Some(number.to_string()) {
            return Err(Fault::new("what was uploaded does not come back"));
        }
        sleep(random.millis(0..=50)).await;
    }
    connection.send("0\r\n\r\n").await?;
    match connection.block().await?.and_then(|block| block.id).as_deref() {
        Some(FINISHED) if connection.block().await?.is_none() => Ok(Done::events(count)),
        _ => Err(Fault::new("an upload does not end as a finished stream does")),
    }
}

/// Sends the head and the first number. None: refused for load.
pub(super) async fn begin_upload(
    connection: &mut Connection,
    random: &mut Random,
) -> Result<Option<()>, Fault> {
    let request = format!("POST {}", random.pick(["/upload", "/blocking-upload"]));
    let headers = "content-type: application/jsonl\r\ntransfer-encoding: chunked\r\n";
    connection.ask(&request, headers).await?;
    send_line(connection, "0").await?;
    connection.stream().await
}

/// Sends a line as a chunk.
pub(super) async fn send_line(connection: &mut Connection, line: &str) -> Result<(), Fault> {
    connection.send(format!("{:x}\r\n{line}\n\r\n", line.len() + 1)).await
}

/// Follows what is published, over several connections: between two numbers nothing may be missing.
pub(super) async fn feed(at: SocketAddr, random: &mut Random) -> Result<Done, Fault> {
    let mut reader = Reader::default();
    for _ in 0..random.of(2..=6) {
        let mut connection = Connection::open(at).await?;
        reader.follow(&mut connection, random.of(1..=100)).await?;
        // Events that have come and were not read are asked for again.
        if random.of(0..=1) == 0 {
            connection.reset()?;
        } else {
            drop(connection);
        }
        sleep(random.millis(0..=500)).await;
    }
    Ok(reader.done)
}

/// A client that knows what it had last, as a browser's EventSource does.
#[derive(Debug, Default)]
struct Reader {
    last_id: Option<String>,
    last: Option<u64>,
    done: Done,
}

impl Reader {
    /// Reads so many numbers, or up to the end that the server makes.
    async fn follow(&mut self, connection: &mut Connection, count: u64) -> Result<(), Fault> {
        let last_id = self.last_id.iter().map(|id| format!("last-event-id: {id}\r\n"));
        connection.ask("GET /feed", &last_id.collect::<String>()).await?;
        if connection.stream().await?.is_none() {
            return Err(Fault::new("an async stream is refused for load"));
        }
        let mut numbers = 0;
        while numbers < count {
            let Some(block) = connection.block().await? else {
                let told = connection.told_to_come_back();
                return if told { Ok(()) } else { Err(Fault::new("a feed without end ended")) };
            };
            self.last_id = block.id.or(self.last_id.take());
            match (block.name, block.data) {
                (Some(name), _) if name == "gap" => {
                    self.done.gaps += 1;
                    self.last = None;
                }
                (None, Some(data)) => {
                    self.take(&data)?;
                    numbers += 1;
                }
                (None, None) => {}
                // Where it begins; and that it was cut off, which the end says too.
                (Some(name), _) if name == "position" || name == "error" => {}
                (Some(_), _) => return Err(Fault::new("a feed has an event that is not its own")),
            }
        }
        Ok(())
    }

    fn take(&mut self, data: &str) -> Result<(), Fault> {
        let number: u64 = data.parse().map_err(|_| Fault::new("a feed has what is no number"))?;
        if self.last.is_some_and(|last| last + 1 != number) {
            return Err(Fault::new("a number of the feed is lost, doubled or out of order"));
        }
        self.last = Some(number);
        self.done.events += 1;
        Ok(())
    }
}

/// Requests that are answered with something else than a stream, on one connection.
pub(super) async fn refused(at: SocketAddr, random: &mut Random) -> Result<Done, Fault> {
    const REQUESTS: [(&str, &str, u16); 5] = [
        ("GET /none", "", 404),
        ("GET /async?events=many", "", 400),
        ("POST /upload", "content-type: text/plain\r\ncontent-length: 0\r\n", 415),
        ("DELETE /feed", "", 405),
        ("GET /async?events=3&pause=0", "accept: image/png\r\n", 406),
    ];
    let mut connection = Connection::open(at).await?;
    for _ in 0..random.of(1..=5) {
        let (request, headers, status) = random.pick(REQUESTS);
        connection.ask(request, headers).await?;
        let head = connection.head().await?;
        connection.body(head).await?;
        if head.status != status {
            return Err(Fault::new(format!("{request} is answered {}", head.status)));
        }
    }
    // A finished stream stays finished: no body, and no function is run.
    let returns = format!("accept: text/event-stream\r\nlast-event-id: {FINISHED}\r\n");
    connection.ask("GET /async?events=3&pause=0", &returns).await?;
    match connection.head().await?.status {
        204 => Ok(Done::default()),
        status => Err(Fault::new(format!("a return to a finished stream is answered {status}"))),
    }
}

/// What a client that leaves has read before.
pub(super) async fn begin(
    at: SocketAddr,
    random: &mut Random,
) -> Result<Option<Connection>, Fault> {
    let mut connection = Connection::open(at).await?;
    let request = match random.of(0..=3) {
        0 => "GET /feed".to_owned(),
        _ => format!(
            "GET {}?events={}&pause={}",
            random.pick(NUMBERS),
            u64::MAX,
            random.pick([0, 1, 20, 200])
        ),
    };
    connection.ask(&request, "").await?;
    if connection.stream().await?.is_none() {
        return Ok(None);
    }
    for _ in 0..random.of(0..=20) {
        if connection.block().await?.is_none() {
            return Err(Fault::new("a stream without end ended"));
        }
    }
    Ok(Some(connection))
}
