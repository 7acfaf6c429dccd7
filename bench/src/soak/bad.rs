//! Clients that leave, stall or send rubbish: the server must let go of each, and the others must not notice.

use std::net::SocketAddr;
use std::time::Duration;

use tokio::time::sleep;

use super::connection::Connection;
use super::fault::Fault;
use super::good::{NUMBERS, begin, begin_upload, send_line};
use super::random::Random;
use super::tally::Done;

/// How long a client does not read before it looks whether it was let go: more than twice what the server bears.
const STALLED: Duration = Duration::from_secs(20);

/// More than all buffers between the two hold. Who reads more from a stream without end was not let go.
const BUFFERED: usize = 8 << 20;

/// The bytes of a head that comes byte by byte.
const SLOW_HEAD: usize = 200;

/// Leaves in the middle of a stream, with RST.
pub(super) async fn reset(at: SocketAddr, random: &mut Random) -> Result<Done, Fault> {
    match begin(at, random).await? {
        Some(connection) => connection.reset().map(|()| Done::default()),
        None => Ok(Done::refused()),
    }
}

/// Leaves in the middle of a stream. What has come and was not read makes an RST of it, else it is a FIN.
pub(super) async fn close(at: SocketAddr, random: &mut Random) -> Result<Done, Fault> {
    let begun = begin(at, random).await?;
    Ok(begun.map_or_else(Done::refused, |_| Done::default()))
}

/// Shuts its sending side only; for the server it is gone.
pub(super) async fn half_close(at: SocketAddr, random: &mut Random) -> Result<Done, Fault> {
    let Some(mut connection) = begin(at, random).await? else { return Ok(Done::refused()) };
    connection.half_close().await?;
    connection.until_closed(BUFFERED).await?;
    Ok(Done::default())
}

/// Asks for a stream without end, and does not read.
pub(super) async fn stalled(at: SocketAddr, random: &mut Random) -> Result<Done, Fault> {
    let mut connection = Connection::open_small(at, 1, Duration::ZERO).await?;
    let request = format!("GET {}?events={}&pause=0", random.pick(NUMBERS), u64::MAX);
    connection.ask(&request, "").await?;
    sleep(STALLED).await;
    connection.until_closed(BUFFERED).await?;
    Ok(Done::default())
}

/// Sends the head of a request byte by byte.
pub(super) async fn slow_head(at: SocketAddr, random: &mut Random) -> Result<Done, Fault> {
    let mut connection = Connection::open(at).await?;
    connection.send("GET /async HTTP/1.1\r\nhost: soak\r\nx: ").await?;
    for _ in 0..SLOW_HEAD {
        let sent = connection.send("x").await;
        if sent.is_err() || connection.closed_within(random.millis(100..=500)).await {
            return Ok(Done::default());
        }
    }
    Err(Fault::new("a head may come byte by byte"))
}

/// Connects, and says nothing.
pub(super) async fn silent(at: SocketAddr) -> Result<Done, Fault> {
    Connection::open(at).await?.until_closed(BUFFERED).await?;
    Ok(Done::default())
}

/// Leaves in the middle of a request.
pub(super) async fn half_request(at: SocketAddr, random: &mut Random) -> Result<Done, Fault> {
    let request = "POST /upload HTTP/1.1\r\nhost: soak\r\ncontent-type: application/jsonl\r\n\
                   content-length: 1000\r\n\r\n0\n1\n";
    let mut connection = Connection::open(at).await?;
    let length = random.of(0..=request.len() as u64);
    let length = usize::try_from(length).expect("at most the length of a text");
    connection.send(&request[..length]).await?;
    sleep(random.millis(0..=200)).await;
    if random.of(0..=1) == 0 {
        connection.reset()?;
    }
    Ok(Done::default())
}

/// Sends what is not HTTP.
pub(super) async fn garbage(at: SocketAddr, random: &mut Random) -> Result<Done, Fault> {
    let mut connection = Connection::open(at).await?;
    let count = random.of(1..=2000);
    // The server may have closed before all of it is sent.
    if connection.send(random.bytes(count)).await.is_ok() {
        connection.until_closed(BUFFERED).await?;
    }
    Ok(Done::default())
}

/// Sends rubbish in the middle of a stream, for which it is let go or that it is sent to its end.
pub(super) async fn garbage_in_stream(at: SocketAddr, random: &mut Random) -> Result<Done, Fault> {
    let mut connection = Connection::open(at).await?;
    let request = format!("GET {}?events=20&pause=50", random.pick(NUMBERS));
    connection.ask(&request, "").await?;
    let count = random.of(1..=2000);
    if connection.send(random.bytes(count)).await.is_ok() {
        connection.until_closed(BUFFERED).await?;
    }
    Ok(Done::default())
}

/// Leaves in the middle of an upload.
pub(super) async fn half_upload(at: SocketAddr, random: &mut Random) -> Result<Done, Fault> {
    let mut connection = Connection::open(at).await?;
    if begin_upload(&mut connection, random).await?.is_none() {
        return Ok(Done::refused());
    }
    for number in 0..random.of(0..=20) {
        send_line(&mut connection, &number.to_string()).await?;
    }
    sleep(random.millis(0..=200)).await;
    if random.of(0..=1) == 0 {
        connection.reset()?;
    }
    Ok(Done::default())
}

/// Begins an upload, and then sends nothing, or a line that is no number: both are told by an `error` event.
pub(super) async fn bad_upload(at: SocketAddr, random: &mut Random) -> Result<Done, Fault> {
    let mut connection = Connection::open(at).await?;
    if begin_upload(&mut connection, random).await?.is_none() {
        return Ok(Done::refused());
    }
    if random.of(0..=1) == 0 {
        send_line(&mut connection, "nought").await?;
    }
    while let Some(block) = connection.block().await? {
        if block.name.as_deref() == Some("error") {
            return Ok(Done::default());
        }
    }
    Err(Fault::new("a bad upload ends without an error event"))
}
