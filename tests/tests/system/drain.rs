//! A gateway that is told to end lets the calls that run finish.

use serde_json::{Value, json};
use tollgate_testkit::http_message::{LAST_CHUNK, chunk, response_head};
use tollgate_testkit::raw_client::RawClient;
use tollgate_testkit::raw_upstream::{Gate, RawUpstream, Step};
use tollgate_tests::System;
use tollgate_tests::system::request;

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
