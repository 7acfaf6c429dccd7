//! `Config`: the layers together.

use std::collections::{BTreeMap, BTreeSet};
use std::env;
use std::fmt;
use std::panic::Location;
use std::path::Path;
use std::sync::{Mutex, MutexGuard, PoisonError};

use config::{Map, Value, ValueKind};
use serde::de::DeserializeOwned;

use super::fault::{Fault, list};
use super::keys::{self, KEYS};
use super::layer::{Layer, Leaf};
use super::named::{Named, lookup};
use super::nearest::nearest;
use super::section::Hidden;
use super::settings::{Settings, Values};
use super::tls::{self, Tls};
use super::{compression, files, places, report, section, variables};
use crate::error::{Error, Result};

/// The configuration of an app, from layers:
/// defaults < `bolt.toml` < `bolt.{BOLT_ENV}.toml` < `bolt.local.toml` < `BOLT_SECTION__KEY` < code.
///
/// [`App::run`](crate::App::run) loads it by itself. Load it yourself to read a section of your own, or to
/// set a value in code:
///
/// ```no_run
/// use bolt::prelude::*;
///
/// #[derive(Deserialize)]
/// struct Shop { currency: String }
///
/// fn main() -> bolt::Result<()> {
///     let config = Config::load().set("server.port", 9000);
///     let shop: Shop = config.section("shop");
///     App::new().config(config).run()
/// }
/// ```
///
/// Faults are reported when the app runs or a section cannot be read, and then all of them at once. The keys are in
/// `docs/reference/config.md`; `--config` on the command line prints them with their values and origins.
pub struct Config {
    /// Lowest first; the code is the last.
    layers: Vec<Layer>,
    faults: Vec<Fault>,
    claimed: Mutex<Claimed>,
}

/// What is known of a section that was read.
struct Section {
    hidden: Hidden,
    faults: Vec<Fault>,
}

/// What is known of the user's own sections.
#[derive(Default)]
struct Claimed {
    sections: BTreeMap<String, Section>,
}

impl Config {
    /// Loads the files of the current folder and the variables of the process.
    #[must_use]
    pub fn load() -> Self {
        let folder = env::current_dir().unwrap_or_default();
        let text = |text: std::ffi::OsString| text.to_string_lossy().into_owned();
        let mut config =
            Self::load_from(&folder, env::vars_os().map(|(name, value)| (text(name), text(value))));
        let ours = env::vars_os().map(|(name, value)| (text(name), value));
        for (name, _) in
            ours.filter(|(name, value)| name.starts_with("BOLT_") && value.to_str().is_none())
        {
            config.faults.push(Fault {
                origin: name,
                what: "the variable is not UTF-8".to_owned(),
                help: "write it in UTF-8".to_owned(),
            });
        }
        config
    }

    /// Loads the files of a folder, and variables given as pairs; for tests.
    #[must_use]
    pub fn load_from(folder: &Path, vars: impl IntoIterator<Item = (String, String)>) -> Self {
        let vars: Vec<_> = vars.into_iter().collect();
        let mut faults = Vec::new();
        let mut names = vec!["bolt.toml".to_owned()];
        let environment = vars.iter().find(|(name, _)| name == variables::ENVIRONMENT);
        match environment.map(|(_, value)| value.as_str()) {
            None | Some("") => {}
            Some(value) if is_environment(value) => names.push(format!("bolt.{value}.toml")),
            Some(value) => faults.push(Fault {
                origin: variables::ENVIRONMENT.to_owned(),
                what: format!("{value:?} cannot be part of a file's name"),
                help: "use letters, digits, - and _, and not \"local\"".to_owned(),
            }),
        }
        if let Some(name) = names.get(1).filter(|name| !folder.join(name).exists()) {
            faults.push(Fault {
                origin: variables::ENVIRONMENT.to_owned(),
                what: format!("there is no {name}"),
                help: format!("make it, empty if need be, in {}", folder.display()),
            });
        }
        names.push("bolt.local.toml".to_owned());
        let mut layers: Vec<_> =
            names.iter().filter_map(|name| files::read(folder, name, &mut faults)).collect();
        layers.push(variables::read(&vars, &mut faults));
        layers.push(Layer::default());
        Self { layers, faults, claimed: Mutex::default() }
    }

    /// The defaults alone: no files, no variables.
    #[must_use]
    pub fn defaults() -> Self {
        let layers = vec![Layer::default()];
        Self { layers, faults: Vec::new(), claimed: Mutex::default() }
    }

    /// Sets a value in code, above all other layers. It is written as in a variable: `"15s"`, `9000`, `true`.
    ///
    /// An unknown key or a wrong value is reported with the others, with the place of this call.
    #[must_use]
    #[track_caller]
    pub fn set(mut self, key: &str, value: impl fmt::Display) -> Self {
        let place = Location::caller().to_string();
        let value = Value::new(Some(&place), variables::kind(&value.to_string()));
        let path = key.split('.').map(str::to_owned).collect();
        if let Some(code) = self.layers.last_mut() {
            code.leaves.push(Leaf { path, named_at: place, value });
        }
        self
    }

    /// Reads a section of your own. Whether keys may be missing is up to the type (`#[serde(default)]`); keys that the
    /// type does not know are faults.
    ///
    /// If the section cannot be read, this prints all known faults and exits with status 78, as
    /// [`App::run`](crate::App::run) does with other faults; see [`try_section`](Self::try_section).
    #[must_use]
    pub fn section<T: DeserializeOwned>(&self, name: &str) -> T {
        self.try_section(name).unwrap_or_else(|error| error.exit())
    }

