//! Clients that leave, stall or say nothing: each is noticed, and costs nobody else anything.

use std::process::Command;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tollgate_testkit::http_message::chunk;
use tollgate_testkit::raw_client::RawClient;
use tollgate_testkit::raw_upstream::{RawUpstream, Step};
use tollgate_tests::System;
use tollgate_tests::system::request;

/// Far below what any deadline of the gateway would take to notice the same.
const AT_ONCE: Duration = Duration::from_secs(8);

/// An upstream that takes a call and never answers, behind the model `raw-model`.
async fn silent_upstream(system: &System) -> RawUpstream {
    let upstream = RawUpstream::start(vec![Step::Hang]).await.unwrap();
    system.serve_at(&upstream.url(), "raw-model", &[]);
    upstream
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_leaves_before_the_answer_takes_its_call_with_it() {
    let mut system = System::start().await;
    let upstream = silent_upstream(&system).await;
    let token = system.token(&[]);
    system.in_force().await;
    let authorization = token.bearer();
    let body = json!({"model": "raw-model"}).to_string();
    let ask = request(
        "POST /v1/chat/completions",
        &[("authorization", &authorization)],
        &body,
    );
    for (gone, reset) in [(1, true), (2, false)] {
        let mut client = RawClient::connect(system.gateway.address).await.unwrap();
        client.send(&ask).await.unwrap();
        upstream
            .wait_until(|seen| seen.requests.len() == gone)
            .await
            .unwrap();
        let left = Instant::now();
        if reset {
            client.reset().unwrap();
        } else {
            drop(client);
        }
        upstream
            .wait_until(|seen| seen.abandoned == gone)
            .await
            .unwrap();
        assert!(left.elapsed() < AT_ONCE, "reset: {reset}");
    }
    let has_left = |line: &Value| line["ending"] == "client_left";
    // Their ends are noted after the upstream sees them.
    system.gateway.logged_times(2, has_left).await;
    let line = system.gateway.logged_where(has_left).await;
    assert_eq!(
        (line["token"].as_str(), line["model"].as_str()),
        (Some(token.id.as_str()), Some("raw-model"))
    );
    let counted = "tollgate_relays_total{endpoint=\"chat.completions\",ending=\"client_left\"} 2";
    let ended = Instant::now();
    loop {
        let metrics = system.gateway.observe("/metrics").await;
        let text = String::from_utf8(metrics.body.to_vec()).unwrap();
        if text.contains(counted) && text.contains("tollgate_open_relays 0") {
            break;
        }
        assert!(ended.elapsed() < AT_ONCE, "{text}");
    }
    system.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn connections_that_say_nothing_are_closed() {
    let system =
        System::start_configured("[limits]\nhead_seconds = 1\nkeep_alive_idle_seconds = 2\n").await;
    for greeting in [
        "",
        "P",
        "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        "GET /v1/models HTTP/1.1\r\nhost",
    ] {
        let mut client = RawClient::connect(system.gateway.address).await.unwrap();
        client.send(greeting).await.unwrap();
        let opened = Instant::now();
        // An end or a reset; the client's own patience of 20 s would be an error of another kind.
        let closed = client.to_end().await;
        assert!(
            closed
                .as_ref()
                .err()
                .is_none_or(|error| error.kind() != std::io::ErrorKind::TimedOut),
            "{greeting:?}"
        );
        assert!(opened.elapsed() < AT_ONCE, "{greeting:?}");
    }
    // Between two requests there is more time, and the connection still serves.
    let mut client = RawClient::connect(system.gateway.address).await.unwrap();
    for _ in 0..2 {
        let answer = client
            .exchange("GET /v1/models HTTP/1.1\r\nhost: a\r\n\r\n")
            .await
            .unwrap();
        assert_eq!(answer.status(), 401);
    }
    client.to_end().await.unwrap();
    system.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_bodies_of_mounted_apis_are_bounded_too() {
    let system = System::start_configured(
        "[limits]\nbody_bytes = 1000\nbody_first_byte_seconds = 1\nbody_bytes_per_second = 1000\n",
    )
    .await;
    let token = system.token(&[]);
    let authorization = token.bearer();
    let line = format!("POST /crm/x HTTP/1.1\r\nhost: a\r\nauthorization: {authorization}\r\n");
    let mut client = RawClient::connect(system.gateway.address).await.unwrap();
    client
        .send(format!("{line}content-length: 1001\r\n\r\n"))
        .await
        .unwrap();
    assert_eq!(client.head().await.unwrap().status(), Some(413));
    let mut client = RawClient::connect(system.gateway.address).await.unwrap();
    client
        .send(format!("{line}transfer-encoding: chunked\r\n\r\n"))
        .await
        .unwrap();
    client.send(chunk(&[b' '; 1001])).await.unwrap();
    assert_eq!(client.head().await.unwrap().status(), Some(413));
    let mut client = RawClient::connect(system.gateway.address).await.unwrap();
    client
        .send(format!("{line}content-length: 100\r\n\r\n{{"))
        .await
        .unwrap();
    assert_eq!(client.head().await.unwrap().status(), Some(408));
    let fits = system
        .send("POST /crm/x", &[("authorization", &authorization)], "{}")
        .await;
    assert_eq!(fits.status(), 200);
    system.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_body_that_is_steady_but_too_slow_is_ended() {
    let system = System::start_configured(
        "[limits]\nbody_first_byte_seconds = 1\nbody_bytes_per_second = 1000000\n",
    )
    .await;
    let token = system.token(&[]);
    let mut client = RawClient::connect(system.gateway.address).await.unwrap();
    let head = format!(
        "POST /v1/chat/completions HTTP/1.1\r\nhost: a\r\nauthorization: {}\r\ntransfer-encoding: chunked\r\n\r\n",
        token.bearer()
    );
    client.send(head).await.unwrap();
    // A byte for every answer of another client: never a second of silence.
    let begun = Instant::now();
    while client.send(chunk(b" ")).await.is_ok() && begun.elapsed() < Duration::from_secs(2) {
        assert_eq!(system.send("HEAD /", &[], "").await.status(), 200);
    }
    assert_eq!(client.head().await.unwrap().status(), Some(408));
    system.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_caller_who_is_refused_anyway_is_not_let_to_upload() {
    let system = System::start().await;
    let token = system.token(&["--ips", "203.0.113.7"]);
    let mut client = RawClient::connect(system.gateway.address).await.unwrap();
    let head = format!(
        "POST /v1/chat/completions HTTP/1.1\r\nhost: a\r\nauthorization: {}\r\ncontent-length: 1000000\r\nexpect: 100-continue\r\n\r\n",
        token.bearer()
    );
    client.send(head).await.unwrap();
    assert_eq!(
        client.head().await.unwrap().status(),
        Some(401),
        "and no 100 before it"
    );
    system.finish().await;
}

fn curl(arguments: &[&str]) -> String {
    let output = Command::new("curl")
        .args(["--silent", "--max-time", "30"])
        .args(arguments)
        .output()
        .unwrap();
    String::from_utf8(output.stdout).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn http_2_is_refused_and_logged_as_carefully() {
    let system = System::start().await;
    let token = system.token(&[]);
    let url = system.openai_url();
    let authorization = format!("authorization: {}", token.bearer());
    let h2 = ["--http2-prior-knowledge", "--write-out", "%{http_code}"];
    let call = |more: &[&str]| tokio::task::block_in_place(|| curl(&[&h2, more].concat()));
    let models = format!("{url}/models");
    assert!(call(&["--head", "--header", &authorization, &models]).ends_with("200"));
    assert!(call(&["--header", "authorization: Bearer sk-nobody", &models]).ends_with("401"));
    let (chat, body) = (format!("{url}/chat/completions"), "x".repeat(60_000));
    let nobody = ["--header", "authorization: Bearer sk-nobody"];
    for _ in 0..5 {
        // Some versions of curl take an answer before the end of their body for an error.
        assert!(call(&[&nobody[..], &["--data", &body, &chat]].concat()).ends_with("401"));
    }
    assert!(
        call(&[
            "--header",
            &authorization,
            "--header",
            "host: elsewhere",
            &models
        ])
        .ends_with("200"),
        "curl sends it as the authority"
    );
    let mut many: Vec<String> = (0..101).map(|i| format!("x-{i}: 1")).collect();
    many.push(authorization.clone());
    let flags: Vec<&str> = many
        .iter()
        .flat_map(|line| ["--header", line.as_str()])
        .collect();
    assert!(call(&[&flags, [models.as_str()].as_slice()].concat()).ends_with("431"));
    // A target that the HTTP/2 library refuses and would log; `finish` searches the log for the secret.
    let odd = format!("{models}?x=\"<>&key={}", token.secret);
    assert!(!call(&[&odd]).ends_with("200"));
    system.finish().await;
}
