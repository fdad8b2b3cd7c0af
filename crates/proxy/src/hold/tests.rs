use tollgate_wire::form::{FormReader, PICTURE_TOKENS};
use tollgate_wire::peek::peek;

use super::*;

/// The most tokens of the input, where the context is known and where it is not.
fn input(endpoint: Endpoint, body: &str) -> (u64, u64) {
    let seen = peek(body.as_bytes()).unwrap();
    bounds(&demand(&seen, endpoint, body.len()))
}

fn form_input(endpoint: Endpoint, body: &str) -> (u64, u64) {
    let mut reader = FormReader::new(b"multipart/form-data; boundary=b").unwrap();
    reader.push(body.as_bytes()).unwrap();
    bounds(&form_demand(&reader.finish().unwrap(), endpoint))
}

fn bounds(demand: &Demand) -> (u64, u64) {
    let known = bound::Window {
        context: Some(500),
        ..bound::Window::default()
    };
    (
        demand.input_bound(&known),
        demand.input_bound(&bound::Window::default()),
    )
}

#[test]
fn a_query_is_held_for_with_each_document() {
    let query = "q".repeat(98);
    let body = format!(r#"{{"model":"m","query":"{query}","documents":["a","b","c","d"]}}"#);
    let bytes = body.len() as u64;
    let each = bytes + 3 * 100;
    assert_eq!(input(Endpoint::Rerank, &body), (each, each));
    // Elsewhere, the same names mean other things.
    assert_eq!(input(Endpoint::Embeddings, &body), (bytes, bytes));
    let query = "q".repeat(998);
    let body = format!(r#"{{"model":"m","query":"{query}","documents":["a","b","c","d"]}}"#);
    let each = body.len() as u64 + 3 * 1_000;
    assert_eq!(input(Endpoint::Rerank, &body), (4 * 500, each));
}

#[test]
fn each_input_of_an_embedding_may_be_a_picture() {
    let pictures = [r#"{"image":"https://x"}"#; 7].join(",");
    let body = format!(r#"{{"model":"m","input":[{pictures}]}}"#);
    let held = input(Endpoint::Embeddings, &body);
    assert_eq!(held, (7 * 500, 7 * bound::UNKNOWN_CONTEXT));
    let texts = r#"{"model":"m","input":["a","b","c"]}"#;
    let bytes = texts.len() as u64;
    assert_eq!(input(Endpoint::Embeddings, texts), (bytes, bytes));
}

#[test]
fn each_picture_in_a_form_is_held_for_as_a_large_one() {
    let form = |disposition: &str| {
        let model = "Content-Disposition: form-data; name=\"model\"\r\n\r\nm";
        format!("--b\r\n{model}\r\n--b\r\nContent-Disposition: {disposition}\r\n\r\nx\r\n--b--\r\n")
    };
    for field in [
        r#"form-data; name="image[]"; filename="x.png""#,
        r#"form-data; name="image""#,
    ] {
        let body = form(field);
        for endpoint in [Endpoint::ImageEdits, Endpoint::ImageVariations] {
            let held = form_input(endpoint, &body);
            let tokens = body.len() as u64 + PICTURE_TOKENS;
            assert_eq!(held, (500, tokens), "{field}");
        }
        let bytes = body.len() as u64;
        assert_eq!(form_input(Endpoint::Transcriptions, &body), (bytes, bytes));
    }
}

#[test]
fn edits_in_json_are_held_for_as_pictures_that_are_not_there() {
    for pictures in [
        r#""images":[{"file_id":"file-1"}]"#,
        r#""image":["data:image/png;base64,AA"]"#,
        r#""mask":1"#,
    ] {
        let body = format!(r#"{{"model":"m","n":3,{pictures}}}"#);
        let held = input(Endpoint::ImageEdits, &body);
        assert_eq!(held, (3 * 500, bound::UNKNOWN_CONTEXT), "{body}");
        let seen = peek(body.as_bytes()).unwrap();
        let demand = demand(&seen, Endpoint::ImageEdits, body.len());
        assert_eq!((demand.images, demand.choices), (3, 3));
    }
}
