//! Header fields as bytes: what a name and a value may consist of, and which names are guarded.

use super::bytes::{TOKEN, UNDERSCORE, kind};
use crate::rejected::Reason;

/// Names that decide where a message ends, where it goes, or who sent it, as far as they have a
/// dash. Servers that map names to variables take `Content_Length` for `Content-Length`.
const WITH_TWINS: [&str; 9] = [
    "api-key",
    "content-length",
    "keep-alive",
    "proxy-authorization",
    "proxy-connection",
    "transfer-encoding",
    "x-api-key",
    "x-forwarded-for",
    "x-goog-api-key",
];

/// One header line, split at its colon. The value has no spaces around it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Field<'a> {
    pub(super) name: &'a [u8],
    pub(super) value: &'a [u8],
}

impl<'a> Field<'a> {
    /// Reads a line without its end and without control characters.
    pub(super) fn read(line: &'a [u8]) -> Result<Self, Reason> {
        let mut seen = 0;
        let end = line.iter().position(|byte| {
            let kind = kind(*byte);
            seen |= kind;
            kind & TOKEN == 0
        });
        let (name, rest) = line.split_at(end.unwrap_or(line.len()));
        let Some((b':', value)) = rest.split_first() else {
            return Err(unfinished_name(name, rest));
        };
        if name.is_empty() {
            return Err(Reason::Malformed("a header has no name"));
        }
        if seen & UNDERSCORE != 0 && is_twin(name) {
            return Err(Reason::Malformed(
                "a header that decides on framing or rights is written with an underscore",
            ));
        }
        Ok(Self {
            name,
            value: trim(value),
        })
    }

    pub(super) fn is(&self, name: &str) -> bool {
        self.name.eq_ignore_ascii_case(name.as_bytes())
    }
}

/// Whether the name is one that another server may take for a guarded one.
pub(super) fn is_twin(name: &[u8]) -> bool {
    let same = |(one, other): (&u8, u8)| match one {
        b'_' => other == b'-',
        _ => one.to_ascii_lowercase() == other,
    };
    WITH_TWINS
        .iter()
        .filter(|guarded| guarded.len() == name.len())
        .any(|guarded| name.iter().zip(guarded.bytes()).all(same))
}

fn unfinished_name(name: &[u8], rest: &[u8]) -> Reason {
    Reason::Malformed(match rest.first() {
        Some(b' ' | b'\t') if name.is_empty() => "a header goes on in the next line",
        Some(b' ' | b'\t') => "there is a space before the colon of a header",
        None => "a header has no colon",
        Some(_) => "the name of a header has a character that is not allowed",
    })
}

/// Without the spaces around it. Tabs stay, and are refused where the value counts.
fn trim(value: &[u8]) -> &[u8] {
    let mut value = value;
    while let [b' ', rest @ ..] | [rest @ .., b' '] = value {
        value = rest;
    }
    value
}
