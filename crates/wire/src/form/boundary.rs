//! The boundary that a content type names.

/// The longest boundary (RFC 2046, section 5.1.1).
const LONGEST: usize = 70;

/// The boundary of `multipart/form-data`; none where it is missing, there twice, or could be read
/// in two ways.
pub(super) fn of(content_type: &[u8]) -> Option<Vec<u8>> {
    let text = str::from_utf8(content_type).ok()?;
    let (kind, mut rest) = text.split_once(';')?;
    if !kind.trim().eq_ignore_ascii_case("multipart/form-data") {
        return None;
    }
    let mut found = None;
    loop {
        let (name, value, after) = parameter(rest)?;
        if name.eq_ignore_ascii_case("boundary") {
            if found.is_some() {
                return None;
            }
            found = Some(value);
        } else if name.to_ascii_lowercase().starts_with("boundary*") {
            return None;
        }
        match after {
            Some(after) if !after.trim().is_empty() => rest = after,
            _ => break,
        }
    }
    let boundary = found?;
    let fits = (1..=LONGEST).contains(&boundary.len()) && !boundary.ends_with(' ');
    (fits && boundary.bytes().all(is_boundary)).then(|| boundary.as_bytes().to_vec())
}

/// A parameter's name and value, and what follows its semicolon.
fn parameter(text: &str) -> Option<(&str, &str, Option<&str>)> {
    let (name, value) = text.trim_start().split_once('=')?;
    let (value, rest) = match value.strip_prefix('"') {
        Some(quoted) => quoted.split_once('"')?,
        None => {
            let end = value.find(';').unwrap_or(value.len());
            let (value, rest) = value.split_at_checked(end)?;
            (value.trim_end(), rest)
        }
    };
    let rest = rest.trim_start();
    match rest.strip_prefix(';') {
        Some(after) => Some((name, value, Some(after))),
        None => rest.is_empty().then_some((name, value, None)),
    }
}

/// `bchars` of RFC 2046.
const fn is_boundary(byte: u8) -> bool {
    byte.is_ascii_alphanumeric()
        || matches!(
            byte,
            b'\''
                | b'('
                | b')'
                | b'+'
                | b'_'
                | b','
                | b'-'
                | b'.'
                | b'/'
                | b':'
                | b'='
                | b'?'
                | b' '
        )
}
