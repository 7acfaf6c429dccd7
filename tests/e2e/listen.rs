//! Where an app listens: addresses, unix sockets, and what a service manager passes to it.

use std::collections::BTreeSet;
use std::net::{TcpListener, TcpStream};
use std::os::fd::OwnedFd;
use std::os::unix::net::{UnixDatagram, UnixListener, UnixStream};
use std::process::Stdio;

use bolt_tests::process::command;
use bolt_tests::{PATIENCE, Process};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

use crate::config::Folder;

const APP: &str = env!("CARGO_BIN_EXE_test-app");

/// What an app says that cannot listen.
async fn refused(vars: &[(&str, &str)]) -> String {
    let output = command(APP, vars).output().await.expect("it runs");
    assert_eq!(output.status.code(), Some(1));
    String::from_utf8(output.stderr).expect("text")
}

/// All of the answer to a GET over a unix socket.
async fn get(path: &str, target: &str) -> String {
    let mut stream = tokio::net::UnixStream::connect(path).await.expect("connected");
    let request = format!("GET {target} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).await.expect("sent");
    let mut answer = String::new();
    let read = tokio::time::timeout(PATIENCE, stream.read_to_string(&mut answer)).await;
    read.expect("it ends").expect("text");
    answer
}

/// The path of a socket in a folder.
fn socket_in(folder: &Folder) -> String {
    folder.path().join("app.sock").to_str().expect("text").to_owned()
}

#[tokio::test]
async fn two_processes_share_a_port() {
    let first = Process::start(APP, &[("BOLT_SERVER__REUSE_PORT", "true")]).await;
    let (_, port) = first.host().rsplit_once(':').expect("a port");
    let vars = [("BOLT_SERVER__REUSE_PORT", "true"), ("BOLT_SERVER__PORT", port)];
    let second = Process::start(APP, &vars).await;
    let both = BTreeSet::from([first.id().to_string(), second.id().to_string()]);
    let mut seen = BTreeSet::new();
    while seen != both {
        // Each client has a connection of its own. The system shares them out by chance.
        seen.insert(first.client().get("/id").await.text().await.expect("an id"));
    }
    let said = refused(&[("BOLT_SERVER__PORT", port)]).await;
    assert!(said.contains("stop the program that uses the port"), "{said}");
}

#[tokio::test]
#[expect(clippy::print_stderr, reason = "says what was not tested")]
async fn all_addresses_are_those_of_ipv4_too_unless_told_otherwise() {
    if TcpListener::bind("[::1]:0").is_err() {
        eprintln!("not tested: this machine has no IPv6");
        return;
    }
    for (only, ipv4) in [("false", true), ("true", false)] {
        let vars = [("BOLT_SERVER__HOST", "::"), ("BOLT_SERVER__IPV6_ONLY", only)];
        let process = Process::start(APP, &vars).await;
        let port = process.host().strip_prefix("[::]:").expect("all addresses");
        TcpStream::connect(format!("[::1]:{port}")).expect("IPv6");
        let connected = TcpStream::connect(format!("127.0.0.1:{port}"));
        assert_eq!(connected.is_ok(), ipv4, "server.ipv6_only = {only}");
    }
}

#[tokio::test]
async fn an_app_listens_on_a_unix_socket() {
    let folder = Folder::new();
    let path = socket_in(&folder);
    let host = format!("unix:{path}");
    let vars = [("BOLT_SERVER__HOST", host.as_str())];
    let mut process = Process::start(APP, &vars).await;
    assert_eq!(process.address(), host);
    let answer = get(&path, "/finite/10").await;
    assert!(answer.starts_with("HTTP/1.1 200 OK\r\n"), "{answer}");
    assert!(answer.contains("data: \"begun\"\n\n") && answer.ends_with("0\r\n\r\n"), "{answer}");
    // Nobody takes it from an app that lives.
    let said = refused(&vars).await;
    let expected = format!("cannot listen on {host} (server.host); stop the program that uses it");
    assert!(said.contains(&expected) && said.contains("in use"), "{said}");
    get(&path, "/id").await;
    process.signal("TERM").await;
    assert_eq!(process.ended().await.code(), Some(0));
    assert!(!folder.path().join("app.sock").exists(), "it takes its file along");
}

#[tokio::test]
async fn the_socket_of_an_app_that_crashed_is_replaced() {
    let folder = Folder::new();
    let path = socket_in(&folder);
    let host = format!("unix:{path}");
    let vars = [("BOLT_SERVER__HOST", host.as_str())];
    let mut process = Process::start(APP, &vars).await;
    process.signal("KILL").await;
    process.ended().await;
    UnixStream::connect(&path).expect_err("nobody listens");
    let mut process = Process::start(APP, &vars).await;
    get(&path, "/id").await;
    // Another is put in its place, as some ways to deploy do: it stays when the first ends.
    std::fs::remove_file(&path).expect("removed");
    let _next = UnixListener::bind(&path).expect("a socket");
    process.signal("TERM").await;
    assert_eq!(process.ended().await.code(), Some(0));
    UnixStream::connect(&path).expect("somebody listens");
}

#[tokio::test]
async fn of_apps_that_start_at_once_one_has_the_socket() {
    let folder = Folder::new();
    let path = socket_in(&folder);
    // What a crash leaves, so that all of them want to replace it.
    drop(UnixListener::bind(&path).expect("a socket"));
    let mut apps: Vec<_> = (0..6)
        .map(|_| {
            let mut app = command(APP, &[("BOLT_SERVER__HOST", &format!("unix:{path}"))]);
            app.stderr(Stdio::null()).kill_on_drop(true).spawn().expect("it starts")
        })
        .collect();
    let one_is_left = async {
        while apps.len() > 1 {
            apps.retain_mut(|app| app.try_wait().expect("its status").is_none());
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(PATIENCE, one_is_left).await.expect("the others end");
    // It may not listen yet; the others ended because it has the path.
    let id = apps[0].id().expect("it runs").to_string();
    assert!(get(&path, "/id").await.ends_with(&id));
}

#[tokio::test]
async fn a_path_that_cannot_be_a_socket_is_said_with_its_key() {
    let folder = Folder::new().with("file", "precious");
    let path = |name: &str| folder.path().join(name).to_str().expect("text").to_owned();
    for (path, help, cause) in [
        (path("file"), "move that file away", "another kind"),
        (path(""), "move that file away", "another kind"),
        (path("none/app.sock"), "make the folder", "No such file"),
        (path("file/app.sock"), "can there be a socket?", "Not a directory"),
        (path(&"long".repeat(50)), "a path is some 100 bytes", "SUN_LEN"),
        (String::new(), "a path is some 100 bytes", "there is no path"),
    ] {
        let said = refused(&[("BOLT_SERVER__HOST", &format!("unix:{path}"))]).await;
        let message = format!("cannot listen on unix:{path} (server.host); {help}");
        let (_, because) = said.split_once("\n  because: ").unwrap_or_else(|| panic!("{said}"));
        let one_line = because.trim_end().lines().count() == 1;
        assert!(said.contains(&message) && because.contains(cause) && one_line, "{said}");
    }
    assert_eq!(std::fs::read_to_string(path("file")).expect("it is there"), "precious");
}

/// The app, with what is to be passed to it as descriptor 3.
#[cfg(target_os = "linux")]
fn passing(socket: OwnedFd, count: &str) -> tokio::process::Command {
    // Only the process itself knows its id, and a descriptor above 2 is not passed without unsafe code.
    let script = "export LISTEN_PID=$$; exec \"$0\" 3<&0";
    let mut command = command("/bin/sh", &[("LISTEN_FDS", count)]);
    command.args(["-c", script, APP]).stdin(Stdio::from(socket)).stderr(Stdio::piped());
    command
}

#[tokio::test]
#[cfg(target_os = "linux")]
async fn an_app_listens_on_what_it_is_passed() {
    let tcp = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let address = tcp.local_addr().expect("an address").to_string();
    // Who comes before the app is ready is served as well.
    let early = tokio::net::TcpStream::connect(&address).await.expect("connected");
    let mut process = Process::spawn(passing(tcp.into(), "1")).await;
    assert_eq!(process.host(), address);
    let mut events = process.client().events("/finite/10").await;
    assert_eq!(events.rest_data().await, ["\"begun\"", "\"done\""]);
    let (mut early, mut answer) = (early, String::new());
    early
        .write_all(b"GET /id HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n")
        .await
        .expect("sent");
    early.read_to_string(&mut answer).await.expect("an answer");
    assert!(answer.ends_with(&process.id().to_string()), "{answer}");
    process.signal("TERM").await;
    assert_eq!(process.ended().await.code(), Some(0));

    let folder = Folder::new();
    let path = socket_in(&folder);
    let unix = UnixListener::bind(&path).expect("a socket");
    let mut process = Process::spawn(passing(unix.into(), "1")).await;
    assert_eq!(process.address(), format!("unix:{path}"));
    assert!(get(&path, "/id").await.ends_with(&process.id().to_string()));
    process.signal("TERM").await;
    assert_eq!(process.ended().await.code(), Some(0));
    assert!(folder.path().join("app.sock").exists(), "the file is not the app's");
}

#[tokio::test]
#[cfg(target_os = "linux")]
async fn what_cannot_be_listened_on_is_not_passed() {
    let one = || OwnedFd::from(TcpListener::bind("127.0.0.1:0").expect("a free port"));
    let connection = || {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        TcpStream::connect(listener.local_addr().expect("an address")).expect("connected").into()
    };
    let datagram = || OwnedFd::from(UnixDatagram::unbound().expect("a socket"));
    let file = || OwnedFd::from(std::fs::File::open("/dev/null").expect("a file"));
    for (socket, count, cause) in [
        (one(), "2", "there are 2"),
        (connection(), "1", "it does not listen"),
        (datagram(), "1", "not a valid unix stream socket"),
        (file(), "1", "not a socket"),
    ] {
        let output = passing(socket, count).output().await.expect("it runs");
        let said = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(1), "{said}");
        assert!(said.contains("(LISTEN_FDS)") && said.contains(cause), "{said}");
    }
}

#[tokio::test]
#[cfg(target_os = "linux")]
async fn a_service_manager_hears_when_the_app_is_ready_and_when_it_stops() {
    let folder = Folder::new();
    let path = folder.path().join("notify");
    let heard = UnixDatagram::bind(&path).expect("a socket");
    heard.set_read_timeout(Some(PATIENCE)).expect("set");
    let hear = || {
        let mut message = [0; 64];
        let length = heard.recv(&mut message).expect("a message");
        String::from_utf8_lossy(&message[..length]).into_owned()
    };
    let vars = [("NOTIFY_SOCKET", path.to_str().expect("text")), ("BOLT_SERVER__DRAIN", "1h")];
    let mut process = Process::start(APP, &vars).await;
    assert_eq!(hear(), "READY=1\n");
    let mut events = process.client().events("/async").await;
    events.next().await.expect("it runs");
    process.signal("TERM").await;
    assert_eq!(hear(), "STOPPING=1\n", "at the beginning of the end");
    drop(events);
    assert_eq!(process.ended().await.code(), Some(0));
    // Nobody hears it any more; that keeps no app from serving.
    let folder = Folder::new();
    let path = folder.path().join("nobody");
    let vars = [("NOTIFY_SOCKET", path.to_str().expect("text"))];
    let process = Process::start(APP, &vars).await;
    assert_eq!(process.client().get("/id").await.status(), 200);
}
