//! `Routes`: which streams are mounted where, and why one more cannot be.

use crate::error::{Error, Result};
use crate::openapi::below;

/// The streams of an app, and what is wrong with where they are.
#[derive(Default)]
pub(crate) struct Routes {
    mounted: Vec<Mounted>,
    /// The paths again, because axum's router does not say beforehand which it would panic on.
    paths: matchit::Router<()>,
    conflicts: Vec<String>,
}

/// One stream.
#[derive(Clone, Debug)]
pub(crate) struct Mounted {
    pub(crate) method: &'static str,
    pub(crate) path: String,
    /// The path of the function.
    pub(crate) name: &'static str,
}

impl Routes {
    /// Adds a stream. False when it cannot be routed beside the others.
    pub(crate) fn add(&mut self, new: Mounted) -> bool {
        let conflict = self.conflict(&new);
        let fits = conflict.is_none();
        self.conflicts.extend(conflict);
        self.mounted.push(new);
        fits
    }

    /// Adds the streams of another app, below a path if there is one. False when one of them cannot be routed beside
    /// the others.
    pub(crate) fn join(&mut self, prefix: Option<&str>, other: Self) -> bool {
        self.conflicts.extend(other.conflicts);
        let mut fits = true;
        for Mounted { method, path, name } in other.mounted {
            let path = prefix.map_or_else(|| path.clone(), |prefix| below(prefix, &path));
            fits &= self.add(Mounted { method, path, name });
        }
        fits
    }

    /// Notes something else that is wrong.
    pub(crate) fn fault(&mut self, what: &str) {
        self.conflicts.push(what.to_owned());
    }

    /// The streams, in the order in which they were mounted.
    pub(crate) fn mounted(&self) -> &[Mounted] {
        &self.mounted
    }

    /// An error with all that is wrong.
    pub(crate) fn check(&self) -> Result<()> {
        if self.conflicts.is_empty() {
            return Ok(());
        }
        Err(Error::route(self.conflicts.join("\n")))
    }

    /// Why a stream cannot be routed beside those that are.
    fn conflict(&mut self, new: &Mounted) -> Option<String> {
        let Mounted { method, path, name } = new;
        if let Some(old) =
            self.mounted.iter().find(|old| old.path == *path && old.method == *method)
        {
            return Some(match old.name == *name {
                true => format!("`{name}` is mounted twice on {method} {path}: remove one"),
                false => format!("two streams on {method} {path}: `{}` and `{name}`", old.name),
            });
        }
        if self.mounted.iter().any(|old| old.path == *path) {
            return None;
        }
        let Err(matchit::InsertError::Conflict { with }) = self.paths.insert(path, ()) else {
            return None;
        };
        let old = self
            .mounted
            .iter()
            .find(|old| old.path == with)
            .map_or("another route", |old| old.name);
        Some(format!(
            "`{path}` of `{name}` and `{with}` of `{old}` cannot be told apart: give their parameters the \
             same names, or other paths"
        ))
    }
}

/// The paths of routes of bolt's own.
pub(crate) struct Reserved<'a> {
    /// What is served there.
    pub(crate) what: &'static str,
    pub(crate) paths: Vec<&'a str>,
    /// What to do to serve something else there.
    pub(crate) instead: &'static str,
}

impl Reserved<'_> {
    /// A stream that is mounted there already.
    pub(crate) fn stream_in<'a>(&self, mounted: &'a [Mounted]) -> Option<&'a Mounted> {
        mounted
            .iter()
            .find(|stream| stream.method == "GET" && self.paths.contains(&stream.path.as_str()))
    }

    /// The error that something else is there already. `path` is one of these, if it is known which.
    pub(crate) fn taken(&self, path: Option<&str>, by: &str) -> Error {
        let Self { what, paths, instead } = self;
        let place = path.map_or_else(|| paths.join(" and "), str::to_owned);
        Error::route(format!("{what} cannot be at {place}: {by} there; {instead}"))
    }
}
