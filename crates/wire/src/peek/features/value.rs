//! What a value is, by its beginning. Of a string, as much of it is always in the text that is read.

/// How far the name of a scheme goes at most, escaped or not, in bytes.
const SCHEME: usize = 64;

/// Whether an array begins with nothing in it.
pub(super) fn is_empty(value: &[u8]) -> bool {
    let inner = value.strip_prefix(b"[").map(<[u8]>::trim_ascii_start);
    inner.is_some_and(|inner| inner.first() == Some(&b']'))
}

/// Whether it says that something is no sound: a kind of media, or data that begins with it.
pub(super) fn is_silent(value: &[u8]) -> bool {
    let text = value.strip_prefix(b"\"").unwrap_or_default();
    let data = text.get(5..).filter(|_| begins(text, b"data:"));
    let kind = data.unwrap_or(text);
    let silent: [&[u8]; 3] = [b"image/", b"text/", b"application/pdf"];
    silent.iter().any(|prefix| begins(kind, prefix))
}

/// Whether a string is the address of something, and no data: in base64 there is no colon.
pub(super) fn is_address(value: &[u8]) -> bool {
    let Some(text) = value.strip_prefix(b"\"") else {
        return false;
    };
    let near = text.get(..SCHEME).unwrap_or(text);
    let text_only = near.split(|byte| *byte == b'"').next().unwrap_or_default();
    let has_colon = text_only.contains(&b':')
        || text_only
            .windows(6)
            .any(|escape| begins(escape, b"\\u003a"));
    has_colon && !begins(text, b"data:")
}

fn begins(text: &[u8], prefix: &[u8]) -> bool {
    let start = text.get(..prefix.len());
    start.is_some_and(|start| start.eq_ignore_ascii_case(prefix))
}
