//! TLS: the handshake, streams behind it, and what is said of wrong files.

use std::path::Path;
use std::sync::Arc;

use bolt::axum::http::{Request, Version};
use bolt::prelude::*;
use bolt_tests::{PATIENCE, Process, Server};
use bytes::Bytes;
use http_body_util::{BodyExt as _, Empty};
use hyper_util::rt::{TokioExecutor, TokioIo};
use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair};
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::sync::mpsc::{UnboundedSender, unbounded_channel};
use tokio::time::timeout;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::CertificateDer;
use tokio_rustls::rustls::{ClientConfig, RootCertStore};

use crate::config::Folder;

const APP: &str = env!("CARGO_BIN_EXE_test-app");

/// Files of a server that is called localhost, and whom its clients trust.
struct Files {
    folder: Folder,
    root: CertificateDer<'static>,
}

fn named(name: &str) -> CertificateParams {
    let mut params = CertificateParams::new([name.to_owned()]).expect("a name");
    params.distinguished_name.push(DnType::CommonName, name);
    params
}

fn authority(name: &str) -> CertificateParams {
    let mut params = named(name);
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params
}

fn key() -> KeyPair {
    KeyPair::generate().expect("a key")
}

impl Files {
    /// `cert.pem` is vouched for by a second certificate in it, and that by one which only clients have.
    fn new() -> Self {
        Self::of(&named("localhost"))
    }

    fn of(params: &CertificateParams) -> Self {
        let (root_key, middle_key, own_key) = (key(), key(), key());
        let root = authority("root").self_signed(&root_key).expect("a certificate");
        let issuer = Issuer::new(authority("root"), root_key);
        let middle = authority("middle").signed_by(&middle_key, &issuer).expect("a certificate");
        let issuer = Issuer::new(authority("middle"), middle_key);
        let own = params.signed_by(&own_key, &issuer).expect("a certificate");
        let folder = Folder::new()
            .with("cert.pem", &(own.pem() + &middle.pem()))
            .with("key.pem", &own_key.serialize_pem())
            .with("other.pem", &key().serialize_pem());
        Self { folder, root: root.der().clone() }
    }

    fn path(&self, name: &str) -> String {
        self.folder.path().join(name).to_str().expect("text").to_owned()
    }

