//! Streams behind nginx and Caddy, configured as docs/guide/14-proxies.md says.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use bolt::prelude::*;
use bolt_tests::probe::eventually;
use bolt_tests::{Probe, Raw, Server};
use flate2::write::GzDecoder;
use tokio::net::UnixStream;
use tokio::process::{Child, Command};
use tokio::sync::Mutex;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

use crate::events::END;

const GUIDE: &str = include_str!("../../docs/guide/14-proxies.md");

/// What the app's functions are given.
#[derive(Clone)]
struct Given {
    /// What `/fed` is to say.
    fed: Arc<Mutex<UnboundedReceiver<u32>>>,
    probe: Probe,
}

/// Says what the test says, when the test says it.
#[stream(get, "/fed", undocumented)]
async fn fed(State(given): State<Given>) -> u32 {
    let _inside = given.probe.enter();
    let mut fed = given.fed.lock().await;
    while let Some(n) = fed.recv().await {
        emit!(n);
    }
}

/// Says nothing after its first event.
#[stream(get, "/silent", undocumented)]
async fn silent(State(given): State<Given>) -> &'static str {
    let _inside = given.probe.enter();
    emit!("first");
    std::future::pending::<()>().await;
}

/// From where the client was.
#[stream(get, "/from")]
async fn from(last: Option<LastEventId<u64>>) -> Event<u64> {
    let from = last.map_or(0, |last| last.0 + 1);
    for n in from..from + 3 {
        emit!(Event::new(n).id(n));
    }
}

/// Sends back what comes.
#[stream(post, "/echo")]
async fn echo(mut numbers: JsonLines<u64>) -> Result<u64, Problem> {
    while let Some(number) = numbers.next().await {
        emit!(number?);
    }
}

/// An app with a proxy in front of it.
struct Site {
    proxy: Child,
    folder: PathBuf,
    /// Behind the proxy; it ends with this.
    _app: Server,
    feed: UnboundedSender<u32>,
    probe: Probe,
}

impl Site {
    /// `command` makes the proxy of its folder, where its socket shall be, and of the address of the app.
    async fn start(keep_alive: &str, command: impl FnOnce(&Path, &str) -> Command) -> Self {
        static SITES: AtomicUsize = AtomicUsize::new(0);
        let (feed, fed_by) = unbounded_channel();
        let probe = Probe::default();
        let given = Given { fed: Arc::new(Mutex::new(fed_by)), probe: probe.clone() };
        let app = App::new().mount::<fed>().mount::<silent>().mount::<from>().mount::<echo>();
        let config = Config::defaults().set("stream.keep_alive", keep_alive);
        let app = Server::start(app.state(given).config(config)).await;
        // A short path: that of a unix socket has at most 107 bytes.
        let site = SITES.fetch_add(1, Ordering::SeqCst);
        let folder = std::env::temp_dir().join(format!("bolt-proxy-{}-{site}", std::process::id()));
        std::fs::create_dir(&folder).expect("a folder");
        let mut command = command(&folder, &app.address().to_string());
        command.stdin(Stdio::null()).stdout(Stdio::null()).kill_on_drop(true);
        let proxy = command.spawn().expect("the proxy is installed");
        let site = Self { proxy, folder, _app: app, feed, probe };
        let listens = || std::os::unix::net::UnixStream::connect(site.socket()).is_ok();
        assert!(eventually(listens).await, "the proxy does not listen");
        site
    }

    fn socket(&self) -> PathBuf {
        self.folder.join("proxy.sock")
    }

    /// A connection to the proxy.
    async fn connect(&self) -> Raw<UnixStream> {
        Raw::new(UnixStream::connect(self.socket()).await.expect("connected"))
    }
}

impl Drop for Site {
    fn drop(&mut self) {
        // It may have ended by itself; nothing else is in the folder.
        _ = self.proxy.start_kill();
        _ = std::fs::remove_dir_all(&self.folder);
    }
}

/// The only block of the guide in this language.
fn guide(language: &str) -> &'static str {
    let begin = format!("```{language}\n");
    let mut blocks = GUIDE.split(&begin).skip(1);
    let block = blocks.next().and_then(|rest| rest.split("```").next()).expect("a block");
    assert!(blocks.next().is_none(), "several blocks of {language}");
    block
}

