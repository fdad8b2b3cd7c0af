//! Bodies whose route names the model, and members that an operator adds.

use serde_json::{Value, json};
use tollgate_policy::cap::CapField;

use super::super::*;
use crate::peek::{PeekError, peek, peek_for};
use crate::route::{ModelRoute, RouteTarget, route};

const GENERATE: &str = "/v1beta/models/g:generateContent";
const EMBED: &str = "/v1beta/models/g:batchEmbedContents";
const COUNT: &str = "/v1/models/g:countTokens";
const AZURE: &str = "/openai/deployments/g/chat/completions";

fn routed(path: &str) -> ModelRoute<'_> {
    match route("POST", path).unwrap().target {
        RouteTarget::Model(model) => model,
        other => panic!("{other:?}"),
    }
}

fn refused(path: &str, body: &str) -> PeekError {
    peek_for(&routed(path), body.as_bytes()).unwrap_err()
}

/// With that model and that cap.
fn edited(path: &str, body: &str, model: &str, cap: Option<u64>) -> Value {
    let route = routed(path);
    let seen = peek_for(&route, body.as_bytes()).unwrap();
    let mut edits = Edits::new(&seen, route.endpoint).model(model);
    if let Some(cap) = cap {
        let field = CapField::of(route.endpoint).first().unwrap();
        edits = edits.cap(*field, cap);
    }
    serde_json::from_slice(&edits.apply(body.as_bytes())).unwrap()
}