    /// Reads a section of your own.
    ///
    /// # Errors
    /// When the section is not what the type expects, or is one of bolt's. The error lists every fault known so
    /// far, not only those of the section. A key that the type does not know does not keep the section from being
    /// read; [`check`](Self::check) reports it, and so does running the app.
    pub fn try_section<T: DeserializeOwned>(&self, name: &str) -> Result<T> {
        if keys::is_section(name) {
            return Err(Error::config(format!(
                "the section [{name}] is bolt's own: use another name"
            )));
        }
        let merged = self.merged();
        let empty = Value::new(None, ValueKind::Table(Map::new()));
        let section = merged.get(name).unwrap_or(&empty);
        let read = section::read::<T>(name, section);
        let claimed = Section { hidden: read.hidden, faults: read.faults };
        self.claimed().sections.insert(name.to_owned(), claimed);
        match read.value {
            Some(value) => Ok(value),
            None => Err(Error::config(list(&self.faults(false)))),
        }
    }

    /// Whether all is well.
    ///
    /// # Errors
    /// Every fault of every layer, as one error. A section that nobody has read is one.
    pub fn check(&self) -> Result<()> {
        match self.faults(true) {
            faults if faults.is_empty() => Ok(()),
            faults => Err(Error::config(list(&faults))),
        }
    }

    /// Every key with its value, its origin and a line of documentation; secrets are left out.
    #[must_use]
    pub fn report(&self) -> String {
        let claimed = self.claimed();
        let hidden = |section: &str, path: &str| match claimed.sections.get(section) {
            Some(section) => section.hidden.covers(path),
            // Nobody has read it, so nobody has said what in it is a secret.
            None => true,
        };
        report::values(&self.layers, &self.merged(), hidden)
    }

    /// The reference of all keys as Markdown: `docs/reference/config.md`.
    #[must_use]
    pub fn reference() -> String {
        report::reference()
    }

    /// The sections of a `bolt.toml` with every key at its default, commented out.
    #[must_use]
    pub fn sample() -> String {
        report::sample()
    }

    /// The checked settings.
    pub(crate) fn settings(&self) -> Result<Settings> {
        self.check()?;
        let merged = self.merged();
        let written =
            |name: &'static str| keys::find(name)?.kind.check(&lookup(&merged, name)?.kind);
        let tls = tls(&merged).map_err(|faults| Error::config(list(&faults)))?;
        Ok(Values::new(written).settings(tls))
    }

    fn claimed(&self) -> MutexGuard<'_, Claimed> {
        self.claimed.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The layers merged, by section.
    fn merged(&self) -> Map<String, Value> {
        let builder = self
            .layers
            .iter()
            .fold(config::Config::builder(), |builder, layer| builder.add_source(layer.clone()));
        // The layers are in memory, and names that are no paths are set as they are.
        builder
            .build()
            .map(|config| config.cache.into_table().unwrap_or_default())
            .unwrap_or_default()
    }

    /// All that is wrong, in the order of the layers; `last` when no further section will be read.
    fn faults(&self, last: bool) -> Vec<Fault> {
        let claimed = self.claimed();
        let mut faults = self.faults.clone();
        for layer in &self.layers {
            faults.extend(layer.check());
        }
        faults.extend(claimed.sections.values().flat_map(|section| section.faults.clone()));
        if last {
            faults.extend(self.layers.iter().flat_map(|layer| unclaimed(layer, &claimed.sections)));
            let merged = self.merged();
            faults.extend(tls(&merged).err().into_iter().flatten());
            faults.extend(places::check(&merged));
            faults.extend(compression::check(&merged));
        }
        faults
    }
}

/// What the files of `server.tls` hold; none when they are not set.
fn tls(merged: &Map<String, Value>) -> Result<Option<Tls>, Vec<Fault>> {
    let named = |key| Named::find(key, merged);
    match (named("server.tls.cert"), named("server.tls.key")) {
        (None, None) => Ok(None),
        (Some(one), None) => Err(vec![one.alone("server.tls.key")]),
        (None, Some(one)) => Err(vec![one.alone("server.tls.cert")]),
        (Some(cert), Some(key)) if cert.path.is_some() && key.path.is_some() => {
            tls::load(&cert, &key).map(Some)
        }
        // A fault of the layer.
        _ => Ok(None),
    }
}

fn is_environment(name: &str) -> bool {
    name != "local" && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '-' || c == '_')
}

/// Sections that are neither bolt's nor read by the app.
fn unclaimed(layer: &Layer, claimed: &BTreeMap<String, Section>) -> Vec<Fault> {
    let mut seen = BTreeSet::new();
    let mut faults = Vec::new();
    for leaf in &layer.leaves {
        let section = leaf.section();
        let known = keys::is_section(section) || claimed.contains_key(section);
        if known || !seen.insert(section) {
            continue;
        }
        // `sever.port` is more surely meant for `server.port` than `sever` for `server`.
        let name = leaf.name();
        let by_key =
            nearest(&name, KEYS.iter().map(|key| key.name)).and_then(|key| key.split('.').next());
        let mut names: Vec<&str> = keys::sections().collect();
        names.extend(claimed.keys().map(String::as_str));
        let near = by_key.or_else(|| nearest(section, names));
        faults.push(Fault {
            origin: leaf.named_at.clone(),
            what: format!("nobody reads the section [{section}]"),
            help: match near {
                Some(near) => format!("did you mean [{near}]?"),
                None => "an app reads a section of its own with `config.section(…)`, and runs with that config (`App::config`)".to_owned(),
            },
        });
    }
    faults
}

impl fmt::Debug for Config {
    /// Without values, which may be secret.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Config").field("layers", &self.layers.len()).finish_non_exhaustive()
    }
}
