//! The section `[access]`: who may come in, and which pages may ask.

use std::collections::BTreeMap;
use std::time::Duration;

use bolt::Secret;
use bolt::axum::http::header::{AUTHORIZATION, CONTENT_TYPE, RETRY_AFTER, WWW_AUTHENTICATE};
use bolt::axum::http::{HeaderName, HeaderValue, Method};
use serde::Deserialize;
use tower_http::cors::CorsLayer;

use crate::token::Signer;

/// Who may come in, and which pages may ask.
#[derive(Clone, Debug, Deserialize)]
pub struct Access {
    /// What tokens are signed with.
    pub secret: Secret<Signer>,
    /// What each user is known by, and the user's name.
    #[serde(default)]
    pub keys: BTreeMap<String, Secret<String>>,
    /// The origins whose pages may read the streams; the app's own needs no entry.
    #[serde(default)]
    pub origins: Vec<Origin>,
}

impl Access {
    /// Whose key this is.
    pub(crate) fn user_of(&self, key: &str) -> Option<&str> {
        let signer = self.secret.reveal();
        let found = self.keys.iter().find(|(_, known)| signer.same(key, known.reveal()));
        found.map(|(name, _)| name.as_str())
    }

    /// What pages of other origins may do.
    pub(crate) fn cors(&self) -> CorsLayer {
        CorsLayer::new()
            .allow_origin(self.origins.iter().map(|origin| origin.0.clone()).collect::<Vec<_>>())
            .allow_credentials(true)
            .allow_methods([Method::GET, Method::POST, Method::DELETE])
            // An EventSource sends its last id unasked; who reads by `fetch` needs leave for it.
            .allow_headers([AUTHORIZATION, CONTENT_TYPE, HeaderName::from_static("last-event-id")])
            .expose_headers([RETRY_AFTER, WWW_AUTHENTICATE])
            .max_age(Duration::from_secs(3600))
    }
}

/// An origin as browsers write it: `https://app.example`, with a port where it is not the usual one.
#[derive(Clone, Debug, Deserialize)]
#[serde(try_from = "String")]
pub struct Origin(HeaderValue);

impl TryFrom<String> for Origin {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let host = text.split_once("://").map_or("", |(_, host)| host);
        match HeaderValue::from_str(&text) {
            Ok(value) if !host.is_empty() && !host.contains('/') => Ok(Self(value)),
            _ => Err(format!(
                "{text:?} is no origin: write it as https://app.example, without a path"
            )),
        }
    }
}
