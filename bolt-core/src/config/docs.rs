//! What `docs.path` and `docs.openapi` may be beside each other, and in an app without the page.

use config::{Map, Value};

use super::fault::Fault;
use super::keys;
use super::named::Named;

/// What is wrong with the places of the documentation.
pub(super) fn check(merged: &Map<String, Value>) -> Option<Fault> {
    let page = Named::find("docs.path", merged);
    if !cfg!(feature = "docs") {
        let help = "build it with the feature `docs`: cargo add bolt-core --features docs";
        return Some(page?.fault("the app is built without the page", help));
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

#[cfg(all(test, not(feature = "docs")))]
mod tests {
    use crate::Config;

    #[test]
    fn an_app_without_the_page_says_how_to_have_it() {
        let error = Config::defaults().set("docs.path", "/api").check().expect_err("a fault");
        let expected = "docs.path is \"/api\": the app is built without the page\n    build it with the \
                        feature `docs`: cargo add bolt-core --features docs";
        assert!(error.to_string().ends_with(expected), "{error}");
    }

    #[test]
    fn the_document_may_be_where_the_page_would_have_been() {
        let config = Config::defaults().set("docs.openapi", "/docs");
        config.check().expect("no fault");
    }
}
