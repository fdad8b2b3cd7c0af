//! The members of the top-level object that policy reads, found in one pass.

use std::borrow::Cow;
use std::fmt;

use serde::de::{Deserialize, Deserializer, Error, IgnoredAny, MapAccess, Visitor};
use serde_json::value::RawValue;

use super::PeekError;

/// The keys that decide what a request may cost. Each may be there once, spelt exactly so.
const DECIDING: [&str; 7] = [
    "model",
    "stream",
    "stream_options",
    "max_tokens",
    "max_completion_tokens",
    "max_output_tokens",
    "n",
];

/// What the top-level object holds.
#[derive(Default)]
pub(super) struct Members<'a> {
    pub(super) model: Option<&'a RawValue>,
    pub(super) stream: Option<&'a RawValue>,
    /// The first fault in the keys. Reading goes on, so that invalid JSON is found first.
    pub(super) problem: Option<PeekError>,
    seen: [bool; DECIDING.len()],
}

/// Reads [`Members`] from an object, and nothing else.
pub(super) struct TopLevel;

impl<'de> Visitor<'de> for TopLevel {
    type Value = Members<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Members<'de>, A::Error> {
        let mut members = Members::default();
        while let Some(Text(key)) = map.next_key()? {
            members.note(&key);
            match key.as_ref() {
                "model" => members.model = Some(map.next_value()?),
                "stream" => members.stream = Some(map.next_value()?),
                _ => {
                    map.next_value::<IgnoredAny>()?;
                }
            }
        }
        Ok(members)
    }
}

impl Members<'_> {
    fn note(&mut self, key: &str) {
        let deciding = DECIDING.iter().zip(&mut self.seen);
        let Some((name, seen)) = deciding.into_iter().find(|(name, _)| alike(name, key)) else {
            return;
        };
        let problem = match (*name == key, std::mem::replace(seen, true)) {
            (false, _) => PeekError::Lookalike(name),
            (true, true) => PeekError::Duplicate(name),
            (true, false) => return,
        };
        self.problem.get_or_insert(problem);
    }
}

/// The text of a JSON string; none for any other value.
pub(super) fn string(raw: &str) -> Option<Cow<'_, str>> {
    serde_json::from_str(raw).ok().map(|Text(text)| text)
}

/// Whether a reader that ignores case, as Go's does, takes the key for the name. For such readers
/// the letters k and s have a third form beyond ASCII.
fn alike(name: &str, key: &str) -> bool {
    let plain = |c: char| match c {
        '\u{212a}' => 'k',
        '\u{17f}' => 's',
        c => c.to_ascii_lowercase(),
    };
    key.chars().map(plain).eq(name.chars())
}

/// A string, borrowed where it holds no escapes.
struct Text<'a>(Cow<'a, str>);

impl<'de: 'a, 'a> Deserialize<'de> for Text<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_str(TextVisitor).map(Self)
    }
}

struct TextVisitor;

impl<'de> Visitor<'de> for TextVisitor {
    type Value = Cow<'de, str>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a string")
    }

    fn visit_borrowed_str<E: Error>(self, text: &'de str) -> Result<Self::Value, E> {
        Ok(Cow::Borrowed(text))
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Self::Value, E> {
        Ok(Cow::Owned(text.to_owned()))
    }
}
