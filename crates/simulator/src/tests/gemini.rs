//! Gemini's dialect.

use serde_json::{Value, json};

use super::client::{get, post};
use super::start;

fn body() -> Value {
    json!({
        "contents": [{"role": "user", "parts": [{"text": "Hello!"}]}],
        "generationConfig": {"maxOutputTokens": 3},
    })
}

#[tokio::test(start_paused = true)]
async fn content_is_answered_whole_and_counted() {
    let simulator = start().await;
    for target in [
        "/v1/models/any:generateContent",
        "/v1beta/models/any:generateContent",
    ] {
        let answer = post(&simulator, target, body()).send().await.json();
        let candidate = &answer["candidates"][0];
        assert_eq!(
            candidate["content"]["parts"][0]["text"],
            "Your last message"
        );
        assert_eq!(candidate["finishReason"], "MAX_TOKENS");
        assert_eq!(answer["modelVersion"], "any");
        assert_eq!(answer["usageMetadata"]["promptTokenCount"], 2);
        assert_eq!(answer["usageMetadata"]["candidatesTokenCount"], 3);
        assert_eq!(answer["usageMetadata"]["totalTokenCount"], 5);
    }
}

#[tokio::test(start_paused = true)]
async fn a_stream_is_events_or_a_json_array_and_each_piece_has_the_usage_so_far() {
    let simulator = start().await;
    let target = "/v1beta/models/any:streamGenerateContent?alt=sse";
    let ask = post(&simulator, target, json!({"contents": body()["contents"]}));
    let reply = ask.header("x-sim-chunks", 3).send().await;
    let events = reply.events();
    let counts = events.iter().map(|event| {
        let usage = &event.json()["usageMetadata"];
        usage["candidatesTokenCount"].as_u64().unwrap()
    });
    assert_eq!(counts.collect::<Vec<_>>(), [1, 2, 3]);

    let target = "/v1beta/models/any:streamGenerateContent";
    let ask = post(&simulator, target, json!({"contents": body()["contents"]}));
    let reply = ask.header("x-sim-chunks", 3).send().await;
    assert_eq!(reply.chunks.len(), 4);
    let pieces = reply.json();
    assert_eq!(pieces.as_array().unwrap().len(), 3);
    assert_eq!(pieces[2]["candidates"][0]["finishReason"], "STOP");
    assert_eq!(pieces[0]["candidates"][0]["finishReason"], Value::Null);
}

#[tokio::test(start_paused = true)]
async fn texts_are_embedded_and_counted() {
    let simulator = start().await;
    let content = json!({"parts": [{"text": "Hello!"}]});
    let one = json!({"content": content});
    let target = "/v1beta/models/any:embedContent";
    let answer = post(&simulator, target, one.clone()).send().await.json();
    assert_eq!(answer["embedding"]["values"].as_array().unwrap().len(), 64);
    let target = "/v1beta/models/any:batchEmbedContents";
    let both = json!({"requests": [one, one]});
    let answer = post(&simulator, target, both).send().await.json();
    assert_eq!(answer["embeddings"].as_array().unwrap().len(), 2);
    assert_eq!(answer["usageMetadata"]["promptTokenCount"], 4);
    let target = "/v1beta/models/any:countTokens";
    let answer = post(&simulator, target, body()).send().await.json();
    assert_eq!(answer["totalTokens"], 2);
}

#[tokio::test(start_paused = true)]
async fn failures_and_lists_are_in_its_own_form() {
    let simulator = start().await;
    let target = "/v1beta/models/any:nothing";
    let reply = post(&simulator, target, body()).send().await;
    assert_eq!(reply.status, 404);
    assert_eq!(reply.json()["error"]["status"], "NOT_FOUND");
    let list = get(&simulator, "/v1beta/models").send().await.json();
    assert_eq!(list["models"][3]["name"], "models/sim-gemini");
}
