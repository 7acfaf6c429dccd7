//! Tokens: what the app has signed, and reads again.

use std::fmt;
use std::time::{SystemTime, UNIX_EPOCH};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD as BASE64;
use hmac::{Hmac, KeyInit as _, Mac as _};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use sha2::Sha256;

/// Somebody who has signed in: what the cookie says.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Session {
    /// The user's name.
    pub user: String,
    /// When it is over, in seconds since 1970.
    pub ends: u64,
}

/// Leave to open one path, within a short time: what stands in an address.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Ticket {
    /// Whose leave it is. A stream that it has opened goes on until this is over.
    pub session: Session,
    /// The path, and no other.
    pub path: String,
    /// Until when it can be used, in seconds since 1970.
    pub until: u64,
}

/// A claim that can be signed.
pub trait Claim: Serialize + DeserializeOwned {
    /// Signed with it, so that a token of one kind is none of another.
    const KIND: &'static str;
}

impl Claim for Session {
    const KIND: &'static str = "session";
}

impl Claim for Ticket {
    const KIND: &'static str = "ticket";
}

/// Seconds since 1970. By a clock that is before, all is over.
pub fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(u64::MAX, |time| time.as_secs())
}

/// The app's secret: HMAC-SHA-256 with its key.
#[derive(Clone, Deserialize)]
#[serde(try_from = "String")]
pub struct Signer(Hmac<Sha256>);

impl TryFrom<String> for Signer {
    type Error = String;

    fn try_from(secret: String) -> Result<Self, String> {
        if secret.len() < 32 {
            return Err(
                "at least 32 bytes are needed: `openssl rand -hex 32` prints some".to_owned()
            );
        }
        Hmac::new_from_slice(secret.as_bytes()).map(Self).map_err(|error| error.to_string())
    }
}

impl Signer {
    /// The claim as text for a cookie or an address: itself, a point, and its signature.
    pub fn sign<C: Claim>(&self, claim: &C) -> String {
        let json = serde_json::to_vec(claim).expect("names and numbers are JSON");
        let claim = BASE64.encode(json);
        let signature = self.mac(C::KIND, &claim).finalize().into_bytes();
        format!("{claim}.{}", BASE64.encode(signature))
    }

    /// The claim that a token makes, if this app has signed it.
    pub fn read<C: Claim>(&self, token: &str) -> Option<C> {
        let (claim, signature) = token.split_once('.')?;
        let signature = BASE64.decode(signature).ok()?;
        // In a time that says nothing of how far they are alike.
        self.mac(C::KIND, claim).verify_slice(&signature).ok()?;
        serde_json::from_slice(&BASE64.decode(claim).ok()?).ok()
    }

    /// Whether two texts are the same, in a time that says nothing of how far they are.
    pub(crate) fn same(&self, one: &str, other: &str) -> bool {
        let other = self.mac("same", other).finalize().into_bytes();
        self.mac("same", one).verify_slice(&other).is_ok()
    }

    fn mac(&self, kind: &str, text: &str) -> Hmac<Sha256> {
        self.0.clone().chain_update(kind).chain_update(".").chain_update(text)
    }
}

impl fmt::Debug for Signer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Signer")
    }
}
