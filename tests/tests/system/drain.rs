//! A gateway that is told to end lets the calls that run finish.

use std::time::Duration;

use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::process::Command;
use tokio::time::timeout;
use tollgate_testkit::http_message::{LAST_CHUNK, chunk, response_head};
use tollgate_testkit::raw_client::RawClient;
use tollgate_testkit::raw_upstream::{Gate, RawUpstream, Step};
use tollgate_tests::system::request;
use tollgate_tests::{System, binaries};

#[tokio::test(flavor = "multi_thread")]
async fn a_running_stream_ends_by_itself_and_new_connections_are_refused() {
    let mut system = System::start().await;
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
    let token = system.token(&[]);
    system.in_force().await;
    let authorization = token.bearer();
    let body = json!({"model": "raw-model", "stream": true}).to_string();
    let mut client = RawClient::connect(system.gateway.address).await.unwrap();
    client
        .send(request(
            "POST /v1/chat/completions",
            &[("authorization", &authorization)],
            &body,
        ))
        .await
        .unwrap();
    client.head().await.unwrap();
    assert_eq!(client.chunk().await.unwrap().unwrap(), "data: 1\n\n");
    system.gateway.terminate();
    // Each worker has a listener of its own, and says so once it is closed.
    let workers = std::thread::available_parallelism().unwrap().get();
    let is_draining = |line: &Value| line["message"] == "draining";
    system.gateway.logged_times(workers, is_draining).await;
    assert!(
        RawClient::connect(system.gateway.address).await.is_err(),
        "nothing new is accepted"
    );
    assert_eq!(system.gateway.observe("/readyz").await.status(), 503);
    gate.pass();
    assert_eq!(client.chunk().await.unwrap().unwrap(), "data: 2\n\n");
    assert_eq!(client.chunk().await.unwrap(), None);
    assert_eq!(system.gateway.ended().await, Some(0));
    system.assert_no_secret_is_left();
}

#[tokio::test]
async fn a_gateway_that_waits_for_its_store_ends_when_it_is_told_to() {
    let silent = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let store = format!(
        "postgres://127.0.0.1:{}/x",
        silent.local_addr().unwrap().port()
    );
    let directory = tempfile::tempdir().unwrap();
    let mut gateway = Command::new(binaries::gateway())
        .args([
            "serve",
            "--listen",
            "127.0.0.1:0",
            "--observe",
            "127.0.0.1:0",
            "--store",
            &store,
        ])
        .current_dir(directory.path())
        .kill_on_drop(true)
        .spawn()
        .unwrap();
    let _asked = silent.accept().await.unwrap();
    let id = gateway.id().unwrap().to_string();
    let told = Command::new("kill").args(["-TERM", &id]).status().await;
    assert!(told.unwrap().success());
    let ended = timeout(Duration::from_secs(10), gateway.wait()).await;
    assert_eq!(ended.unwrap().unwrap().code(), Some(0));
}
