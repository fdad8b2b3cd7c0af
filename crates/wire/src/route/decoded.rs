//! What percent-encoding hides in a path.

use std::borrow::Cow;
use std::fmt::Write as _;

/// Whether a path means the same to every reader, however often one decodes it: no dot segments
/// (with `;parameters` or not), backslashes, control characters, or two slashes at its start.
pub(super) fn harmless(path: &str) -> bool {
    let bare = fully_decoded(path);
    let slashes = bare.starts_with(b"//");
    let odd = |byte: &u8| byte.is_ascii_control() || matches!(byte, b'\\' | b'?' | b'#');
    let visible = !path.bytes().any(|byte| odd(&byte) || byte == b' ');
    let hidden = bare
        .iter()
        .any(|byte| byte.is_ascii_control() || *byte == b'\\');
    !slashes && visible && !hidden && !bare.split(|byte| *byte == b'/').any(dots)
}

/// A path decoded once; none where an escape is torn or the result is not UTF-8.
pub(super) fn text(path: &str) -> Option<Cow<'_, str>> {
    if !path.contains('%') {
        return Some(Cow::Borrowed(path));
    }
    let mut bytes = Vec::with_capacity(path.len());
    let mut rest = path.as_bytes();
    while let Some((first, others)) = rest.split_first() {
        (bytes, rest) = match (first, others) {
            (b'%', [high, low, others @ ..]) => (with(bytes, byte(*high, *low)?), others),
            (b'%', _) => return None,
            (plain, others) => (with(bytes, *plain), others),
        };
    }
    String::from_utf8(bytes).ok().map(Cow::Owned)
}

/// A text as it stands in a path or in the value of a query, slashes included: ids of models have
/// them, and upstreams that know such ids take them so.
pub(super) fn encoded(text: &str) -> String {
    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        let plain = byte.is_ascii_alphanumeric() || b"-._~:@/".contains(&byte);
        if plain {
            encoded.push(char::from(byte));
        } else {
            // Writing a text into memory has no way to fail.
            let _ = write!(encoded, "%{byte:02X}");
        }
    }
    encoded
}

fn with(mut bytes: Vec<u8>, byte: u8) -> Vec<u8> {
    bytes.push(byte);
    bytes
}

/// Decodes until nothing is left to decode, in one pass: each byte that completes an escape is
/// replaced at once, and what it becomes may complete the next.
fn fully_decoded(path: &str) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(path.len());
    for next in path.bytes() {
        bytes.push(next);
        while let [.., b'%', high, low] = bytes.as_slice() {
            let Some(decoded) = byte(*high, *low) else {
                break;
            };
            bytes.truncate(bytes.len().saturating_sub(3));
            bytes.push(decoded);
        }
    }
    bytes
}

fn byte(high: u8, low: u8) -> Option<u8> {
    let digit = |byte: u8| char::from(byte).to_digit(16);
    u8::try_from(digit(high)? * 16 + digit(low)?).ok()
}

/// Some servers cut `;parameters` off a segment before they resolve it.
fn dots(segment: &[u8]) -> bool {
    let name = segment.split(|byte| *byte == b';').next();
    matches!(name, Some(b"." | b".."))
}
