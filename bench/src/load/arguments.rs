//! The command line.

use std::fs;
use std::net::{SocketAddr, ToSocketAddrs};
use std::path::PathBuf;
use std::time::Duration;

use super::plan::Plan;

const EXIT_STATUS: &str = "Exit status:\n  \
    0  every client received a stream, and an event\n  \
    1  some client failed: the report tells why\n  \
    2  there was no run, or a file of it could not be written";

#[derive(Debug, clap::Args)]
#[command(after_help = EXIT_STATUS)]
pub(crate) struct Arguments {
    #[arg(help = "Where the streams are, such as http://127.0.0.1:8080/sse")]
    url: String,
    /// How many streams to hold.
    #[arg(long, value_name = "N", default_value = "100", allow_negative_numbers = true, value_parser = clients)]
    clients: usize,
    /// How long to hold them once all are open.
    #[arg(long, value_name = "S", default_value = "10", allow_negative_numbers = true, value_parser = seconds)]
    secs: Duration,
    /// Connections opened in a second [default: as fast as they are answered].
    #[arg(long, value_name = "R", allow_negative_numbers = true, value_parser = clap::value_parser!(u32).range(1..))]
    ramp: Option<u32>,
    /// Ask again when a stream has ended, on the same connection, until the time is over.
    #[arg(long)]
    again: bool,
    /// The server's process, to measure its memory and CPU (Linux).
    #[arg(long, value_name = "P", allow_negative_numbers = true)]
    pid: Option<u32>,
    /// The method of the request [default: GET, or POST with a body].
    #[arg(long, value_name = "METHOD", value_parser = method)]
    method: Option<String>,
    /// How the answer may be compressed.
    #[arg(long, value_name = "CODING", value_parser = ["gzip", "br", "zstd"])]
    accept_encoding: Option<String>,
    /// A file that is sent with each request, as JSON.
    #[arg(long, value_name = "FILE")]
    body: Option<PathBuf>,
    /// Writes the findings as JSON.
    #[arg(long, value_name = "FILE")]
    pub(crate) json: Option<PathBuf>,
    /// Draws events and latencies over time, as SVG.
    #[arg(long, value_name = "FILE")]
    pub(crate) plot: Option<PathBuf>,
    /// Allows a URL of another machine.
    #[arg(long)]
    yes_i_own_this_server: bool,
}

impl Arguments {
    /// What they ask for, or what is wrong.
    pub(crate) fn plan(&self) -> Result<Plan, String> {
        let (host, target) = split(&self.url)?;
        let address = resolve(host)?;
        if address.ip().is_unspecified() {
            // Servers listen on it; nobody is there.
            return Err(format!("{} is no loopback address; use 127.0.0.1", address.ip()));
        }
        if !address.ip().to_canonical().is_loopback() && !self.yes_i_own_this_server {
            return Err(format!(
                "{host} is another machine: a load like this harms a server that does not expect it; if it is \
                 yours, say so with --yes-i-own-this-server"
            ));
        }
        let default_method = if self.body.is_some() { "POST" } else { "GET" };
        let body = match &self.body {
            Some(file) => fs::read(file)
                .map_err(|error| format!("cannot read the body {}: {error}", file.display()))?,
            None => Vec::new(),
        };
        Ok(Plan {
            address,
            host: host.to_owned(),
            target,
            method: self.method.clone().unwrap_or_else(|| default_method.to_owned()),
            accept_encoding: self.accept_encoding.clone(),
            body,
            clients: self.clients,
            lasts: self.secs,
            ramp: self.ramp,
            again: self.again,
            pid: self.pid,
        })
    }
}

/// Host with port, and path with query.
fn split(url: &str) -> Result<(&str, String), String> {
    let wrong = |why| format!("{url}: {why}; a URL is like http://127.0.0.1:8080/sse");
    let rest = match url.split_once("://") {
        Some((scheme, rest)) if scheme.eq_ignore_ascii_case("http") => rest,
        Some((scheme, _)) if scheme.eq_ignore_ascii_case("https") => {
            return Err(wrong("there is no TLS here"));
        }
        _ => return Err(wrong("it does not begin with http://")),
    };
    let rest = rest.split('#').next().unwrap_or_default();
    let (host, target) = rest.split_at(rest.find(['/', '?']).unwrap_or(rest.len()));
    if host.is_empty() || host.contains('@') {
        return Err(wrong("it has no host, or a name of a user"));
    }
    if !rest.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Err(wrong("it has characters that must be percent-encoded"));
    }
    let slash = if target.starts_with('/') { "" } else { "/" };
    Ok((host, format!("{slash}{target}")))
}

fn resolve(host: &str) -> Result<SocketAddr, String> {
    let after_address = host.rsplit(']').next().unwrap_or_default();
    let with_port =
        if after_address.contains(':') { host.to_owned() } else { format!("{host}:80") };
    let found = with_port
        .to_socket_addrs()
        .map_err(|error| format!("{host} is no address of a server: {error}"))?;
    // A server on `localhost` mostly listens on 127.0.0.1 only.
    let found = found.min_by_key(SocketAddr::is_ipv6);
    match found {
        Some(address) if address.port() == 0 => Err(format!("{host}: no server has port 0")),
        Some(address) => Ok(address),
        None => Err(format!("{host} has no address")),
    }
}

fn clients(text: &str) -> Result<usize, String> {
    match text.parse() {
        Ok(0) => Err("ask for at least one client".into()),
        Ok(clients) => Ok(clients),
        Err(error) => Err(error.to_string()),
    }
}

/// A time of a run, as it is written on the command line.
pub(crate) fn seconds(text: &str) -> Result<Duration, String> {
    let seconds = text.parse::<f64>().ok().and_then(|secs| Duration::try_from_secs_f64(secs).ok());
    let day = Duration::from_secs(24 * 60 * 60);
    seconds
        .filter(|duration| !duration.is_zero() && *duration <= day)
        .ok_or_else(|| "a number of seconds above 0, and at most a day".into())
}

fn method(text: &str) -> Result<String, String> {
    if !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_uppercase()) {
        Ok(text.to_owned())
    } else {
        Err("a method is in capitals, such as GET or POST".into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn urls_have_a_host_and_a_target() {
        let ok = |url, host, target: &str| assert_eq!(split(url), Ok((host, target.to_owned())));
        ok("http://127.0.0.1:8080/sse", "127.0.0.1:8080", "/sse");
        ok("HTTP://localhost/A", "localhost", "/A");
        ok("http://localhost", "localhost", "/");
        ok("http://[::1]:80?a=b#c", "[::1]:80", "/?a=b");
        for url in [
            "127.0.0.1",
            "https://a",
            "ftp://a",
            "http://",
            "http:///a",
            "http://u@h/",
            "http://a/b c",
        ] {
            assert!(split(url).is_err(), "{url}");
        }
    }

    #[test]
    fn hosts_are_resolved_with_the_usual_port() {
        assert_eq!(resolve("127.0.0.1:8080"), Ok(([127, 0, 0, 1], 8080).into()));
        assert_eq!(resolve("127.0.0.1"), Ok(([127, 0, 0, 1], 80).into()));
        assert_eq!(resolve("[::1]").map(|address| address.port()), Ok(80));
        assert!(resolve("127.0.0.1:x").is_err());
        assert!(resolve("127.0.0.1:0").is_err());
    }
}