/// Puts another in the place of a text that is there once.
fn replaced(text: &str, old: &str, new: &str) -> String {
    assert_eq!(text.matches(old).count(), 1, "{old} in {text}");
    text.replace(old, new)
}

/// nginx with these servers, on a socket in its folder instead of a port.
fn nginx(folder: &Path, servers: &str) -> Command {
    let servers =
        replaced(servers, "listen 80;", &format!("listen unix:{}/proxy.sock;", folder.display()));
    let config = format!(
        "daemon off;\nmaster_process off;\npid nginx.pid;\nerror_log stderr;\nevents {{}}\n\
         http {{\naccess_log off;\nclient_body_temp_path b;\nproxy_temp_path p;\nfastcgi_temp_path f;\n\
         uwsgi_temp_path u;\nscgi_temp_path s;\n{servers}}}\n"
    );
    let file = folder.join("nginx.conf");
    std::fs::write(&file, config).expect("written");
    let mut command = Command::new("nginx");
    // Its own log is not for the reader of a test, unless nginx does not start.
    command.arg("-p").arg(folder).arg("-c").arg(file).args(["-e", "stderr"]);
    command
}

fn nginx_of_the_guide(folder: &Path, app: &str) -> Command {
    nginx(folder, &replaced(guide("nginx"), "127.0.0.1:8080", app))
}

/// What somebody writes who has never heard of streams: all else is nginx's default.
fn nginx_of_defaults(folder: &Path, app: &str) -> Command {
    nginx(folder, &format!("server {{ listen 80; location / {{ proxy_pass http://{app}; }} }}\n"))
}

fn caddy_of_the_guide(folder: &Path, app: &str) -> Command {
    let site = replaced(guide("caddyfile"), "127.0.0.1:8080", app);
    let bind = format!("http://x {{\n\tbind unix/{}/proxy.sock\n", folder.display());
    let config = format!("{{\n\tadmin off\n}}\n{}", replaced(&site, "example.com {\n", &bind));
    let file = folder.join("Caddyfile");
    std::fs::write(&file, config).expect("written");
    let mut command = Command::new("caddy");
    command.args(["run", "--adapter", "caddyfile", "--config"]).arg(file);
    // Where it would keep certificates.
    command.env("HOME", folder).env("XDG_DATA_HOME", folder).env("XDG_CONFIG_HOME", folder);
    command.stderr(Stdio::null());
    command
}

/// Each event is there before the next is made; the function ends when the client leaves the proxy.
async fn events_come_one_by_one(site: &Site) {
    for accept in ["text/event-stream", "application/jsonl", "application/json"] {
        let mut client = site.connect().await;
        client.send(format!("GET /fed HTTP/1.1\r\nhost: x\r\naccept: {accept}\r\n\r\n")).await;
        for n in 1000..1005 {
            site.feed.send(n).expect("the function waits");
            client.until(&n.to_string()).await;
        }
        site.probe.opens(1).await;
        drop(client);
        site.probe.opens(0).await;
    }
}

/// A reader comes back by its last id, and a finished stream is not run again.
async fn readers_return(site: &Site) {
    let ask = async |id: &str| {
        let mut client = site.connect().await;
        client
            .send(format!(
                "GET /from HTTP/1.1\r\nhost: x\r\naccept: text/event-stream\r\nlast-event-id: {id}\r\n\r\n"
            ))
            .await;
        client.response().await
    };
    let returned = ask("41").await;
    let events = "id: 42\ndata: 42\n\nid: 43\ndata: 43\n\nid: 44\ndata: 44\n\n";
    assert_eq!(returned.text(), format!("{events}{END}"));
    assert_eq!(ask("bolt-finished").await.status, 204);
    // What was for the proxy is not sent on.
    let nginx = returned.header("server").is_some_and(|server| server.starts_with("nginx"));
    assert_eq!(returned.header("x-accel-buffering").is_none(), nginx);
}

/// A comment breaks the silence.
async fn comments_come(site: &Site) {
    let mut client = site.connect().await;
    client.get("/silent").await;
    client.until("data: \"first\"\n\n").await;
    client.until("data: \"first\"\n\n:\n:\n").await;
}

