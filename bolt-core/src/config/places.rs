//! Where bolt's own routes may be beside each other, and in an app without the pages.

use config::{Map, Value};

use super::fault::Fault;
use super::keys;
use super::named::Named;

/// Those of the pages, which are a feature.
const PAGES: [&str; 2] = ["docs.path", "docs.streams"];
const OTHERS: [&str; 1] = ["docs.openapi"];

/// What is wrong with the places of bolt's own routes.
pub(super) fn check(merged: &Map<String, Value>) -> Vec<Fault> {
    let find = |key: &'static str| (key, Named::find(key, merged));
    let pages = PAGES.map(find);
    if !cfg!(feature = "docs") {
        let help = "build it with the feature `docs`: cargo add bolt-core --features docs";
        let set = pages.iter().filter_map(|(_, named)| named.as_ref());
        return set.map(|named| named.fault("the app is built without the page", help)).collect();
    }
    let all: Vec<_> = pages.into_iter().chain(OTHERS.map(find)).collect();
    let place = |(key, named): &(&'static str, Option<Named<'_>>)| match named {
        // None is a fault of the layer.
        Some(named) => named.path.clone(),
        None => keys::find(key).map(|key| key.default.to_owned()),
    };
    let clash = |(at, one): (usize, &(&'static str, Option<Named<'_>>))| {
        let path = place(one)?;
        let other = all[at + 1..].iter().find(|other| place(other).as_ref() == Some(&path))?;
        // Of two that are alike, at most one is a default.
        let (set, kept) = if other.1.is_some() { (other, one) } else { (one, other) };
        let what = format!("{} is there too", kept.0);
        Some(set.1.as_ref()?.fault(&what, "choose another"))
    };
    all.iter().enumerate().filter_map(clash).collect()
}

#[cfg(all(test, not(feature = "docs")))]
mod tests {
    use crate::Config;

    #[test]
    fn an_app_without_the_page_says_how_to_have_it() {
        for key in super::PAGES {
            let error = Config::defaults().set(key, "/api").check().expect_err("a fault");
            let expected = format!(
                "{key} is \"/api\": the app is built without the page\n    build it with the feature `docs`: cargo \
                 add bolt-core --features docs"
            );
            assert!(error.to_string().ends_with(&expected), "{error}");
        }
    }

    #[test]
    fn the_document_may_be_where_the_page_would_have_been() {
        let config = Config::defaults().set("docs.openapi", "/docs");
        config.check().expect("no fault");
    }
}
