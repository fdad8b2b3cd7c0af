//! OpenAI's routes, whole answers.

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use serde_json::{Value, json};

use super::client::{get, post};
use super::start;

#[tokio::test(start_paused = true)]
async fn a_chat_is_answered_with_its_usage() {
    let simulator = start().await;
    let body = json!({"model": "any", "messages": [
        {"role": "system", "content": "Be brief."},
        {"role": "user", "content": "Hello!"},
    ]});
    let reply = post(&simulator, "/v1/chat/completions", body).send().await;
    assert_eq!(reply.status, 200);
    assert_eq!(reply.header("x-request-id"), Some("sim-000000000001"));
    let answer = reply.json();
    assert_eq!(answer["object"], "chat.completion");
    assert_eq!(answer["model"], "any");
    let choice = &answer["choices"][0];
    assert_eq!(choice["finish_reason"], "stop");
    let content = choice["message"]["content"].as_str().unwrap();
    assert!(content.contains("6 bytes"), "{content}");
    let words = content.split(' ').count();
    assert_eq!(answer["usage"]["prompt_tokens"], 4);
    assert_eq!(answer["usage"]["completion_tokens"], words);
    assert_eq!(answer["usage"]["total_tokens"], words + 4);
}

#[tokio::test(start_paused = true)]
async fn the_lowest_cap_cuts_a_chat_and_every_choice_is_counted() {
    let simulator = start().await;
    let body = json!({
        "model": "any",
        "messages": [{"role": "user", "content": "Hello!"}],
        "max_tokens": 5,
        "max_completion_tokens": 3,
        "n": 2,
    });
    let reply = post(&simulator, "/v1/chat/completions", body).send().await;
    let answer = reply.json();
    for index in [0, 1] {
        let choice = &answer["choices"][index];
        assert_eq!(choice["index"], index);
        assert_eq!(choice["finish_reason"], "length");
        assert_eq!(choice["message"]["content"], "Your last message");
    }
    assert_eq!(answer["usage"]["completion_tokens"], 6);
}

#[tokio::test(start_paused = true)]
async fn a_text_completion_is_answered_for_each_prompt() {
    let simulator = start().await;
    let body = json!({"model": "any", "prompt": ["Hello!", "Hi"], "max_tokens": 4});
    let reply = post(&simulator, "/v1/completions", body).send().await;
    let answer = reply.json();
    assert_eq!(answer["object"], "text_completion");
    assert_eq!(answer["choices"].as_array().unwrap().len(), 2);
    assert_eq!(answer["choices"][1]["text"], "Your last message holds");
    assert_eq!(answer["choices"][1]["finish_reason"], "length");
    assert_eq!(answer["usage"]["prompt_tokens"], 3);
    assert_eq!(answer["usage"]["completion_tokens"], 8);
}

#[tokio::test(start_paused = true)]
async fn both_forms_of_an_embedding_hold_the_same_numbers() {
    let simulator = start().await;
    let mut body = json!({"model": "any", "input": ["Hello!", "Hi"], "dimensions": 8});
    let reply = post(&simulator, "/v1/embeddings", body.clone())
        .send()
        .await;
    let floats = reply.json();
    body["encoding_format"] = json!("base64");
    let reply = post(&simulator, "/v1/embeddings", body).send().await;
    let packed = reply.json();
    for index in [0, 1] {
        let bytes = BASE64_STANDARD
            .decode(packed["data"][index]["embedding"].as_str().unwrap())
            .unwrap();
        let unpacked: Vec<f32> = bytes
            .chunks(4)
            .map(|it| f32::from_le_bytes(it.try_into().unwrap()))
            .collect();
        assert_eq!(unpacked.len(), 8);
        let plain: Vec<f32> =
            serde_json::from_value(floats["data"][index]["embedding"].clone()).unwrap();
        assert_eq!(unpacked, plain);
    }
    assert_ne!(
        floats["data"][0]["embedding"],
        floats["data"][1]["embedding"]
    );
    assert_eq!(
        floats["usage"],
        json!({"prompt_tokens": 3, "total_tokens": 3})
    );
}

#[tokio::test(start_paused = true)]
async fn models_are_listed_and_shown_in_the_form_of_either_dialect() {
    let simulator = start().await;
    let list = get(&simulator, "/v1/models").send().await.json();
    assert_eq!(list["object"], "list");
    assert_eq!(list["data"][0]["id"], crate::CHAT_MODEL);
    let one = get(&simulator, "/v1/models/sim-embedding").send().await;
    assert_eq!(one.json()["object"], "model");
    let anthropic = get(&simulator, "/v1/models").header("anthropic-version", "2023-06-01");
    let reply = anthropic.send().await;
    assert!(reply.header("request-id").is_some());
    assert_eq!(reply.json()["has_more"], false);
    let unknown = get(&simulator, "/v1/models/other").send().await;
    assert_eq!(unknown.status, 404);
    assert_eq!(unknown.json()["error"]["code"], "model_not_found");
}

#[tokio::test(start_paused = true)]
async fn requests_that_lack_a_field_or_hold_a_wrong_one_are_refused_by_its_name() {
    let simulator = start().await;
    let user = json!([{"role": "user", "content": "Hello!"}]);
    let cases = [
        ("/v1/chat/completions", json!({"messages": user}), "model"),
        ("/v1/chat/completions", json!({"model": "m"}), "messages"),
        (
            "/v1/chat/completions",
            json!({"model": "m", "messages": user, "max_tokens": 0}),
            "max_tokens",
        ),
        (
            "/v1/chat/completions",
            json!({"model": "m", "messages": user, "stream": "yes"}),
            "stream",
        ),
        (
            "/v1/chat/completions",
            json!({"model": "m", "messages": user, "n": 129}),
            "n",
        ),
        ("/v1/completions", json!({"model": "m"}), "prompt"),
        (
            "/v1/completions",
            json!({"model": "m", "prompt": ["a", "b"], "n": 65}),
            "prompt",
        ),
        ("/v1/embeddings", json!({"model": "m", "input": 5}), "input"),
        (
            "/v1/embeddings",
            json!({"model": "m", "input": "a", "encoding_format": "hex"}),
            "encoding_format",
        ),
        ("/v1/responses", json!({"model": "m"}), "input"),
    ];
    for (path, body, param) in cases {
        let reply = post(&simulator, path, body.clone()).send().await;
        assert_eq!(reply.status, 400, "{path} {body}");
        let error: Value = reply.json()["error"].clone();
        assert_eq!(error["type"], "invalid_request_error");
        assert_eq!(error["param"], param, "{path} {body}");
    }
}
