//! A client whose network is gone: no FIN, no RST, no answer. Needs a network namespace, which needs root.

use std::process::{Command, Stdio};
use std::time::Duration;

use bolt_tests::{PATIENCE, Process};
use tokio::io::AsyncReadExt as _;
use tokio::time::{sleep, timeout};

const APP: &str = env!("CARGO_BIN_EXE_test-app");

/// The server's side of a cable, and the namespace on its other side.
struct Cable {
    id: u32,
}

impl Cable {
    const SERVER: &str = "10.213.77.1";

    /// None where a process may not do this, such as in most containers.
    fn lay() -> Option<Self> {
        let cable = Self { id: std::process::id() };
        let (ours, theirs, space) = (cable.ours(), cable.theirs(), cable.space());
        let allowed = Command::new("ip").args(["netns", "add", &space]).status();
        if !allowed.expect("ip runs").success() {
            return None;
        }
        ip(&format!("link add {ours} type veth peer name {theirs} netns {space}"));
        ip(&format!("address add {}/24 dev {ours}", Self::SERVER));
        ip(&format!("link set {ours} up"));
        ip(&format!("-n {space} address add 10.213.77.2/24 dev {theirs}"));
        ip(&format!("-n {space} link set {theirs} up"));
        Some(cable)
    }

    fn ours(&self) -> String {
        format!("bolt{}", self.id)
    }

    fn theirs(&self) -> String {
        format!("peer{}", self.id)
    }

    fn space(&self) -> String {
        format!("bolt-test-{}", self.id)
    }

    fn cut(&self) {
        ip(&format!("-n {} link set {} down", self.space(), self.theirs()));
    }
}

impl Drop for Cable {
    fn drop(&mut self) {
        let _ = Command::new("ip").args(["link", "delete", &self.ours()]).status();
        let _ = Command::new("ip").args(["netns", "delete", &self.space()]).status();
    }
}

fn ip(arguments: &str) {
    let done = Command::new("ip").args(arguments.split(' ')).status().expect("ip runs");
    assert!(done.success(), "ip {arguments}");
}

#[tokio::test]
#[ignore = "needs root, ip and curl; .ci/run installs and runs it"]
#[expect(clippy::print_stdout, reason = "to say that it was skipped")]
async fn a_client_that_vanishes_is_let_go_after_the_user_timeout() {
    let Some(cable) = Cable::lay() else {
        println!("skipped: this process may not make a network namespace");
        return;
    };
    let vars = [("BOLT_SERVER__HOST", Cable::SERVER), ("BOLT_SERVER__USER_TIMEOUT", "500ms")];
    let mut process = Process::start(APP, &vars).await;
    let before = process.files().expect("Linux");
    let url = format!("http://{}/async", process.host());
    let mut client = tokio::process::Command::new("ip")
        .args(["netns", "exec", &cable.space(), "curl", "--silent", "--no-buffer", &url])
        .stdout(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .expect("ip runs");
    let mut first = [0; 8];
    let output = client.stdout.as_mut().expect("a pipe");
    timeout(PATIENCE, output.read_exact(&mut first)).await.expect("events come").expect("a stream");
    assert!(process.files() > Some(before));
    cable.cut();
    // Its file is closed long before the system itself would give up, which takes a quarter of an hour.
    let gone = async {
        while process.files() > Some(before) {
            sleep(Duration::from_millis(20)).await;
        }
    };
    timeout(PATIENCE, gone).await.expect("the client is let go");
    assert!(client.try_wait().expect("its status").is_none(), "and knows nothing of it");
    process.signal("TERM").await;
    assert_eq!(process.ended().await.code(), Some(0));
}
