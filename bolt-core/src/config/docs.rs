//! What `docs.path` and `docs.openapi` may be beside each other, and in an app without the page.

use config::{Map, Value};

use super::fault::Fault;
use super::keys;
use super::named::Named;

/// What is wrong with the places of the documentation.
pub(super) fn check(merged: &Map<String, Value>) -> Option<Fault> {
    let page = Named::find("docs.path", merged);
    if let Some(page) = page.as_ref().filter(|_| !cfg!(feature = "docs")) {
        let help = "build it with the feature `docs`: cargo add bolt-core --features docs";
        return Some(page.fault("the app is built without the page", help));
    }
    let document = Named::find("docs.openapi", merged);
    let set = document.as_ref().or(page.as_ref())?;
    let place = |named: Option<&Named<'_>>, key| match named {
        // None is a fault of the layer.
        Some(named) => named.path.clone(),
        None => keys::find(key).map(|key| key.default.to_owned()),
    };
    let at = place(page.as_ref(), "docs.path")?;
    let same = place(document.as_ref(), "docs.openapi").as_ref() == Some(&at);
    same.then(|| set.fault("the page and the document cannot be at one path", "choose another"))
}
