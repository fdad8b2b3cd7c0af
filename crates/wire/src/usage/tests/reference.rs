//! The same, done the simple way: everything is collected, and serde_json reads it.

use proptest::prelude::*;
use proptest::sample::select;
use serde_json::{Value, json};

use super::*;

/// The data of each event, as the specification of server-sent events reads them.
fn data(stream: &str) -> Vec<String> {
    let stream = stream.strip_prefix('\u{feff}').unwrap_or(stream);
    let stream = stream.replace("\r\n", "\n").replace('\r', "\n");
    let (mut all, mut lines) = (Vec::new(), Vec::new());
    for line in stream.split('\n') {
        if line.is_empty() && !lines.is_empty() {
            all.push(lines.join("\n"));
            lines.clear();
        } else if let Some(data) = line.strip_prefix("data:") {
            lines.push(data.strip_prefix(' ').unwrap_or(data).to_owned());
        }
    }
    all.extend((!lines.is_empty()).then(|| lines.join("\n")));
    all
}

fn count(usage: &Value, path: &str) -> Option<u64> {
    usage.pointer(path).and_then(Value::as_u64)
}

fn openai(usage: &Value, names: [&str; 4]) -> Usage {
    let [input, cached, output, reasoning] = names.map(|name| count(usage, name).unwrap_or(0));
    Usage {
        input: input - cached,
        cached_input: cached,
        output: output - reasoning,
        reasoning,
        ..Usage::default()
    }
}

fn reference(surface: Surface, stream: &str) -> Metered {
    let mut metered = Metered::default();
    let mut anthropic = json!({});
    for data in data(stream) {
        if data == "[DONE]" {
            metered.ended = metered.ended.max(Ended::Complete);
        }
        let Ok(Value::Object(event)) = serde_json::from_str::<Value>(&data) else {
            continue;
        };
        let event = Value::Object(event);
        let ended = match event["type"].as_str().unwrap_or_default() {
            "response.completed" | "message_stop" => Ended::Complete,
            "response.incomplete" => Ended::Incomplete,
            "response.failed" | "error" => Ended::Failed,
            _ => Ended::Unmarked,
        };
        metered.ended = metered.ended.max(ended);
        if !event["error"].is_null() {
            metered.ended = Ended::Failed;
        }
        match surface {
            Surface::Chat if event["usage"].is_object() => {
                let names = [
                    "/prompt_tokens",
                    "/prompt_tokens_details/cached_tokens",
                    "/completion_tokens",
                    "/completion_tokens_details/reasoning_tokens",
                ];
                metered.usage = Some(openai(&event["usage"], names));
            }
            Surface::Responses if event["response"]["usage"].is_object() => {
                let names = [
                    "/input_tokens",
                    "/input_tokens_details/cached_tokens",
                    "/output_tokens",
                    "/output_tokens_details/reasoning_tokens",
                ];
                metered.usage = Some(openai(&event["response"]["usage"], names));
            }
            Surface::Messages => {
                let begun = event["message"]["usage"].as_object();
                metered.provisional |= begun.is_some();
                metered.provisional &= !event["usage"].is_object();
                for (key, count) in begun.or(event["usage"].as_object()).into_iter().flatten() {
                    anthropic[key] = count.clone();
                    metered.usage = Some(Usage {
                        input: count_of(&anthropic, "input_tokens"),
                        cached_input: count_of(&anthropic, "cache_read_input_tokens"),
                        cache_write_5m: count_of(&anthropic, "cache_creation_input_tokens"),
                        output: count_of(&anthropic, "output_tokens"),
                        ..Usage::default()
                    });
                }
            }
            _ => {}
        }
        metered.output_bytes += match surface {
            Surface::Chat => text(&event["choices"][0]["delta"]["content"]),
            Surface::Responses => text(&event["delta"]),
            _ => text(&event["delta"]["text"]) + text(&event["delta"]["partial_json"]),
        };
    }
    metered
}