#[test]
fn the_model_of_azures_path_is_put_into_the_body() {
    let both = json!({"model": "x", "messages": []});
    for body in [
        r#"{"messages": []}"#,
        r#"{"messages": [], "model": "other"}"#,
        r#"{"messages": [], "model": null}"#,
        r#"{"messages": [], "model": 7}"#,
    ] {
        assert_eq!(edited(AZURE, body, "x", None), both, "{body}");
        let route = routed(AZURE);
        let seen = peek_for(&route, body.as_bytes()).unwrap();
        let edits = Edits::new(&seen, route.endpoint);
        assert!(!edits.is_empty() && seen.model == "g");
        let own: Value = serde_json::from_slice(&edits.apply(body.as_bytes())).unwrap();
        assert_eq!(own["model"], "g");
    }
    assert_eq!(edited(AZURE, "{}", "x", None), json!({"model": "x"}));
    let route = routed(AZURE);
    let same = peek_for(&route, br#"{"model":"g"}"#).unwrap();
    assert!(Edits::new(&same, route.endpoint).is_empty());
}

#[test]
fn geminis_cap_is_put_into_its_object() {
    let table = [
        (r#"{"contents":[]}"#, json!({"maxOutputTokens": 5})),
        (
            r#"{"generationConfig":null}"#,
            json!({"maxOutputTokens": 5}),
        ),
        (
            r#"{"generationConfig": { } }"#,
            json!({"maxOutputTokens": 5}),
        ),
        (
            r#"{"generationConfig": {"topK": 1}}"#,
            json!({"maxOutputTokens": 5, "topK": 1}),
        ),
        (
            r#"{"generationConfig":{"maxOutputTokens":9}}"#,
            json!({"maxOutputTokens": 5}),
        ),
        (
            r#"{"generationConfig":{"maxOutputTokens":null}}"#,
            json!({"maxOutputTokens": 5}),
        ),
        (
            r#"{"generationConfig":{"maxOutputTokens":4}}"#,
            json!({"maxOutputTokens": 4}),
        ),
    ];
    for (body, config) in table {
        let after = edited(GENERATE, body, "g", Some(5));
        assert_eq!(after["generationConfig"], config, "{body}");
        assert!(after.get("model").is_none());
    }
    let snake = r#"{"generation_config":{"max_output_tokens":9,"candidate_count":3}}"#;
    let route = routed(GENERATE);
    let seen = peek_for(&route, snake.as_bytes()).unwrap();
    assert_eq!(seen.caps.bound(route.endpoint), Some(9));
    assert_eq!((seen.choices, seen.stream), (3, false));
    let after = edited(GENERATE, snake, "g", Some(5));
    assert_eq!(after["generation_config"]["max_output_tokens"], 5);
    let streamed = routed("/v1beta/models/g:streamGenerateContent");
    assert!(peek_for(&streamed, b"{}").unwrap().stream);
}

#[test]
fn a_body_of_gemini_that_can_be_read_in_two_ways_is_refused() {
    let table = [
        (
            r#"{"generationConfig":{},"generation_config":{}}"#,
            PeekError::Duplicate("generationConfig"),
        ),
        (
            r#"{"GenerationConfig":{}}"#,
            PeekError::Lookalike("generationConfig"),
        ),
        (
            r#"{"generationConfig":[]}"#,
            PeekError::NotAnObject("generationConfig"),
        ),
        (
            r#"{"generationConfig":7}"#,
            PeekError::NotAnObject("generationConfig"),
        ),
        (
            r#"{"generationConfig":{"maxOutputTokens":1,"max_output_tokens":2}}"#,
            PeekError::Duplicate("maxOutputTokens"),
        ),
        (
            r#"{"generationConfig":{"MaxOutputTokens":1}}"#,
            PeekError::Lookalike("maxOutputTokens"),
        ),
        (
            r#"{"generationConfig":{"maxOutputTokens":"9"}}"#,
            PeekError::NotCount("maxOutputTokens"),
        ),
        (
            r#"{"generationConfig":{"candidateCount":-1}}"#,
            PeekError::NotCount("candidateCount"),
        ),
        (r#"{"model":"models/h"}"#, PeekError::OtherModel),
        (r#"{"model":7}"#, PeekError::OtherModel),
    ];
    for (body, error) in table {
        assert_eq!(refused(GENERATE, body), error, "{body}");
    }
    for body in [
        r#"{"requests":[{"model":"models/g"},{"model":"models/h"}]}"#,
        r#"{"requests":[{"model":"models/g","model":"models/g"}]}"#,
        r#"{"requests":7}"#,
    ] {
        assert_eq!(refused(EMBED, body), PeekError::OtherModel, "{body}");
    }
    let nested = r#"{"generateContentRequest":{"model":"h"}}"#;
    assert_eq!(refused(COUNT, nested), PeekError::OtherModel);
}

#[test]
fn every_place_where_gemini_names_a_model_is_edited() {
    let batch = r#"{"requests":[{"model":"models/g","content":{}},{"content":{}},{"model":"g"}]}"#;
    let after = edited(EMBED, batch, "h", None);
    let requests = json!([
        {"model": "models/h", "content": {}}, {"content": {}}, {"model": "models/h"}
    ]);
    assert_eq!(after["requests"], requests);
    let count = r#"{"model":"g","generateContentRequest":{"model":"models/g"}}"#;
    let after = edited(COUNT, count, "h", None);
    assert_eq!(after["generateContentRequest"]["model"], "models/h");
    assert_eq!(after["model"], "models/h");
    assert_eq!(edited(GENERATE, "{}", "h", None), json!({}));
}

#[test]
fn a_member_is_put_in_only_where_the_body_has_none_of_its_name() {
    let body = br#"{"model":"m","Seed":1,"user":null}"#;
    let seen = peek(body).unwrap();
    let edits = Edits::new(&seen, Endpoint::ChatCompletions)
        .member("seed", "2")
        .member("user", r#""x""#)
        .member("service_tier", r#""flex""#)
        .member("service_tier", r#""auto""#)
        .member("Max_Tokens", "9")
        .member("model", r#""other""#);
    assert!(!edits.is_empty());
    let after = edits.apply(body);
    let expected = br#"{"service_tier":"flex","model":"m","Seed":1,"user":null}"#;
    assert_eq!(after, expected);
    let nothing = Edits::new(&seen, Endpoint::ChatCompletions).member("n", "2");
    assert!(nothing.is_empty());
}
