//! A running gateway process.

use std::fs::File;
use std::io::Write;
use std::net::SocketAddr;
use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use serde_json::Value;
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, ChildStderr, Command};
use tokio::sync::watch;
use tokio::time::timeout;
use tollgate_testkit::raw_client::{self, Response};

use crate::binaries;

/// More than anything here takes, on the slowest machine.
const PATIENCE: Duration = Duration::from_secs(60);

/// A gateway process that is serving. It is killed when it is dropped.
pub struct Gateway {
    child: Child,
    log: watch::Receiver<Vec<Value>>,
    /// Where calls are served.
    pub address: SocketAddr,
    /// Where health and metrics are served.
    pub observe: SocketAddr,
}

impl Gateway {
    /// Starts a gateway on free ports; its log goes to a file in the directory.
    pub async fn start(directory: &Path, arguments: &[&str], environment: &[(&str, &str)]) -> Self {
        let log = directory.join(format!(
            "gateway-{}.log",
            std::fs::read_dir(directory).unwrap().count()
        ));
        let mut child = Command::new(binaries::gateway())
            .arg("serve")
            .args(["--listen", "127.0.0.1:0", "--observe", "127.0.0.1:0"])
            .args(["--log", "trace"])
            .args(arguments)
            .envs(environment.iter().copied())
            .current_dir(directory)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .unwrap();
        let log = collect(child.stderr.take().unwrap(), File::create(&log).unwrap());
        let mut gateway = Self {
            child,
            log,
            address: ([127, 0, 0, 1], 0).into(),
            observe: ([127, 0, 0, 1], 0).into(),
        };
        let line = gateway.logged("serving").await;
        let field = |name: &str| {
            line.get(name)
                .and_then(Value::as_str)
                .unwrap()
                .parse()
                .unwrap()
        };
        (gateway.address, gateway.observe) = (field("listen"), field("observe"));
        gateway
    }

    /// Waits for a log line with this message.
    pub async fn logged(&mut self, message: &str) -> Value {
        self.logged_where(|line| line.get("message").and_then(Value::as_str) == Some(message))
            .await
    }

    /// Waits for a log line that is wanted.
    pub async fn logged_where(&mut self, wanted: impl Fn(&Value) -> bool) -> Value {
        let has = |lines: &Vec<Value>| lines.iter().any(&wanted);
        if let Ok(Ok(lines)) = timeout(PATIENCE, self.log.wait_for(has)).await {
            return lines.iter().find(|line| wanted(line)).unwrap().clone();
        }
        panic!("the line was not logged: {:#?}", self.log_lines())
    }

    /// Waits until so many lines that are wanted were logged.
    pub async fn logged_times(&mut self, count: usize, wanted: impl Fn(&Value) -> bool) {
        let has = |lines: &Vec<Value>| lines.iter().filter(|line| wanted(line)).count() >= count;
        let logged = matches!(timeout(PATIENCE, self.log.wait_for(has)).await, Ok(Ok(_)));
        assert!(logged, "not logged {count} times: {:#?}", self.log_lines());
    }

    /// All lines that were logged so far.
    pub fn log_lines(&self) -> Vec<Value> {
        self.log.borrow().clone()
    }

    /// The id of the process, while it runs.
    pub fn id(&self) -> u32 {
        self.child.id().unwrap()
    }

    /// Asks the observing listener.
    pub async fn observe(&self, path: &str) -> Response {
        let request = format!("GET {path} HTTP/1.1\r\nhost: observe\r\nconnection: close\r\n\r\n");
        raw_client::exchange(self.observe, request).await.unwrap()
    }

    /// Kills the gateway: it can do nothing about it.
    pub async fn kill(&mut self) {
        self.child.kill().await.unwrap();
    }

    /// Tells the gateway to end.
    pub fn terminate(&self) {
        self.signal("-TERM");
    }

    /// Tells the gateway to read its configuration again.
    pub fn reload(&self) {
        self.signal("-HUP");
    }

    fn signal(&self, name: &str) {
        let id = self.id().to_string();
        let told = std::process::Command::new("kill")
            .args([name, &id])
            .status()
            .unwrap();
        assert!(told.success());
    }

    /// Waits until the gateway has ended, and gives its exit code.
    pub async fn ended(&mut self) -> Option<i32> {
        timeout(PATIENCE, self.child.wait())
            .await
            .expect("the gateway ends")
            .unwrap()
            .code()
    }
}

/// Copies the log to a file, and keeps its lines for those who wait for one.
fn collect(stderr: ChildStderr, mut file: File) -> watch::Receiver<Vec<Value>> {
    let (sender, receiver) = watch::channel(Vec::new());
    tokio::spawn(async move {
        let mut lines = BufReader::new(stderr).lines();
        while let Ok(Some(line)) = lines.next_line().await {
            writeln!(file, "{line}").unwrap();
            let parsed = serde_json::from_str(&line).unwrap_or(Value::String(line));
            sender.send_modify(|lines| lines.push(parsed));
        }
    });
    receiver
}
