//! What it costs to look on while an answer passes: `cargo bench -p tollgate-wire --bench usage`.
//! A stream comes in chunks of several events; the figure is that of one event.

use divan::counter::{BytesCount, ItemsCount};
use divan::{Bencher, black_box};
use tollgate_wire::usage::{Surface, UsageFilter, UsageScanner};

const EVENTS: usize = 1000;

fn main() {
    divan::main();
}

/// As OpenAI sends it to those who ask for the usage: about 240 bytes.
const ASKED: &str = r#"data: {"id":"chatcmpl-BxyzAbC0123456789abcdefghijk","object":"chat.completion.chunk","created":1763700000,"model":"gpt-4o-2024-08-06","system_fingerprint":"fp_0123456789","choices":[{"index":0,"delta":{"content":" token"},"logprobs":null,"finish_reason":null}],"usage":null}"#;

/// As most providers send it: about 200 bytes.
const PLAIN: &str = r#"data: {"id":"chatcmpl-0123456789abcdef","object":"chat.completion.chunk","created":1763700000,"model":"gpt-4o-mini","choices":[{"index":0,"delta":{"content":" token"},"finish_reason":null}]}"#;

#[divan::bench]
fn chat_event(bencher: Bencher<'_, '_>) {
    event(bencher, Surface::Chat, ASKED);
}

#[divan::bench]
fn plain_chat_event(bencher: Bencher<'_, '_>) {
    event(bencher, Surface::Chat, PLAIN);
}

/// The usage is taken out of each.
#[divan::bench]
fn filtered_chat_event(bencher: Bencher<'_, '_>) {
    filter(bencher, ASKED);
}

/// There is nothing to take out.
#[divan::bench]
fn filtered_plain_chat_event(bencher: Bencher<'_, '_>) {
    filter(bencher, PLAIN);
}

fn filter(bencher: Bencher<'_, '_>, event: &str) {
    let stream = format!("{event}\n\n").repeat(EVENTS);
    let mut filter = UsageFilter::new();
    bencher
        .counter(ItemsCount::new(EVENTS))
        .bench_local(|| filter.push(black_box(stream.as_bytes())));
}

/// A whole answer that is no stream, as OpenAI sends it.
#[divan::bench]
fn chat_answer(bencher: Bencher<'_, '_>) {
    let answer = r#"{"id":"chatcmpl-BxyzAbC0123456789abcdefghijk","object":"chat.completion","created":1763700000,"model":"gpt-4o-2024-08-06","choices":[{"index":0,"message":{"role":"assistant","content":"A gateway stands between those who call and those who answer: it knows the keys, counts what is used, and passes the rest on as it came.","refusal":null,"annotations":[]},"logprobs":null,"finish_reason":"stop"}],"usage":{"prompt_tokens":38,"completion_tokens":31,"total_tokens":69,"prompt_tokens_details":{"cached_tokens":0,"audio_tokens":0},"completion_tokens_details":{"reasoning_tokens":0,"audio_tokens":0,"accepted_prediction_tokens":0,"rejected_prediction_tokens":0}},"service_tier":"default","system_fingerprint":"fp_0123456789"}"#;
    bencher.counter(BytesCount::of_str(answer)).bench_local(|| {
        let mut scanner = UsageScanner::body(Surface::Chat);
        scanner.push(black_box(answer.as_bytes()));
        scanner.finish()
    });
}

#[divan::bench]
fn responses_event(bencher: Bencher<'_, '_>) {
    event(
        bencher,
        Surface::Responses,
        "event: response.output_text.delta\ndata: {\"type\":\"response.output_text.delta\",\"sequence_number\":17,\"item_id\":\"msg_0123456789abcdef0123456789abcdef\",\"output_index\":0,\"content_index\":0,\"delta\":\" token\",\"logprobs\":[],\"obfuscation\":\"0aB9\"}",
    );
}

#[divan::bench]
fn messages_event(bencher: Bencher<'_, '_>) {
    event(
        bencher,
        Surface::Messages,
        "event: content_block_delta\ndata: {\"type\":\"content_block_delta\",\"index\":0,\"delta\":{\"type\":\"text_delta\",\"text\":\" token\"}}",
    );
}

/// Each of Gemini's events has a usage, so each is read.
#[divan::bench]
fn gemini_event(bencher: Bencher<'_, '_>) {
    event(
        bencher,
        Surface::Gemini,
        r#"data: {"candidates":[{"content":{"parts":[{"text":" token"}],"role":"model"},"index":0}],"usageMetadata":{"promptTokenCount":8,"candidatesTokenCount":3,"totalTokenCount":11},"modelVersion":"gemini-2.5-flash","responseId":"0123456789"}"#,
    );
}

fn event(bencher: Bencher<'_, '_>, surface: Surface, event: &str) {
    let stream = format!("{event}\n\n").repeat(EVENTS);
    let mut scanner = UsageScanner::events(surface);
    bencher
        .counter(ItemsCount::new(EVENTS))
        .bench_local(|| scanner.push(black_box(stream.as_bytes())));
}

/// Each event comes in two chunks, so that each is held for a while.
#[divan::bench]
fn chat_event_cut_in_two(bencher: Bencher<'_, '_>) {
    let event = r#"data: {"id":"chatcmpl-0123456789abcdef","object":"chat.completion.chunk","created":1763700000,"model":"gpt-4o-mini","choices":[{"index":0,"delta":{"content":" token"},"finish_reason":null}]}"#;
    let event = format!("{event}\n\n");
    let (head, tail) = event.as_bytes().split_at(150);
    let mut scanner = UsageScanner::events(Surface::Chat);
    bencher.bench_local(|| {
        scanner.push(black_box(head));
        scanner.push(black_box(tail));
    });
}

/// A body of 1 MiB that is mostly one text.
#[divan::bench]
fn chat_body(bencher: Bencher<'_, '_>) {
    let text = "word \\n ".repeat(1 << 17);
    body(
        bencher,
        Surface::Chat,
        &format!(r#"{{"choices":[{{"message":{{"content":"{text}"}}}}],"usage":{{}}}}"#),
    );
}

/// A body of 1 MiB that is mostly numbers.
#[divan::bench]
fn embeddings_body(bencher: Bencher<'_, '_>) {
    let numbers = "-0.012345678,".repeat(1 << 16);
    body(
        bencher,
        Surface::Embeddings,
        &format!(r#"{{"data":[{{"embedding":[{numbers}0]}}],"usage":{{"prompt_tokens":8}}}}"#),
    );
}

fn body(bencher: Bencher<'_, '_>, surface: Surface, body: &str) {
    bencher
        .counter(BytesCount::new(body.len()))
        .bench_local(|| {
            let mut scanner = UsageScanner::body(surface);
            scanner.push(black_box(body.as_bytes()));
            scanner.finish()
        });
}
