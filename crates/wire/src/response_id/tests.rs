use super::*;

/// What is read of a text that comes in pieces of each size.
fn read(reader: &ResponseId, text: &str) -> Option<String> {
    let whole = reader.clone().push(text.as_bytes());
    for size in [1, 2, 7] {
        let mut reader = reader.clone();
        let mut pieces = text.as_bytes().chunks(size);
        assert_eq!(pieces.find_map(|piece| reader.push(piece)), whole, "{text}");
    }
    whole
}

#[test]
fn the_id_of_a_document_is_read() {
    let body = ResponseId::body();
    for (text, id) in [
        (r#"{"id":"resp_1","object":"response"}"#, Some("resp_1")),
        (
            r#" { "a" : [ "id" , {"id":"no"} ] , "id" : "resp_2" }"#,
            Some("resp_2"),
        ),
        (
            r#"{"a":"id","b":{"id":"no"},"c":"{\"id\":\"no\"}","id":"yes"}"#,
            Some("yes"),
        ),
        (r#"{"response":{"id":"no"}}"#, None),
        (r#"{"id":null,"x":"no"}"#, None),
        (r#"{"id":"with \" escapes"}"#, None),
        (r#"{"id":""}"#, None),
        (r#"[{"id":"no"}]"#, None),
        ("", None),
    ] {
        assert_eq!(read(&body, text).as_deref(), id, "{text}");
    }
}

#[test]
fn the_id_is_read_from_the_first_event_that_has_the_response() {
    let events = ResponseId::events();
    let created = "event: response.created\r\ndata: {\"type\":\"response.created\",\
        \"response\":{\"object\":\"response\",\"id\":\"resp_1\"}}\r\n\r\n";
    assert_eq!(read(&events, created).as_deref(), Some("resp_1"));
    let late = format!(
        ": it's a \"comment\n\ndata: {{\"id\":\"no\",\"item\":{{\"id\":\"no\"}}}}\n\n{created}"
    );
    assert_eq!(read(&events, &late).as_deref(), Some("resp_1"));
    let none = "data: {\"response\":[{\"id\":\"no\"}],\"b\":{\"id\":\"no\"}}\n\ndata: [DONE]\n\n";
    assert_eq!(read(&events, none), None);
}

#[test]
fn an_id_is_told_once_and_bounded() {
    let mut reader = ResponseId::body();
    assert_eq!(
        reader.push(br#"{"id":"one","id":"two"}"#).as_deref(),
        Some("one")
    );
    assert_eq!(reader.push(br#"{"id":"three"}"#), None);
    let long = format!(r#"{{"id":"{}"}}"#, "x".repeat(LONGEST + 1));
    assert_eq!(read(&ResponseId::body(), &long), None);
    let most = format!(r#"{{"id":"{}"}}"#, "x".repeat(LONGEST));
    assert_eq!(
        read(&ResponseId::body(), &most).map(|id| id.len()),
        Some(LONGEST)
    );
}
