//! What is counted of calls: latency, tokens, credits, streams and connections.

use serde_json::json;
use tollgate_testkit::http_message::{LAST_CHUNK, chunk, response_head};
use tollgate_testkit::raw_client::RawClient;
use tollgate_testkit::raw_upstream::{Gate, RawUpstream, Step};
use tollgate_tests::System;
use tollgate_tests::system::request;

const CHAT: &str = "POST /v1/chat/completions";
const USAGE: &str = "data: {\"choices\":[],\"usage\":{\"prompt_tokens\":7,\
    \"prompt_tokens_details\":{\"cached_tokens\":3},\"completion_tokens\":5}}\n\ndata: [DONE]\n\n";

async fn page(system: &System) -> String {
    let metrics = system.gateway.observe("/metrics").await;
    String::from_utf8(metrics.body.to_vec()).unwrap()
}

fn assert_has(page: &str, lines: &[&str]) {
    for line in lines {
        assert!(page.lines().any(|seen| seen == *line), "{line} in\n{page}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stream_is_counted_while_it_goes_on_and_by_what_it_used() {
    let mut system = System::start().await;
    let gate = Gate::new();
    let head = [
        ("content-type", "text/event-stream"),
        ("transfer-encoding", "chunked"),
    ];
    let script = vec![
        Step::write(response_head(200, &head)),
        Step::write(chunk(b"data: {\"choices\":[]}\n\n")),
        Step::Wait(gate.clone()),
        Step::write(chunk(USAGE.as_bytes())),
        Step::write(LAST_CHUNK),
    ];
    let upstream = RawUpstream::start(script).await.unwrap();
    system.serve_at(&upstream.url(), "counted", &[]);
    system.in_force().await;
    let bearer = system.token(&[]).bearer();
    let headers = [("authorization", bearer.as_str())];
    let body = json!({"model": "counted", "stream": true, "messages": [], "max_tokens": 5});
    let mut client = RawClient::connect(system.gateway.address).await.unwrap();
    let ask = request(CHAT, &headers, &body.to_string());
    client.send(ask).await.unwrap();
    let head = client.head().await.unwrap();
    let open = page(&system).await;
    assert_has(
        &open,
        &[
            "tollgate_open_relays 1",
            "tollgate_open_streams 1",
            "tollgate_upstream_connections{state=\"busy\"} 1",
            "tollgate_upstream_connections_made_total 1",
        ],
    );
    gate.pass();
    client.body(&head).await.unwrap();
    system.gateway.logged("relayed").await;
    let after = page(&system).await;
    let chat = "endpoint=\"chat.completions\"";
    let line = |name: &str, more: &str, value: u32| format!("{name}{{{chat}{more}}} {value}");
    let lines = [
        "tollgate_open_relays 0".to_owned(),
        "tollgate_open_streams 0".to_owned(),
        line("tollgate_relays_total", ",ending=\"complete\"", 1),
        line("tollgate_tokens_total", ",kind=\"input\"", 4),
        line("tollgate_tokens_total", ",kind=\"cached_input\"", 3),
        line("tollgate_tokens_total", ",kind=\"output\"", 5),
        line("tollgate_charged_microcredits_total", "", 17),
        line("tollgate_added_seconds_count", "", 1),
        line("tollgate_upstream_seconds_count", "", 1),
        line("tollgate_first_byte_seconds_count", "", 1),
        line("tollgate_call_seconds_count", "", 1),
    ];
    assert_has(&after, &lines.each_ref().map(String::as_str));
    system.finish().await;
}
