//! A gateway that changes while it serves: its configuration is read again, and another process
//! takes over from it.

use std::fs::File;
use std::io::Write;
use std::net::SocketAddr;
use std::path::Path;
use std::process::Stdio;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, Command};
use tokio::sync::watch;
use tokio::time::timeout;
use tollgate_testkit::http_message::{LAST_CHUNK, chunk, response_head};
use tollgate_testkit::raw_client::{self, RawClient};
use tollgate_testkit::raw_upstream::{Gate, RawUpstream, Step};
use tollgate_tests::system::{UPSTREAM_SECRET, request};
use tollgate_tests::{System, Token, binaries};

const PATIENCE: Duration = Duration::from_secs(60);
/// Callers at once while one process takes over from another.
const CALLERS: usize = 8;

/// A gateway beside that of the system, on the same store. It is killed when it is dropped.
struct Process {
    child: Child,
    log: watch::Receiver<Vec<Value>>,
    address: SocketAddr,
}

impl Process {
    async fn start(directory: &Path, listen: SocketAddr) -> Self {
        let mut child = Command::new(binaries::gateway())
            .args([
                "serve",
                "--config",
                "reload.toml",
                "--observe",
                "127.0.0.1:0",
            ])
            .args(["--listen", &listen.to_string()])
            .env("TEST_UPSTREAM_KEY", UPSTREAM_SECRET)
            .current_dir(directory)
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stderr.take().unwrap()).lines();
        let mut file = File::create(directory.join("beside.log")).unwrap();
        let (sender, log) = watch::channel(Vec::new());
        tokio::spawn(async move {
            while let Ok(Some(line)) = lines.next_line().await {
                writeln!(file, "{line}").unwrap();
                let line = serde_json::from_str(&line).unwrap_or(Value::String(line));
                sender.send_modify(|lines: &mut Vec<Value>| lines.push(line));
            }
        });
        let mut process = Self {
            child,
            log,
            address: listen,
        };
        let line = process.logged("serving").await;
        process.address = line["listen"].as_str().unwrap().parse().unwrap();
        process
    }

    async fn logged(&mut self, message: &str) -> Value {
        let is_it = |line: &&Value| line["message"] == message;
        let has = |lines: &Vec<Value>| lines.iter().any(|line| is_it(&line));
        if let Ok(Ok(lines)) = timeout(PATIENCE, self.log.wait_for(has)).await {
            return lines.iter().find(is_it).unwrap().clone();
        }
        panic!("`{message}` was not logged: {:#?}", self.log.borrow());
    }

    fn signal(&self, name: &str) {
        let id = self.child.id().unwrap().to_string();
        let kill = std::process::Command::new("kill")
            .args(["-s", name, &id])
            .status();
        assert!(kill.unwrap().success());
    }

    async fn ended(&mut self) -> Option<i32> {
        timeout(PATIENCE, self.child.wait())
            .await
            .unwrap()
            .unwrap()
            .code()
    }
}

fn configure(system: &System, text: &str) {
    std::fs::write(system.directory().join("reload.toml"), text).unwrap();
}

/// An upstream that stands still between two pieces of its answer.
async fn stalling(system: &System) -> (RawUpstream, Gate) {
    let gate = Gate::new();
    let head = response_head(
        200,
        &[
            ("content-type", "text/event-stream"),
            ("transfer-encoding", "chunked"),
        ],
    );
    let script = vec![
        Step::write(head),
        Step::write(chunk(b"data: 1\n\n")),
        Step::Wait(gate.clone()),
        Step::write(chunk(b"data: 2\n\n")),
        Step::write(LAST_CHUNK),
        Step::Close,
    ];
    let upstream = RawUpstream::start(script).await.unwrap();
    system.serve_at(&upstream.url(), "raw-model", &[]);
    (upstream, gate)
}

