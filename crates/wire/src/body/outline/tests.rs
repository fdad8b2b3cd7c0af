use proptest::prelude::*;
use tollgate_policy::endpoint::Endpoint;

use bytes::Buf as _;

use super::*;
use crate::peek::peek_for;
use crate::route::{RouteTarget, route};
use crate::{CapField, Edits};

/// Where requests go whose bodies name the model, and where the path names it.
const PATHS: [&str; 4] = [
    "/v1/chat/completions",
    "/v1/completions",
    "/v1beta/models/m:generateContent",
    "/v1beta/models/m:batchEmbedContents",
];

fn model_route(path: &str) -> ModelRoute<'_> {
    match route("POST", path).unwrap().target {
        RouteTarget::Model(route) => route,
        other => panic!("{other:?}"),
    }
}

fn outline<'a>(pieces: impl IntoIterator<Item = &'a [u8]>) -> Result<Outline, PeekError> {
    let mut reader = BodyReader::new(b"what is left of another".to_vec());
    for piece in pieces {
        reader.push(Bytes::copy_from_slice(piece))?;
    }
    reader.finish()
}

fn joined(body: SplitBody) -> Vec<u8> {
    let mut pieces = body.into_pieces();
    pieces.copy_to_bytes(pieces.remaining()).into()
}

fn picture(bytes: usize) -> String {
    // Never the same for long, so that no part can take the place of another.
    let letters = (0_usize..).flat_map(|at| format!("{at:x}/").into_bytes());
    letters.take(bytes).map(char::from).collect()
}

fn chat(picture: &str) -> String {
    format!(
        r#"{{"model":"gpt-4o","messages":[{{"role":"user","content":[{{"type":"image_url","image_url":{{"url":"data:image/png;base64,{picture}"}}}}]}}],"max_tokens":100,"stream":true}}"#
    )
}

/// A body that came in these pieces says what it says in one, and is edited to the same bytes.
#[track_caller]
fn agrees(path: &str, pieces: &[&[u8]]) {
    let route = model_route(path);
    let whole = pieces.concat();
    let expected = peek_for(&route, &whole);
    let mut outline = match outline(pieces.iter().copied()) {
        Ok(outline) => outline,
        Err(error) => {
            assert_eq!(expected.err(), Some(error));
            return;
        }
    };
    match (outline.peek_for(&route), expected) {
        (Ok(seen), Ok(expected)) => {
            let body = outline.into_body(Bytes::from);
            assert_eq!((body.len(), body.is_empty()), (whole.len(), false));
            let edited = joined(edits(&seen, route.endpoint).apply_to(&body));
            let expected_edited = edits(&expected, route.endpoint).apply(&whole);
            assert!(edited == expected_edited, "the edited bodies differ");
            assert!(joined(body) == whole, "the bodies differ");
            assert_eq!(seen.model, expected.model);
            assert_eq!(seen.stream, expected.stream);
            assert_eq!(seen.choices, expected.choices);
            assert_eq!(seen.max_tool_calls, expected.max_tool_calls);
            assert_eq!(seen.features, expected.features);
            assert_eq!(seen.kept, expected.kept);
        }
        (Err(error), Err(expected)) => assert_eq!(error, expected),
        (seen, expected) => panic!("{seen:?} is not {expected:?}"),
    }
}

fn edits<'a>(of: &'a Peek<'a>, endpoint: Endpoint) -> Edits<'a> {
    let edits = Edits::new(of, endpoint)
        .model("another")
        .member("extra", "[1]");
    let edits = edits.ask_for_usage();
    match CapField::of(endpoint).first() {
        Some(field) => edits.cap_is_read_in(*field).cap(*field, 7),
        None => edits,
    }
}

#[test]
fn a_picture_stays_in_its_pieces() {
    let body = chat(&picture(200_000));
    let pieces: Vec<&[u8]> = body.as_bytes().chunks(50_000).collect();
    let mut outline = outline(pieces.iter().copied()).unwrap();
    let seen = outline.peek_for(&model_route(PATHS[0])).unwrap();
    assert!(seen.features.referenced && seen.stream);
    let sent = outline.into_body(Bytes::from);
    assert_eq!(sent.len(), body.len());
    assert_eq!(sent.gaps().len(), 4);
    assert!(sent.text().len() < 5_000);
    agrees(PATHS[0], &pieces);
}

