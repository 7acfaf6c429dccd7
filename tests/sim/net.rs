//! The simulated network as bolt sees it, with sockets that do as little at once as they may.

use std::io::{self, IoSlice};
use std::net::{IpAddr, SocketAddr};
use std::pin::Pin;
use std::task::{Context, Poll};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use turmoil::net::{TcpListener, TcpStream};

/// Numbers from a seed (`SplitMix64`).
#[derive(Clone, Debug)]
pub(crate) struct Dice(pub(crate) u64);

impl Dice {
    /// A number below another.
    pub(crate) fn below(&mut self, most: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (z ^ (z >> 31)) % most
    }

    /// Such a number as an index.
    pub(crate) fn index(&mut self, most: usize) -> usize {
        usize::try_from(self.below(most as u64)).expect("below a usize")
    }

    /// One of several.
    pub(crate) fn pick<T: Copy>(&mut self, of: &[T]) -> T {
        of[self.index(of.len())]
    }

    /// More dice, of their own.
    pub(crate) fn fork(&mut self) -> Self {
        Self(self.below(u64::MAX))
    }
}

/// How many bytes a stream reads or writes at once, at most.
pub(crate) const SIZES: [usize; 5] = [1, 2, 7, 100, 5000];

/// A listener of the simulated network.
pub(crate) struct SimListener {
    pub(crate) listener: TcpListener,
    pub(crate) dice: Dice,
}

impl bolt::Listener for SimListener {
    type Stream = Fitful<TcpStream>;
    type Address = SocketAddr;

    async fn accept(&mut self) -> io::Result<(Self::Stream, SocketAddr)> {
        let (stream, address) = self.listener.accept().await?;
        Ok((Fitful::new(stream, self.dice.fork(), &SIZES), address))
    }

    fn name(&self) -> String {
        "the simulated network".to_owned()
    }

    fn ip(address: &SocketAddr) -> Option<IpAddr> {
        Some(address.ip())
    }
}

/// A stream that is not ready now and then, and reads and writes less than it could.
pub(crate) struct Fitful<S> {
    stream: S,
    dice: Dice,
    /// Bytes at once.
    most: usize,
    vectored: bool,
}

impl<S> Fitful<S> {
    pub(crate) fn new(stream: S, mut dice: Dice, sizes: &[usize]) -> Self {
        let most = dice.pick(sizes);
        let vectored = dice.below(2) == 0;
        Self { stream, dice, most, vectored }
    }

    /// How many bytes this time; none when it is not ready.
    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<usize> {
        if self.dice.below(4) == 0 {
            cx.waker().wake_by_ref();
            return Poll::Pending;
        }
        Poll::Ready(1 + self.dice.index(self.most))
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Fitful<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let Poll::Ready(most) = self.poll_ready(cx) else { return Poll::Pending };
        let mut space = vec![0; most.min(buffer.remaining())];
        let mut part = ReadBuf::new(&mut space);
        let read = Pin::new(&mut self.stream).poll_read(cx, &mut part);
        buffer.put_slice(part.filled());
        read
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Fitful<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let Poll::Ready(most) = self.poll_ready(cx) else { return Poll::Pending };
        Pin::new(&mut self.stream).poll_write(cx, &bytes[..most.min(bytes.len())])
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let bytes: Vec<u8> = slices.iter().flat_map(|slice| slice.iter().copied()).collect();
        self.poll_write(cx, &bytes)
    }

    fn is_write_vectored(&self) -> bool {
        self.vectored
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let Poll::Ready(_) = self.poll_ready(cx) else { return Poll::Pending };
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let Poll::Ready(_) = self.poll_ready(cx) else { return Poll::Pending };
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}