/// An upload is answered while it comes.
async fn uploads_are_answered_while_they_come(site: &Site) {
    let mut client = site.connect().await;
    client
        .send(
            "POST /echo HTTP/1.1\r\nhost: x\r\ncontent-type: application/jsonl\r\n\
             transfer-encoding: chunked\r\n\r\n",
        )
        .await;
    for n in 1000..1003 {
        client.send(format!("5\r\n{n}\n\r\n")).await;
        client.until(&format!("data: {n}\n\n")).await;
    }
    client.send("0\r\n\r\n").await;
    assert_eq!(client.response().await.status, 200);
}

/// An upload is answered at the latest when it has come.
async fn uploads_come_through(site: &Site) {
    let mut client = site.connect().await;
    let request = "POST /echo HTTP/1.1\r\nhost: x\r\ncontent-type: application/jsonl\r\n\
                   content-length: 10\r\n\r\n1000\n1001\n";
    client.send(request).await;
    let response = client.response().await;
    let events = format!("data: 1000\n\ndata: 1001\n\n{END}");
    assert_eq!((response.status, response.text()), (200, events.as_str()));
}

#[tokio::test]
#[ignore = "needs nginx; .ci/run installs and runs it"]
async fn streams_live_behind_the_nginx_of_the_guide() {
    let site = Site::start("50ms", nginx_of_the_guide).await;
    events_come_one_by_one(&site).await;
    readers_return(&site).await;
    comments_come(&site).await;
    uploads_are_answered_while_they_come(&site).await;
}

#[tokio::test]
#[ignore = "needs nginx; .ci/run installs and runs it"]
async fn streams_live_behind_an_nginx_that_buffers_by_default() {
    let site = Site::start("50ms", nginx_of_defaults).await;
    events_come_one_by_one(&site).await;
    readers_return(&site).await;
    comments_come(&site).await;
}

#[tokio::test]
#[ignore = "needs nginx; .ci/run installs and runs it"]
async fn a_stream_that_is_silent_for_longer_than_nginx_waits_is_held_by_its_comments() {
    let site = Site::start("200ms", |folder, app| {
        let servers = replaced(guide("nginx"), "127.0.0.1:8080", app);
        nginx(folder, &replaced(&servers, "proxy_read_timeout 60s;", "proxy_read_timeout 1s;"))
    })
    .await;
    let mut client = site.connect().await;
    client.get("/fed").await;
    site.feed.send(1000).expect("the function waits");
    client.until("data: 1000\n\n").await;
    tokio::time::sleep(Duration::from_millis(2500)).await;
    site.feed.send(1001).expect("the function waits");
    client.until("data: 1001\n\n").await;
}

#[tokio::test]
#[ignore = "needs nginx; .ci/run installs and runs it"]
async fn nginx_compresses_a_stream_and_each_event_is_readable_at_once() {
    let site = Site::start("15s", |folder, app| {
        let servers = replaced(guide("nginx"), "127.0.0.1:8080", app);
        let gzip =
            GUIDE.split('`').find(|code| code.starts_with("gzip on;")).expect("in the guide");
        nginx(folder, &format!("{gzip}\n{servers}"))
    })
    .await;
    let mut client = site.connect().await;
    client.send("GET /fed HTTP/1.1\r\nhost: x\r\naccept-encoding: gzip\r\n\r\n").await;
    let mut expected = String::new();
    for n in 1000..1005 {
        site.feed.send(n).expect("the function waits");
        expected += &format!("data: {n}\n\n");
        loop {
            client.read().await;
            assert_eq!(client.ended(), None);
            let Some(come) = bolt_tests::wire::Response::read(&client.got, false, false) else {
                continue;
            };
            assert_eq!(come.header("content-encoding"), Some("gzip"));
            let mut decoder = GzDecoder::new(Vec::new());
            decoder.write_all(&come.body).expect("gzip");
            decoder.flush().expect("gzip");
            if decoder.get_ref() == expected.as_bytes() {
                break;
            }
        }
    }
}

#[tokio::test]
#[ignore = "needs caddy; .ci/run installs and runs it"]
async fn streams_live_behind_the_caddy_of_the_guide() {
    let site = Site::start("50ms", caddy_of_the_guide).await;
    events_come_one_by_one(&site).await;
    readers_return(&site).await;
    comments_come(&site).await;
    uploads_come_through(&site).await;
}
