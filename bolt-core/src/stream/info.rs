//! `Info`: what the attribute knows about a stream.

/// What the attribute knows about a stream.
#[derive(Clone, Copy, Debug)]
pub struct Info {
    /// The path of the function, for the log.
    pub name: &'static str,
    /// Whether a client that reconnects after the end starts it again.
    pub restart: bool,
    /// Whether it runs on a blocking thread.
    pub blocking: bool,
    /// Whether it can fail, in which case the head waits for the first event.
    pub fallible: bool,
}
