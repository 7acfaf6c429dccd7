//! `Secret`: a value that is not shown.

use std::cell::Cell;
use std::fmt;

use serde::de::Error as _;
use serde::{Deserialize, Deserializer};

/// A value of your own section that must not be shown: a password, a key, a token.
///
/// It has no `Display` and no `Serialize`, its `Debug` is `Secret(…)`, and `--config` and error messages leave
/// it out. A field whose name says that it is one (`password`, `secret`, `token`, `key`) is left out as well.
///
/// ```
/// use bolt::Secret;
///
/// #[derive(Debug, serde::Deserialize)]
/// struct Database { password: Secret<String> }
///
/// let database: Database = serde_json::from_str(r#"{"password":"hunter2"}"#).unwrap();
/// assert_eq!(format!("{database:?}"), "Database { password: Secret(…) }");
/// assert_eq!(database.password.reveal(), "hunter2");
/// ```
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Secret<T>(T);

impl<T> Secret<T> {
    /// Keeps a value.
    pub fn new(value: T) -> Self {
        Self(value)
    }

    /// The value itself.
    pub fn reveal(&self) -> &T {
        &self.0
    }
}

impl<T> fmt::Debug for Secret<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}

thread_local! {
    /// How many secrets are still passed over before one answers with [`PROBED`]; see [`probe`].
    static PROBE: Cell<Option<usize>> = const { Cell::new(None) };
}

/// The error of a secret that was probed for.
const PROBED: &str = "here is a secret";

/// The error of a secret of another type than was expected.
const WRONG: &str = "a secret of another type was expected";

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Secret<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match PROBE.get() {
            Some(0) => return Err(D::Error::custom(PROBED)),
            Some(left) => PROBE.set(Some(left - 1)),
            None => {}
        }
        // The error of the inner type may quote the value.
        T::deserialize(deserializer).map(Self).map_err(|_| D::Error::custom(WRONG))
    }
}

/// Runs a deserialization in which the secret after the first `skip` ones fails, to learn where it stands.
pub(super) fn probe<R>(skip: usize, deserialize: impl FnOnce() -> R) -> R {
    PROBE.set(Some(skip));
    let result = deserialize();
    PROBE.set(None);
    result
}

/// Whether an error is that of the secret that was probed for.
pub(super) fn is_probed(message: &str) -> bool {
    message.contains(PROBED)
}

/// Whether an error is that of a secret of the wrong type.
pub(super) fn is_secret_error(message: &str) -> bool {
    message.contains(WRONG)
}

/// Whether the name of a key says that its value is a secret.
pub(super) fn is_secret_name(name: &str) -> bool {
    let last = name.rsplit('.').next().unwrap_or(name).to_lowercase();
    ["password", "passwd", "secret", "token", "credential"].iter().any(|word| last.contains(word))
        || last == "key"
        || last.ends_with("_key")
}