/// A stream whose first piece came.
async fn stream(address: SocketAddr, token: &Token) -> RawClient {
    let body = json!({"model": "raw-model", "stream": true}).to_string();
    let authorization = token.bearer();
    let headers = [("authorization", authorization.as_str())];
    let mut client = RawClient::connect(address).await.unwrap();
    let asked = request("POST /v1/chat/completions", &headers, &body);
    client.send(asked).await.unwrap();
    assert_eq!(client.head().await.unwrap().status(), Some(200));
    assert_eq!(client.chunk().await.unwrap().unwrap(), "data: 1\n\n");
    client
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stream_goes_on_while_the_configuration_is_read_again() {
    let system = System::start().await;
    let (_upstream, gate) = stalling(&system).await;
    let token = system.token(&[]);
    configure(&system, "");
    let mut process = Process::start(system.directory(), ([127, 0, 0, 1], 0).into()).await;
    let mut client = stream(process.address, &token).await;
    configure(
        &system,
        "[log]\nfilter = 'info,tollgate_ledger=debug'\n[keep]\nreceipts_days = 7\n",
    );
    process.signal("HUP");
    process.logged("the configuration was read again").await;
    configure(&system, "lisen = 1\n");
    process.signal("HUP");
    let refused = "the configuration cannot be used: the old one stays in force";
    let why = process.logged(refused).await["error"].to_string();
    assert!(why.contains("unknown field `lisen`"), "{why}");
    gate.pass();
    assert_eq!(client.chunk().await.unwrap().unwrap(), "data: 2\n\n");
    assert_eq!(client.chunk().await.unwrap(), None);
    process.signal("TERM");
    assert_eq!(process.ended().await, Some(0));
    assert_eq!(system.receipts(&token).await.len(), 1);
    system.finish().await;
}

/// Calls until it is over; each one must be answered.
async fn calls(address: SocketAddr, token: Token, over: Arc<AtomicBool>, count: Arc<AtomicUsize>) {
    let body = json!({"model": "sim-chat", "messages": [{"role": "user", "content": "Hello"}]});
    let authorization = token.bearer();
    let headers = [("authorization", authorization.as_str())];
    let asked = request("POST /v1/chat/completions", &headers, &body.to_string());
    while !over.load(Ordering::Relaxed) {
        let answer = raw_client::exchange(address, asked.clone()).await.unwrap();
        assert_eq!(answer.status(), 200);
        count.fetch_add(1, Ordering::Relaxed);
    }
}

/// Waits until so many more calls were answered.
async fn more(count: &AtomicUsize, calls: usize, tasks: &[tokio::task::JoinHandle<()>]) {
    let until = count.load(Ordering::Relaxed) + calls;
    while count.load(Ordering::Relaxed) < until {
        assert!(
            tasks.iter().all(|task| !task.is_finished()),
            "a call failed"
        );
        tokio::task::yield_now().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_process_that_takes_over_refuses_no_connection_and_loses_no_receipt() {
    let mut system = System::start().await;
    let token = system.token(&[]);
    system.in_force().await;
    let address = system.gateway.address;
    let (over, count) = (
        Arc::new(AtomicBool::new(false)),
        Arc::new(AtomicUsize::new(0)),
    );
    let load = |_| tokio::spawn(calls(address, token.clone(), over.clone(), count.clone()));
    let tasks: Vec<_> = (0..CALLERS).map(load).collect();
    more(&count, 100, &tasks).await;
    configure(&system, "");
    let mut process = Process::start(system.directory(), address).await;
    assert!(system.directory().join("tollgate.journal.1").exists());
    more(&count, 100, &tasks).await;
    system.gateway.terminate();
    assert_eq!(system.gateway.ended().await, Some(0));
    more(&count, 100, &tasks).await;
    over.store(true, Ordering::Relaxed);
    for task in tasks {
        task.await.unwrap();
    }
    process.signal("TERM");
    assert_eq!(process.ended().await, Some(0));
    let list = system.admin(&["receipt", "list", "--token", &token.id, "--all"]);
    let receipts = list["entries"].as_array().unwrap().len();
    assert_eq!(receipts, count.load(Ordering::Relaxed));
    system.assert_no_secret_is_left();
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_killed_process_left_is_settled_by_one_that_goes_on() {
    let mut system = System::start().await;
    let (_upstream, _gate) = stalling(&system).await;
    let token = system.token(&[]);
    system.in_force().await;
    let _client = stream(system.gateway.address, &token).await;
    configure(&system, "");
    let mut process = Process::start(system.directory(), ([127, 0, 0, 1], 0).into()).await;
    system.gateway.kill().await;
    let message = "what a process left that has ended is settled";
    assert_eq!(process.logged(message).await["receipts"], 1);
    let list = system.admin(&["receipt", "list", "--token", &token.id, "--all"]);
    assert_eq!(list["entries"].as_array().unwrap().len(), 1, "{list}");
    process.signal("TERM");
    assert_eq!(process.ended().await, Some(0));
    system.assert_no_secret_is_left();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_signal_ends_a_gateway_that_drains_at_once() {
    let mut system = System::start().await;
    let (_upstream, _gate) = stalling(&system).await;
    let token = system.token(&[]);
    system.in_force().await;
    let _client = stream(system.gateway.address, &token).await;
    system.gateway.terminate();
    system.gateway.logged("draining").await;
    system.gateway.terminate();
    assert_eq!(system.gateway.ended().await, Some(3));
    system.assert_no_secret_is_left();
}
