//! Bounds and deadlines: what a stranger may send and hold open, and how long an upstream may be silent.

use std::fmt::Write;
use std::process::Command;

use serde_json::json;
use tollgate_testkit::http_message::{LAST_CHUNK, chunk, response_head};
use tollgate_testkit::raw_client::RawClient;
use tollgate_testkit::raw_upstream::{Gate, RawUpstream, Step};
use tollgate_tests::System;
use tollgate_tests::system::request;

#[tokio::test(flavor = "multi_thread")]
async fn a_body_beyond_the_bound_is_refused_before_it_is_read() {
    let system = System::start_configured("[limits]\nbody_bytes = 1000\n").await;
    let token = system.token(&[]);
    let messages = json!([{"role": "user", "content": "Hello"}]);
    let fits = json!({"model": "sim-chat", "messages": messages}).to_string();
    let authorization = token.bearer();
    let headers = [("authorization", authorization.as_str())];
    let answer = system
        .send(
            "POST /v1/chat/completions",
            &headers,
            &format!("{fits:<1000}"),
        )
        .await;
    assert_eq!(answer.status(), 200);
    for (line, code) in [
        ("POST /v1/chat/completions", "/error/code"),
        ("POST /v1/messages", "/error/type"),
    ] {
        let answer = system.send(line, &headers, &format!("{fits:<1001}")).await;
        assert_eq!(answer.status(), 413, "{line}");
        assert_eq!(
            answer.json().unwrap().pointer(code).unwrap(),
            "request_too_large"
        );
    }
    // The length is announced and nothing else is sent: the answer does not wait for the body.
    let mut client = RawClient::connect(system.gateway.address).await.unwrap();
    let head = format!(
        "POST /v1/chat/completions HTTP/1.1\r\nhost: a\r\nauthorization: {authorization}\r\ncontent-length: 99999999999\r\n\r\n"
    );
    client.send(head).await.unwrap();
    assert_eq!(client.head().await.unwrap().status(), Some(413));
    // Chunked bodies announce nothing, and are bounded all the same.
    let mut client = RawClient::connect(system.gateway.address).await.unwrap();
    let head = format!(
        "POST /v1/chat/completions HTTP/1.1\r\nhost: a\r\nauthorization: {authorization}\r\ntransfer-encoding: chunked\r\n\r\n"
    );
    client.send(head).await.unwrap();
    client.send(chunk(&[b' '; 1001])).await.unwrap();
    assert_eq!(client.head().await.unwrap().status(), Some(413));
    assert_eq!(system.simulator.count(), 1);
    system.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn slow_heads_and_slow_bodies_are_ended() {
    let system = System::start_configured(
        "[limits]\nhead_seconds = 1\nbody_first_byte_seconds = 1\nbody_bytes_per_second = 1000\n",
    )
    .await;
    let token = system.token(&[]);
    let mut silent = RawClient::connect(system.gateway.address).await.unwrap();
    silent
        .send("POST /v1/chat/completions HTTP/1.1\r\nhost: a\r\n")
        .await
        .unwrap();
    let end = silent.to_end().await;
    assert!(
        end.as_ref().map_or(true, |rest| rest.is_empty()
            || rest.starts_with(b"HTTP/1.1 408")),
        "{end:?}"
    );
    let mut slow = RawClient::connect(system.gateway.address).await.unwrap();
    let head = format!(
        "POST /v1/chat/completions HTTP/1.1\r\nhost: a\r\nauthorization: {}\r\ncontent-length: 100\r\n\r\n{{\"mod",
        token.bearer()
    );
    slow.send(head).await.unwrap();
    let answer = slow.head().await.unwrap();
    assert_eq!(
        (answer.status(), answer.header("connection")),
        (Some(408), Some("close"))
    );
    assert_eq!(system.simulator.count(), 0);
    system.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn too_many_header_fields_are_refused() {
    let system = System::start().await;
    let mut lines = String::new();
    for number in 0..101 {
        write!(lines, "x-{number}: 1\r\n").unwrap();
    }
    let mut client = RawClient::connect(system.gateway.address).await.unwrap();
    client
        .send(format!("GET /v1/models HTTP/1.1\r\nhost: a\r\n{lines}\r\n"))
        .await
        .unwrap();
    assert_eq!(client.head().await.unwrap().status(), Some(431));
    system.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn heads_that_another_server_may_read_differently_are_refused() {
    let system = System::start().await;
    let token = system.token(&[]);
    let authorization = format!("authorization: {}\r\n", token.bearer());
    let start = "POST /v1/chat/completions HTTP/1.1\r\n";
    for (lines, status) in [
        ("content-length: 2\r\n", 400),
        ("host: a\r\nhost: a\r\ncontent-length: 2\r\n", 400),
        ("host: a\r\ntransfer-encoding: gzip, chunked\r\n", 400),
        ("host: a\r\nContent_Length: 2\r\n", 400),
        (
            "host: a\r\nauthorization: Bearer x\r\ncontent-length: 2\r\n",
            400,
        ),
        ("host: a\r\nexpect: 200-ok\r\ncontent-length: 2\r\n", 417),
    ] {
        let mut client = RawClient::connect(system.gateway.address).await.unwrap();
        client
            .send(format!("{start}{authorization}{lines}\r\n{{}}"))
            .await
            .unwrap();
        assert_eq!(
            client.head().await.unwrap().status(),
            Some(status),
            "{lines}"
        );
    }
    assert_eq!(system.simulator.count(), 0);
    system.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_silent_upstream_is_given_up_and_a_slow_stream_kept_alive() {
    let mut system = System::start_configured(
        "[limits]\nresponse_seconds = 1\nidle_seconds = 3\nkeep_alive_seconds = 1\n",
    )
    .await;
    let head = response_head(
        200,
        &[
            ("content-type", "text/event-stream"),
            ("transfer-encoding", "chunked"),
        ],
    );
    let gate = Gate::new();
    let upstream = RawUpstream::start_sequence(vec![
        vec![Step::Hang],
        vec![
            Step::write(head.clone()),
            Step::write(chunk(b"data: 1\n\n")),
            Step::Hang,
        ],
        vec![
            Step::write(head),
            Step::write(chunk(b"data: 1\n\n")),
            Step::Wait(gate.clone()),
            Step::write(LAST_CHUNK),
            Step::Close,
        ],
    ])
    .await
    .unwrap();
    system.serve_at(&upstream.url(), "raw-model", &[]);
    let token = system.token(&[]);
    system.in_force().await;
    let authorization = token.bearer();
    let body = json!({"model": "raw-model", "stream": true}).to_string();
    let ask = request(
        "POST /v1/chat/completions",
        &[("authorization", &authorization)],
        &body,
    );
    let answer = RawClient::connect(system.gateway.address)
        .await
        .unwrap()
        .exchange(&ask)
        .await
        .unwrap();
    assert_eq!(
        (
            answer.status(),
            answer.json().unwrap()["error"]["code"].as_str()
        ),
        (504, Some("upstream_timeout"))
    );
    // Silent after its first event: comments keep the client, until the silence is too long.
    let answer = RawClient::connect(system.gateway.address)
        .await
        .unwrap()
        .exchange(&ask)
        .await
        .unwrap();
    let text = String::from_utf8(answer.body.to_vec()).unwrap();
    assert!(text.starts_with("data: 1\n\n: keep-alive\n\n"), "{text}");
    assert!(
        text.contains("data: {\"error\":") && !text.contains("[DONE]"),
        "{text}"
    );
    system
        .gateway
        .logged_where(|line| line["ending"] == "upstream_silent")
        .await;
    // A client sees the comment and then the regular end.
    let mut client = RawClient::connect(system.gateway.address).await.unwrap();
    client.send(&ask).await.unwrap();
    client.head().await.unwrap();
    assert_eq!(client.chunk().await.unwrap().unwrap(), "data: 1\n\n");
    assert_eq!(client.chunk().await.unwrap().unwrap(), ": keep-alive\n\n");
    gate.pass();
    system
        .gateway
        .logged_where(|line| line["ending"] == "complete")
        .await;
    system.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn upstreams_that_fail_are_answered_as_ours() {
    let system = System::start().await;
    let token = system.token(&[]);
    let authorization = token.bearer();
    for (status, expected) in [
        ("500", 502),
        ("503", 502),
        ("401", 502),
        ("403", 502),
        ("400", 400),
        ("404", 404),
        ("422", 422),
        ("429", 429),
    ] {
        // An upstream of its own for each, since one that fails is put aside.
        let model = format!("fails-{status}");
        let credential = ["--credential-env", "TEST_UPSTREAM_KEY"];
        system.serve_as(&model, &system.simulator.base_url(), &model, &credential);
        system.in_force().await;
        let headers = [
            ("authorization", authorization.as_str()),
            ("x-sim-status", status),
        ];
        let messages = json!([{"role": "user", "content": "Hello"}]);
        let body = json!({"model": model, "messages": messages}).to_string();
        let answer = system
            .send("POST /v1/chat/completions", &headers, &body)
            .await;
        assert_eq!(answer.status(), expected, "{status}");
        let code = answer.json().unwrap()["error"]["code"].clone();
        assert_eq!(
            expected == 502,
            code == "upstream_error",
            "{status}: {code}"
        );
    }
    let down = RawUpstream::start(vec![]).await.unwrap().address();
    let url = format!("http://{down}");
    system.serve_at(&url, "gone", &["--priority", "9"]);
    system.in_force().await;
    let headers = [("authorization", authorization.as_str())];
    let body =
        json!({"model": "gone", "messages": [{"role": "user", "content": "Hello"}]}).to_string();
    let answer = system
        .send("POST /v1/chat/completions", &headers, &body)
        .await;
    assert_eq!(answer.status(), 502);
    // A second upstream of the same model is tried when the first cannot be reached.
    let provider = system.simulator.base_url();
    system.serve_at(
        &provider,
        "gone",
        &["--credential-env", "TEST_UPSTREAM_KEY"],
    );
    system.in_force().await;
    let answer = system
        .send("POST /v1/chat/completions", &headers, &body)
        .await;
    assert_eq!(answer.status(), 200);
    system.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn http_2_is_spoken_too() {
    let system = System::start().await;
    let token = system.token(&[]);
    let url = format!("{}/chat/completions", system.openai_url());
    let authorization = format!("authorization: {}", token.bearer());
    let body = json!({"model": "sim-chat", "stream": true, "messages": [{"role": "user", "content": "Hello"}]}).to_string();
    let run = tokio::task::spawn_blocking(move || {
        Command::new("curl")
            .args([
                "--silent",
                "--max-time",
                "30",
                "--http2-prior-knowledge",
                "--write-out",
                "%{http_version} %{http_code}",
            ])
            .args(["--header", &authorization, "--json", &body, &url])
            .output()
            .unwrap()
    });
    let output = String::from_utf8(run.await.unwrap().stdout).unwrap();
    assert!(
        output.contains("data: [DONE]") && output.ends_with("2 200"),
        "{output}"
    );
    system.finish().await;
}
