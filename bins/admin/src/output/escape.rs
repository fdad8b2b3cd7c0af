//! Texts that cannot steer a terminal: what is invisible is written out.

use std::fmt::Write;

/// The text with its control and formatting characters written out, as in `\u{1b}`.
pub(crate) fn visible(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\n' | '\r' | '\t' => shown.extend(c.escape_default()),
            c if steers(c) => shown.extend(c.escape_unicode()),
            c => shown.push(c),
        }
    }
    shown
}

/// The JSON with such characters as JSON escapes, which mean the same to every reader.
pub(crate) fn json(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for c in text.chars() {
        // Line breaks stand between the parts of a document; inside texts they are escaped already.
        if c == '\n' || !steers(c) {
            shown.push(c);
            continue;
        }
        for unit in c.encode_utf16(&mut [0; 2]) {
            // Writing to a text cannot fail.
            let _ = write!(shown, "\\u{unit:04x}");
        }
    }
    shown
}

/// Control characters, and the marks that reorder or hide text around them.
fn steers(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{feff}'
            | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}'
            | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_cannot_steer_a_terminal() {
        let hostile = "a\u{1b}[2J\n\u{9b}31m\u{202e}b\u{e0041}";
        assert_eq!(
            visible(hostile),
            "a\\u{1b}[2J\\n\\u{9b}31m\\u{202e}b\\u{e0041}"
        );
        assert_eq!(visible("Größe 日本 🙂"), "Größe 日本 🙂");
    }

    #[test]
    fn escaped_json_means_the_same() {
        let value = serde_json::json!({ "note": "a\u{1b}[2J\n\u{9b}\u{202e}b\u{e0041}", "b": [1] });
        let text = json(&serde_json::to_string_pretty(&value).unwrap());
        assert!(text.chars().all(|c| c == '\n' || !steers(c)), "{text}");
        assert_eq!(
            serde_json::from_str::<serde_json::Value>(&text).unwrap(),
            value
        );
    }
}
