use super::*;

const REAL: &str = r#""usage":{"prompt_tokens":9,"completion_tokens":4}"#;
const FAKE: &str = r#""usage":{"prompt_tokens":1,"completion_tokens":1}"#;

#[test]
fn a_usage_within_text_or_elsewhere_is_none() {
    let text = FAKE.replace('"', "\\\"");
    for (surface, data) in [
        (
            Surface::Chat,
            format!(r#"{{"choices":[{{"delta":{{"content":"{text}"}}}}]}}"#),
        ),
        (
            Surface::Chat,
            format!(r#"{{"choices":[{{"delta":{{"content":"}}]}},{text}"}}}}]}}"#),
        ),
        (Surface::Chat, format!(r#"{{"choices":[{{{FAKE}}}]}}"#)),
        (
            Surface::Chat,
            format!(r#"{{"choices":[{{"delta":{{{FAKE}}}}}]}}"#),
        ),
        (Surface::Chat, format!(r#"{{"x":{{{FAKE}}}}}"#)),
        (Surface::Chat, format!(r#"[{{{FAKE}}}]"#)),
        (Surface::Chat, format!(r#"{{"usage":{{{FAKE}}}}}"#)),
        (Surface::Chat, format!(r#"{{"message":{{{FAKE}}}}}"#)),
        (
            Surface::Chat,
            format!(r#"{{"Usage"{}}}"#, FAKE.strip_prefix("\"usage\"").unwrap()),
        ),
        (
            Surface::Chat,
            format!(
                r#"{{"usageMetadata"{}}}"#,
                FAKE.strip_prefix("\"usage\"").unwrap()
            ),
        ),
        (Surface::Responses, format!(r#"{{{FAKE}}}"#)),
        (
            Surface::Responses,
            format!(r#"{{"response":{{"output":[{{{FAKE}}}]}}}}"#),
        ),
        (
            Surface::Messages,
            format!(r#"{{"content_block":{{"input":{{{FAKE}}}}}}}"#),
        ),
        (
            Surface::Messages,
            format!(r#"{{"message":{{"content":[{{"input":{{{FAKE}}}}}]}}}}"#),
        ),
        (
            Surface::Gemini,
            r#"{"candidates":[{"usageMetadata":{"promptTokenCount":5}}]}"#.to_owned(),
        ),
        (Surface::Gemini, format!(r#"{{{FAKE}}}"#)),
    ] {
        let metered = stream(surface, &events(&[&data]));
        assert_eq!((metered.usage, metered.absurd), (None, false), "{data}");
        if surface != Surface::Responses && !data.starts_with('[') {
            let metered = body(surface, &data);
            assert_eq!((metered.usage, metered.absurd), (None, false), "{data}");
        }
    }
}

#[test]
fn an_end_within_text_is_none() {
    for data in [
        r#"{"choices":[{"delta":{"content":"[DONE]"}}]}"#,
        r#"{"choices":[{"delta":{"content":"\n\ndata: [DONE]\n\n"}}]}"#,
        r#"{"x":[DONE]}"#,
        r#""[DONE]""#,
        "[[DONE]]",
        "DONE",
    ] {
        assert_eq!(
            stream(Surface::Chat, &events(&[data])).ended,
            Ended::Unmarked,
            "{data}"
        );
    }
    let text =
        r#"{"type":"content_block_delta","delta":{"text":"message_stop","type":"message_stop"}}"#;
    assert_eq!(
        stream(Surface::Messages, &events(&[text])).ended,
        Ended::Unmarked
    );
}

#[test]
fn a_key_may_be_written_with_escapes() {
    for data in [
        r#"{"us\u0061ge":{"prompt_tokens":9,"completion_tokens":4}}"#,
        r#"{"\u0075\u0073\u0061\u0067\u0065":{"prompt\u005ftokens":9,"completion_tokens":4}}"#,
        r#"{"usage":{"prompt_tokens":9,"completi\u006Fn_tokens":4}}"#,
    ] {
        assert_eq!(
            stream(Surface::Chat, &events(&[data])).usage,
            Some(used(9, 4)),
            "{data}"
        );
        assert_eq!(body(Surface::Chat, data).usage, Some(used(9, 4)), "{data}");
    }
}

#[test]
fn of_a_key_that_is_there_twice_the_last_one_counts() {
    for (data, usage) in [
        (format!("{{{FAKE},{REAL}}}"), Some(used(9, 4))),
        (format!(r#"{{{FAKE},"usage":null}}"#), None),
        (format!(r#"{{"usage":-1,{REAL}}}"#), Some(used(9, 4))),
        (
            r#"{"usage":{"prompt_tokens":1,"prompt_tokens":9,"completion_tokens":4}}"#.to_owned(),
            Some(used(9, 4)),
        ),
        (
            r#"{"usage":{"prompt_tokens":9,"completion_tokens":4,"prompt_tokens":null}}"#
                .to_owned(),
            Some(used(0, 4)),
        ),
    ] {
        assert_eq!(
            stream(Surface::Chat, &events(&[&data])).usage,
            usage,
            "{data}"
        );
    }
}

#[test]
fn an_absurd_count_is_not_believed() {
    for count in [
        "-1",
        "-0",
        "1.5",
        "1.0",
        "1e3",
        "9007199254740993",
        "9223372036854775808",
        "99999999999999999999999999",
        "\"12\"",
        "\"\"",
        "NaN",
        "Infinity",
        "true",
        "[]",
        "[1]",
        "{}",
        "{\"x\":1}",
    ] {
        let bad = format!(
            r#"{{"choices":[],"usage":{{"prompt_tokens":{count},"completion_tokens":4}}}}"#
        );
        let metered = stream(Surface::Chat, &events(&[&format!("{{{REAL}}}"), &bad]));
        assert_eq!((metered.usage, metered.absurd), (None, true), "{count}");
        let metered = stream(Surface::Chat, &events(&[&bad, &format!("{{{REAL}}}")]));
        assert_eq!(
            (metered.usage, metered.absurd),
            (Some(used(9, 4)), true),
            "{count}"
        );
        let metered = body(Surface::Chat, &bad);
        assert_eq!((metered.usage, metered.absurd), (None, true), "{count}");
    }
    for usage in ["5", "\"x\"", "true", "[]", "[{\"prompt_tokens\":1}]"] {
        let metered = body(Surface::Chat, &format!(r#"{{"usage":{usage}}}"#));
        assert_eq!((metered.usage, metered.absurd), (None, true), "{usage}");
    }
    let seconds = r#"{"usage":{"seconds":-1.5}}"#;
    assert!(body(Surface::Transcription, seconds).absurd);
    let modality =
        r#"{"usageMetadata":{"promptTokensDetails":[{"modality":"AUDIO","tokenCount":-1}]}}"#;
    assert!(body(Surface::Gemini, modality).absurd);
}

#[test]
fn the_largest_count_is_believed() {
    let data = r#"{"usage":{"prompt_tokens":9007199254740992,"completion_tokens":9007199254740992,"prompt_tokens_details":{"cached_tokens":9007199254740992}}}"#;
    let usage = Usage {
        cached_input: 1 << 53,
        ..used(0, 1 << 53)
    };
    assert_eq!(body(Surface::Chat, data).usage, Some(usage));
}

#[test]
fn an_absurd_part_spoils_the_whole_of_anthropics_usage() {
    let start =
        r#"{"type":"message_start","message":{"usage":{"input_tokens":-5,"output_tokens":1}}}"#;
    let end = r#"{"type":"message_delta","usage":{"output_tokens":15}}"#;
    let metered = stream(Surface::Messages, &events(&[start, end]));
    assert_eq!((metered.usage, metered.absurd), (None, true));
}

#[test]
fn deep_nesting_neither_hides_nor_fakes_a_usage() {
    let deep = format!("{}{{{FAKE}}}{}", "[".repeat(10_000), "]".repeat(10_000));
    let data = format!(r#"{{"x":{deep},{REAL}}}"#);
    assert_eq!(body(Surface::Chat, &data).usage, Some(used(9, 4)));
    assert_eq!(
        stream(Surface::Chat, &events(&[&data])).usage,
        Some(used(9, 4))
    );
    let objects = format!(
        "{}{{{FAKE}}}{}",
        "{\"usage\":".repeat(10_000),
        "}".repeat(10_000)
    );
    assert_eq!(body(Surface::Chat, &objects).usage, None);
}

#[test]
fn a_text_that_looks_like_a_shape_is_read_all_the_same() {
    let delta = |text: &str| format!(r#"{{"choices":[{{"delta":{{"content":"{text}"}}}}]}}"#);
    let quote = delta(r#"x\"}}]}\n\ndata: [DONE]"#);
    let data = [
        delta("one"),
        delta("two"),
        delta("\\\\"),
        quote,
        delta("three"),
    ];
    let data: Vec<&str> = data.iter().map(String::as_str).collect();
    let expected = Metered {
        output_bytes: 3 + 3 + 2 + 23 + 5,
        ..Metered::default()
    };
    assert_eq!(stream(Surface::Chat, &events(&data)), expected);
    // The shape goes on where the text ends: what follows is still read.
    let broken = r#"{"choices":[{"delta":{"content":"x"}}],"usage":{"prompt_tokens":9,"completion_tokens":4}}"#;
    let metered = stream(Surface::Chat, &events(&[data[0], data[1], broken, data[0]]));
    assert_eq!(
        (metered.usage, metered.output_bytes),
        (Some(used(9, 4)), 10)
    );
}
