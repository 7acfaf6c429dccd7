//! Who is compared.

use std::fmt;

#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd, clap::ValueEnum)]
pub(super) enum Peer {
    /// Bare sockets.
    Floor,
    /// What the others' figures are ratios to.
    Axum,
    Bolt,
    Actix,
    /// Needs `--python`.
    DjangoBolt,
}

impl Peer {
    pub(super) const ALL: [Self; 5] =
        [Self::Floor, Self::Axum, Self::Bolt, Self::Actix, Self::DjangoBolt];

    /// As `serve` and the files name it.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Floor => "floor",
            Self::Axum => "axum",
            Self::Bolt => "bolt",
            Self::Actix => "actix",
            Self::DjangoBolt => "django-bolt",
        }
    }
}

impl fmt::Display for Peer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}
