//! A running console process: `tollgate-admin serve` over the store of a system.

use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, Command};
use tokio::time::timeout;

use crate::binaries;

/// More than its start takes, on the slowest machine.
const PATIENCE: Duration = Duration::from_secs(60);

/// A console that is being served. It is killed when it is dropped.
pub struct Console {
    _child: Child,
    /// Where browsers find it, such as `http://127.0.0.1:8090`.
    pub origin: String,
    /// What makes the first owner; empty where the store has one.
    pub code: String,
}

impl Console {
    /// Starts a console on a free port. Its snippets name the gateway at this base URL.
    pub async fn start(directory: &Path, store: &str, gateway: &str) -> Self {
        let mut child = Command::new(binaries::admin())
            .args(["--store", store])
            .args(["serve", "--listen", "127.0.0.1:0", "--gateway", gateway])
            .current_dir(directory)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let mut line = async || {
            let line = timeout(PATIENCE, lines.next_line()).await;
            line.expect("the console says where it is").unwrap()
        };
        let first = line().await.unwrap();
        let (_, origin) = first.rsplit_once(' ').unwrap();
        // A sentence, then the code on a line of its own.
        line().await;
        let code = line().await.unwrap_or_default();
        Self {
            _child: child,
            origin: origin.to_owned(),
            code,
        }
    }
}
