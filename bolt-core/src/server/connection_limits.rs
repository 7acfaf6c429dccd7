//! `ConnectionLimits`: how many connections there may be.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::net::{IpAddr, Ipv6Addr};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::config::ServerSettings;
use crate::observe::{Count, Level, LevelGuard, server};

/// The limits of connections, in total and from one address.
#[derive(Debug)]
pub(super) struct ConnectionLimits {
    most: usize,
    all: Arc<Semaphore>,
    /// The number of open connections.
    open: Arc<Level>,
    accepted: Count,
    refused: Count,
    pub(super) errors: Count,
    by_ip: Option<Arc<ByIp>>,
}

/// The permits of one connection, in total and for its address.
#[derive(Debug)]
pub(super) struct ConnectionPermit {
    _of_all: OwnedSemaphorePermit,
    // Boxed, because most apps have no such limit.
    _of_ip: Option<Box<IpPermit>>,
    // None until a connection has been accepted.
    _open: Option<LevelGuard>,
}

impl ConnectionLimits {
    /// `open` counts the connections.
    pub(super) fn new(settings: &ServerSettings, open: &Arc<Level>) -> Self {
        let by_ip = |most| Arc::new(ByIp { most, taken: Mutex::default() });
        let most = most(settings.max_connections);
        Self {
            most,
            all: Arc::new(Semaphore::new(most)),
            open: Arc::clone(open),
            accepted: Count::new(server::ACCEPTED),
            refused: Count::new(server::REFUSED),
            errors: Count::new(server::ACCEPT_ERRORS),
            by_ip: settings.max_connections_per_ip.map(by_ip),
        }
    }

    /// The limit of all connections.
    pub(super) fn most(&self) -> usize {
        self.most
    }

    /// Waits for a permit.
    pub(super) async fn acquire(&self) -> ConnectionPermit {
        match Arc::clone(&self.all).acquire_owned().await {
            Ok(permit) => ConnectionPermit { _of_all: permit, _of_ip: None, _open: None },
            Err(_) => unreachable!("the semaphore is never closed"),
        }
    }

    /// Admits a connection, which also takes a permit for its address. Returns the permit as an error if there is none.
    pub(super) fn admit(
        &self,
        permit: ConnectionPermit,
        ip: Option<IpAddr>,
    ) -> Result<ConnectionPermit, ConnectionPermit> {
        self.accepted.add(1);
        let of_ip = match (&self.by_ip, ip) {
            (Some(by_ip), Some(ip)) => match by_ip.take(network(ip)) {
                Some(of_ip) => Some(Box::new(of_ip)),
                None => {
                    self.refused.add(1);
                    return Err(permit);
                }
            },
            _ => None,
        };
        Ok(ConnectionPermit { _of_ip: of_ip, _open: Some(self.open.up()), ..permit })
    }
}

/// The limit of connections. Without a configured number, it leaves the app an eighth of the files that the process may
/// open.
fn most(max_connections: Option<usize>) -> usize {
    let fitting = || open_files().map(|files| (files - files / 8).max(1));
    max_connections.or_else(fitting).unwrap_or(usize::MAX).min(Semaphore::MAX_PERMITS)
}

/// The number of files that the process may open.
#[cfg(unix)]
fn open_files() -> Option<usize> {
    let (soft, _) = rlimit::Resource::NOFILE.get().ok()?;
    usize::try_from(soft).ok()
}

/// Not known.
#[cfg(not(unix))]
fn open_files() -> Option<usize> {
    None
}

#[derive(Debug)]
struct ByIp {
    most: usize,
    taken: Mutex<HashMap<IpAddr, usize>>,
}

impl ByIp {
    fn lock(&self) -> MutexGuard<'_, HashMap<IpAddr, usize>> {
        self.taken.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn take(self: &Arc<Self>, network: IpAddr) -> Option<IpPermit> {
        let mut taken = self.lock();
        let count = taken.entry(network).or_default();
        if *count >= self.most {
            return None;
        }
        *count += 1;
        Some(IpPermit { by_ip: Arc::clone(self), network })
    }
}

/// The permit of one connection for its address.
#[derive(Debug)]
struct IpPermit {
    by_ip: Arc<ByIp>,
    network: IpAddr,
}

impl Drop for IpPermit {
    fn drop(&mut self) {
        if let Entry::Occupied(mut count) = self.by_ip.lock().entry(self.network) {
            *count.get_mut() -= 1;
            if *count.get() == 0 {
                count.remove();
            }
        }
    }
}

/// What counts as one address: for IPv6 a /64 network, the smallest that a customer gets.
fn network(ip: IpAddr) -> IpAddr {
    match ip.to_canonical() {
        IpAddr::V4(ip) => ip.into(),
        IpAddr::V6(ip) => Ipv6Addr::from_bits(ip.to_bits() & !u128::from(u64::MAX)).into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_ipv6_network_counts_as_one_and_a_mapped_address_as_ipv4() {
        let of = |text: &str| network(text.parse().expect("an address"));
        assert_eq!(of("2001:db8:1:2:3::4"), of("2001:db8:1:2:ffff::"));
        assert_ne!(of("2001:db8:1:2::"), of("2001:db8:1:3::"));
        assert_eq!(of("::ffff:192.0.2.1"), of("192.0.2.1"));
        assert_ne!(of("192.0.2.2"), of("192.0.2.1"));
    }

    #[test]
    fn places_of_an_address_come_back_and_leave_nothing() {
        let by_ip = Arc::new(ByIp { most: 2, taken: Mutex::default() });
        let ip = network("192.0.2.1".parse().expect("an address"));
        let first = by_ip.take(ip).expect("a permit");
        let second = by_ip.take(ip).expect("a permit");
        assert!(by_ip.take(ip).is_none(), "full");
        drop(first);
        drop(by_ip.take(ip).expect("a permit again"));
        drop(second);
        assert!(by_ip.lock().is_empty());
    }
}
