//! Responses that upstreams keep: for the token that made them alone, where they were made, and for
//! nothing.

use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tollgate_testkit::raw_client::Response;
use tollgate_testkit::raw_upstream::{RawUpstream, Step};
use tollgate_tests::system::text;
use tollgate_tests::{System, Token};

const CREATE: &str = "POST /v1/responses";

async fn send(system: &System, token: &Token, line: &str, body: &Value) -> Response {
    let bearer = token.bearer();
    let body = if body.is_null() {
        String::new()
    } else {
        body.to_string()
    };
    let headers = [("authorization", bearer.as_str())];
    system.send(line, &headers, &body).await
}

async fn make(system: &System, token: &Token, more: Value) -> Response {
    let mut body = json!({"model": "sim-chat", "input": "Hello"});
    let members = more.as_object().unwrap().clone();
    body.as_object_mut().unwrap().extend(members);
    let made = send(system, token, CREATE, &body).await;
    assert_eq!(made.status(), 200);
    made
}

fn code(answer: &Response) -> String {
    text(&answer.json().unwrap(), "/error/code")
}

/// What the log says that an answer cost.
async fn cost(system: &mut System, answer: &Response) -> String {
    let id = answer.head.header("x-request-id").map(str::to_owned);
    let line = system.gateway.logged_where(|line| {
        line["request_id"].as_str() == id.as_deref() && line["message"] == "relayed"
    });
    text(&line.await, "/cost")
}

async fn until_written(system: &System) {
    let begun = Instant::now();
    loop {
        let metrics = system.gateway.observe("/metrics").await;
        let page = String::from_utf8_lossy(&metrics.body).into_owned();
        if page.contains("\ntollgate_responses_waiting 0\n") {
            return;
        }
        assert!(
            begun.elapsed() < Duration::from_secs(60),
            "they are written"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_response_is_kept_for_its_own_token_and_costs_nothing_more() {
    let mut system = System::start().await;
    let (own, other) = (system.token(&[]), system.token(&[]));
    let made = make(&system, &own, json!({})).await;
    assert_ne!(cost(&mut system, &made).await, "0");
    let id = text(&made.json().unwrap(), "/id");
    let paths = [
        ("GET", ""),
        ("GET", "/input_items"),
        ("POST", "/cancel"),
        ("DELETE", ""),
    ];
    for (method, below) in paths {
        let line = format!("{method} /v1/responses/{id}{below}");
        let refused = send(&system, &other, &line, &Value::Null).await;
        assert_eq!(
            (refused.status(), code(&refused).as_str()),
            (404, "response_not_found")
        );
        let answer = send(&system, &own, &line, &Value::Null).await;
        assert_eq!(answer.status(), 200, "{line}");
        assert_eq!(cost(&mut system, &answer).await, "0", "{line}");
    }
    let line = "GET /v1/responses/resp_simulated_by_nobody";
    let unknown = send(&system, &own, line, &Value::Null).await;
    assert_eq!(
        (unknown.status(), code(&unknown).as_str()),
        (404, "response_not_found")
    );
    // It is no longer for the vendor that keeps it.
    let made = make(&system, &own, json!({})).await;
    let id = text(&made.json().unwrap(), "/id");
    system.admin(&["token", "edit", &own.id, "--providers", "anthropic"]);
    system.in_force().await;
    let line = format!("GET /v1/responses/{id}");
    let refused = send(&system, &own, &line, &Value::Null).await;
    assert_eq!(refused.status(), 404);
    system.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_streamed_response_is_known_after_the_gateway_was_killed() {
    let mut system = System::start().await;
    let token = system.token(&[]);
    let made = make(&system, &token, json!({"stream": true})).await;
    let events = String::from_utf8(made.body.to_vec()).unwrap();
    let first = events.lines().find_map(|line| line.strip_prefix("data: "));
    let first: Value = serde_json::from_str(first.unwrap()).unwrap();
    let id = text(&first, "/response/id");
    let unkept = make(&system, &token, json!({"store": false})).await;
    let unkept = text(&unkept.json().unwrap(), "/id");
    until_written(&system).await;
    system.kill_and_restart().await;
    for (id, status) in [(id, 200), (unkept, 404)] {
        let line = format!("GET /v1/responses/{id}?stream=false");
        let answer = send(&system, &token, &line, &Value::Null).await;
        assert_eq!(answer.status(), status);
    }
    system.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_response_goes_on_where_it_was_made_and_for_its_token_alone() {
    let system = System::start().await;
    let answer = |id: &str| {
        let usage = json!({"input_tokens": 1, "output_tokens": 1});
        let body = json!({"id": id, "object": "response", "usage": usage}).to_string();
        Step::respond(200, "application/json", body)
    };
    let first = RawUpstream::start(vec![answer("resp_first")])
        .await
        .unwrap();
    let second = RawUpstream::start(vec![answer("resp_second")])
        .await
        .unwrap();
    for upstream in [&first, &second] {
        system.serve_at(&upstream.url(), "kept", &[]);
    }
    system.in_force().await;
    let (own, other) = (system.token(&[]), system.token(&[]));
    let made = make(&system, &own, json!({"model": "kept"})).await;
    let id = text(&made.json().unwrap(), "/id");
    for _ in 0..12 {
        let next = json!({"model": "kept", "previous_response_id": id});
        let next = make(&system, &own, next).await;
        assert_eq!(text(&next.json().unwrap(), "/id"), id);
    }
    for (token, id) in [(&other, id.as_str()), (&own, "resp_unknown")] {
        let body = json!({"model": "kept", "input": "Hello", "previous_response_id": id});
        let refused = send(&system, token, CREATE, &body).await;
        assert_eq!(refused.status(), 400);
        assert_eq!(code(&refused), "previous_response_not_found");
    }
    let body = json!({"model": "kept", "input": "Hello", "background": true});
    assert_eq!(send(&system, &own, CREATE, &body).await.status(), 400);
    let served = first.requests().len() + second.requests().len();
    assert_eq!(served, 13, "what is refused reaches nobody");
    system.finish().await;
}
