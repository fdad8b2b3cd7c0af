use super::*;

/// One entry by its fields: the price list and notes, or why it is skipped.
fn one(fields: &str) -> Result<(String, Vec<String>), String> {
    let text = format!("{{ \"model\": {{ {fields} }} }}");
    let entry = read(&text).unwrap().entries.pop().unwrap();
    let found = entry.found?;
    Ok((found.price.to_string(), found.notes))
}

const CHAT: &str = r#""input_cost_per_token": 3e-06, "output_cost_per_token": 1.5e-05"#;

#[test]
fn every_part_of_a_price_is_kept_exactly() {
    for (fields, price) in [
        (CHAT.to_owned(), "input=3,output=15"),
        (
            format!(
                r#"{CHAT}, "cache_read_input_token_cost": 3e-07, "cache_creation_input_token_cost": 3.75e-06, "cache_creation_input_token_cost_above_1hr": 6e-06"#
            ),
            "input=3,cached-input=0.3,cache-write-5m=3.75,cache-write-1h=6,output=15",
        ),
        (
            format!(
                r#"{CHAT}, "output_cost_per_reasoning_token": 0.00006, "input_cost_per_audio_token": 1e-4, "output_cost_per_audio_token": 2E-4"#
            ),
            "input=3,input-audio=100,output=15,reasoning=60,output-audio=200",
        ),
        (
            format!(
                r#"{CHAT}, "search_context_cost_per_query": {{ "search_context_size_low": 0.01, "search_context_size_high": 1e-2 }}"#
            ),
            "input=3,output=15,search=0.01",
        ),
        (
            r#""mode": "embedding", "input_cost_per_token": 2e-08, "output_cost_per_token": 0.0"#
                .to_owned(),
            "input=0.02,output=0",
        ),
        (
            r#""mode": "image_generation", "output_cost_per_image": 0.04"#.to_owned(),
            "image=0.04",
        ),
        (
            r#""mode": "image_generation", "input_cost_per_image": 0.04"#.to_owned(),
            "image=0.04",
        ),
        (
            r#""mode": "image_generation", "input_cost_per_token": 5e-6, "input_cost_per_image_token": 1e-5, "output_cost_per_image_token": 4e-5"#
                .to_owned(),
            "input=5,input-image=10,output-image=40",
        ),
        (
            r#""mode": "audio_transcription", "input_cost_per_second": 0.0001, "output_cost_per_second": 0.0001"#
                .to_owned(),
            "second=0.0001",
        ),
        (
            r#""mode": "audio_transcription", "input_cost_per_second": 0.0001, "output_cost_per_second": 0.0"#
                .to_owned(),
            "second=0.0001",
        ),
        (
            r#""mode": "rerank", "input_cost_per_query": 0.002, "input_cost_per_token": 0"#
                .to_owned(),
            "input=0,search=0.002",
        ),
        (
            r#""mode": "chat", "input_cost_per_request": 0.005"#.to_owned(),
            "request=0.005",
        ),
        (
            format!(r#"{CHAT}, "input_cost_per_token_batches": 1e-6, "input_cost_per_second": null"#),
            "input=3,output=15",
        ),
    ] {
        assert_eq!(one(&fields), Ok((price.to_owned(), vec![])), "{fields}");
    }
}

#[test]
fn what_is_not_kept_exactly_is_told() {
    for (fields, price, note) in [
        (
            format!(r#"{CHAT}, "input_cost_per_token_above_200k_tokens": 6e-06"#),
            "input=3,output=15",
            "not kept: prices of prompts above 200k tokens",
        ),
        (
            format!(r#"{CHAT}, "tiered_pricing": [{{}}], "input_cost_per_image": 0.1"#),
            "input=3,output=15",
            "not kept: `input_cost_per_image`, `tiered_pricing`",
        ),
        (
            r#""input_cost_per_token": 3.0000000000000004e-07, "output_cost_per_token": 1e-6"#
                .to_owned(),
            "input=0.300001,output=1",
            "`input_cost_per_token` is finer than a pico-credit, and was rounded up",
        ),
        (
            format!(
                r#"{CHAT}, "search_context_cost_per_query": {{ "low": 0.03, "medium": 0.035, "high": 0.05 }}"#
            ),
            "input=3,output=15,search=0.05",
            "of several prices of a search, the highest was taken",
        ),
        (
            r#""mode": "audio_transcription", "input_cost_per_second": 0.0003, "output_cost_per_second": 0.0001"#
                .to_owned(),
            "second=0.0003",
            "of several prices of a second, the highest was taken",
        ),
    ] {
        let expected = Ok((price.to_owned(), vec![note.to_owned()]));
        assert_eq!(one(&fields), expected, "{fields}");
    }
}

#[test]
fn prices_that_have_no_place_are_told_by_kind() {
    let fields = [
        "input_cost_per_token_above_200k_tokens",
        "cache_creation_input_token_cost_above_1hr_above_100k_tokens",
        "output_cost_per_token_above_200k_tokens_priority",
        "input_cost_per_token_priority",
        "output_cost_per_token_flex",
        "tiered_pricing",
    ];
    assert_eq!(
        beside::notes(&fields),
        [
            "not kept: prices of prompts above 100k, 200k tokens",
            "not kept: prices of the service tiers flex, priority",
            "not kept: `tiered_pricing`",
        ]
    );
    let many: Vec<_> = ["a", "b", "c", "d", "e", "f", "g", "h"].to_vec();
    assert_eq!(
        beside::notes(&many),
        ["not kept: `a`, `b`, `c`, `d`, `e`, `f` and 2 more"]
    );
    assert!(beside::notes(&[]).is_empty());
}

#[test]
fn what_cannot_be_used_is_skipped_and_says_why() {
    for (fields, why) in [
        ("", "it states no price by which calls could be charged"),
        (
            r#""input_cost_per_token": 1e-6"#,
            "it states no price by which calls could be charged",
        ),
        (
            r#""mode": "audio_speech", "input_cost_per_character": 1.5e-5"#,
            "it states no price by which calls could be charged: not kept: `input_cost_per_character`",
        ),
        (
            r#""input_cost_per_second": 0.01"#,
            "it states no price by which calls could be charged: not kept: `input_cost_per_second`",
        ),
        (
            r#""input_cost_per_token": 0, "output_cost_per_token": 0.0"#,
            "every price of it is 0: if that is so, add it by hand with the price `free`",
        ),
        (
            r#""input_cost_per_token": 0, "output_cost_per_token": 0.0, "input_cost_per_token_above_1k_tokens": 1"#,
            "it states no price by which calls could be charged: not kept: prices of prompts above 1k tokens",
        ),
        (
            r#""mode": "ocr", "ocr_cost_per_page": 0.1"#,
            "calls of the mode `ocr` are not relayed",
        ),
        (
            r#""input_cost_per_token": -1e-6, "output_cost_per_token": 1"#,
            "`input_cost_per_token` cannot be used: it is negative",
        ),
        (
            r#""input_cost_per_token": "NaN", "output_cost_per_token": 1"#,
            "`input_cost_per_token` cannot be used: it is no number",
        ),
        (
            r#""input_cost_per_token": 1e999999999999999999999, "output_cost_per_token": 1"#,
            "`input_cost_per_token` cannot be used: it is larger than any price",
        ),
        (
            r#""input_cost_per_token": 1, "output_cost_per_token": [1]"#,
            "`output_cost_per_token` cannot be used: it is no number",
        ),
        (
            r#""input_cost_per_token": 1e-6, "input_cost_per_token": 1e-9"#,
            "it has `input_cost_per_token` twice",
        ),
    ] {
        assert_eq!(one(fields), Err(why.to_owned()), "{fields}");
    }
}

#[test]
fn an_entry_that_is_there_twice_is_skipped_and_so_is_one_that_is_no_object() {
    let text =
        format!(r#"{{ "a": {{ {CHAT} }}, "b": 5, "\u0061": {{ {CHAT} }}, "sample_spec": 1 }}"#);
    let read = read(&text).unwrap();
    let said: Vec<_> = read
        .entries
        .iter()
        .map(|one| format!("{}: {}", one.name, one.found.as_ref().unwrap_err()))
        .collect();
    assert_eq!(
        said,
        [
            "a: the file has two entries of this name",
            "b: it is no JSON object",
            "a: the file has two entries of this name",
        ]
    );
}

#[test]
fn a_window_is_kept_where_it_is_that_of_one_call() {
    let window = |fields: &str| {
        let text = format!(r#"{{ "model": {{ {CHAT}, {fields} }} }}"#);
        let entry = read(&text).unwrap().entries.pop().unwrap();
        let window = entry.found.unwrap().window;
        (window.context, window.output)
    };
    let both = r#""max_input_tokens": 128000, "max_output_tokens": 1.6e4"#;
    assert_eq!(window(both), (Some(128_000), Some(16_000)));
    let embedding = format!(r#"{both}, "mode": "embedding""#);
    assert_eq!(window(&embedding), (None, None));
    for odd in ["0", "-1", "1.5", "1e30", "null", "\"many\""] {
        let fields = format!(r#""max_input_tokens": {odd}"#);
        assert_eq!(window(&fields), (None, None), "{odd}");
    }
}

proptest::proptest! {
    #[test]
    fn any_fields_are_read_or_refused(value in "[-0-9eE.+\"{}\\[\\]nul]{0,30}") {
        let _ = read(&format!(r#"{{ "m": {{ "input_cost_per_token": {value} }} }}"#));
        let _ = read(&value);
    }
}
