//! Limits that change while calls go on.

use serde_json::json;
use tempfile::NamedTempFile;
use tollgate_testkit::http_message::{LAST_CHUNK, chunk, response_head};
use tollgate_testkit::raw_client::RawClient;
use tollgate_testkit::raw_upstream::{Gate, RawUpstream, Step};
use tollgate_tests::System;
use tollgate_tests::system::{Backend, request};

const CHAT: &str = "POST /v1/chat/completions";

/// The same without closing the connection.
fn kept(request: &str) -> String {
    request.replacen("connection: close\r\n", "", 1)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stream_goes_on_while_limits_change_and_the_next_call_sees_the_new_ones() {
    let file = NamedTempFile::new().unwrap();
    let path = file.path().to_str().unwrap();
    let mut system = System::start_on(Backend::Sqlite, &["--config", path]).await;
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
        Step::write(chunk(b"data: one\n\n")),
        Step::Wait(gate.clone()),
        Step::write(chunk(b"data: [DONE]\n\n")),
        Step::write(LAST_CHUNK),
    ];
    let upstream = RawUpstream::start(script).await.unwrap();
    system.serve_at(&upstream.url(), "slow", &[]);
    system.in_force().await;
    let bearer = system.token(&[]).bearer();
    let headers = [("authorization", bearer.as_str())];
    let ask = |model: &str, content: &str| {
        let messages = json!([{"role": "user", "content": content}]);
        let body = json!({"model": model, "stream": model == "slow", "messages": messages});
        request(CHAT, &headers, &body.to_string())
    };
    let long = "x".repeat(1000);
    let mut stream = RawClient::connect(system.gateway.address).await.unwrap();
    stream.send(ask("slow", &long)).await.unwrap();
    let answer = stream.head().await.unwrap();
    assert_eq!(answer.status(), Some(200));
    // The same connection, before and after.
    let mut client = RawClient::connect(system.gateway.address).await.unwrap();
    let before = client
        .exchange(kept(&ask("sim-chat", &long)))
        .await
        .unwrap();
    assert_eq!(before.status(), 200);

    std::fs::write(file.path(), "[limits]\nbody_bytes = 500\nheaders = 5\n").unwrap();
    system.gateway.reload();
    system
        .gateway
        .logged("the configuration was read again")
        .await;

    let short = client
        .exchange(kept(&ask("sim-chat", "Hello")))
        .await
        .unwrap();
    assert_eq!(short.status(), 200);
    let after = client
        .exchange(kept(&ask("sim-chat", &long)))
        .await
        .unwrap();
    assert_eq!(after.status(), 413);
    let more = [headers[0], ("x-one", "1"), ("x-two", "2"), ("x-three", "3")];
    let many = system.send(CHAT, &more, "{}").await;
    assert_eq!(many.status(), 431, "a new connection");
    gate.pass();
    let rest = stream.body(&answer).await.unwrap();
    assert!(
        rest.ends_with(b"data: [DONE]\n\n"),
        "the stream came to its end"
    );
    system.finish().await;
}
