//! A proxy in front of a server, which compresses what it may.

use std::net::SocketAddr;
use std::path::absolute;
use std::process::Stdio;

use bolt_tests::client::answer;
use bolt_tests::{Client, PATIENCE};
use reqwest::Method;
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::process::{Child, Command};
use tokio::time::timeout;

use crate::app::PACKAGES;

/// It is killed when this is dropped.
pub(crate) struct Proxy {
    port: u16,
    _child: Child,
}

impl Proxy {
    pub(crate) async fn start(before: SocketAddr) -> Self {
        let mut command = Command::new("node");
        command.args(["proxy.mjs", &before.port().to_string()]).current_dir("clients/drivers");
        command.env("TEST_PACKAGES", absolute(PACKAGES).expect("a path"));
        let child = command.stdout(Stdio::piped()).kill_on_drop(true).spawn();
        let mut child = child.expect("node is installed");
        let mut lines = BufReader::new(child.stdout.take().expect("a pipe")).lines();
        let port = timeout(PATIENCE, lines.next_line()).await.expect("it says its port");
        let port = port.expect("text").expect("it runs").parse().expect("a port");
        let proxy = Self { port, _child: child };
        proxy.check().await;
        proxy
    }

    pub(crate) fn port(&self) -> u16 {
        self.port
    }

    /// It does compress.
    async fn check(&self) {
        let client = Client::new(format!("http://127.0.0.1:{}", self.port));
        let script = client.request(Method::GET, "/lib/htmx.org/dist/htmx.js");
        let answer = answer(script.header("accept-encoding", "gzip")).await;
        assert_eq!(answer.headers()["content-encoding"], "gzip");
    }
}