#[test]
fn what_stands_in_no_string_or_in_one_that_decides_is_read_whole() {
    let run = picture(80_000);
    let spaces = " ".repeat(80_000);
    let zeros = "0".repeat(80_000);
    for body in [
        format!(r#"{{"model":"{run}"}}"#),
        format!(r#"{{"{run}":1,"model":"m"}}"#),
        format!(r#"{{"x":1{zeros},"model":"m"}}"#),
        format!(r#"{{"x":{spaces}1,"model":"m"}}"#),
        format!(r#"{{"model":"m"}}{spaces}"#),
        format!(r#"{{"model":"m"}}{zeros}"#),
        format!(r#"{{"model":"m","prompt":["{run}","a"]}}"#),
        format!(r#"{{"model":"m","previous_response_id":"{run}"}}"#),
        format!(r#"{{"model":"m","x":"{run}","model":"m"}}"#),
        format!(r#"{{"model":"m","tools":[{{"type":"{run}"}}]}}"#),
        format!(r#"{{"model":"m","modalities":["{run}"]}}"#),
        format!(r#"{{"model":"m","x":"{run}"#),
        format!(r#"{{"model":"m","x":"{run}"}} }}"#),
    ] {
        let pieces: Vec<&[u8]> = body.as_bytes().chunks(40_000).collect();
        let mut outline = outline(pieces.iter().copied()).unwrap();
        assert_ne!(outline.gaps.len(), 0);
        let _ = outline.peek_for(&model_route(PATHS[0]));
        assert_eq!(outline.gaps.len(), 0);
        assert!(joined(outline.into_body(Bytes::from)) == body.as_bytes());
        for path in PATHS {
            for size in [40_000, 60_000, 1 << 20] {
                agrees(path, &body.as_bytes().chunks(size).collect::<Vec<_>>());
            }
        }
    }
}

#[test]
fn characters_may_be_cut_anywhere_but_not_left_open() {
    let body = "{\"model\":\"m\",\"x\":\"é\u{20ac}\u{1f600}\"}";
    for size in 1..body.len() {
        agrees(PATHS[0], &body.as_bytes().chunks(size).collect::<Vec<_>>());
    }
    let run = picture(40_000);
    for character in ["é", "\u{20ac}", "\u{1f600}"] {
        for len in 1..character.len() {
            let cut = &character.as_bytes()[..len];
            let quoted = [b"\"", cut, run.as_bytes()].concat();
            let all: [&[&[u8]]; 4] = [&[cut], &[cut, b"a"], &[cut, run.as_bytes()], &[&quoted]];
            for pieces in all {
                let outline = outline(pieces.iter().copied());
                assert_eq!(outline.err(), Some(PeekError::Utf8));
            }
        }
    }
}

#[test]
fn a_gap_makes_no_word_of_what_is_none() {
    for begins in ["bash_", "web_fetch_", "tool_search_tool_", "image_url"] {
        let begin = format!(r#"{{"model":"m","tools":[{{"type":"{begins}"#);
        let run = format!("{}{}", "0".repeat(KEPT - begins.len()), picture(40_000));
        let whole = format!(r#"{begin}{run}"}}]}}"#);
        // A run that begins with the string, within it, and in a piece of its own.
        for cut in [begin.len() - begins.len(), begin.len(), whole.len() - 4] {
            let (first, second) = whole.as_bytes().split_at(cut);
            agrees(PATHS[0], &[first, second]);
        }
    }
}

#[test]
fn space_that_ends_at_a_quote_is_in_no_string() {
    let spaces = " ".repeat(40_000);
    for (first, second) in [
        (r#"{"model":"m","x":"#, r#""a"}"#),
        (r#"{"model":"m","#, r#""x":1}"#),
        (r#"{"model":"m","x":["a","#, r#""b"]}"#),
    ] {
        let second = format!("{spaces}{second}");
        agrees(PATHS[0], &[first.as_bytes(), second.as_bytes()]);
    }
}

/// What a string may hold.
fn content() -> impl Strategy<Value = String> {
    let part = prop_oneof![
        4 => (1_000_usize..90_000).prop_map(picture),
        1 => (6_000_usize..12_000).prop_map(|times| "word, ".repeat(times)),
        1 => (16_000_usize..40_000).prop_map(|times| "a\u{7f}".repeat(times)),
        1 => Just("\u{1}".to_owned()),
        3 => prop::sample::select(vec![
            "audio", "image_url", r"\n", r#"\""#, r"\u00e9", "é", "\u{1f600}", "", "m", ",",
        ]).prop_map(str::to_owned),
    ];
    prop::collection::vec(part, 0..4).prop_map(|parts| parts.concat())
}

fn member() -> impl Strategy<Value = String> {
    let key = prop::sample::select(vec![
        "x",
        "model",
        "prompt",
        "type",
        "max_tokens",
        "stream",
        "modalities",
        "tools",
        "store",
        "previous_response_id",
        "generationConfig",
        "stream_options",
    ]);
    let string = content().prop_map(|text| format!("\"{text}\"")).boxed();
    let value = prop_oneof![
        6 => string.clone(),
        2 => string.clone().prop_map(|text| format!("[{text}, {text}]")),
        2 => string.clone().prop_map(|text| format!(r#"{{"type":{text},"maxOutputTokens":9}}"#)),
        2 => string.clone().prop_map(|text| format!(r#"[{{"type":{text}}}]"#)),
        1 => string.prop_map(|text| format!(r#"[{{"model":"models/m","x":{text}}}]"#)),
        1 => (16_000_usize..40_000).prop_map(|times| format!("[{}1]", "1,".repeat(times))),
        1 => (32_000_usize..80_000).prop_map(|len| format!("{}7", " ".repeat(len))),
        3 => prop::sample::select(vec!["1", "900", "true", "null", "{}"]).prop_map(str::to_owned),
    ]
    .boxed();
    prop_oneof![
        8 => (key, value.clone()).prop_map(|(key, value)| format!("\"{key}\":{value}")),
        1 => (content(), value).prop_map(|(key, value)| format!("\"{key}\":{value}")),
        2 => content().prop_map(|text| {
            format!(r#""requests":[{{"model":"models/m","x":"{text}"}},{{"model":"m"}}]"#)
        }),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn a_body_in_pieces_is_the_same_body(
        members in prop::collection::vec(member(), 0..4),
        has_model in prop::bool::weighted(0.9),
        path in prop::sample::select(PATHS.to_vec()),
        sizes in prop::collection::vec(prop_oneof![1_usize..100, 20_000_usize..90_000], 1..8),
    ) {
        let model = has_model.then(|| r#""model":"m""#.to_owned());
        let members: Vec<_> = members.into_iter().chain(model).collect();
        let body = format!("{{{}}}", members.join(","));
        let (mut pieces, mut rest) = (Vec::new(), body.as_bytes());
        for size in sizes.iter().cycle() {
            let (piece, others) = rest.split_at(rest.len().min(*size));
            pieces.push(piece);
            rest = others;
            if rest.is_empty() {
                break;
            }
        }
        agrees(path, &pieces);
    }

    #[test]
    fn bytes_in_pieces_are_the_text_that_they_are_in_one(
        bytes in prop::collection::vec(prop_oneof![
            any::<u8>(),
            prop::sample::select("é\u{20ac}\u{1f600}a".as_bytes().to_vec()),
        ], 0..12),
        text in "[a-é\u{20ac}\u{1f600}]{0,8}",
        size in 1_usize..6,
    ) {
        for bytes in [&bytes[..], text.as_bytes()] {
            let text = outline(bytes.chunks(size));
            let text = text.map(|outline| joined(outline.into_body(Bytes::from)));
            let expected = std::str::from_utf8(bytes).map(|text| text.as_bytes().to_vec());
            prop_assert_eq!(text.ok(), expected.ok());
        }
    }
}