    fn vars(&self) -> [(&'static str, String); 2] {
        let path = |name| self.path(name);
        [("BOLT_SERVER__TLS__CERT", path("cert.pem")), ("BOLT_SERVER__TLS__KEY", path("key.pem"))]
    }

    async fn start(&self, more: &[(&str, &str)]) -> Process {
        let vars = self.vars();
        let mut vars: Vec<_> = vars.iter().map(|(name, value)| (*name, value.as_str())).collect();
        vars.extend(more);
        Process::start(APP, &vars).await
    }

    /// The handshake of a client that speaks this protocol.
    async fn handshake<S>(&self, stream: S, protocol: &str) -> std::io::Result<TlsStream<S>>
    where
        S: AsyncRead + AsyncWrite + Unpin,
    {
        let mut roots = RootCertStore::empty();
        roots.add(self.root.clone()).expect("a root");
        let mut config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()
            .expect("versions")
            .with_root_certificates(roots)
            .with_no_client_auth();
        config.alpn_protocols = vec![protocol.as_bytes().to_vec()];
        let name = "localhost".try_into().expect("a name");
        let shaken = TlsConnector::from(Arc::new(config)).connect(name, stream);
        timeout(PATIENCE, shaken).await.expect("the handshake ends")
    }

    async fn connect(&self, process: &Process, protocol: &str) -> TlsStream<TcpStream> {
        let stream = TcpStream::connect(process.host()).await.expect("connected");
        let stream = self.handshake(stream, protocol).await.expect("the handshake");
        assert_eq!(stream.get_ref().1.alpn_protocol(), Some(protocol.as_bytes()));
        stream
    }
}

async fn ask(stream: &mut (impl AsyncWrite + Unpin), target: &str) {
    let request = format!("GET {target} HTTP/1.1\r\nhost: localhost\r\n\r\n");
    stream.write_all(request.as_bytes()).await.expect("sent");
    stream.flush().await.expect("sent");
}

/// What is read up to a text.
async fn until(stream: &mut (impl AsyncRead + Unpin), end: &str) -> String {
    let mut text = String::new();
    while !text.contains(end) {
        let byte = timeout(PATIENCE, stream.read_u8()).await;
        let byte = byte.unwrap_or_else(|_| panic!("no {end:?} after {text:?}"));
        text.push(char::from(byte.unwrap_or_else(|error| panic!("{error} after {text:?}"))));
    }
    text
}

#[tokio::test]
async fn a_stream_over_tls_is_as_live_as_any() {
    let files = Files::new();
    let mut process = files.start(&[("BOLT_SERVER__DRAIN", "100ms")]).await;
    assert!(process.address().starts_with("https://"), "{}", process.address());
    // Streams that end, and more on the same connection.
    let mut stream = files.connect(&process, "http/1.1").await;
    for _ in 0..2 {
        ask(&mut stream, "/finite/10").await;
        let text = until(&mut stream, "0\r\n\r\n").await;
        assert!(text.starts_with("HTTP/1.1 200 OK") && text.contains("data: \"done\""), "{text}");
    }
    // Nothing is held back for what comes next.
    ask(&mut stream, "/blocking").await;
    until(&mut stream, "data: 0\n\n").await;
    let mut other = files.connect(&process, "http/1.1").await;
    ask(&mut other, "/running").await;
    until(&mut other, "\r\n\r\n1").await;
    drop(stream);
    loop {
        ask(&mut other, "/running").await;
        if until(&mut other, "\r\n\r\n").await.contains("200 OK")
            && other.read_u8().await.expect("a number") == b'0'
        {
            break;
        }
    }
    // The end of the app: the stream and TLS both end as they should.
    ask(&mut other, "/async").await;
    until(&mut other, "data: 3\n\n").await;
    process.signal("TERM").await;
    let mut rest = String::new();
    other.read_to_string(&mut rest).await.expect("a whole end");
    assert!(rest.contains("retry: ") && rest.ends_with("0\r\n\r\n"), "{rest}");
    assert_eq!(process.ended().await.code(), Some(0));
}

#[tokio::test]
async fn http2_is_agreed_on_in_the_handshake() {
    let files = Files::new();
    let process = files.start(&[]).await;
    let stream = TokioIo::new(files.connect(&process, "h2").await);
    let (mut client, connection) =
        hyper::client::conn::http2::handshake(TokioExecutor::new(), stream).await.expect("HTTP/2");
    tokio::spawn(connection);
    let uri = format!("https://{}/async", process.host());
    let request = Request::get(uri).body(Empty::<Bytes>::new()).expect("a request");
    let response = timeout(PATIENCE, client.send_request(request)).await.expect("in time");
    let response = response.expect("an answer");
    assert_eq!((response.status().as_u16(), response.version()), (200, Version::HTTP_2));
    let (mut body, mut text) = (response.into_body(), String::new());
    while !text.contains("data: 3\n\n") {
        let frame = timeout(PATIENCE, body.frame()).await.expect("it goes on");
        let data = frame.expect("it goes on").expect("no error").into_data().unwrap_or_default();
        text.push_str(std::str::from_utf8(&data).expect("text"));
    }
}

#[tokio::test]
async fn plain_http_on_the_port_of_tls_is_told_so() {
    let files = Files::new();
    let process = files.start(&[]).await;
    let mut plain = TcpStream::connect(process.host()).await.expect("connected");
    ask(&mut plain, "/id").await;
    let mut answer = String::new();
    plain.read_to_string(&mut answer).await.expect("an answer and an end");
    assert!(answer.starts_with("HTTP/1.1 400 Bad Request\r\n"), "{answer}");
    assert!(answer.contains("this port speaks TLS: use https"), "{answer}");
}

#[tokio::test]
async fn a_handshake_that_never_comes_is_not_waited_for() {
    let files = Files::new();
    let process = files.start(&[("BOLT_SERVER__HEADER_TIMEOUT", "100ms")]).await;
    for begun in [&[][..], &[22], &[22, 3, 1, 0, 100], &[22, 3, 1, 0, 2, 0, 0]] {
        let mut client = TcpStream::connect(process.host()).await.expect("connected");
        client.write_all(begun).await.expect("sent");
        let mut rest = Vec::new();
        let ended = timeout(PATIENCE, client.read_to_end(&mut rest)).await;
        assert!(ended.is_ok(), "the connection is closed after {begun:?}");
    }
    // Nor is a request.
    let mut silent = files.connect(&process, "http/1.1").await;
    let mut rest = Vec::new();
    let ended = timeout(PATIENCE, silent.read_to_end(&mut rest)).await;
    assert!(ended.is_ok() && rest.is_empty(), "the connection is closed");
}

#[tokio::test]
async fn one_more_connection_than_an_address_may_have_is_closed() {
    let files = Files::new();
    let process = files.start(&[("BOLT_SERVER__MAX_CONNECTIONS_PER_IP", "1")]).await;
    let mut first = files.connect(&process, "http/1.1").await;
    let second = TcpStream::connect(process.host()).await.expect("connected");
    files.handshake(second, "http/1.1").await.expect_err("closed");
    ask(&mut first, "/finite/1").await;
    until(&mut first, "0\r\n\r\n").await;
}

const LONG: usize = 300_000;

#[stream(get, "/long")]
async fn long() -> String {
    for letter in ["Q", "X", "Z"] {
        emit!(letter.repeat(LONG));
        tokio::task::yield_now().await;
    }
}

#[stream(get, "/endless")]
async fn endless(State(gone): State<UnboundedSender<()>>) -> String {
    /// Says that the stream is over.
    struct Guard(UnboundedSender<()>);

    impl Drop for Guard {
        fn drop(&mut self) {
            let _ = self.0.send(());
        }
    }

    let _guard = Guard(gone);
    loop {
        emit!("x".repeat(1000));
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn a_listener_of_ones_own_speaks_tls_too() {
    let files = Files::new();
    let config = Config::defaults()
        .set("server.tls.cert", files.path("cert.pem"))
        .set("server.tls.key", files.path("key.pem"))
        .set("stream.write_timeout", "200ms");
    let (sender, mut gone) = unbounded_channel();
    let app = App::new().mount::<long>().mount::<endless>().state(sender).config(config);
    let server = Server::start(app).await;
    let connect = async || {
        let stream = TcpStream::connect(server.address()).await.expect("connected");
        files.handshake(stream, "http/1.1").await.expect("the handshake")
    };
    // More than TLS and the socket hold at once.
    let mut stream = connect().await;
    ask(&mut stream, "/long").await;
    let mut text = Vec::new();
    while !text.ends_with(b"0\r\n\r\n") {
        let read = timeout(PATIENCE, stream.read_buf(&mut text)).await;
        assert_ne!(read.expect("it goes on").expect("no error"), 0);
    }
    for letter in [b'Q', b'X', b'Z'] {
        assert_eq!(text.iter().filter(|byte| **byte == letter).count(), LONG);
    }
    // A client that reads nothing is let go, as one without TLS.
    ask(&mut stream, "/endless").await;
    timeout(PATIENCE, gone.recv()).await.expect("it is let go").expect("it ran");
}

#[tokio::test]
async fn a_certificate_that_clients_will_refuse_is_said_at_the_start() {
    let mut params = named("localhost");
    params.not_after = rcgen::date_time_ymd(2001, 2, 3);
    let files = Files::of(&params);
    let mut process = files.start(&[]).await;
    let line = process.logs("clients will refuse the certificate (server.tls.cert)").await;
    assert!(line.contains("WARN") && line.contains("certificate expired"), "{line}");
}

/// What is said of these files; in the folder there are good ones.
fn said(files: &Files, cert: Option<&str>, key: Option<&str>) -> String {
    let var = |key: &str, name: Option<&str>| {
        Some((format!("BOLT_SERVER__TLS__{key}"), files.path(name?)))
    };
    let vars = [var("CERT", cert), var("KEY", key)].into_iter().flatten();
    let error = Config::load_from(Path::new("/"), vars).check().expect_err("a fault");
    error.to_string().replace(&files.path(""), "/")
}

#[test]
fn wrong_files_are_faults_of_the_configuration() {
    let mut files = Files::new();
    let (good, cert, key) = (Some("cert.pem"), "CERT", "KEY");
    let text = std::fs::read_to_string(files.path("key.pem")).expect("a key");
    let locked = text.replace("PRIVATE KEY", "ENCRYPTED PRIVATE KEY");
    let half: String = text.lines().take(2).collect::<Vec<_>>().join("\n");
    let no_certificate = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
    files.folder = files
        .folder
        .with("empty", "")
        .with("locked", &locked)
        .with("half", &half)
        .with("broken", no_certificate);
    let one = |key: &str, file: &str, what: &str| {
        let name = key.to_lowercase();
        format!(
            "the configuration has a fault\n  BOLT_SERVER__TLS__{key}: server.tls.{name} is \"/{file}\": {what}"
        )
    };
    for (cert_file, key_file, faulty, file, what) in [
        (Some("none"), Some("key.pem"), cert, "none", "it cannot be read: No such file"),
        (Some(""), Some("key.pem"), cert, "", "it cannot be read: Is a directory"),
        (Some("empty"), Some("key.pem"), cert, "empty", "there is no certificate in it\n"),
        (Some("key.pem"), Some("key.pem"), cert, "key.pem", "there is no certificate in it\n"),
        (Some("half"), Some("key.pem"), cert, "half", "it is not whole: "),
        (Some("broken"), Some("key.pem"), cert, "broken", "the first in it is no certificate: "),
        (good, Some("none"), key, "none", "it cannot be read: No such file"),
        (good, good, key, "cert.pem", "there is no private key in it\n"),
        (good, Some("half"), key, "half", "there is no private key in it\n"),
        (good, Some("locked"), key, "locked", "the key is encrypted\n    decrypt it"),
        (good, Some("other.pem"), key, "other.pem", "it is not the key of the certificate\n"),
    ] {
        let said = said(&files, cert_file, key_file);
        assert!(said.starts_with(&one(faulty, file, what)), "{said}");
        assert!(!said.contains(&text[60..80]), "no part of a key is shown: {said}");
    }
    let both = said(&files, Some("none"), Some("none"));
    assert!(both.starts_with("the configuration has 2 faults"), "{both}");
    assert_eq!(
        said(&files, good, None),
        "the configuration has a fault\n  BOLT_SERVER__TLS__CERT: server.tls.cert is set, and server.tls.key is \
         not\n    set both or neither"
    );
    assert!(said(&files, None, good).contains("server.tls.key is set, and server.tls.cert is not"));
}

#[test]
fn a_wrong_file_ends_the_app_with_the_status_of_a_wrong_configuration() {
    let folder = Folder::new().with("bolt.toml", "[server.tls]\ncert = \"none.pem\"\nkey = 5\n");
    for arguments in [&[][..], &["--check"]] {
        let mut app = std::process::Command::new(APP);
        app.env_clear().args(arguments).current_dir(folder.path());
        let output = app.output().expect("it runs");
        let said = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(78), "{said}");
        assert!(said.contains("bolt.toml:3:7: server.tls.key is 5\n    expected a path"), "{said}");
    }
}

#[test]
fn the_files_may_be_named_in_different_layers() {
    let files = Files::new();
    let text = format!("[server.tls]\ncert = {:?}\nkey = \"off\"\n", files.path("cert.pem"));
    let folder = Folder::new().with("bolt.toml", &text).with("bolt.local.toml", "[server.tls]\n");
    let vars = [("BOLT_SERVER__TLS__KEY".to_owned(), files.path("key.pem"))];
    let config = Config::load_from(folder.path(), vars);
    config.check().expect("no faults");
    let report = config.report();
    assert!(
        report.contains("server.tls.cert = ") && report.contains("# bolt.toml:2:8"),
        "{report}"
    );
    let plain = Config::load_from(folder.path(), []).check().expect_err("a fault").to_string();
    assert!(plain.contains("server.tls.cert is set, and server.tls.key is not"), "{plain}");
}
