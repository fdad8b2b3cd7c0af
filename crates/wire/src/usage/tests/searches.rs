use super::*;

fn search(status: &str) -> String {
    format!(
        r#"{{"id":"ws_1","type":"web_search_call","status":"{status}","action":{{"type":"search","query":"q"}}}}"#
    )
}

fn item(kind: &str, item: &str) -> String {
    format!(r#"{{"type":"response.output_item.{kind}","output_index":0,"item":{item}}}"#)
}

const MESSAGE: &str = r#"{"type":"message","status":"completed","content":[{"type":"output_text","annotations":[{"type":"url_citation"}]}]}"#;
const USED: &str = r#""usage":{"input_tokens":2,"output_tokens":1}"#;

fn with_searches(searches: u64) -> Usage {
    Usage {
        searches,
        ..used(2, 1)
    }
}

#[test]
fn completed_searches_among_the_items_of_a_response_count() {
    let (done, failed) = (search("completed"), search("failed"));
    for (output, searches) in [
        ("[]".to_owned(), 0),
        (format!("[{done}]"), 1),
        (format!("[{done},{MESSAGE},{failed},{done}]"), 2),
        (
            format!("[{failed},{{\"type\":\"web_search_call\"}},{MESSAGE}]"),
            0,
        ),
        (format!("[[{done}],\"web_search_call\",null]"), 0),
        (format!("[{done}],\"output\":[{MESSAGE}]"), 0),
        ("null".to_owned(), 0),
    ] {
        let answer = format!(r#"{{"status":"completed","output":{output},{USED}}}"#);
        let metered = body(Surface::Responses, &answer);
        assert_eq!(metered.usage, Some(with_searches(searches)), "{output}");
        assert_eq!(metered.searches, searches, "{output}");
    }
    let elsewhere = format!(r#"{{"item":{done},"x":{{"output":[{done}]}},{USED}}}"#);
    assert_eq!(body(Surface::Responses, &elsewhere).searches, 0);
}

#[test]
fn each_search_of_a_stream_counts_once() {
    let (done, running) = (search("completed"), search("in_progress"));
    let added = item("added", &running);
    let ended = item("done", &done);
    let delta = r#"{"type":"response.output_text.delta","delta":"abcd"}"#;
    let state = r#"{"type":"response.web_search_call.completed","item_id":"ws_1"}"#;
    let last = |output: &str| {
        format!(r#"{{"type":"response.completed","response":{{"output":[{output}],{USED}}}}}"#)
    };
    let both = format!("{done},{done},{MESSAGE}");
    for (name, data, searches) in [
        (
            "each item, then all",
            vec![&*added, state, &ended, &added, &ended, delta, &last(&both)],
            2,
        ),
        ("all at the end only", vec![delta, &last(&both)], 2),
        ("each item only", vec![&added, &ended, &ended, &last("")], 2),
        ("begun", vec![&added, &item("added", &done), &last("")], 0),
        ("a message", vec![&item("done", MESSAGE), &last(MESSAGE)], 0),
    ] {
        let metered = stream(Surface::Responses, &events(&data));
        assert_eq!(metered.usage, Some(with_searches(searches)), "{name}");
    }
    let cut = stream(Surface::Responses, &events(&[&ended, delta]));
    assert_eq!(
        cut.settled(8),
        (
            Usage {
                searches: 1,
                ..used(2, 1)
            },
            true
        )
    );
    let padded = done.replace("\"q\"", &format!("\"{}\"", "q".repeat(9_000)));
    let large = events(&[&item("done", &padded), &last("")]);
    assert_eq!(stream(Surface::Responses, &large).searches, 1);
}

#[test]
fn a_chat_completion_that_cites_the_web_has_searched_once() {
    let cites = r#"{"type":"url_citation","url_citation":{"url":"https://example.com"}}"#;
    let usage = r#""usage":{"prompt_tokens":2,"completion_tokens":1}"#;
    for (annotations, searches) in [
        ("[]".to_owned(), 0),
        ("null".to_owned(), 0),
        (r#"[{"type":"file_citation"}]"#.to_owned(), 0),
        (format!("[{cites}]"), 1),
        (format!("[{cites},{cites}]"), 1),
    ] {
        let message =
            format!(r#"{{"content":"say \"url_citation\"","annotations":{annotations}}}"#);
        let answer = format!(r#"{{"choices":[{{"message":{message}}}],{usage}}}"#);
        let expected = Some(with_searches(searches));
        assert_eq!(
            body(Surface::Chat, &answer).usage,
            expected,
            "{annotations}"
        );
        let chunk = r#"{"choices":[{"delta":{"content":"a"}}]}"#;
        let last = format!(r#"{{"choices":[{{"delta":{message}}}]}}"#);
        let counts = format!(r#"{{"choices":[],{usage}}}"#);
        let answer = events(&[chunk, chunk, chunk, &last, &counts]);
        assert_eq!(
            stream(Surface::Chat, &answer).usage,
            expected,
            "{annotations}"
        );
    }
}
