use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;
use crate::peek::peek;

mod routed;

const CHAT: Endpoint = Endpoint::ChatCompletions;
const FIELD: CapField = CapField::MaxCompletionTokens;

#[track_caller]
pub(super) fn check(body: &str, edit: impl Fn(Edits<'_>) -> Edits<'_>, expected: &str) {
    let seen = peek(body.as_bytes()).unwrap();
    let edits = edit(Edits::new(&seen, CHAT));
    let edited = String::from_utf8(edits.apply(body.as_bytes())).unwrap();
    assert_eq!(edited, expected);
    assert_eq!(edits.is_empty(), edited == body);
    assert!(serde_json::from_str::<Value>(&edited).is_ok());
    peek(edited.as_bytes()).unwrap();
}

#[test]
fn without_edits_a_body_stays_as_it_is() {
    check(
        r#" {"model" : "m" } "#,
        |edits| edits,
        r#" {"model" : "m" } "#,
    );
    check(
        r#"{"model":"m"}"#,
        |edits| edits.model("m"),
        r#"{"model":"m"}"#,
    );
}

#[test]
fn another_model_stands_where_the_old_one_stood() {
    check(
        r#"{"a":1.0, "model" : "\u006d" ,"b":[]}"#,
        |edits| edits.model("a\"b"),
        r#"{"a":1.0, "model" : "a\"b" ,"b":[]}"#,
    );
}

#[test]
fn caps_above_the_new_one_are_lowered_and_others_stay() {
    check(
        r#"{"max_tokens": 100,"model":"m","max_completion_tokens":5, "max_output_tokens":900}"#,
        |edits| edits.cap(FIELD, 17),
        r#"{"max_tokens": 17,"model":"m","max_completion_tokens":5, "max_output_tokens":900}"#,
    );
    check(
        r#"{"model":"m","max_tokens":17}"#,
        |edits| edits.cap(FIELD, 17),
        r#"{"model":"m","max_tokens":17}"#,
    );
}

#[test]
fn a_cap_is_put_in_where_the_endpoint_finds_none() {
    for (body, expected) in [
        (
            r#" { "model":"m"}"#,
            r#" {"max_completion_tokens":17, "model":"m"}"#,
        ),
        (
            r#"{"model":"m","max_output_tokens":9}"#,
            r#"{"max_completion_tokens":17,"model":"m","max_output_tokens":9}"#,
        ),
        (
            r#"{"model":"m","max_completion_tokens": null}"#,
            r#"{"model":"m","max_completion_tokens": 17}"#,
        ),
        (
            r#"{"model":"m","max_completion_tokens":0}"#,
            r#"{"model":"m","max_completion_tokens":17}"#,
        ),
        (
            r#"{"model":"m","max_tokens":null}"#,
            r#"{"max_completion_tokens":17,"model":"m","max_tokens":null}"#,
        ),
    ] {
        check(body, |edits| edits.cap(FIELD, 17), expected);
    }
}

#[test]
fn usage_is_asked_for_wherever_the_options_stand() {
    for (body, expected) in [
        (
            r#"{"model":"m"}"#,
            r#"{"stream_options":{"include_usage":true},"model":"m"}"#,
        ),
        (
            r#"{"model":"m","stream_options": null}"#,
            r#"{"model":"m","stream_options": {"include_usage":true}}"#,
        ),
        (
            r#"{"model":"m","stream_options":{ }}"#,
            r#"{"model":"m","stream_options":{"include_usage":true }}"#,
        ),
        (
            r#"{"model":"m","stream_options":{ "x":1}}"#,
            r#"{"model":"m","stream_options":{"include_usage":true, "x":1}}"#,
        ),
        (
            r#"{"stream_options":{"include_usage":false},"model":"m"}"#,
            r#"{"stream_options":{"include_usage":true},"model":"m"}"#,
        ),
        (
            r#"{"stream_options":{"include_usage":true},"model":"m"}"#,
            r#"{"stream_options":{"include_usage":true},"model":"m"}"#,
        ),
    ] {
        check(body, |edits| edits.ask_for_usage(), expected);
    }
}

#[test]
fn all_edits_are_made_at_once() {
    check(
        "{\n  \"stream\": true,\n  \"model\": \"m\"\n}",
        |edits| edits.model("x").cap(FIELD, 1).ask_for_usage(),
        "{\"max_completion_tokens\":1,\"stream_options\":{\"include_usage\":true},\n  \"stream\": true,\n  \"model\": \"x\"\n}",
    );
}

#[test]
fn an_operators_tier_takes_the_place_of_the_clients() {
    for (body, expected) in [
        (
            r#"{"service_tier": "default" ,"model":"m"}"#,
            r#"{"service_tier": "flex" ,"model":"m"}"#,
        ),
        (
            r#"{"model":"m","service_tier":null}"#,
            r#"{"model":"m","service_tier":"flex"}"#,
        ),
        (r#"{"model":"m"}"#, r#"{"service_tier":"flex","model":"m"}"#),
    ] {
        let flex = |edits: Edits<'_>| {
            edits
                .member("service_tier", "\"flex\"")
                .apply(body.as_bytes())
        };
        let seen = peek(body.as_bytes()).unwrap();
        let edited = flex(Edits::new(&seen, CHAT));
        assert_eq!(String::from_utf8(edited).unwrap(), expected);
    }
}

#[test]
fn members_are_put_into_an_object_without_any() {
    let members = ["\"a\":1".to_owned()];
    let splice = first_members(b" { } ", &members).unwrap();
    assert_eq!((splice.span, splice.text.as_str()), (2..2, "\"a\":1"));
    assert!(first_members(b"[]", &members).is_none());
    assert!(first_members(b"", &members).is_none());
}

#[test]
fn edits_of_another_body_stay_within_it() {
    let seen = peek(br#"{"x":"long enough","model":"m","max_tokens":9}"#).unwrap();
    let edits = Edits::new(&seen, CHAT).model("n").cap(FIELD, 1);
    assert_eq!(edits.apply(b"{}"), b"{}");
    assert_eq!(edits.apply(b""), b"");
}

/// A member that edits look at, or another one.
fn member() -> impl Strategy<Value = (&'static str, String)> {
    let cap = prop_oneof![
        Just("null".to_owned()),
        Just("0".to_owned()),
        (1_u64..40).prop_map(|cap| cap.to_string()),
    ];
    let options = prop::sample::select(vec![
        "null",
        "{}",
        "{ \"x\" : [1.50] }",
        "{\"include_usage\":true}",
        "{\"include_usage\": false ,\"x\":1}",
        "{\"x\":1,\"include_usage\":null}",
    ]);
    prop_oneof![
        (
            prop::sample::select(CapField::ALL.map(CapField::name).to_vec()),
            cap
        ),
        options.prop_map(|options| ("stream_options", options.to_owned())),
        any::<String>().prop_map(|text| ("x", serde_json::to_string(&text).unwrap())),
        Just(("y", "{\"max_tokens\":1e400}".to_owned())),
    ]
}

fn body() -> impl Strategy<Value = String> {
    let gap = prop::sample::select(vec!["", " ", "\n\t"]);
    (prop::collection::vec(member(), 0..6), gap, 0_usize..6).prop_map(|(members, gap, at)| {
        let mut members: Vec<_> = members
            .into_iter()
            .map(|(key, value)| format!("\"{key}\":{gap}{value}{gap}"))
            .collect();
        members.insert(
            at.min(members.len()),
            format!("\"model\"{gap}:\"m\\u0061\""),
        );
        format!("{gap}{{{gap}{}}}{gap}", members.join(&format!(",{gap}")))
    })
}

/// The same edits of a parsed body.
fn reference(body: &mut Value, endpoint: Endpoint, model: &str, field: CapField, tokens: u64) {
    body["model"] = model.into();
    let known = CapField::of(endpoint).iter().map(|field| field.name());
    let set: Vec<_> = known
        .filter(|name| body[*name].as_u64().unwrap_or(0) > 0)
        .collect();
    for name in &set {
        body[*name] = body[*name].as_u64().unwrap().min(tokens).into();
    }
    if set.is_empty() {
        body[field.name()] = tokens.into();
    }
    if body["stream_options"].is_null() {
        body["stream_options"] = json!({});
    }
    body["stream_options"]["include_usage"] = true.into();
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1024))]

    #[test]
    fn edits_of_the_text_are_edits_of_its_value(
        body in body(),
        endpoint in prop::sample::select(vec![
            CHAT, Endpoint::Completions, Endpoint::Responses, Endpoint::Messages,
        ]),
        model in any::<String>(),
        tokens in 1_u64..40,
    ) {
        // What an exact reader of numbers would not take is none of ours.
        let readable = body.replace("1e400", "1e40");
        if let Ok(seen) = peek(readable.as_bytes()) {
            let field = *CapField::of(endpoint).first().unwrap();
            let edits = Edits::new(&seen, endpoint).model(&model).cap(field, tokens).ask_for_usage();
            let edited = edits.apply(readable.as_bytes());
            let mut expected: Value = serde_json::from_str(&readable).unwrap();
            reference(&mut expected, endpoint, &model, field, tokens);
            let actual: Value = serde_json::from_slice(&edited).unwrap();
            prop_assert_eq!(actual, expected);

            let again = peek(&edited).unwrap();
            prop_assert_eq!(again.model.as_ref(), model.as_str());
            prop_assert!(again.include_usage.is_asked());
            prop_assert!(again.caps.bound(endpoint).unwrap() <= tokens);
            prop_assert_eq!(again.features, seen.features);
        }
    }

    #[test]
    fn what_is_outside_of_the_edits_is_not_touched(body in body(), tokens in 1_u64..40) {
        if let Ok(seen) = peek(body.as_bytes()) {
            let edits = Edits::new(&seen, CHAT).model("other").cap(FIELD, tokens).ask_for_usage();
            let (mut splices, members) = edits.splices();
            splices.extend(first_members(body.as_bytes(), &members));
            splices.sort_by_key(|splice| splice.span.start);
            let edited = edits.apply(body.as_bytes());
            let (mut old, mut new) = (body.as_bytes(), edited.as_slice());
            let mut from = 0;
            for splice in splices {
                let (same, rest) = old.split_at(splice.span.start - from);
                new = new.strip_prefix(same).unwrap();
                new = new.strip_prefix(splice.text.as_bytes()).unwrap();
                old = &rest[splice.span.len()..];
                from = splice.span.end;
            }
            prop_assert_eq!(old, new);
        }
    }
}
