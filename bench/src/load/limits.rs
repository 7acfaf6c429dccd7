//! What the system allows.

use std::fs;

use super::error::Error;

/// Files open beside the sockets: standard streams, the poll, files of reports, those of `/proc`.
const OTHER_FILES: u64 = 24;

/// Raises the limit of open files as far as it may be. An error if it, or the number of ports, is too low.
pub(crate) fn check(clients: usize) -> Result<(), Error> {
    let needed = (clients as u64).saturating_add(OTHER_FILES);
    // A limit that cannot be read is found by the first socket it refuses.
    let limit = rlimit::increase_nofile_limit(needed).unwrap_or(u64::MAX);
    if limit < needed {
        return Err(Error::Files { clients, needed, limit });
    }
    match local_ports() {
        Some(ports) if ports < clients => Err(Error::Ports { clients, ports }),
        _ => Ok(()),
    }
}

fn local_ports() -> Option<usize> {
    let range = fs::read_to_string("/proc/sys/net/ipv4/ip_local_port_range").ok()?;
    let mut ends = range.split_whitespace().map(str::parse::<usize>);
    let (first, last) = (ends.next()?.ok()?, ends.next()?.ok()?);
    Some((last + 1).saturating_sub(first))
}
