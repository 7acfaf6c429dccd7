//! What `stream.compression` may be in an app that cannot compress.

use config::{Map, Value};

use super::fault::Fault;
use super::named::Named;

/// What is wrong with `stream.compression`.
pub(super) fn check(merged: &Map<String, Value>) -> Option<Fault> {
    if cfg!(feature = "compression") {
        return None;
    }
    let set = Named::find("stream.compression", merged)?;
    let help =
        "build it with the feature `compression`: cargo add bolt-core --features compression";
    let asked = set.path.as_deref().is_some_and(|level| level != "off");
    asked.then(|| set.fault("the app is built without compression", help))
}

#[cfg(all(test, not(feature = "compression")))]
mod tests {
    use crate::Config;

    #[test]
    fn an_app_that_cannot_compress_says_how_it_could() {
        Config::defaults().set("stream.compression", "off").check().expect("no fault");
        let error = Config::defaults().set("stream.compression", "default").check();
        let error = error.expect_err("one");
        let expected = "stream.compression is \"default\": the app is built without compression\n    build it with the \
                        feature `compression`: cargo add bolt-core --features compression";
        assert!(error.to_string().ends_with(expected), "{error}");
    }
}
