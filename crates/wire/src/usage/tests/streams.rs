use super::*;

const DELTA: &str = r#"{"choices":[{"index":0,"delta":{"content":"Hello"},"finish_reason":null}]}"#;
const NULL: &str = r#"{"choices":[{"index":0,"delta":{"content":" you"}}],"usage":null}"#;
const LAST: &str =
    r#"{"choices":[],"usage":{"prompt_tokens":9,"completion_tokens":4,"total_tokens":13}}"#;

#[test]
fn a_chat_is_charged_by_its_last_usage() {
    let early = r#"{"choices":[{"delta":{"content":"a"}}],"usage":{"prompt_tokens":9,"completion_tokens":1}}"#;
    let lite =
        r#"{"choices":[{"index":0,"delta":{}}],"usage":{"prompt_tokens":9,"completion_tokens":4}}"#;
    let empty = r#"{"choices":[],"usage":{}}"#;
    for (name, data, expected) in [
        (
            "with usage",
            &[DELTA, NULL, LAST, "[DONE]"][..],
            said(used(9, 4), Ended::Complete, 9),
        ),
        (
            "LiteLLM's chunk with a choice",
            &[DELTA, lite, "[DONE]"],
            said(used(9, 4), Ended::Complete, 5),
        ),
        (
            "cumulative",
            &[early, early, lite, "[DONE]"],
            said(used(9, 4), Ended::Complete, 2),
        ),
        (
            "null after it",
            &[LAST, NULL],
            said(used(9, 4), Ended::Unmarked, 4),
        ),
        (
            "{} after it",
            &[LAST, empty],
            said(used(9, 4), Ended::Unmarked, 0),
        ),
        (
            "no [DONE]",
            &[DELTA, LAST],
            said(used(9, 4), Ended::Unmarked, 5),
        ),
        (
            "no usage",
            &[DELTA, NULL, "[DONE]"],
            silent(Ended::Complete, 9),
        ),
        ("cut", &[DELTA, DELTA, DELTA], silent(Ended::Unmarked, 15)),
        (
            "an error",
            &[DELTA, r#"{"error":{"message":"x","code":500}}"#],
            silent(Ended::Failed, 5),
        ),
        (
            "an error and [DONE]",
            &[r#"{"error":{}}"#, "[DONE]"],
            silent(Ended::Failed, 0),
        ),
        (
            "error null",
            &[r#"{"error":null,"choices":[]}"#, "[DONE]"],
            silent(Ended::Complete, 0),
        ),
        (
            "an error and a usage",
            &[LAST, r#"{"error":"x"}"#],
            said(used(9, 4), Ended::Failed, 0),
        ),
    ] {
        assert_eq!(stream(Surface::Chat, &events(data)), expected, "{name}");
    }
}

#[test]
fn all_forms_of_a_line_are_read_alike() {
    let expected = said(used(9, 4), Ended::Complete, 5);
    let pretty = LAST.replace(",\"usage\"", "\ndata: ,\"usage\"");
    let whole = events(&[DELTA, LAST, "[DONE]"]);
    for (name, answer) in [
        ("LF", whole.clone()),
        ("CRLF", whole.replace('\n', "\r\n")),
        ("CR", whole.replace('\n', "\r")),
        ("mixed", whole.replace("\n\n", "\n\r\n")),
        ("no space", whole.replace("data: ", "data:")),
        ("a byte order mark", format!("\u{feff}{whole}")),
        (
            "comments",
            whole.replace("data: ", ": keep-alive\n\n: x\ndata: "),
        ),
        ("empty lines", whole.replace("\n\n", "\n\n\n\n")),
        ("ids", whole.replace("data: ", "id: 7\ndata: ")),
        ("names", whole.replace("data: ", "event: x\ndata: ")),
        (
            "a field after the data",
            whole.replace("\n\n", "\nretry: 3000\n\n"),
        ),
        (
            "fields without value",
            whole.replace("data: ", "event\nid\ndata: "),
        ),
        (
            "a line of data in several",
            events(&[DELTA, &pretty, "[DONE]"]),
        ),
        ("no last empty line", whole.trim_end().to_owned()),
        (
            "usage without empty line",
            format!("{}data: {LAST}", events(&[DELTA, "[DONE]"])),
        ),
    ] {
        assert_eq!(stream(Surface::Chat, &answer), expected, "{name}");
    }
}

#[test]
fn what_is_no_data_of_an_event_does_not_count() {
    for line in [
        format!(": {LAST}"),
        format!(":data: {LAST}"),
        format!(" data: {LAST}"),
        format!("dat: {LAST}"),
        format!("database: {LAST}"),
        format!("Data: {LAST}"),
        format!("event: {LAST}"),
        format!("event: x\n data: {LAST}"),
        format!("\u{feff}\u{feff}data: {LAST}"),
        format!("\n\n\u{feff}data: {LAST}"),
        LAST.to_owned(),
        // Torn.
        format!("data: {}", LAST.strip_suffix('}').unwrap()),
        format!("data: {}\n\ndata: }}", LAST.strip_suffix('}').unwrap()),
        format!("data: {}\n\n\ndata: \"x\":1}}\n\n", LAST.split_at(40).0),
    ] {
        let metered = stream(Surface::Chat, &format!("{line}\n\n"));
        assert_eq!(metered.usage, None, "{line}");
    }
}

#[test]
fn all_generated_text_of_an_event_is_counted() {
    for (data, bytes) in [
        (
            r#"{"choices":[{"delta":{"role":"assistant","content":""}}]}"#,
            0,
        ),
        (
            r#"{"choices":[{"delta":{"reasoning_content":"abc","content":null}}]}"#,
            3,
        ),
        (
            r#"{"choices":[{"delta":{"content":"ab"}},{"delta":{"content":"c"}}]}"#,
            3,
        ),
        (
            r#"{"choices": [ {"delta" : {"content" : "a\"b\\"} } ] }"#,
            6,
        ),
        (
            r#"{"choices":[{"delta":{"tool_calls":[{"id":"call_1","function":{"name":"f","arguments":"{\"a\":"}}]}}]}"#,
            7,
        ),
        (r#"{"choices":[{"delta":{"refusal":"no"}}]}"#, 2),
        (r#"{"choices":[{"delta":{}}],"obfuscation":"xxxx"}"#, 0),
    ] {
        let expected = silent(Ended::Unmarked, bytes);
        assert_eq!(stream(Surface::Chat, &events(&[data])), expected, "{data}");
        let read = data.replace("\"choices\"", "\"us\\u0061ge\":null,\"choices\"");
        assert_eq!(stream(Surface::Chat, &events(&[&read])), expected, "{read}");
    }
}
