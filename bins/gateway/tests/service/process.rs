//! A gateway process in a directory of its own, with a store that it makes itself.

use std::net::SocketAddr;
use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use serde_json::Value;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;
use tokio::process::{Child, Command};
use tokio::sync::watch;
use tokio::time::timeout;

/// More than anything here takes, on the slowest machine.
pub const PATIENCE: Duration = Duration::from_secs(60);

/// A gateway that serves. It is killed when it is dropped.
pub struct Process {
    child: Child,
    log: watch::Receiver<Vec<Value>>,
    pub address: SocketAddr,
    pub observe: SocketAddr,
}

/// A command that serves on free ports with the configuration file of the directory.
pub fn command(directory: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_tollgate-gateway"));
    command
        .args(["serve", "--config", "tollgate.toml"])
        .args(["--listen", "127.0.0.1:0", "--observe", "127.0.0.1:0"])
        .current_dir(directory);
    command
}

/// Writes the configuration file of the directory.
pub fn configure(directory: &Path, text: &str) {
    std::fs::write(directory.join("tollgate.toml"), text).unwrap();
}

impl Process {
    /// Starts a command that serves.
    pub async fn start(mut command: Command) -> Self {
        let mut child = command
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stderr.take().unwrap()).lines();
        let (sender, log) = watch::channel(Vec::new());
        tokio::spawn(async move {
            while let Ok(Some(line)) = lines.next_line().await {
                let line = serde_json::from_str(&line).unwrap_or(Value::String(line));
                sender.send_modify(|lines: &mut Vec<Value>| lines.push(line));
            }
        });
        let nowhere: SocketAddr = ([127, 0, 0, 1], 0).into();
        let mut process = Self {
            child,
            log,
            address: nowhere,
            observe: nowhere,
        };
        let line = process.logged("serving", 1).await;
        process.address = line["listen"].as_str().unwrap().parse().unwrap();
        process.observe = line["observe"].as_str().unwrap().parse().unwrap();
        process
    }

    /// Waits until a message was logged so often, and gives the last of its lines.
    pub async fn logged(&mut self, message: &str, times: usize) -> Value {
        let is_it = |line: &&Value| line["message"] == message;
        let enough = |lines: &Vec<Value>| lines.iter().filter(is_it).count() >= times;
        if let Ok(Ok(lines)) = timeout(PATIENCE, self.log.wait_for(enough)).await {
            return lines.iter().rfind(is_it).unwrap().clone();
        }
        panic!("`{message}` was not logged: {:#?}", self.log.borrow());
    }

    /// Sends a signal.
    pub fn signal(&self, name: &str) {
        let id = self.child.id().unwrap().to_string();
        let kill = std::process::Command::new("kill")
            .args(["-s", name, &id])
            .status();
        assert!(kill.unwrap().success());
    }

    /// Waits until it has ended, and gives its exit code.
    pub async fn ended(&mut self) -> Option<i32> {
        let ended = timeout(PATIENCE, self.child.wait()).await;
        ended.expect("it ends").unwrap().code()
    }

    /// The metrics.
    pub async fn metrics(&self) -> String {
        get(self.observe, "/metrics").await
    }

    /// Asserts that there is a line among the metrics.
    pub async fn assert_metric(&self, line: &str) {
        let metrics = self.metrics().await;
        assert!(
            metrics.lines().any(|seen| seen == line),
            "{line}: {metrics}"
        );
    }
}

/// A whole answer.
pub async fn get(address: SocketAddr, path: &str) -> String {
    let mut stream = TcpStream::connect(address).await.unwrap();
    let request = format!("GET {path} HTTP/1.1\r\nhost: gateway\r\nconnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    answer
}
