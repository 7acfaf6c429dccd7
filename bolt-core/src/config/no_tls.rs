//! In place of `tls.rs`, in an app that is built without TLS.

use super::fault::Fault;
use super::named::Named;

/// What a handshake needs: there is none.
#[derive(Clone, Debug)]
pub(crate) enum Tls {}

pub(super) fn load(cert: &Named<'_>, _: &Named<'_>) -> Result<Tls, Vec<Fault>> {
    let help = "build it with the feature `tls`: cargo add bolt-core --features tls";
    Err(vec![cert.fault("the app is built without TLS", help)])
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use crate::Config;

    #[test]
    fn an_app_without_tls_says_how_to_have_it() {
        let vars = [("BOLT_SERVER__TLS__CERT", "a.pem"), ("BOLT_SERVER__TLS__KEY", "b.pem")];
        let vars = vars.map(|(name, value)| (name.to_owned(), value.to_owned()));
        let error = Config::load_from(Path::new("/"), vars).check().expect_err("a fault");
        assert_eq!(
            error.to_string(),
            "the configuration has a fault\n  BOLT_SERVER__TLS__CERT: server.tls.cert is \"a.pem\": the app is built \
             without TLS\n    build it with the feature `tls`: cargo add bolt-core --features tls"
        );
    }
}
