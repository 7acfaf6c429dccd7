//! `Secret`: a value that is not shown.

use std::cell::Cell;
use std::fmt;
use std::marker::PhantomData;

use serde::de::Visitor;
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

/// How a deserializer of bolt's knows a secret.
pub(super) const MARK: &str = "$bolt::Secret";

thread_local! {
    /// How many secrets were deserialized on this thread.
    static MET: Cell<usize> = const { Cell::new(0) };
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Secret<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Inner<T>(PhantomData<T>);

        impl<'de, T: Deserialize<'de>> Visitor<'de> for Inner<T> {
            type Value = T;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a secret")
            }

            fn visit_newtype_struct<D: Deserializer<'de>>(self, inner: D) -> Result<T, D::Error> {
                T::deserialize(inner)
            }
        }

        MET.set(MET.get() + 1);
        deserializer.deserialize_newtype_struct(MARK, Inner(PhantomData)).map(Self)
    }
}

/// How many secrets were met while this ran.
pub(super) fn count<R>(run: impl FnOnce() -> R) -> (R, usize) {
    let before = MET.get();
    let result = run();
    (result, MET.get() - before)
}

/// Whether a name in a path says that there is a secret.
pub(super) fn is_secret_name(path: &str) -> bool {
    path.split('.').any(|name| {
        let name = name.to_lowercase();
        ["password", "passwd", "secret", "token", "credential"]
            .iter()
            .any(|word| name.contains(word))
            || name == "key"
            || name.ends_with("_key")
    })
}
