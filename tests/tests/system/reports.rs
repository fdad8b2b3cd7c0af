//! What operators are told of gateways and of refused calls.

use std::time::Duration;

use serde_json::{Value, json};
use tokio::time::timeout;
use tollgate_tests::System;

/// Asks until the answer is what it should be; the test fails after half a minute without it.
async fn until(system: &System, arguments: &[&str], condition: impl Fn(&Value) -> bool) -> Value {
    let asking = async {
        loop {
            let answer = system.admin(arguments);
            if condition(&answer) {
                return answer;
            }
            tokio::task::yield_now().await;
        }
    };
    timeout(Duration::from_secs(30), asking)
        .await
        .unwrap_or_else(|_| panic!("{arguments:?}: {}", system.admin(arguments)))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refused_call_is_told_within_seconds_and_explained_by_its_request_id() {
    let system = System::start().await;
    let token = system.token(&["--models", "sim-messages"]);
    let bearer = token.bearer();
    let headers = [("authorization", bearer.as_str())];
    let body = json!({"model": "sim-chat", "messages": []}).to_string();
    let line = "POST /v1/chat/completions";
    let answer = system.send(line, &headers, &body).await;
    assert_eq!(answer.status(), 404);
    let id = answer.head.header("x-request-id").unwrap().to_owned();
    let wrong = [("authorization", "Bearer sk-tg-nobody")];
    assert_eq!(system.send(line, &wrong, &body).await.status(), 401);
    let counts = |seen: &Value| seen["rows"].as_array().is_some_and(|rows| rows.len() == 2);
    let seen = until(&system, &["refusal", "count"], counts).await;
    let codes: Vec<_> = seen["rows"]
        .as_array()
        .unwrap()
        .iter()
        .map(|row| &row["code"])
        .collect();
    assert_eq!(codes, ["invalid_api_key", "model_not_found"]);
    let one = system.admin(&["refusal", "show", &id]);
    assert_eq!(one["model"], "sim-chat");
    assert_eq!(one["token"]["id"], token.id);
    assert!(one["reasons"].as_str().unwrap().contains("model"), "{one}");
    let why = system.try_admin(&["explain", "--request", &id]);
    assert_eq!(why.status.code(), Some(3), "refused by policy");
    let why: Value = serde_json::from_slice(&why.stdout).unwrap();
    assert_eq!(why["permitted"], false);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_first_byte_of_an_answer_in_one_piece_is_told() {
    let system = System::start().await;
    let bearer = system.token(&[]).bearer();
    let headers = [("authorization", bearer.as_str())];
    let messages = json!([{"role": "user", "content": "Hello"}]);
    let body = json!({"model": "sim-chat", "messages": messages}).to_string();
    let line = "POST /v1/chat/completions";
    assert_eq!(system.send(line, &headers, &body).await.status(), 200);
    let one = |seen: &Value| seen["entries"].as_array().is_some_and(|all| all.len() == 1);
    let seen = until(&system, &["receipt", "list"], one).await;
    assert!(seen["entries"][0]["first_byte_ms"].is_u64(), "{seen}");
    let one = |seen: &Value| seen["all"]["calls"] == 1;
    until(&system, &["gateway", "first-bytes"], one).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_gateway_is_listed_while_it_runs_and_gone_after_it_ended() {
    let mut system = System::start().await;
    let live = |seen: &Value| seen[0]["state"] == "live" && seen[0]["behind"] == 0;
    let seen = until(&system, &["gateway", "list"], live).await;
    assert_eq!(seen[0]["address"], system.gateway.address.to_string());
    system.gateway.terminate();
    assert_eq!(system.gateway.ended().await, Some(0));
    assert_eq!(system.admin(&["gateway", "list"]), json!([]));
}
