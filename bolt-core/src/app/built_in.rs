//! Routes of bolt's own: the API documentation, the health checks, the metrics.

use std::sync::Arc;

use axum::Router;

use super::App;
use super::unmatched::put_into;
use crate::config::DocsSettings;
use crate::docs::{self, ListStreams, StreamStatus};
use crate::error::{Error, Result};
use crate::openapi::below;
use crate::panics;
use crate::routes::{Mounted, Reserved};
use crate::stream::Shared;

impl<S: Clone + Send + Sync + 'static> App<S> {
    /// Adds the API documentation.
    pub(super) fn documented(
        mut self,
        settings: &DocsSettings,
        streams: &Arc<Shared>,
    ) -> Result<Self> {
        let (document, faults) = self.document.build();
        for fault in faults {
            tracing::warn!("the API documentation: {fault}");
        }
        // The parts of a document always serialise.
        let json = document.to_json().unwrap_or_default();
        let (title, list_streams) = (&document.info.title, self.list_streams(streams));
        // The pages have files below them, where another of the three paths may be.
        let made =
            panics::conflict_of(|| docs::routes(json.as_bytes(), title, settings, list_streams));
        let (reserved, routes) = made.map_err(|_| {
            let what = "docs.path, docs.openapi or docs.streams is where a page of the others has a file: set it to \
                        another path";
            Error::route(what.to_owned())
        })?;
        let layers = std::mem::take(&mut self.layers);
        let routes = layers.into_iter().fold(routes, |routes, wrap| wrap(routes)).with_state(());
        self.built_in(&reserved, routes)
    }

    /// What the documentation's pages show of the streams.
    fn list_streams(&self, streams: &Arc<Shared>) -> ListStreams {
        let (mounted, streams) = (self.streams.mounted().to_vec(), Arc::clone(streams));
        Arc::new(move |prefix| {
            let counts = streams.stats.counts();
            let shown = |Mounted { method, path, name }: &Mounted| {
                let route = prefix.map_or_else(|| path.clone(), |prefix| below(prefix, path));
                let counts = counts.iter().find(|now| now.route == route && now.method == *method);
                StreamStatus { method, path: path.clone(), name, counts: counts.cloned() }
            };
            mounted.iter().map(shown).collect()
        })
    }

    /// Adds routes of bolt's own, unless the app has something there.
    pub(super) fn built_in(self, reserved: &Reserved<'_>, routes: Router<S>) -> Result<Self> {
        if let Some(stream) = reserved.stream_in(self.streams.mounted()) {
            let by = format!("the stream `{}` is", stream.name);
            return Err(reserved.taken(Some(&stream.path), &by));
        }
        // axum does not say beforehand which routes it has.
        let merged = panics::conflict_of(|| self.map(|app| put_into(app, routes)));
        merged.map_err(|conflict| {
            // "Handler for `GET /docs` already exists"
            let named = |path: &&&str| conflict.contains(&format!(" {path}`"));
            let path = reserved.paths.iter().find(named).copied();
            reserved.taken(path, "a route of the app is")
        })
    }
}
