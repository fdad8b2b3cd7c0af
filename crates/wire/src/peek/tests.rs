use proptest::prelude::*;
use serde_json::Value;
use tollgate_policy::endpoint::Endpoint;
use tollgate_policy::name::Provider;

use super::*;

fn refused(body: &str) -> PeekError {
    peek(body.as_bytes()).unwrap_err()
}

#[test]
fn the_model_and_its_place_are_found() {
    let body = br#" { "messages": [{"model": "inner"}], "model" : "gpt-4o", "stream": true } "#;
    let seen = peek(body).unwrap();
    assert_eq!((seen.model.as_ref(), seen.stream), ("gpt-4o", true));
    assert_eq!(&body[seen.model_span.unwrap()], br#""gpt-4o""#);
    assert!(matches!(seen.model, Cow::Borrowed(_)));
}

#[test]
fn escapes_are_undone_in_keys_and_in_the_model() {
    let body = r#"{"mo\u0064el":"a\/b\u00e9\ud83d\ude00","str\u0065am":true}"#;
    let seen = peek(body.as_bytes()).unwrap();
    assert_eq!((seen.model.as_ref(), seen.stream), ("a/bé😀", true));
    let raw = body.get(seen.model_span.unwrap());
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
fn a_cap_on_what_the_provider_runs_is_found() {
    for (cap, most) in [("3", Some(3)), ("0", None), ("null", None)] {
        let body = format!(r#"{{"model":"m","max_tool_calls":{cap}}}"#);
        let seen = peek(body.as_bytes()).unwrap();
        assert_eq!(seen.max_tool_calls, most, "{cap}");
    }
    for cap in ["-1", "2.0", r#""2""#, "[]"] {
        let body = format!(r#"{{"model":"m","max_tool_calls":{cap}}}"#);
        assert_eq!(
            refused(&body),
            PeekError::NotCount("max_tool_calls"),
            "{cap}"
        );
    }
    let twice = r#"{"model":"m","max_tool_calls":1,"max_tool_calls":9}"#;
    assert_eq!(refused(twice), PeekError::Duplicate("max_tool_calls"));
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
        "best_of",
        "prompt",
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

fn seen(members: &str) -> Peek<'static> {
    let body = format!(r#"{{"model":"m",{members}}}"#);
    peek(body.as_bytes()).unwrap().into_owned()
}

#[test]
fn caps_are_found_with_their_places() {
    let body = br#"{"max_tokens": 17 ,"model":"m","max_output_tokens":18446744073709551615}"#;
    let caps = peek(body).unwrap().caps;
    let cap = caps.max_tokens.unwrap();
    assert_eq!((cap.value, &body[cap.span]), (Some(17), &b"17"[..]));
    assert_eq!(caps.max_completion_tokens, None);
    let cap = caps.max_output_tokens.unwrap();
    assert_eq!(cap.value, Some(u64::MAX));
    assert_eq!(&body[cap.span], b"18446744073709551615");
}

#[test]
fn a_cap_of_null_or_zero_is_none_that_has_a_place() {
    for value in ["null", "0"] {
        let caps = seen(&format!(r#""max_tokens":{value}"#)).caps;
        let cap = caps.max_tokens.clone().unwrap();
        assert_eq!((cap.value, cap.span.len()), (None, value.len()));
        assert_eq!(caps.bound(Endpoint::ChatCompletions), None, "{value}");
    }
}

#[test]
fn an_endpoint_is_bounded_by_the_largest_cap_that_it_knows() {
    let caps = seen(r#""max_tokens":5,"max_completion_tokens":9,"max_output_tokens":7"#).caps;
    for (endpoint, bound) in [
        (Endpoint::ChatCompletions, Some(9)),
        (Endpoint::Completions, Some(5)),
        (Endpoint::Messages, Some(5)),
        (Endpoint::Responses, Some(7)),
        (Endpoint::Embeddings, None),
        (Endpoint::CountTokens, None),
    ] {
        assert_eq!(caps.bound(endpoint), bound, "{endpoint}");
    }
    assert_eq!(seen(r#""n":1"#).caps.bound(Endpoint::Messages), None);
}

#[test]
fn counts_are_whole_numbers_that_are_not_negative() {
    let keys = ["max_tokens", "max_completion_tokens", "max_output_tokens"];
    for key in keys.into_iter().chain(["n", "best_of"]) {
        for value in [
            "-1",
            "-0",
            "1.0",
            "1e3",
            "18446744073709551616",
            r#""1""#,
            "true",
            "[]",
            "{}",
        ] {
            let body = format!(r#"{{"model":"m","{key}":{value}}}"#);
            assert_eq!(refused(&body), PeekError::NotCount(key), "{body}");
        }
    }
    assert_eq!(
        PeekError::NotCount("n").to_string(),
        "`n` must be a whole number that is not negative"
    );
}

#[test]
fn the_choices_are_the_larger_count_times_the_prompts() {
    for (members, choices) in [
        (r#""x":1"#, 1),
        (r#""n":0"#, 1),
        (r#""n":null,"best_of":null"#, 1),
        (r#""n":3"#, 3),
        (r#""n":2,"best_of":5"#, 5),
        (r#""n":6,"best_of":5"#, 6),
        (r#""prompt":"text""#, 1),
        (r#""prompt":null"#, 1),
        (r#""prompt":[]"#, 1),
        (r#""prompt":["a"]"#, 1),
        (r#""prompt":["a", "b" ,"[3"],"n":2"#, 6),
        (r#""prompt":[1, 2,-3]"#, 1),
        (r#""prompt":[[1,2],[3]],"n":4"#, 8),
        (r#""prompt":["a","b"],"n":18446744073709551615"#, u64::MAX),
    ] {
        assert_eq!(seen(members).choices, choices, "{members}");
    }
}

#[test]
fn the_place_for_the_wish_for_usage_is_found() {
    let found = |members| {
        let body = format!(r#"{{"model":"m",{members}}}"#);
        let found = peek(body.as_bytes()).unwrap().include_usage;
        let place = match &found {
            IncludeUsage::NullOptions(span) | IncludeUsage::Declined(span) => {
                body.get(span.clone())
            }
            IncludeUsage::Missing { inside, .. } => body.get(*inside..),
            IncludeUsage::Asked | IncludeUsage::NoOptions => Some(""),
        };
        (found.is_asked(), place.unwrap().to_owned())
    };
    for (members, asked, place) in [
        (r#""x":1"#, false, ""),
        (r#""stream_options": {"include_usage" : true}"#, true, ""),
        (
            r#""stream_options": {"include_usage" : false }"#,
            false,
            "false",
        ),
        (
            r#""stream_options":{"x":[],"include_usage":null}"#,
            false,
            "null",
        ),
        (r#""stream_options": null "#, false, "null"),
        (r#""stream_options": {"x":1}"#, false, r#""x":1}}"#),
        (r#""stream_options": { }"#, false, " }}"),
    ] {
        assert_eq!(found(members), (asked, place.to_owned()), "{members}");
    }
    let empty = |members| seen(members).include_usage;
    for (members, is_empty) in [
        (r#""stream_options":{ }"#, true),
        (r#""stream_options":{"a":1}"#, false),
    ] {
        let found = empty(members);
        let expected =
            matches!(found, IncludeUsage::Missing { is_empty: one, .. } if one == is_empty);
        assert!(expected, "{found:?}");
    }
}

#[test]
fn stream_options_that_two_readers_could_read_differently_are_refused() {
    let twice = PeekError::Duplicate("include_usage");
    let alike = PeekError::Lookalike("include_usage");
    for (options, error) in [
        (
            r#"{"include_usage":true,"include_usage":false}"#,
            twice.clone(),
        ),
        (r#"{"include_usage":true,"includ\u0065_usage":true}"#, twice),
        (r#"{"Include_Usage":true}"#, alike.clone()),
        ("{\"include_u\u{17f}age\":true}", alike),
        (r#"{"include_usage":1}"#, PeekError::IncludeUsageNotBool),
        ("[]", PeekError::StreamOptionsNotObject),
        ("true", PeekError::StreamOptionsNotObject),
    ] {
        let body = format!(r#"{{"model":"m","stream_options":{options}}}"#);
        assert_eq!(refused(&body), error, "{options}");
    }
}

#[test]
fn cap_fields_read_back() {
    for field in CapField::ALL {
        assert_eq!(field.to_string().parse(), Ok(field));
    }
    let error = "MAX_TOKENS".parse::<CapField>().unwrap_err().to_string();
    assert!(
        error.starts_with("`MAX_TOKENS` is not one of `max_tokens`"),
        "{error}"
    );
}

#[test]
fn a_call_without_a_cap_gets_it_in_the_field_that_its_upstream_takes() {
    let field =
        |endpoint, provider| default_cap_field(endpoint, &Provider::parse(provider).unwrap());
    for (endpoint, provider, expected) in [
        (
            Endpoint::ChatCompletions,
            "openai",
            Some(CapField::MaxCompletionTokens),
        ),
        (
            Endpoint::ChatCompletions,
            "azure",
            Some(CapField::MaxCompletionTokens),
        ),
        (
            Endpoint::ChatCompletions,
            "mistral",
            Some(CapField::MaxTokens),
        ),
        (Endpoint::Completions, "openai", Some(CapField::MaxTokens)),
        (
            Endpoint::Responses,
            "openai",
            Some(CapField::MaxOutputTokens),
        ),
        (Endpoint::Messages, "anthropic", Some(CapField::MaxTokens)),
        (Endpoint::Embeddings, "openai", None),
        (Endpoint::CountTokens, "anthropic", None),
    ] {
        assert_eq!(field(endpoint, provider), expected, "{endpoint} {provider}");
    }
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
    let body = br#"{ "a":"\u0041", "model" : "gpt\u002d4o" ,"t":1.50}"#;
    let span = peek(body).unwrap().model_span;
    let spliced = replace_model(body, span.unwrap(), "a\"b\\c\n");
    let expected = br#"{ "a":"\u0041", "model" : "a\"b\\c\n" ,"t":1.50}"#;
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
                let own: String = serde_json::from_slice(&body.as_bytes()[seen.model_span.unwrap()]).unwrap();
                prop_assert_eq!(own.as_str(), seen.model.as_ref());
            }
            Err(PeekError::ModelNotString) => prop_assert!(!full["model"].is_string()),
            Err(PeekError::StreamNotBool) => {
                prop_assert!(!full["stream"].is_boolean() && !full["stream"].is_null());
            }
            Err(PeekError::Duplicate(_)) => {}
            Err(PeekError::Lookalike(name)) => prop_assert_eq!(name, "n"),
            Err(PeekError::NotCount(name)) => {
                prop_assert!(!full[name].is_u64() && !full[name].is_null());
            }
            Err(other) => prop_assert!(false, "{other:?} for {body}"),
        }
    }

    #[test]
    fn a_replaced_model_is_what_is_seen_next(body in body(), name in any::<String>()) {
        if let Ok(seen) = peek(body.as_bytes()) {
            let spliced = replace_model(body.as_bytes(), seen.model_span.clone().unwrap(), &name);
            let again = peek(&spliced).unwrap();
            prop_assert_eq!((again.model.as_ref(), again.stream), (name.as_str(), seen.stream));
            let back = replace_model(&spliced, again.model_span.unwrap(), &seen.model);
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
