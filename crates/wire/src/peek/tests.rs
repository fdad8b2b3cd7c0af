use proptest::prelude::*;
use serde_json::Value;

use super::*;

fn refused(body: &str) -> PeekError {
    peek(body.as_bytes()).unwrap_err()
}

#[test]
fn the_model_and_its_place_are_found() {
    let body = br#" { "messages": [{"model": "inner"}], "model" : "gpt-4o", "stream": true } "#;
    let seen = peek(body).unwrap();
    assert_eq!((seen.model.as_ref(), seen.stream), ("gpt-4o", true));
    assert_eq!(&body[seen.model_span], br#""gpt-4o""#);
    assert!(matches!(seen.model, Cow::Borrowed(_)));
}

#[test]
fn escapes_are_undone_in_keys_and_in_the_model() {
    let body = r#"{"mo\u0064el":"a\/b\u00e9\ud83d\ude00","str\u0065am":true}"#;
    let seen = peek(body.as_bytes()).unwrap();
    assert_eq!((seen.model.as_ref(), seen.stream), ("a/bé😀", true));
    let raw = body.get(seen.model_span);
    assert_eq!(raw, Some(r#""a\/b\u00e9\ud83d\ude00""#));
}

#[test]
fn a_stream_is_asked_for_by_true_alone() {
    for (stream, asked) in [("true", true), ("false", false), ("null", false)] {
        let body = format!(r#"{{"stream":{stream},"model":"m"}}"#);
        assert_eq!(peek(body.as_bytes()).unwrap().stream, asked, "{stream}");
    }
    assert!(!peek(br#"{"model":"m"}"#).unwrap().stream);
    for stream in ["1", r#""true""#, "[]", "{}", "0.0"] {
        let body = format!(r#"{{"stream":{stream},"model":"m"}}"#);
        assert_eq!(refused(&body), PeekError::StreamNotBool, "{stream}");
    }
}

#[test]
fn a_key_that_decides_something_may_be_there_once() {
    let keys = [
        "model",
        "stream",
        "stream_options",
        "max_tokens",
        "max_completion_tokens",
        "max_output_tokens",
        "n",
    ];
    for key in keys {
        let mut letters = key.chars();
        let first = u32::from(letters.next().unwrap());
        let escaped = format!("\\u{first:04x}{}", letters.as_str());
        for twin in [key, &escaped] {
            let body = format!(r#"{{"model":"m","{key}":null,"{twin}":null}}"#);
            assert_eq!(refused(&body), PeekError::Duplicate(key), "{body}");
        }
        let upper = key.to_uppercase();
        let body = format!(r#"{{"model":"m","{upper}":null}}"#);
        assert_eq!(refused(&body), PeekError::Lookalike(key), "{body}");
    }
    let kelvin = "{\"model\":\"m\",\"max_to\u{212a}ens\":1}";
    assert_eq!(refused(kelvin), PeekError::Lookalike("max_tokens"));
    let long_s = "{\"model\":\"m\",\"\u{17f}tream\":true}";
    assert_eq!(refused(long_s), PeekError::Lookalike("stream"));
}

#[test]
fn other_keys_may_repeat_and_deciding_ones_may_stand_deeper() {
    let body =
        br#"{"x":1,"x":2,"tools":[{"model":1,"model":2,"Model":3}],"model":"m","models":[]}"#;
    assert_eq!(peek(body).unwrap().model, "m");
}

#[test]
fn the_model_must_be_there_as_a_string() {
    assert_eq!(refused("{}"), PeekError::ModelMissing);
    assert_eq!(
        refused(r#"{"tools":{"model":"m"}}"#),
        PeekError::ModelMissing
    );
    for model in [
        "null",
        "1",
        "true",
        "[]",
        r#"["m"]"#,
        r#"{"m":1}"#,
        r#""\ud800""#,
    ] {
        let body = format!(r#"{{"model":{model}}}"#);
        assert_eq!(refused(&body), PeekError::ModelNotString, "{model}");
    }
}

#[test]
fn only_one_json_object_in_utf8_is_read() {
    for body in ["[]", "1", "null", r#""model""#, "true"] {
        assert_eq!(refused(body), PeekError::NotObject, "{body}");
    }
    for body in [
        "",
        " ",
        "{",
        r#"{"model":"m""#,
        r#"{"model":"#,
        r#"{"model":"m"#,
    ] {
        assert_eq!(refused(body), PeekError::Truncated, "{body}");
    }
    let faulty = [
        r#"{"model":"m"}x"#,
        r#"{"model":"m"}{}"#,
        r#"{"model":"m",}"#,
        r#"{"model":"m" "n":1}"#,
        r#"{"model":"m","x":NaN}"#,
        r#"{"model":"m","x":Infinity}"#,
        r#"{"model":"m","x":01}"#,
        r#"{"model":"m","x":1.}"#,
        r#"{"model":"m"/**/}"#,
        "{\"model\":\"m\"} // x",
        "{'model':'m'}",
        r#"{model:"m"}"#,
        "{\"model\":\"a\nb\"}",
        "{\"model\":\"m\",\"x\":\"a\nb\"}",
        r#"{"model":"\x41"}"#,
        r#"{"\ud800":1,"model":"m"}"#,
        "{\"model\":\"m\"}\0",
        r#"{1:2,"model":"m"}"#,
        "\u{a0}{}",
    ];
    for body in faulty {
        assert!(
            matches!(refused(body), PeekError::Json { .. }),
            "{body}: {:?}",
            refused(body)
        );
    }
    assert_eq!(
        refused("\u{feff}{\"model\":\"m\"}"),
        PeekError::ByteOrderMark
    );
    for body in [
        &b"{\"model\":\"\xff\"}"[..],
        b"{\"model\":\"m\",\"x\":\"\xc0\xaf\"}",
        b"\xff\xfe{\0",
    ] {
        assert_eq!(peek(body), Err(PeekError::Utf8), "{}", body.escape_ascii());
    }
}

#[test]
fn values_that_pass_through_may_hold_what_strict_readers_would_not_take() {
    let body = br#"{"model":"m","x":"\ud83d","y":1e999}"#;
    assert_eq!(peek(body).unwrap().model, "m");
}

#[test]
fn the_place_of_a_fault_is_told() {
    let error = refused("{\n  \"model\": x\n}");
    assert_eq!(
        error,
        PeekError::Json {
            line: 2,
            column: 12
        }
    );
    assert_eq!(
        error.to_string(),
        "the body is not valid JSON: see line 2, column 12"
    );
}

#[test]
fn nesting_is_bounded_where_another_reader_bounds_it() {
    let nested = |levels: usize| {
        let (open, close) = ("[".repeat(levels), "]".repeat(levels));
        format!(r#"{{"model":"m","x":{open}{close}}}"#)
    };
    for levels in [1, 125, 126, 127, 128, 5000] {
        let body = nested(levels);
        let elsewhere = serde_json::from_str::<Value>(&body).is_ok();
        assert_eq!(peek(body.as_bytes()).is_ok(), elsewhere, "{levels}");
    }
    assert_eq!(refused(&nested(2_000_000)), PeekError::TooDeep);
    assert_eq!(refused(&"[".repeat(2_000_000)), PeekError::NotObject);
    assert_eq!(refused(&r#"{"a":"#.repeat(1_000_000)), PeekError::Truncated);
}

#[test]
fn another_model_is_written_in_its_place_and_nothing_else_changes() {
    let body = br#"{ "a":"\u0041", "model" : "gpt\u002d4o" ,"n":1.50}"#;
    let span = peek(body).unwrap().model_span;
    let spliced = replace_model(body, span, "a\"b\\c\n");
    let expected = br#"{ "a":"\u0041", "model" : "a\"b\\c\n" ,"n":1.50}"#;
    assert_eq!(spliced, expected);
}

#[test]
fn a_span_that_is_no_part_of_the_body_changes_nothing() {
    for (start, end) in [(5, 3), (0, 9), (7, 8), (2, 1)] {
        assert_eq!(replace_model(b"{}", start..end, "m"), b"{}");
    }
}

/// A value as it may stand in a body, with its own white space and escapes.
fn value() -> impl Strategy<Value = String> {
    let leaf = prop_oneof![
        Just("null".to_owned()),
        any::<bool>().prop_map(|one| one.to_string()),
        any::<i64>().prop_map(|one| one.to_string()),
        any::<String>().prop_map(|one| serde_json::to_string(&one).unwrap()),
        Just(r#""\u006dodel\\\"""#.to_owned()),
    ];
    leaf.prop_recursive(4, 24, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4)
                .prop_map(|all| format!("[ {} ]", all.join(" ,"))),
            prop::collection::vec((key(), inner), 0..4).prop_map(|all| object(&all)),
        ]
    })
}

fn key() -> impl Strategy<Value = String> {
    let known = [
        r#""model""#,
        r#""mod\u0065l""#,
        r#""stream""#,
        r#""\u0073tream""#,
        r#""n""#,
        r#""N""#,
        r#""max_tokens""#,
        r#""x""#,
        r#""""#,
    ];
    prop::sample::select(known.to_vec()).prop_map(str::to_owned)
}

fn object(members: &[(String, String)]) -> String {
    let members: Vec<_> = members
        .iter()
        .map(|(key, value)| format!("{key}\n: {value}"))
        .collect();
    format!("{{{}\t}}", members.join(" , "))
}

fn body() -> impl Strategy<Value = String> {
    let member = (key(), value());
    let model = prop_oneof![
        4 => any::<String>().prop_map(|one| serde_json::to_string(&one).unwrap()),
        1 => value(),
    ];
    let model = (Just(r#""model""#.to_owned()), model);
    (
        prop::collection::vec(member, 0..4),
        model,
        any::<prop::sample::Index>(),
    )
        .prop_map(|(mut members, model, at)| {
            members.insert(at.index(members.len() + 1), model);
            object(&members)
        })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn what_is_seen_agrees_with_a_full_parser(body in body()) {
        let full: Value = serde_json::from_str(&body).unwrap();
        match peek(body.as_bytes()) {
            Ok(seen) => {
                prop_assert_eq!(full["model"].as_str(), Some(seen.model.as_ref()));
                let stream = full.get("stream").and_then(Value::as_bool);
                prop_assert_eq!(stream.unwrap_or(false), seen.stream);
                let own: String = serde_json::from_slice(&body.as_bytes()[seen.model_span]).unwrap();
                prop_assert_eq!(own.as_str(), seen.model.as_ref());
            }
            Err(PeekError::ModelNotString) => prop_assert!(!full["model"].is_string()),
            Err(PeekError::StreamNotBool) => {
                prop_assert!(!full["stream"].is_boolean() && !full["stream"].is_null());
            }
            Err(PeekError::Duplicate(_)) => {}
            Err(PeekError::Lookalike(name)) => prop_assert_eq!(name, "n"),
            Err(other) => prop_assert!(false, "{other:?} for {body}"),
        }
    }

    #[test]
    fn a_replaced_model_is_what_is_seen_next(body in body(), name in any::<String>()) {
        if let Ok(seen) = peek(body.as_bytes()) {
            let spliced = replace_model(body.as_bytes(), seen.model_span.clone(), &name);
            let again = peek(&spliced).unwrap();
            prop_assert_eq!((again.model.as_ref(), again.stream), (name.as_str(), seen.stream));
            let back = replace_model(&spliced, again.model_span, &seen.model);
            let mut old: Value = serde_json::from_str(&body).unwrap();
            old["model"] = seen.model.as_ref().into();
            prop_assert_eq!(serde_json::from_slice::<Value>(&back).unwrap(), old);
        }
    }

    #[test]
    fn no_bytes_make_it_panic(bytes in prop::collection::vec(any::<u8>(), 0..64)) {
        let _ = peek(&bytes);
    }

    #[test]
    fn a_damaged_body_is_refused_or_still_agrees_with_a_full_parser(
        body in body(),
        at in any::<prop::sample::Index>(),
        byte in prop::sample::select(b"{}[]\",:\\ u0tn\xff".to_vec()),
    ) {
        let mut bytes = body.into_bytes();
        let at = at.index(bytes.len());
        bytes[at] = byte;
        if let (Ok(seen), Ok(full)) = (peek(&bytes), serde_json::from_slice::<Value>(&bytes)) {
            prop_assert_eq!(full["model"].as_str(), Some(seen.model.as_ref()));
        }
    }
}
