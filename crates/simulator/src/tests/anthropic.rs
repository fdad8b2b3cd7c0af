//! Anthropic's routes.

use serde_json::{Value, json};

use super::client::{ask, post};
use super::start;

fn hello(stream: bool, max_tokens: u64) -> Value {
    json!({
        "model": "any",
        "system": "Be brief.",
        "messages": [{"role": "user", "content": "Hello!"}],
        "max_tokens": max_tokens,
        "stream": stream,
    })
}

#[tokio::test(start_paused = true)]
async fn a_message_is_answered_with_its_usage() {
    let simulator = start().await;
    let ask = post(&simulator, "/v1/messages?beta=true", hello(false, 1_000));
    let reply = ask.send().await;
    assert_eq!(reply.header("request-id"), Some("sim-000000000001"));
    let answer = reply.json();
    assert_eq!(answer["type"], "message");
    assert_eq!(answer["stop_reason"], "end_turn");
    let text = answer["content"][0]["text"].as_str().unwrap();
    assert!(text.contains("6 bytes"), "{text}");
    assert_eq!(answer["usage"]["input_tokens"], 4);
    assert_eq!(answer["usage"]["output_tokens"], text.split(' ').count());
}

#[tokio::test(start_paused = true)]
async fn a_streamed_message_opens_and_closes_its_block() {
    let simulator = start().await;
    let reply = post(&simulator, "/v1/messages", hello(true, 4))
        .send()
        .await;
    assert!(reply.is_whole);
    let events = reply.events();
    let names: Vec<_> = events
        .iter()
        .map(|it| it.name.as_deref().unwrap())
        .collect();
    assert_eq!(
        names,
        [
            "message_start",
            "content_block_start",
            "ping",
            "content_block_delta",
            "content_block_delta",
            "content_block_stop",
            "message_delta",
            "message_stop",
        ]
    );
    let payloads: Vec<Value> = events.iter().map(|it| it.json()).collect();
    assert!(
        payloads
            .iter()
            .zip(&names)
            .all(|(it, name)| it["type"] == *name)
    );
    assert_eq!(payloads[0]["message"]["usage"]["input_tokens"], 4);
    assert_eq!(payloads[0]["message"]["usage"]["output_tokens"], 1);
    assert_eq!(payloads[3]["delta"]["text"], "Your last message");
    assert_eq!(payloads[4]["delta"]["text"], " holds");
    assert_eq!(payloads[6]["delta"]["stop_reason"], "max_tokens");
    assert_eq!(payloads[6]["usage"]["output_tokens"], 4);
}

#[tokio::test(start_paused = true)]
async fn tokens_are_counted_without_an_answer() {
    let simulator = start().await;
    let mut body = hello(false, 1);
    body.as_object_mut().unwrap().remove("max_tokens");
    let ask = post(&simulator, "/v1/messages/count_tokens", body);
    assert_eq!(ask.send().await.json(), json!({"input_tokens": 4}));
}

#[tokio::test(start_paused = true)]
async fn what_is_wrong_with_a_request_is_said_in_this_dialect() {
    let simulator = start().await;
    let mut body = hello(false, 1);
    body.as_object_mut().unwrap().remove("max_tokens");
    let reply = post(&simulator, "/v1/messages", body).send().await;
    assert_eq!(reply.status, 400);
    let answer = reply.json();
    assert_eq!(answer["type"], "error");
    assert_eq!(answer["error"]["type"], "invalid_request_error");
    assert_eq!(answer["error"]["message"], "`max_tokens` is required");
    assert_eq!(answer["request_id"], reply.header("request-id").unwrap());
    let unparsed = ask(&simulator, "POST", "/v1/messages").body("{");
    let reply = unparsed.send().await;
    assert_eq!(reply.status, 400);
    assert_eq!(reply.json()["error"]["type"], "invalid_request_error");
}
