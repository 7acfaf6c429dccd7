//! TLS: from two files to what a handshake needs. The handshake is in `server/tls.rs`.

use std::fs;
use std::net::Ipv4Addr;
use std::sync::Arc;

use tokio_rustls::rustls::client::WebPkiServerVerifier;
use tokio_rustls::rustls::client::danger::ServerCertVerifier as _;
use tokio_rustls::rustls::crypto::{CryptoProvider, ring};
use tokio_rustls::rustls::pki_types::pem::PemObject as _;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName, UnixTime};
use tokio_rustls::rustls::{CertificateError, Error, RootCertStore, ServerConfig};

use super::fault::Fault;
use super::named::Named;

/// The certificate and its key, checked.
#[derive(Clone, Debug)]
pub(crate) struct Tls {
    pub(crate) config: Arc<ServerConfig>,
    /// What clients will have against the certificate's dates.
    pub(crate) outdated: Option<String>,
}

/// Reads the files of `server.tls.cert` and `server.tls.key`.
pub(super) fn load(cert: &Named<'_>, key: &Named<'_>) -> Result<Tls, Vec<Fault>> {
    match (read_chain(cert), read_key(key)) {
        (Ok(chain), Ok(private)) => {
            let provider = Arc::new(ring::default_provider());
            let outdated = outdated(&chain, &provider);
            let config = build(chain, private, provider);
            let config = config.map_err(|error| vec![explain(&error, cert, key)])?;
            Ok(Tls { config: Arc::new(config), outdated })
        }
        (chain, private) => Err([chain.err(), private.err()].into_iter().flatten().collect()),
    }
}

fn read_chain(cert: &Named<'_>) -> Result<Vec<CertificateDer<'static>>, Fault> {
    let help = "expected the certificate and those that vouch for it, each between BEGIN CERTIFICATE and \
                END CERTIFICATE (PEM)";
    let bytes = read(cert)?;
    let chain: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(&bytes).collect();
    match chain {
        Ok(chain) if chain.is_empty() => Err(cert.fault("there is no certificate in it", help)),
        Ok(chain) => Ok(chain),
        Err(error) => Err(cert.fault(&format!("it is not whole: {error}"), help)),
    }
}

fn read_key(key: &Named<'_>) -> Result<PrivateKeyDer<'static>, Fault> {
    let bytes = read(key)?;
    // An error may quote the file, which is a secret.
    PrivateKeyDer::from_pem_slice(&bytes).map_err(|_| {
        let encrypted = bytes.windows(9).any(|word| word == b"ENCRYPTED");
        if encrypted {
            key.fault("the key is encrypted", "decrypt it: openssl pkey -in this -out another")
        } else {
            let help = "expected a key between BEGIN PRIVATE KEY and END PRIVATE KEY (PEM)";
            key.fault("there is no private key in it", help)
        }
    })
}

fn read(file: &Named<'_>) -> Result<Vec<u8>, Fault> {
    let help = "expected a file that the app may read; its path begins in the folder where the app is started";
    let path = file.path.as_deref().unwrap_or_default();
    fs::read(path).map_err(|error| file.fault(&format!("it cannot be read: {error}"), help))
}

fn build(
    chain: Vec<CertificateDer<'static>>,
    private: PrivateKeyDer<'static>,
    provider: Arc<CryptoProvider>,
) -> Result<ServerConfig, Error> {
    let mut config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()?
        .with_no_client_auth()
        .with_single_cert(chain, private)?;
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    // Clients that come back, as an EventSource does, have a shorter handshake.
    config.ticketer = ring::Ticketer::new()?;
    Ok(config)
}

fn explain(error: &Error, cert: &Named<'_>, key: &Named<'_>) -> Fault {
    match error {
        Error::InconsistentKeys(_) => key.fault(
            "it is not the key of the certificate",
            &format!("name the key that belongs to {}", cert.path.as_deref().unwrap_or_default()),
        ),
        Error::InvalidCertificate(_) => {
            cert.fault(&format!("the first in it is no certificate: {error}"), "make it anew")
        }
        _ => key.fault(
            &format!("it cannot be used: {error}"),
            "expected a key of RSA, ECDSA (P-256, P-384, P-521) or Ed25519",
        ),
    }
}

/// What is wrong with the dates of the first certificate.
fn outdated(chain: &[CertificateDer<'static>], provider: &Arc<CryptoProvider>) -> Option<String> {
    // rustls has eyes for dates only when it verifies. They come first, so whom it trusts and what the server is
    // called do not matter.
    let first = chain.first()?;
    let mut roots = RootCertStore::empty();
    roots.add(first.clone()).ok()?;
    let verifier =
        WebPkiServerVerifier::builder_with_provider(roots.into(), Arc::clone(provider)).build();
    let name = ServerName::from(std::net::IpAddr::from(Ipv4Addr::LOCALHOST));
    let verified = verifier.ok()?.verify_server_cert(first, &[], &name, &[], UnixTime::now());
    match verified {
        Err(Error::InvalidCertificate(
            error @ (CertificateError::Expired
            | CertificateError::ExpiredContext { .. }
            | CertificateError::NotValidYet
            | CertificateError::NotValidYetContext { .. }),
        )) => Some(error.to_string()),
        _ => None,
    }
}
