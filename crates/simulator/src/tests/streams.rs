//! OpenAI's streams of chat and text completions, and their pace.

use std::time::Duration;

use serde_json::{Value, json};
use tokio::time::Instant;

use super::client::post;
use super::start;
use crate::{Options, Pace, Simulator};

fn chat(more: Value) -> Value {
    let mut body = json!({
        "model": "any",
        "stream": true,
        "messages": [{"role": "user", "content": "Hello!"}],
    });
    body.as_object_mut()
        .unwrap()
        .extend(more.as_object().unwrap().clone());
    body
}

#[tokio::test(start_paused = true)]
async fn a_chat_stream_says_role_then_content_then_end_and_no_usage_unasked() {
    let simulator = start().await;
    let ask = post(&simulator, "/v1/chat/completions", chat(json!({})));
    let reply = ask.send().await;
    let chunks = reply.payloads();
    assert_eq!(chunks[0]["object"], "chat.completion.chunk");
    assert_eq!(chunks[0]["choices"][0]["delta"]["role"], "assistant");
    let (last, content) = chunks[1..].split_last().unwrap();
    let text: String = content
        .iter()
        .map(|it| it["choices"][0]["delta"]["content"].as_str().unwrap())
        .collect();
    assert!(content.len() > 3 && text.contains("6 bytes"), "{text}");
    assert_eq!(last["choices"][0]["delta"], json!({}));
    assert_eq!(last["choices"][0]["finish_reason"], "stop");
    assert!(chunks.iter().all(|it| it.get("usage").is_none()));

    let whole = post(
        &simulator,
        "/v1/chat/completions",
        chat(json!({"stream": false})),
    );
    let whole = whole.send().await.json();
    assert_eq!(whole["choices"][0]["message"]["content"], text);
}

#[tokio::test(start_paused = true)]
async fn asked_for_usage_every_chunk_has_the_key_and_one_more_has_the_numbers() {
    let simulator = start().await;
    let body = chat(json!({"stream_options": {"include_usage": true}, "max_tokens": 4}));
    let ask = post(&simulator, "/v1/chat/completions", body);
    let chunks = ask.send().await.payloads();
    let (usage, others) = chunks.split_last().unwrap();
    assert_eq!(usage["choices"], json!([]));
    assert_eq!(usage["usage"]["prompt_tokens"], 2);
    assert_eq!(usage["usage"]["completion_tokens"], 4);
    assert!(
        others
            .iter()
            .all(|it| it.get("usage") == Some(&Value::Null))
    );
    let end = &others.last().unwrap()["choices"][0];
    assert_eq!(end["finish_reason"], "length");
}

#[tokio::test(start_paused = true)]
async fn a_stream_of_two_choices_ends_each_of_them() {
    let simulator = start().await;
    let ask = post(&simulator, "/v1/chat/completions", chat(json!({"n": 2})));
    let chunks = ask.header("x-sim-chunks", 2).send().await.payloads();
    let of = |index: u64| {
        let choices = chunks.iter().map(|it| &it["choices"][0]);
        let of_one = choices.filter(|it| it["index"] == index);
        of_one
            .map(|it| it["finish_reason"].as_str())
            .collect::<Vec<_>>()
    };
    assert_eq!(of(0), [None, None, None, Some("stop")]);
    assert_eq!(of(1), of(0));
}

#[tokio::test(start_paused = true)]
async fn a_text_stream_has_the_same_shape() {
    let simulator = start().await;
    let body = json!({
        "model": "any",
        "prompt": "Hello!",
        "stream": true,
        "stream_options": {"include_usage": true},
    });
    let ask = post(&simulator, "/v1/completions", body).header("x-sim-chunks", 3);
    let chunks = ask.send().await.payloads();
    let texts: Vec<_> = chunks
        .iter()
        .map(|it| it["choices"][0]["text"].as_str())
        .collect();
    assert_eq!(
        texts,
        [
            Some("Your"),
            Some(" last"),
            Some(" message"),
            Some(""),
            None
        ]
    );
    assert_eq!(chunks[3]["choices"][0]["finish_reason"], "stop");
    assert_eq!(chunks[3]["usage"], Value::Null);
    assert_eq!(chunks[4]["usage"]["completion_tokens"], 3);
}

#[tokio::test(start_paused = true)]
async fn the_pace_of_the_options_holds() {
    let pace = Pace {
        first_byte: Duration::from_secs(10),
        between_chunks: Duration::from_secs(1),
    };
    let options = Options {
        pace,
        ..Options::default()
    };
    let simulator = Simulator::start(options).await.unwrap();
    let ask = post(&simulator, "/v1/chat/completions", chat(json!({})));
    let begun = Instant::now();
    ask.header("x-sim-chunks", 5).send().await.payloads();
    assert_eq!(begun.elapsed().as_secs(), 10 + 4);
}

#[tokio::test(start_paused = true)]
async fn a_request_sets_its_own_pace() {
    let simulator = start().await;
    let ask = post(&simulator, "/v1/chat/completions", chat(json!({})))
        .header("x-sim-chunks", 3)
        .header("x-sim-ttft-ms", 100_000)
        .header("x-sim-delay-ms", 20_000);
    let begun = Instant::now();
    ask.send().await.payloads();
    assert_eq!(begun.elapsed().as_secs(), 100 + 2 * 20);
}
