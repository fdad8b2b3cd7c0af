use proptest::prelude::*;
use serde_json::Value;

use super::*;

fn after(chunks: &[&[u8]]) -> bool {
    let mut scanner = EventBoundary::new();
    for chunk in chunks {
        scanner.push(chunk);
    }
    scanner.at_boundary()
}

#[test]
fn an_event_ends_with_an_empty_line_in_any_of_the_three_forms() {
    let whole: [&[u8]; 7] = [
        b"data: x\n\n",
        b"data: x\r\n\r\n",
        b"data: x\r\r",
        b"data: x\n\n\n",
        b"data: x\r\n\n",
        b"data: x\n\r\n",
        b": comment\n\ndata: x\n\n",
    ];
    for bytes in whole {
        assert!(after(&[bytes]), "{:?}", bytes.escape_ascii().to_string());
    }
    let torn: [&[u8]; 8] = [
        b"d",
        b"data: x",
        b"data: x\n",
        b"data: x\r\n",
        b"data: x\r",
        b"data: x\r\n\r",
        b"data: x\n\n:",
        b"data: x\n\ndata: y\n",
    ];
    for bytes in torn {
        assert!(!after(&[bytes]), "{:?}", bytes.escape_ascii().to_string());
    }
}

#[test]
fn a_stream_begins_at_a_boundary_and_an_empty_chunk_changes_nothing() {
    assert!(after(&[]) && after(&[b""]) && after(&[b"\n"]) && after(&[b"\r\n"]));
    assert!(!after(&[b"x", b""]) && after(&[b"x\n", b"", b"\n", b""]));
}

#[test]
fn a_last_cr_counts_only_in_a_stream_of_bare_crs() {
    assert!(!after(&[b"data: x\r\n\r"]) && after(&[b"data: x\r\n\r", b"\n"]));
    assert!(after(&[b"data: x\r", b"\r"]) && after(&[b"data: x\r\r", b"\n"]));
}

/// Reads the stream line by line as the specification of server-sent events does.
fn reference(bytes: &[u8]) -> bool {
    let mut line = Vec::new();
    let mut boundary = true;
    let mut rest = bytes.iter().copied().peekable();
    let mut before = b'\n';
    while let Some(byte) = rest.next() {
        match byte {
            b'\r' if rest.peek() == Some(&b'\n') => continue,
            // The one case that is put off: this may yet become a CRLF, unless a bare CR was there.
            b'\r' if rest.peek().is_none() && before != b'\r' => boundary = false,
            b'\r' | b'\n' => {
                boundary = line.is_empty();
                line.clear();
            }
            other => {
                boundary = false;
                line.push(other);
            }
        }
        before = byte;
    }
    boundary
}

fn stream() -> impl Strategy<Value = Vec<u8>> {
    let piece = prop_oneof![
        Just(b'\n'),
        Just(b'\r'),
        Just(b'd'),
        Just(b':'),
        any::<u8>()
    ];
    prop::collection::vec(piece, 0..40)
}

proptest! {
    #[test]
    fn the_boundary_agrees_with_a_reader_of_lines(bytes in stream()) {
        prop_assert_eq!(after(&[&bytes]), reference(&bytes));
    }

    #[test]
    fn the_boundary_does_not_depend_on_where_the_stream_is_cut(
        bytes in stream(),
        cuts in prop::collection::vec(1_usize..6, 1..40),
    ) {
        let mut scanner = EventBoundary::new();
        let mut rest = bytes.as_slice();
        for cut in cuts {
            let (chunk, others) = rest.split_at(cut.min(rest.len()));
            scanner.push(chunk);
            rest = others;
        }
        scanner.push(rest);
        let mut at_once = EventBoundary::new();
        at_once.push(&bytes);
        prop_assert_eq!(scanner, at_once);
    }

    #[test]
    fn an_error_event_is_one_event_whatever_its_message(message in any::<String>()) {
        for endpoint in Endpoint::ALL {
            let bytes = stream_error(endpoint.dialect(), endpoint, &message, "req_1");
            let text = String::from_utf8(bytes.clone()).unwrap();
            prop_assert!(after(&[&bytes]));
            prop_assert_eq!(text.matches('\n').count(), 2 + text.matches("event: error\n").count().min(1));
            prop_assert!(!text.contains('\r'));
        }
    }
}

/// The event's name, if it has one, and its data.
fn parts(bytes: &[u8]) -> (Option<String>, Value) {
    let text = std::str::from_utf8(bytes).unwrap();
    let mut name = None;
    let mut data = None;
    for line in text.strip_suffix("\n\n").unwrap().split('\n') {
        match line.split_once(": ").unwrap() {
            ("event", value) => name = Some(value.to_owned()),
            ("data", value) => data = Some(serde_json::from_str(value).unwrap()),
            other => panic!("{other:?}"),
        }
    }
    (name, data.unwrap())
}

#[test]
fn openai_streams_end_with_an_error_object_of_four_keys() {
    for endpoint in [Endpoint::ChatCompletions, Endpoint::Completions] {
        let (name, data) = parts(&stream_error(Dialect::OpenAi, endpoint, "gone", "req_1"));
        assert_eq!(name, None);
        let expected = json!({"error": {
            "message": "gone (request id: req_1)",
            "type": "server_error", "param": null, "code": "upstream_error",
        }});
        assert_eq!(data, expected);
    }
}

#[test]
fn responses_streams_end_with_an_error_in_both_forms() {
    let bytes = stream_error(Dialect::OpenAi, Endpoint::Responses, "gone", "req_1");
    let (name, data) = parts(&bytes);
    assert_eq!(name.as_deref(), Some("error"));
    assert_eq!(data["type"], "error");
    for flat_or_nested in [&data, &data["error"]] {
        assert_eq!(flat_or_nested["code"], "upstream_error");
        assert_eq!(flat_or_nested["message"], "gone (request id: req_1)");
        assert_eq!(flat_or_nested["param"], Value::Null);
    }
    assert!(data["sequence_number"].is_u64());
}

#[test]
fn anthropic_streams_end_with_a_named_error_event() {
    let bytes = stream_error(Dialect::Anthropic, Endpoint::Messages, "gone", "req_1");
    let (name, data) = parts(&bytes);
    assert_eq!(name.as_deref(), Some("error"));
    let expected = json!({
        "type": "error", "request_id": "req_1",
        "error": {"type": "api_error", "message": "gone"},
    });
    assert_eq!(data, expected);
}

#[test]
fn gemini_streams_end_with_an_error_chunk_and_plain_ones_with_nothing() {
    let gemini = stream_error(Dialect::Gemini, Endpoint::ChatCompletions, "gone", "req_1");
    let (name, data) = parts(&gemini);
    assert_eq!((name, &data["error"]["code"]), (None, &json!(502)));
    let plain = stream_error(Dialect::Plain, Endpoint::ChatCompletions, "gone", "req_1");
    assert!(plain.is_empty());
}

#[test]
fn a_keep_alive_is_a_comment_that_leaves_the_stream_at_a_boundary() {
    assert!(KEEP_ALIVE.starts_with(b":") && after(&[b"data: x\n\n", KEEP_ALIVE]));
}
