//! `/v1/responses`.

use serde_json::{Value, json};

use super::client::post;
use super::start;

#[tokio::test(start_paused = true)]
async fn a_response_is_answered_with_one_message() {
    let simulator = start().await;
    let body = json!({
        "model": "any",
        "instructions": "Be brief.",
        "input": [{"role": "user", "content": [{"type": "input_text", "text": "Hello!"}]}],
    });
    let answer = post(&simulator, "/v1/responses", body).send().await.json();
    assert_eq!(answer["object"], "response");
    assert_eq!(answer["status"], "completed");
    let part = &answer["output"][0]["content"][0];
    assert_eq!(part["type"], "output_text");
    let text = part["text"].as_str().unwrap();
    assert!(text.contains("6 bytes"), "{text}");
    assert_eq!(answer["usage"]["input_tokens"], 4);
    assert_eq!(answer["usage"]["output_tokens"], text.split(' ').count());
}

#[tokio::test(start_paused = true)]
async fn a_streamed_response_says_everything_in_numbered_events() {
    let simulator = start().await;
    let body = json!({"model": "any", "input": "Hello!", "stream": true});
    let ask = post(&simulator, "/v1/responses", body).header("x-sim-chunks", 2);
    let reply = ask.send().await;
    assert!(reply.is_whole);
    let events = reply.events();
    let names: Vec<_> = events
        .iter()
        .map(|it| it.name.as_deref().unwrap())
        .collect();
    assert_eq!(
        names,
        [
            "response.created",
            "response.in_progress",
            "response.output_item.added",
            "response.content_part.added",
            "response.output_text.delta",
            "response.output_text.delta",
            "response.output_text.done",
            "response.content_part.done",
            "response.output_item.done",
            "response.completed",
        ]
    );
    let payloads: Vec<Value> = events.iter().map(|it| it.json()).collect();
    for (number, payload) in payloads.iter().enumerate() {
        assert_eq!(payload["sequence_number"], number);
        assert_eq!(payload["type"], names[number]);
    }
    assert_eq!(payloads[0]["response"]["status"], "in_progress");
    assert_eq!(payloads[0]["response"]["usage"], Value::Null);
    assert_eq!(payloads[4]["delta"], "Your");
    assert_eq!(payloads[4]["item_id"], payloads[2]["item"]["id"]);
    assert_eq!(payloads[6]["text"], "Your last");
    let end = &payloads[9]["response"];
    assert_eq!(end["output"][0]["content"][0]["text"], "Your last");
    assert_eq!(end["usage"]["output_tokens"], 2);
    assert_eq!(end["usage"]["input_tokens"], 2);
}

#[tokio::test(start_paused = true)]
async fn a_capped_response_is_incomplete() {
    let simulator = start().await;
    let mut body = json!({"model": "any", "input": "Hello!", "max_output_tokens": 2});
    let answer = post(&simulator, "/v1/responses", body.clone())
        .send()
        .await
        .json();
    let reason = json!({"reason": "max_output_tokens"});
    assert_eq!(answer["status"], "incomplete");
    assert_eq!(answer["incomplete_details"], reason);
    assert_eq!(answer["usage"]["output_tokens"], 2);

    body["stream"] = json!(true);
    let reply = post(&simulator, "/v1/responses", body).send().await;
    let last = reply.events().pop().unwrap();
    assert_eq!(last.name.as_deref(), Some("response.incomplete"));
    assert_eq!(last.json()["response"]["incomplete_details"], reason);
}