fn count_of(usage: &Value, key: &str) -> u64 {
    usage[key].as_u64().unwrap_or(0)
}

/// How long a text is in JSON, without its quotes.
fn text(value: &Value) -> u64 {
    value
        .as_str()
        .map_or(0, |_| value.to_string().len() as u64 - 2)
}

const SURFACES: [Surface; 3] = [Surface::Chat, Surface::Responses, Surface::Messages];

fn words() -> impl Strategy<Value = String> {
    prop_oneof![
        Just("Hello".to_owned()),
        "[a-z \"\\\\\n\r{}é你]{0,12}",
        Just(r#"","usage":{"prompt_tokens":1,"completion_tokens":1}"#.to_owned()),
        Just("\n\ndata: [DONE]\n\n".to_owned()),
        Just("x".repeat(1000)),
        Just("y\n".repeat(2500)),
    ]
}

fn event(surface: Surface) -> BoxedStrategy<Value> {
    let counts = (0..100_u64, 100..200_u64, 0..100_u64, 100..1000_u64);
    match surface {
        Surface::Chat => prop_oneof![
            8 => words().prop_map(|text| json!({"choices": [{"index": 0, "delta": {"content": text}}]})),
            2 => words().prop_map(|text| json!({"choices": [{"delta": {"content": text}}], "usage": null})),
            2 => counts.prop_map(|(cached, input, reasoning, output)| json!({"choices": [], "usage": {
                "prompt_tokens": input, "completion_tokens": output,
                "prompt_tokens_details": {"cached_tokens": cached},
                "completion_tokens_details": {"reasoning_tokens": reasoning}}})),
            1 => Just(json!({"error": {"message": "x"}})),
            1 => Just(json!({"choices": [{"usage": {"prompt_tokens": 3}, "delta": {"role": "x"}}]})),
        ].boxed(),
        Surface::Responses => prop_oneof![
            8 => (words(), 0..2000_u64).prop_map(|(text, number)| json!({
                "type": "response.output_text.delta", "sequence_number": number, "delta": text,
                "obfuscation": "ab"})),
            2 => Just(json!({"type": "response.in_progress", "response": {"usage": null}})),
            1 => (counts, words(), select(vec!["completed", "incomplete", "failed"])).prop_map(
                |((cached, input, reasoning, output), text, kind)| json!({
                    "type": format!("response.{kind}"), "response": {
                        "output": [{"content": [{"text": text}]}],
                        "usage": {"input_tokens": input, "output_tokens": output,
                            "input_tokens_details": {"cached_tokens": cached},
                            "output_tokens_details": {"reasoning_tokens": reasoning}}}})),
            1 => Just(json!({"type": "error", "message": "x"})),
        ].boxed(),
        _ => prop_oneof![
            8 => words().prop_map(|text| json!({"type": "content_block_delta", "index": 0,
                "delta": {"type": "text_delta", "text": text}})),
            2 => words().prop_map(|text| json!({"type": "content_block_delta", "index": 0,
                "delta": {"type": "input_json_delta", "partial_json": text}})),
            1 => counts.prop_map(|(cached, input, written, _)| json!({"type": "message_start",
                "message": {"usage": {"input_tokens": input, "output_tokens": 1,
                    "cache_read_input_tokens": cached, "cache_creation_input_tokens": written}}})),
            1 => (0..9_u64).prop_map(|output| json!({"type": "message_delta",
                "usage": {"output_tokens": output}})),
            1 => Just(json!({"type": "message_delta", "usage": {"input_tokens": 77}})),
            1 => Just(json!({"type": "message_stop"})),
            1 => Just(json!({"type": "ping"})),
        ].boxed(),
    }
}

/// One event on the wire, in any form of its lines.
fn written(surface: Surface) -> impl Strategy<Value = String> {
    let form = select(vec![
        ("data: ", "\n\n"),
        ("data: ", "\n\n"),
        ("data:", "\n\n"),
        ("data: ", "\r\n\r\n"),
        ("data: ", "\r\r"),
        ("event: x\ndata: ", "\n\n"),
        ("event: x\r\ndata: ", "\r\n\r\n"),
        (": comment\n\nid: 7\ndata: ", "\nretry: 1\n\n"),
    ]);
    let data = prop_oneof![
        20 => event(surface).prop_map(|event| event.to_string()),
        2 => event(surface).prop_map(|event| {
            serde_json::to_string_pretty(&event).unwrap().replace('\n', "\ndata: ")
        }),
        1 => event(surface).prop_map(|event| {
            let text = event.to_string();
            text.strip_suffix('}').unwrap().to_owned()
        }),
        1 => Just("[DONE]".to_owned()),
    ];
    (form, data).prop_map(|((before, after), data)| format!("{before}{data}{after}"))
}

fn streams() -> impl Strategy<Value = (Surface, String)> {
    (select(SURFACES.to_vec()), any::<bool>()).prop_flat_map(|(surface, marked)| {
        let events = prop::collection::vec(written(surface), 0..24);
        events.prop_map(move |events| {
            let mark = if marked { "\u{feff}" } else { "" };
            (surface, format!("{mark}{}", events.concat()))
        })
    })
}

proptest! {
    #[test]
    fn any_stream_in_any_chunks_is_read_as_the_reference_reads_it(
        (surface, stream) in streams(),
        sizes in prop::collection::vec(1..600_usize, 1..8),
    ) {
        let mut scanner = UsageScanner::events(surface);
        let mut rest = stream.as_bytes();
        for size in sizes.iter().cycle() {
            let (chunk, after) = rest.split_at((*size).min(rest.len()));
            scanner.push(chunk);
            prop_assert!(scanner.held() <= UsageScanner::MOST_HELD);
            rest = after;
            if rest.is_empty() {
                break;
            }
        }
        let mut metered = scanner.finish();
        let mut expected = reference(surface, &stream);
        if stream.contains("data: \u{7b}") || stream.contains("data:\u{7b}") {
            // Text of a torn event is counted, since it was relayed; the reference has none.
            prop_assert!(metered.output_bytes >= expected.output_bytes);
        }
        if data(&stream).iter().all(|data| serde_json::from_str::<Value>(data).is_ok() || data == "[DONE]") {
            prop_assert_eq!(metered, expected);
        }
        (metered.output_bytes, expected.output_bytes) = (0, 0);
        prop_assert_eq!(metered, expected);
    }

    #[test]
    fn any_bytes_in_any_chunks_are_read_alike(
        surface in select(Surface::ALL.to_vec()),
        streamed in any::<bool>(),
        pieces in prop::collection::vec(select(PIECES.to_vec()), 0..60),
        size in 1..64_usize,
    ) {
        let bytes = pieces.concat();
        let make = || if streamed {
            UsageScanner::events(surface)
        } else {
            UsageScanner::body(surface)
        };
        let whole = in_chunks(&make, bytes.as_bytes(), bytes.len().max(1));
        prop_assert_eq!(in_chunks(&make, bytes.as_bytes(), size), whole);
    }
}

/// Of these, whatever their order, comes much that is nearly right.
const PIECES: [&str; 32] = [
    "data: ",
    "data:",
    "data",
    "\n",
    "\n\n",
    "\r",
    "\r\n",
    "\u{feff}",
    "event: x\n",
    ": c",
    "{",
    "}",
    "[",
    "]",
    ",",
    ":",
    "\"",
    "\\",
    "\\u0061",
    "\"usage\":",
    "\"usage\"",
    "\"message\":",
    "\"delta\":{\"content\":\"",
    "\"prompt_tokens\":",
    "12",
    "-1",
    "null",
    "[DONE]",
    "\"error\"",
    "data: {\"delta\":{\"content\":\"ab\"}}\n\n",
    "\"type\":\"message_stop\"",
    "\"text\":\"abc\"",
];
