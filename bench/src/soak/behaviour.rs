//! What a client may do.

use std::net::SocketAddr;

use super::fault::Fault;
use super::random::Random;
use super::tally::Done;
use super::{bad, good};

#[derive(Clone, Copy, Debug)]
pub(super) enum Behaviour {
    Ticks,
    Short,
    Burst,
    SlowReader,
    Upload,
    Feed,
    Refused,
    Reset,
    Close,
    HalfClose,
    Stalled,
    SlowHead,
    Silent,
    HalfRequest,
    Garbage,
    GarbageInStream,
    HalfUpload,
    BadUpload,
}

use Behaviour as B;

/// Each with its name, and how often it is done. What takes long is rare: at any moment most clients behave well.
const ALL: [(Behaviour, &str, u64); 18] = [
    (B::Ticks, "ticks", 16),
    (B::Short, "short streams", 12),
    (B::Burst, "bursts", 10),
    (B::SlowReader, "slow readers", 6),
    (B::Upload, "uploads", 8),
    (B::Feed, "feeds with returns", 16),
    (B::Refused, "refused requests", 4),
    (B::Reset, "left with RST", 7),
    (B::Close, "left with FIN", 5),
    (B::HalfClose, "half-closed", 3),
    (B::Stalled, "stalled readers", 2),
    (B::SlowHead, "slow heads", 1),
    (B::Silent, "silent", 1),
    (B::HalfRequest, "half a request", 2),
    (B::Garbage, "garbage", 2),
    (B::GarbageInStream, "garbage in a stream", 1),
    (B::HalfUpload, "half an upload", 2),
    (B::BadUpload, "bad uploads", 2),
];

impl Behaviour {
    /// The names of all.
    pub(super) fn names() -> impl Iterator<Item = &'static str> {
        ALL.iter().map(|(_, name, _)| *name)
    }

    /// One of them, and its name.
    pub(super) fn choose(random: &mut Random) -> (Self, &'static str) {
        let shares: u64 = ALL.iter().map(|(_, _, share)| share).sum();
        let mut left = random.of(0..=shares - 1);
        for (behaviour, name, share) in ALL {
            match left.checked_sub(share) {
                Some(rest) => left = rest,
                None => return (behaviour, name),
            }
        }
        unreachable!("a number less than the sum of all shares is in one of them")
    }

    pub(super) async fn act(self, at: SocketAddr, random: &mut Random) -> Result<Done, Fault> {
        match self {
            Self::Ticks => good::ticks(at, random).await,
            Self::Short => good::short(at, random).await,
            Self::Burst => good::burst(at, random).await,
            Self::SlowReader => good::slow_reader(at, random).await,
            Self::Upload => good::upload(at, random).await,
            Self::Feed => good::feed(at, random).await,
            Self::Refused => good::refused(at, random).await,
            Self::Reset => bad::reset(at, random).await,
            Self::Close => bad::close(at, random).await,
            Self::HalfClose => bad::half_close(at, random).await,
            Self::Stalled => bad::stalled(at, random).await,
            Self::SlowHead => bad::slow_head(at, random).await,
            Self::Silent => bad::silent(at).await,
            Self::HalfRequest => bad::half_request(at, random).await,
            Self::Garbage => bad::garbage(at, random).await,
            Self::GarbageInStream => bad::garbage_in_stream(at, random).await,
            Self::HalfUpload => bad::half_upload(at, random).await,
            Self::BadUpload => bad::bad_upload(at, random).await,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_behaviour_is_chosen() {
        let mut random = Random::new(1, 1);
        let chosen: BTreeSet<_> = (0..2000).map(|_| Behaviour::choose(&mut random).1).collect();
        assert_eq!(chosen, Behaviour::names().collect());
    }
}
