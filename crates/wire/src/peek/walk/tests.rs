use proptest::prelude::*;

use super::super::read;
use super::*;

/// Every token, and much that is none.
const PARTS: [&str; 44] = [
    "{",
    "}",
    "[",
    "]",
    ":",
    ",",
    "\"",
    " ",
    "\n",
    "\t",
    "\r",
    "\u{c}",
    "\u{a0}",
    "\\",
    "\"a\"",
    "\"model\"",
    "\"m\\u006fdel\":1",
    "\"n\":1",
    "\"N\":[]",
    "\"x\":{}",
    "\"x\":[",
    "\"\\ud800\"",
    "\"\\x\"",
    "\"\\u12\"",
    "\"\n\"",
    "\"\u{7f}é\u{1f600}\"",
    "0",
    "1",
    "-",
    "-1",
    "01",
    "1.5",
    ".",
    "1.",
    "e",
    "1e5",
    "1E+",
    "2e-07",
    "true",
    "false",
    "null",
    "nul",
    "NaN",
    "\u{1}",
];

#[track_caller]
fn agrees(text: &str) {
    match (walk(text, &[]), read(text)) {
        (Some((members, _)), Ok(expected)) => assert_eq!(members, expected, "{text:?}"),
        (None, Err(_)) => {}
        (seen, expected) => panic!("{text:?}: {} but {:?}", seen.is_some(), expected.err()),
    }
}

#[test]
fn what_is_json_is_what_another_reader_takes_for_it() {
    for inner in PARTS {
        for text in [
            format!(r#"{{"x":{inner}}}"#),
            format!(r#"{{"x":[{inner}]}}"#),
            format!(r#"{{"x":[1,{inner},2]}}"#),
            format!("{{{inner}}}"),
            format!(r#"{{"y":0,{inner}}}"#),
            format!(r#"{inner}{{"x":0}}{inner}"#),
        ] {
            agrees(&text);
        }
    }
}

#[test]
fn a_string_ends_and_is_checked_at_any_length() {
    for length in 0..340 {
        let text = "a".repeat(length);
        for end in [
            "", "\\n", "\\\"", "\\q", "\n", "\u{1f}", "\u{7f}", "é", "\\u00e", "\\u00e9",
        ] {
            agrees(&format!(
                r#"{{"x":"{text}{end}","{text}{end}b":"{end}{text}"}}"#
            ));
            agrees(&format!(r#"{{"x":"{text}{end}"#));
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4096))]

    #[test]
    fn any_tokens_are_json_where_another_reader_takes_them_for_it(
        parts in prop::collection::vec(prop::sample::select(PARTS.to_vec()), 0..12),
    ) {
        agrees(&parts.concat());
        agrees(&format!("{{\"x\":{}}}", parts.concat()));
    }
}
