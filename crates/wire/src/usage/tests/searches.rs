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
        (
            format!("[{done},{{\"id\":\"nothing of the one before\"}}]"),
            1,
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
fn images_that_a_response_made_by_a_tool_count_once() {
    let image = |status: &str, result: &str| {
        format!(
            r#"{{"id":"ig_1","type":"image_generation_call","status":"{status}","result":{result}}}"#
        )
    };
    let png = format!("\"{}\"", "A".repeat(9_000));
    let done = image("completed", &png);
    // The provider says so of some that it has made.
    let made = image("generating", "\"AAAA\"");
    let (failed, running) = (image("failed", "\"\""), image("generating", "null"));
    let last = |output: &str| {
        format!(r#"{{"type":"response.completed","response":{{"output":[{output}],{USED}}}}}"#)
    };
    let partial =
        r#"{"type":"response.image_generation_call.partial_image","partial_image_b64":"AAAA"}"#;
    for (output, images) in [
        (String::new(), 0),
        (done.clone(), 1),
        (made.clone(), 1),
        (format!("{failed},{running},{MESSAGE}"), 0),
        (format!("{done},{MESSAGE},{made}"), 2),
        (made.replace("image_generation", "another"), 0),
    ] {
        let usage = Some(Usage {
            images,
            ..used(2, 1)
        });
        let answer = format!(r#"{{"status":"completed","output":[{output}],{USED}}}"#);
        assert_eq!(
            body(Surface::Responses, &answer).usage,
            usage,
            "{output:.300}"
        );
        let answer = events(&[partial, &last(&output)]);
        assert_eq!(
            stream(Surface::Responses, &answer).usage,
            usage,
            "{output:.300}"
        );
    }
    let (added, ended) = (item("added", &running), item("done", &made));
    let data = [
        &*added,
        partial,
        &ended,
        &added,
        partial,
        &ended,
        &last(&format!("{made},{made}")),
    ];
    let metered = stream(Surface::Responses, &events(&data));
    assert_eq!((metered.usage.unwrap().images, metered.searches), (2, 0));
    let cut = stream(Surface::Responses, &events(&[&added, partial, &ended]));
    assert_eq!(cut.settled(0).0.images, 1);
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

fn grounded(model: &str, queries: &str, usage: &str) -> String {
    format!(
        r#"{{"candidates":[{{"content":{{"parts":[{{"text":"ab"}}]}},"groundingMetadata":{{"webSearchQueries":{queries},"groundingChunks":[{{"web":{{"title":"t"}}}}]}}}}]{usage},"modelVersion":"{model}"}}"#
    )
}

const GEMINI_USED: &str =
    r#","usageMetadata":{"promptTokenCount":2,"candidatesTokenCount":1,"totalTokenCount":3}"#;

#[test]
fn what_gemini_searched_for_counts_as_google_charges_it() {
    let long = "q".repeat(100);
    for (queries, by_query) in [
        ("null".to_owned(), 0),
        ("[]".to_owned(), 0),
        (r#"["",""]"#.to_owned(), 0),
        (r#""a""#.to_owned(), 0),
        (r#"{"a":"b"}"#.to_owned(), 0),
        (r#"["a"]"#.to_owned(), 1),
        (r#"["", "a" , "b","a"]"#.to_owned(), 2),
        (
            r#"["say \"a\"","say \"b\"","\u00e9","\u00e8"]"#.to_owned(),
            4,
        ),
        (format!(r#"["{long}a","{long}b","{long}a"]"#), 2),
    ] {
        for (model, searches) in [
            ("gemini-3-pro-preview", by_query),
            ("gemini-3.1-flash-lite", by_query),
            ("another", by_query),
            ("gemini-2.5-flash", by_query.min(1)),
            ("gemini-2.0-flash-001", by_query.min(1)),
            ("publishers/google/models/gemini-1.5-pro", by_query.min(1)),
        ] {
            let answer = grounded(model, &queries, GEMINI_USED);
            let metered = body(Surface::Gemini, &answer);
            let expected = (Some(with_searches(searches)), searches, 2);
            let seen = (metered.usage, metered.searches, metered.output_bytes);
            assert_eq!(seen, expected, "{model} {queries}");
            let metered = stream(Surface::Gemini, &events(&[&answer]));
            assert_eq!(metered.usage, expected.0, "{model} {queries}");
        }
    }
    let elsewhere = format!(r#"{{"webSearchQueries":["a"],"candidates":[]{GEMINI_USED}}}"#);
    assert_eq!(body(Surface::Gemini, &elsewhere).searches, 0);
}

#[test]
fn each_query_of_a_stream_counts_once() {
    let model = "gemini-3-flash-preview";
    let plain = format!(
        r#"{{"candidates":[{{"content":{{"parts":[{{"text":"ab"}}]}}}}]{GEMINI_USED},"modelVersion":"{model}"}}"#
    );
    let first = grounded(model, r#"["a"]"#, "");
    let second = grounded(model, r#"["a","b"]"#, GEMINI_USED);
    let third = grounded(model, r#"["c"]"#, GEMINI_USED);
    let data = [
        &*plain, &plain, &first, &plain, &second, &plain, &third, &third, &plain,
    ];
    let metered = stream(Surface::Gemini, &events(&data));
    assert_eq!(metered.usage, Some(with_searches(3)));
    assert_eq!(metered.output_bytes, 18);
    let array = body(Surface::Gemini, &format!("[{}]", data.join(",\n")));
    assert_eq!(array.usage, Some(with_searches(3)));
    let cut = stream(Surface::Gemini, &events(&[&first]));
    let expected = Usage {
        searches: 1,
        ..used(2, 1)
    };
    assert_eq!(cut.settled(8), (expected, true));
    let many: Vec<String> = (0..1000).map(|n| format!("\"{n}\"")).collect();
    let many = grounded(model, &format!("[{}]", many.join(",")), GEMINI_USED);
    assert_eq!(body(Surface::Gemini, &many).searches, 256);
}
