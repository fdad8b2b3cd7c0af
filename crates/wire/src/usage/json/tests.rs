use super::*;

/// Writes down what it is told.
#[derive(Default)]
struct Said(Vec<String>, usize);

impl Visitor for Said {
    fn key(&mut self, key: Option<&[u8]>) {
        self.0.push(format!("{}:", shown(key)));
    }
    fn cares(&self) -> bool {
        true
    }
    fn text(&mut self, part: &[u8]) {
        self.1 += part.len();
    }
    fn string(&mut self, value: Option<&[u8]>) {
        self.0
            .push(format!("'{}'{}", shown(value), std::mem::take(&mut self.1)));
    }
    fn number(&mut self, number: Number) {
        self.0.push(format!("{:?}", number.count()));
    }
    fn word(&mut self, word: Option<&[u8]>) {
        self.0.push(shown(word));
    }
    fn open(&mut self, is_object: bool) {
        self.0.push(if is_object { "{" } else { "[" }.to_owned());
    }
    fn close(&mut self) {
        self.0.push("}".to_owned());
    }
}

fn shown(word: Option<&[u8]>) -> String {
    word.map_or("?".to_owned(), |word| word.escape_ascii().to_string())
}

fn said(text: &str) -> String {
    let mut whole = Said::default();
    Json::new().push(text.as_bytes(), &mut whole);
    let (mut json, mut single) = (Json::new(), Said::default());
    for byte in text.bytes() {
        json.push(&[byte], &mut single);
    }
    assert_eq!(single.0, whole.0, "{text}");
    whole.0.join(" ")
}

#[test]
fn keys_scalars_and_depth_are_told_in_order() {
    for (text, expected) in [
        (
            r#"{"a":"bc","d":[1,-2,true,null],"e":{}}"#,
            "{ a: 'bc'2 d: [ Some(1) None true null } e: { } }",
        ),
        (
            " { \"a\" : 12 ,\n\"b\"\t: \"x\" } ",
            "{ a: Some(12) b: 'x'1 }",
        ),
        ("[DONE]", "[ DONE }"),
        (r#"{"a":NaN}"#, "{ a: NaN }"),
        (r#"["not a key"]"#, "[ }"),
        (r#"{"a":1}{"b":2}"#, "{ a: Some(1) } { b: Some(2) }"),
        (r#"{"a":1"#, "{ a:"),
    ] {
        assert_eq!(said(text), expected, "{text}");
    }
}

#[test]
fn escapes_are_decoded_in_words_and_counted_as_they_stand() {
    for (text, expected) in [
        (r#"{"us\u0061ge":"\u0061"}"#, "{ usage: 'a'6 }"),
        (
            r#"{"a":"say \"usage\":{} \\"}"#,
            r#"{ a: 'say \"usage\":{} \\'19 }"#,
        ),
        (r#"{"\u00e9":"\n"}"#, r"{ \x00: '\x00'2 }"),
        (r#"{"\uD83D\uDE00":1}"#, r"{ \x00\x00: Some(1) }"),
        // No JSON, but the string ends at its quote all the same.
        (r#"{"a":"\u12","b":1}"#, r"{ a: '\x00'4 b: Some(1) }"),
    ] {
        assert_eq!(said(text), expected, "{text}");
    }
}

#[test]
fn a_long_string_is_counted_and_not_kept() {
    let long = "x".repeat(LONGEST_WORD + 1);
    assert_eq!(
        said(&format!(r#"{{"{long}":"{long}{long}","a":"b"}}"#)),
        "{ ?: '?'114 a: 'b'1 }"
    );
    let exact = "x".repeat(LONGEST_WORD);
    assert_eq!(
        said(&format!(r#"{{"{exact}":1}}"#)),
        format!("{{ {exact}: Some(1) }}")
    );
}
