//! Running an app: command line, runtime, listener, connections, the end.

mod body;
mod chunk;
mod connection;
mod connection_limits;
mod context;
mod cores;
mod handover;
mod http1;
mod http2;
mod linger;
mod listen;
mod listener;
mod log;
mod pump;
mod refusal;
mod request;
mod run;
mod serve;
mod signals;
mod socket;
mod stall;
#[cfg(target_os = "linux")]
mod systemd;
#[cfg(not(target_os = "linux"))]
#[path = "no_systemd.rs"]
mod systemd;
mod tap;
#[cfg(feature = "tls")]
mod tls;
#[cfg(unix)]
mod unix;

pub use listener::Listener;
#[cfg(feature = "testing")]
pub(crate) use serve::serve;
pub use signals::shutdown_signal;
