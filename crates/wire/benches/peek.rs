//! What it costs to read from a request what policy needs, and to edit it:
//! `cargo bench -p tollgate-wire --bench peek`.

use bytes::Bytes;
use divan::counter::BytesCount;
use divan::{Bencher, black_box};
use tollgate_wire::{BodyReader, peek};

fn main() {
    divan::main();
}

/// A chat of a few turns: 1 KiB.
fn small() -> String {
    chat(8, 62)
}

/// A long conversation: 1 MiB, most of it text.
fn large() -> String {
    chat(160, 6400)
}

/// Many tools and small parts, as agents send them: 76 KiB of short keys and values.
fn agent() -> String {
    let tool = r#"{"name":"Read","description":"Reads a file from the local filesystem.","input_schema":{"type":"object","properties":{"file_path":{"type":"string","description":"The path"},"limit":{"type":"number"}},"required":["file_path"]}},"#;
    let part = r#"{"role":"user","content":[{"type":"text","text":"a line of text \n and another"},{"type":"text","text":"more"}]},"#;
    let (tools, parts) = (tool.repeat(200), part.repeat(250));
    format!(
        r#"{{"model":"claude-sonnet","max_tokens":32000,"stream":true,"tools":[{}],"messages":[{}]}}"#,
        tools.trim_end_matches(','),
        parts.trim_end_matches(',')
    )
}

fn chat(turns: usize, words: usize) -> String {
    let text = "word ".repeat(words / 5);
    let turn = format!(
        r#"{{"role":"user","content":"{text}\n, said \"{}\""}}"#,
        "x".repeat(40)
    );
    let turns = vec![turn; turns].join(",");
    format!(
        r#"{{"model":"gpt-4o","messages":[{turns}],"stream":true,"max_tokens":1024,"temperature":0.7}}"#
    )
}

#[divan::bench]
fn read_1_kib(bencher: Bencher<'_, '_>) {
    read(bencher, &small());
}

#[divan::bench]
fn read_1_kib_of_two_messages(bencher: Bencher<'_, '_>) {
    read(bencher, &chat(2, 420));
}

#[divan::bench]
fn read_76_kib_of_an_agent(bencher: Bencher<'_, '_>) {
    read(bencher, &agent());
}

#[divan::bench]
fn read_1_mib(bencher: Bencher<'_, '_>) {
    read(bencher, &large());
}

/// One long text, in pieces as large as the gateway reads.
#[divan::bench]
fn join_1_mib(bencher: Bencher<'_, '_>) {
    let body = Bytes::from(chat(1, 1 << 20));
    let pieces: Vec<_> = body
        .chunks(408 << 10)
        .map(|piece| body.slice_ref(piece))
        .collect();
    bencher
        .counter(BytesCount::new(body.len()))
        .with_inputs(|| pieces.clone())
        .bench_local_values(|pieces| {
            let mut reader = BodyReader::new(Vec::new());
            let pushed = pieces.into_iter().try_for_each(|piece| reader.push(piece));
            pushed.and_then(|()| reader.finish())
        });
}

fn read(bencher: Bencher<'_, '_>, body: &str) {
    bencher
        .counter(BytesCount::new(body.len()))
        .bench_local(|| peek(black_box(body.as_bytes())).map(|seen| seen.stream));
}
