//! What calls keep until an upstream has it: bounded in memory, large forms on disk.

use std::time::{Duration, Instant};

use serde_json::json;
use tollgate_testkit::http_message::{LAST_CHUNK, chunk, response_head};
use tollgate_testkit::raw_client::RawClient;
use tollgate_testkit::raw_upstream::{Gate, RawUpstream, Step};
use tollgate_tests::System;
use tollgate_tests::system::{request, text};

const CHAT: &str = "POST /v1/chat/completions";
const MIB: usize = 1 << 20;

/// Waits until a metric is at least this.
async fn until_at_least(system: &System, metric: &str, least: usize) {
    let begun = Instant::now();
    loop {
        let page = system.gateway.observe("/metrics").await;
        let page = String::from_utf8(page.body.to_vec()).unwrap();
        let prefix = format!("{metric} ");
        let line = page.lines().find_map(|line| line.strip_prefix(&prefix));
        if line.unwrap().parse::<usize>().unwrap() >= least {
            return;
        }
        assert!(
            begun.elapsed() < Duration::from_secs(60),
            "{metric}: {page}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn new_calls_are_shed_where_memory_is_full_and_streams_go_on() {
    let config = "[limits]\nbody_bytes = 1048576\nbuffered_bytes = 1048576\n";
    let system = System::start_configured(config).await;
    let gate = Gate::new();
    let head = [
        ("content-type", "text/event-stream"),
        ("transfer-encoding", "chunked"),
    ];
    let script = vec![
        Step::write(response_head(200, &head)),
        Step::write(chunk(b"data: one\n\n")),
        Step::Wait(gate.clone()),
        Step::write(chunk(b"data: [DONE]\n\n")),
        Step::write(LAST_CHUNK),
    ];
    let upstream = RawUpstream::start(script).await.unwrap();
    system.serve_at(&upstream.url(), "slow", &[]);
    system.in_force().await;
    let token = system.token(&[]);
    let bearer = token.bearer();
    let headers = [("authorization", bearer.as_str())];
    let body = json!({"model": "slow", "stream": true, "messages": []}).to_string();
    let mut stream = RawClient::connect(system.gateway.address).await.unwrap();
    stream.send(request(CHAT, &headers, &body)).await.unwrap();
    let answer = stream.head().await.unwrap();

    // All but the last byte of a body that fills the room.
    let whole = request(CHAT, &headers, &" ".repeat(MIB));
    let mut hoarder = RawClient::connect(system.gateway.address).await.unwrap();
    hoarder.send(&whole[..whole.len() - 1]).await.unwrap();
    until_at_least(&system, "tollgate_buffered_bytes", MIB - 1).await;
    let shed = system.chat(&token.secret, &[]).await;
    assert_eq!(shed.status(), 503);
    assert_eq!(
        text(&shed.json().unwrap(), "/error/code"),
        "server_overloaded"
    );
    assert_eq!(shed.head.header("retry-after"), Some("1"));
    let messages = json!({"model": "sim-messages", "max_tokens": 5, "messages": []});
    let line = "POST /v1/messages";
    let shed = system.send(line, &headers, &messages.to_string()).await;
    assert_eq!(shed.status(), 529);
    gate.pass();
    let rest = stream.body(&answer).await.unwrap();
    assert!(rest.ends_with(b"data: [DONE]\n\n"), "the stream went on");

    // What comes last does not fit either, and then there is room again.
    hoarder.reset().unwrap();
    let begun = Instant::now();
    while system.chat(&token.secret, &[]).await.status() != 200 {
        assert!(
            begun.elapsed() < Duration::from_secs(60),
            "there is room again"
        );
    }
    system.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_large_form_comes_from_the_disk_as_it_was_but_for_the_model() {
    let system = System::start().await;
    let usage = json!({"type": "duration", "seconds": 1});
    let answer = json!({"text": "Hello", "usage": usage}).to_string();
    let answer = Step::respond(200, "application/json", answer);
    let upstream = RawUpstream::start(vec![answer]).await.unwrap();
    let price = ["--price", "second=0.0001"];
    let create = ["model", "create", "heard", "--provider", "openai"];
    system.admin(&[create.as_slice(), &price].concat());
    let url = upstream.url();
    system.admin(&[
        "upstream",
        "create",
        "ears",
        "--dialect",
        "openai",
        "--provider",
        "openai",
        "--models",
        "heard=ears-1",
        "--allow-private",
        "--base-url",
        &url,
    ]);
    system.in_force().await;
    let bearer = system.token(&[]).bearer();
    let sound: String = (0..500_000).map(|count| format!("{count:07}")).collect();
    let form = |model: &str| {
        format!(
            "--x\r\ncontent-disposition: form-data; name=\"file\"; filename=\"a.wav\"\r\n\r\n\
            {sound}\r\n--x\r\ncontent-disposition: form-data; name=\"model\"\r\n\r\n{model}\r\n--x--\r\n"
        )
    };
    let headers = [("authorization", bearer.as_str())];
    let line = "POST /v1/audio/transcriptions";
    let sent = request(line, &headers, &form("heard"));
    let sent = sent.replacen("application/json", "multipart/form-data; boundary=x", 1);
    let mut client = RawClient::connect(system.gateway.address).await.unwrap();
    let answer = client.exchange(sent).await.unwrap();
    assert_eq!(answer.status(), 200);
    let requests = upstream.requests();
    assert!(
        requests[0].body == form("ears-1").as_bytes(),
        "the same form"
    );
    let length = form("ears-1").len().to_string();
    assert_eq!(
        requests[0].head.header("content-length"),
        Some(length.as_str())
    );
    for metric in ["tollgate_buffered_bytes 0", "tollgate_spooled_bytes 0"] {
        let page = system.gateway.observe("/metrics").await;
        let page = String::from_utf8(page.body.to_vec()).unwrap();
        assert!(
            page.lines().any(|line| line == metric),
            "{metric} in\n{page}"
        );
    }
    system.finish().await;
}

/// Before its start is over, an allocator that asks for large pages has two of 2 MiB. A kernel that
/// has none to give says so of any process.
#[tokio::test(flavor = "multi_thread")]
async fn a_gateway_takes_no_large_pages() {
    let system = System::start().await;
    let path = format!("/proc/{}/smaps_rollup", system.gateway.id());
    let maps = std::fs::read_to_string(path).unwrap();
    let line = maps
        .lines()
        .find_map(|line| line.strip_prefix("AnonHugePages:"));
    assert_eq!(line.map(str::trim), Some("0 kB"), "{maps}");
    system.finish().await;
}
