//! The tokens of a JSON text, read as strictly as `serde_json` does where it skips a value.
//! What they mean is for [`super::walk`].

use multiversion::multiversion;

use crate::words::{controls, position, quotes_and_backslashes};

/// How many bytes are looked at before it is known whether to go on.
const BLOCK: usize = 128;

/// What follows the white space.
pub(super) fn past_space(mut rest: &[u8]) -> &[u8] {
    while let [b' ' | b'\n' | b'\t' | b'\r', after @ ..] = rest {
        rest = after;
    }
    rest
}

/// What is between the quotes of a string.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Quoted<'a> {
    pub(super) text: &'a [u8],
    /// Whether it is without escapes.
    pub(super) is_plain: bool,
}

/// A string of which the opening quote is gone, and what follows the closing one.
#[inline]
pub(super) fn string(rest: &[u8]) -> Option<(Quoted<'_>, &[u8])> {
    match short(rest) {
        Some(found) => Some(found),
        None => any_string(rest),
    }
}

/// The same, of one that ends soon and is plain, as most do and are.
#[inline]
fn short(rest: &[u8]) -> Option<(Quoted<'_>, &[u8])> {
    let at = position(rest.first_chunk::<16>()?, ends)?;
    let (text, after) = rest.split_at_checked(at)?;
    let (is_plain, after) = (true, after.strip_prefix(b"\"")?);
    Some((Quoted { text, is_plain }, after))
}

fn any_string(rest: &[u8]) -> Option<(Quoted<'_>, &[u8])> {
    let (mut at, mut is_plain) = (0_usize, true);
    loop {
        at = at.checked_add(plain_len(rest.get(at..)?)?)?;
        match rest.get(at..)? {
            [b'"', after @ ..] => {
                let text = rest.get(..at)?;
                return Some((Quoted { text, is_plain }, after));
            }
            [b'\\', escape @ ..] => {
                is_plain = false;
                at = at.checked_add(1)?.checked_add(escape_len(escape)?)?;
            }
            _ => return None,
        }
    }
}

const fn escape_len(escape: &[u8]) -> Option<usize> {
    match escape {
        [b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't', ..] => Some(1),
        [b'u', a, b, c, d, ..]
            if a.is_ascii_hexdigit()
                && b.is_ascii_hexdigit()
                && c.is_ascii_hexdigit()
                && d.is_ascii_hexdigit() =>
        {
            Some(5)
        }
        _ => None,
    }
}

/// How far the text goes without a quote or a backslash; none where neither comes, or a control
/// character comes before. Most strings are shorter than what it takes to set up a search, so
/// their beginning is looked at by eight bytes.
fn plain_len(text: &[u8]) -> Option<usize> {
    let (near, far) = text.split_at_checked(64).unwrap_or((text, &[]));
    if let Some(len) = position(near, ends) {
        return Some(len);
    }
    near.len().checked_add(far_len(far)?)
}

/// The same for a text of any length.
#[multiversion(targets("x86_64+avx2"))]
fn far_len(text: &[u8]) -> Option<usize> {
    let is_end = |byte: &u8| matches!(byte, 0..b' ' | b'"' | b'\\');
    // Without an end in the middle, which many bytes are looked at at once for.
    let has_end = |block: &[u8]| block.iter().fold(false, |has, byte| has | is_end(byte));
    let blocks = text.chunks_exact(BLOCK);
    let at = blocks.take_while(|block| !has_end(block)).count();
    let at = at.checked_mul(BLOCK)?;
    at.checked_add(position(text.get(at..)?, ends)?)
}

/// The kind of byte that ends the plain part of a string.
const fn ends(word: u64) -> u64 {
    quotes_and_backslashes(word) | controls(word)
}

/// What follows a number, `true`, `false` or `null`.
pub(super) fn scalar(rest: &[u8]) -> Option<&[u8]> {
    match rest {
        [b't', ..] => rest.strip_prefix(b"true"),
        [b'f', ..] => rest.strip_prefix(b"false"),
        [b'n', ..] => rest.strip_prefix(b"null"),
        [b'-', digits @ ..] => number(digits),
        _ => number(rest),
    }
}

/// A number without its sign.
fn number(rest: &[u8]) -> Option<&[u8]> {
    let mut rest = match rest {
        [b'0', after @ ..] => after,
        _ => digits(rest)?,
    };
    if let [b'.', fraction @ ..] = rest {
        rest = digits(fraction)?;
    }
    match rest {
        [b'e' | b'E', b'+' | b'-', exponent @ ..] | [b'e' | b'E', exponent @ ..] => {
            digits(exponent)
        }
        _ => Some(rest),
    }
}

/// What follows at least one digit.
fn digits(rest: &[u8]) -> Option<&[u8]> {
    let [b'0'..=b'9', rest @ ..] = rest else {
        return None;
    };
    let len = rest.iter().position(|byte| !byte.is_ascii_digit());
    rest.get(len.unwrap_or(rest.len())..)
}
