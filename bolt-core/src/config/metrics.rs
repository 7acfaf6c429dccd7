//! What `metrics.path` may be in an app that has no metrics.

use config::{Map, Value};

use super::fault::Fault;
use super::named::Named;

/// What is wrong with where the metrics are.
pub(super) fn check(merged: &Map<String, Value>) -> Option<Fault> {
    if cfg!(feature = "metrics") {
        return None;
    }
    let help = "build it with the feature `metrics`: cargo add bolt-core --features metrics";
    Some(Named::find("metrics.path", merged)?.fault("the app is built without metrics", help))
}

#[cfg(all(test, not(feature = "metrics")))]
mod tests {
    use crate::Config;

    #[test]
    fn an_app_without_metrics_says_how_to_have_them() {
        let error = Config::defaults().set("metrics.path", "/m").check().expect_err("a fault");
        let expected = "metrics.path is \"/m\": the app is built without metrics\n    build it with the feature \
                        `metrics`: cargo add bolt-core --features metrics";
        assert!(error.to_string().ends_with(expected), "{error}");
    }
}
