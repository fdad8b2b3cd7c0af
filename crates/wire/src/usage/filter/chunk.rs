//! One event of a stream: whether it is there for its usage alone, and where else its usage stands.

use std::fmt;
use std::ops::Range;

use serde::Deserializer as _;
use serde::de::{IgnoredAny, MapAccess, Visitor};
use serde_json::value::RawValue;

use super::data::Data;
use crate::peek::Text;

/// The member `usage` with the comma before it, in an event with one line of data that has it once,
/// as null, at the end or before nothing but plain strings: the form that nearly all events have.
///
/// In JSON, a quote after a comma begins a string or ends one; had it ended one, no letter could
/// follow. So the member is what it looks like. What follows it closes one brace, and is the end:
/// so it is a member of the outermost object.
pub(super) fn last_null(event: &[u8], sign: usize, lines: u32) -> Option<Range<usize>> {
    const MEMBER: &[u8] = b",\"usage\":null";
    let start = sign.checked_sub(1)?;
    let mut rest = event.get(start..)?.strip_prefix(MEMBER)?;
    if lines != 1 || !event.starts_with(b"data:") {
        return None;
    }
    while let Some(member) = rest.strip_prefix(b",") {
        let value = after_plain(member)?.strip_prefix(b":")?;
        rest = after_plain(value)?;
    }
    let end = rest.strip_prefix(b"}")?;
    let is_end = end.trim_ascii().is_empty();
    is_end.then(|| start..start.saturating_add(MEMBER.len()))
}

/// What follows a string without escapes that has nothing of interest in it.
fn after_plain(text: &[u8]) -> Option<&[u8]> {
    let inner = text.strip_prefix(b"\"")?;
    let len = inner
        .iter()
        .position(|byte| matches!(byte, b'"' | b'\\' | b'\r' | b'\n'))?;
    let (string, rest) = inner.split_at_checked(len)?;
    if string == b"usage" {
        return None;
    }
    rest.strip_prefix(b"\"")
}

/// What to cut out of an event, in order; none where it is to be dropped whole.
pub(super) fn cuts(event: &[u8]) -> Option<Vec<Range<usize>>> {
    let Some(data) = Data::of(event) else {
        return Some(Vec::new());
    };
    // What is not JSON in UTF-8 is for the client to see.
    let text = str::from_utf8(&data.text).unwrap_or_default();
    let mut json = serde_json::Deserializer::from_str(text);
    let chunk = json.deserialize_map(Reader(text));
    let Ok(chunk) = chunk.and_then(|chunk| json.end().map(|()| chunk)) else {
        return Some(Vec::new());
    };
    if chunk.tells_usage && chunk.is_bare {
        return None;
    }
    let places = chunk.usages.iter().map(|part| data.place(part));
    Some(places.collect())
}

/// The outermost object of an event.
struct Chunk {
    /// The members `usage`, each with its comma.
    usages: Vec<Range<usize>>,
    /// There is a usage that is not null.
    tells_usage: bool,
    /// There is no choice that says anything, and no error.
    is_bare: bool,
}

struct Reader<'a>(&'a str);

impl<'de> Visitor<'de> for Reader<'de> {
    type Value = Chunk;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Chunk, A::Error> {
        let mut chunk = Chunk {
            usages: Vec::new(),
            tells_usage: false,
            is_bare: true,
        };
        let mut is_after_member = false;
        while let Some(Text(key)) = map.next_key()? {
            match key.as_ref() {
                "usage" => {
                    let value: &RawValue = map.next_value()?;
                    chunk.tells_usage |= value.get() != "null";
                    chunk
                        .usages
                        .extend(member(self.0, value.get(), is_after_member));
                    continue;
                }
                "choices" => {
                    let choices: &RawValue = map.next_value()?;
                    chunk.is_bare &= says_nothing(choices.get());
                }
                "error" => {
                    let error: &RawValue = map.next_value()?;
                    chunk.is_bare &= error.get() == "null";
                }
                _ => {
                    map.next_value::<IgnoredAny>()?;
                }
            }
            is_after_member = true;
        }
        Ok(chunk)
    }
}

/// Where a member with that value stands, with the comma before it if one stays before it, or else
/// the one after it. None where its key is written with escapes.
fn member(text: &str, value: &str, is_after_member: bool) -> Option<Range<usize>> {
    let span = crate::peek::span(text, value)?;
    let before = text.get(..span.start)?.trim_ascii_end().strip_suffix(':')?;
    let before = before.trim_ascii_end().strip_suffix("\"usage\"")?;
    if is_after_member {
        let before = before.trim_ascii_end().strip_suffix(',')?;
        return Some(before.len()..span.end);
    }
    let after = text.get(span.end..)?.trim_ascii_start();
    let end = after.strip_prefix(',').map_or(span.end, |after| {
        text.len().saturating_sub(after.trim_ascii_start().len())
    });
    Some(before.len()..end)
}

/// Whether no choice has a delta or a reason to finish.
fn says_nothing(choices: &str) -> bool {
    match serde_json::from_str::<Option<Vec<serde_json::Map<_, _>>>>(choices) {
        Ok(choices) => choices
            .into_iter()
            .flatten()
            .all(|choice| is_blank(&choice)),
        Err(_) => false,
    }
}

fn is_blank(choice: &serde_json::Map<String, serde_json::Value>) -> bool {
    choice.iter().all(|(key, value)| match key.as_str() {
        "index" => true,
        "delta" => {
            let delta = value.as_object();
            value.is_null() || delta.is_some_and(|delta| delta.values().all(|one| one.is_null()))
        }
        _ => value.is_null(),
    })
}
