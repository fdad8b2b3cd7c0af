use proptest::prelude::*;

use super::*;

/// The data of an event, and what of it a client sees that did not ask for the usage.
const EVENTS: [(&str, Option<&str>); 24] = [
    // What OpenAI sends.
    (
        r#"{"id":"c","choices":[{"index":0,"delta":{"content":"a"},"finish_reason":null}],"usage":null}"#,
        Some(r#"{"id":"c","choices":[{"index":0,"delta":{"content":"a"},"finish_reason":null}]}"#),
    ),
    (
        r#"{"choices":[{"delta":{}}],"usage":null,"obfuscation":"xY"}"#,
        Some(r#"{"choices":[{"delta":{}}],"obfuscation":"xY"}"#),
    ),
    (r#"{"choices":[],"usage":{"prompt_tokens":1}}"#, None),
    (r#"{"usage":{"prompt_tokens":1},"id":"c"}"#, None),
    (r#"{"usage":{},"choices":null}"#, None),
    ("[DONE]", Some("[DONE]")),
    // What LiteLLM sends.
    (
        r#"{"choices":[{"index":0,"delta":{}}],"usage":{"prompt_tokens":1}}"#,
        None,
    ),
    (
        r#"{"choices":[{"index":0,"delta":{"role":null},"finish_reason":null,"logprobs":null}],"usage":{}}"#,
        None,
    ),
    // A usage beside something else.
    (
        r#"{"choices":[{"index":0,"delta":{},"finish_reason":"stop"}],"usage":{"a":[1]}}"#,
        Some(r#"{"choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}"#),
    ),
    (
        r#"{ "usage" : { } , "choices":[{"delta":{"content":""}}] }"#,
        Some(r#"{ "choices":[{"delta":{"content":""}}] }"#),
    ),
    (
        r#"{"choices":[{"text":"a"}] , "usage":{"x":1} , "n":1}"#,
        Some(r#"{"choices":[{"text":"a"}]  , "n":1}"#),
    ),
    (
        r#"{"error":{"message":"x"},"usage":{"x":1}}"#,
        Some(r#"{"error":{"message":"x"}}"#),
    ),
    // Null in other places.
    (
        r#"{"usage":null,"choices":[{"delta":{}}]}"#,
        Some(r#"{"choices":[{"delta":{}}]}"#),
    ),
    (r#"{"usage":null}"#, Some("{}")),
    (r#"{"usage":null,"usage":null,"a":1}"#, Some(r#"{"a":1}"#)),
    (
        r#"{"a":1,"usage":null,"usage":null,"b":{}}"#,
        Some(r#"{"a":1,"b":{}}"#),
    ),
    // What only looks like it.
    (
        r#"{"choices":[{"delta":{"content":",\"usage\":null}"}}]}"#,
        Some(r#"{"choices":[{"delta":{"content":",\"usage\":null}"}}]}"#),
    ),
    (
        r#"{"choices":[{"delta":{"content":"usage"},"usage":null}]}"#,
        Some(r#"{"choices":[{"delta":{"content":"usage"},"usage":null}]}"#),
    ),
    (
        r#"{"choices":[{"delta":{},"usage":null}],"a":"\"","b":{"x":0,"usage":null}}"#,
        Some(r#"{"choices":[{"delta":{},"usage":null}],"a":"\"","b":{"x":0,"usage":null}}"#),
    ),
    (
        r#"{"a":"usage","choices":[{"delta":{"x":1}}],"usage":null}"#,
        Some(r#"{"a":"usage","choices":[{"delta":{"x":1}}]}"#),
    ),
    (
        r#"{"choices":[],"usage":null,"a":"usage"}"#,
        Some(r#"{"choices":[],"a":"usage"}"#),
    ),
    // No JSON, or no object.
    (r#"["usage"]"#, Some(r#"["usage"]"#)),
    (r#"{"usage":{}"#, Some(r#"{"usage":{}"#)),
    ("", Some("")),
];

fn in_chunks(stream: &[u8], size: usize) -> Vec<u8> {
    let mut filter = UsageFilter::new();
    let mut seen = Vec::new();
    for chunk in stream.chunks(size.max(1)) {
        match filter.push(chunk) {
            Filtered::Unchanged => seen.extend_from_slice(chunk),
            Filtered::Changed(bytes) => seen.extend(bytes),
        }
        assert!(filter.held() <= UsageFilter::MOST_HELD);
    }
    seen.extend(filter.finish());
    seen
}

#[track_caller]
fn check(stream: &str, expected: &str) {
    for size in [stream.len(), 1, 2, 3, 7, 64] {
        let seen = in_chunks(stream.as_bytes(), size);
        assert_eq!(String::from_utf8_lossy(&seen), expected, "cut by {size}");
    }
}

#[test]
fn each_event_loses_its_usage_and_nothing_else() {
    for end in ["\n", "\r\n", "\r"] {
        for (data, kept) in EVENTS {
            for head in ["data: ", "data:"] {
                let event = |data| format!("{head}{data}{end}{end}");
                let around = format!(": comment{end}{end}");
                let seen = kept.map(event).unwrap_or_default();
                check(
                    &format!("{around}{}{around}", event(data)),
                    &format!("{around}{seen}{around}"),
                );
            }
        }
    }
}

#[test]
fn a_dropped_event_takes_its_other_lines_along() {
    let event = "event: x\r\nid: 1\r\ndata: {\"choices\":[],\"usage\":{}}\r\n: y\r\n\r\n";
    check(
        &format!("{event}data: [DONE]\r\n\r\n"),
        "data: [DONE]\r\n\r\n",
    );
}

#[test]
fn data_on_several_lines_is_read_as_one() {
    check(
        "data: {\"choices\":[{\"text\":\"a\"}],\ndata: \"usage\":\ndata: null}\n\n",
        "data: {\"choices\":[{\"text\":\"a\"}]}\n\n",
    );
    check(
        "data: {\"usage\":null,\ndata: \"choices\":[{\"text\":\"a\"}]\nid: 1\ndata: }\n\n",
        "data: {\"choices\":[{\"text\":\"a\"}]\nid: 1\ndata: }\n\n",
    );
    check("data: {\"usage\":{},\ndata: \"choices\":[]}\n\n", "");
}

#[test]
fn a_byte_order_mark_hides_nothing() {
    let event = "data: {\"choices\":[{\"text\":\"a\"}],\"usage\":null}\n\n";
    let seen = "\u{feff}data: {\"choices\":[{\"text\":\"a\"}]}\n\n";
    check(&format!("\u{feff}{event}"), seen);
}

#[test]
fn an_event_that_is_whole_leaves_at_once_and_frames_without_usage_are_not_copied() {
    let mut filter = UsageFilter::new();
    let plain = b"data: {\"choices\":[]}\n\ndata: x\n\n";
    assert_eq!(filter.push(plain), Filtered::Unchanged);
    let asked = b"data: {\"choices\":[1],\"usage\":null}\n\ndata: {\"us";
    let sent = b"data: {\"choices\":[1]}\n\n".to_vec();
    assert_eq!(filter.push(asked), Filtered::Changed(sent));
    assert_eq!(filter.held(), 10);
    assert_eq!(filter.push(b"age\":{}}\n"), Filtered::Changed(Vec::new()));
    assert_eq!(filter.push(b"\n"), Filtered::Changed(Vec::new()));
    assert_eq!(filter.push(b"data: 1\n\n"), Filtered::Unchanged);
    assert!(filter.finish().is_empty());
}

#[test]
fn what_a_broken_stream_leaves_behind_is_given_back() {
    let torn = "data: {\"choices\":[],\"usage\":{}}\n";
    check(torn, torn);
}

#[test]
fn an_event_too_large_to_be_held_passes_as_it_is() {
    let event = |padding: usize| {
        let text = "x".repeat(padding);
        format!("data: {{\"choices\":[{{\"text\":\"{text}\"}}],\"usage\":null}}\n\n")
    };
    let around = UsageFilter::MOST_HELD - event(0).len();
    let largest = event(around);
    let cut = largest.replace(",\"usage\":null", "");
    let larger = event(around + 1);
    for size in [1000, 4096, 70_000, 200_000] {
        let stream = format!("{larger}{largest}{larger}");
        let seen = in_chunks(stream.as_bytes(), size);
        assert!(
            seen == format!("{larger}{cut}{larger}").as_bytes(),
            "{size}"
        );
    }
}

proptest! {
    #[test]
    fn what_is_seen_does_not_depend_on_the_cuts(
        events in prop::collection::vec(
            (0..EVENTS.len(), prop::sample::select(vec!["\n", "\r\n", "\r"])),
            0..12,
        ),
        cuts in prop::collection::vec(1_usize..80, 1..40),
    ) {
        // Ends of lines are not mixed, since CR and LF of two events would be one end.
        let end = events.first().map_or("\n", |(_, end)| *end);
        let (mut stream, mut expected) = (String::new(), String::new());
        for (at, _) in events {
            let (data, kept) = EVENTS[at];
            stream += &format!("data: {data}{end}{end}");
            expected += &kept.map(|kept| format!("data: {kept}{end}{end}")).unwrap_or_default();
        }
        let mut filter = UsageFilter::new();
        let mut seen = Vec::new();
        let mut rest = stream.as_bytes();
        for size in cuts.iter().cycle() {
            if rest.is_empty() {
                break;
            }
            let (chunk, after) = rest.split_at((*size).min(rest.len()));
            match filter.push(chunk) {
                Filtered::Unchanged => seen.extend_from_slice(chunk),
                Filtered::Changed(bytes) => seen.extend(bytes),
            }
            rest = after;
        }
        seen.extend(filter.finish());
        prop_assert_eq!(String::from_utf8(seen).unwrap(), expected);
    }

    #[test]
    fn any_bytes_pass_alike_however_they_are_cut(
        parts in prop::collection::vec(
            prop::sample::select(vec![
                "data:", " ", "\n", "\r", "\n\n", "\r\n", "{", "}", "\"usage\"", ":", "null", ",",
                "\"choices\":[]", "\"usage\":{}", "\u{feff}", "\"a\":\"", "\\", "é",
            ]),
            0..30,
        ),
        size in 1_usize..9,
    ) {
        let stream = parts.concat();
        let whole = in_chunks(stream.as_bytes(), stream.len());
        prop_assert_eq!(in_chunks(stream.as_bytes(), size), whole);
    }
}
