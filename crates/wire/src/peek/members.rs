//! The members of the top-level object that policy reads, found in one pass.

use std::borrow::Cow;
use std::fmt;

use serde::de::{Deserialize, Deserializer, Error, IgnoredAny, MapAccess, Visitor};
use serde_json::value::RawValue;

use super::PeekError;

/// A key that decides what a request may cost. Each may be there once, spelt exactly so.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Deciding {
    Model,
    Stream,
    StreamOptions,
    MaxTokens,
    MaxCompletionTokens,
    MaxOutputTokens,
    MaxToolCalls,
    N,
    BestOf,
    /// An array of several prompts is answered by as many choices.
    Prompt,
    /// Gemini's, which may be written in snake case as well.
    GenerationConfig,
    /// Whether the answer is to be made after the call has ended.
    Background,
    /// The response that this one goes on from, which an upstream keeps.
    PreviousResponse,
    /// Whether an upstream keeps the answer.
    Store,
    /// How quickly it is to be answered, at another price.
    ServiceTier,
    Speed,
    /// Where it is to be answered, at another price.
    InferenceGeo,
    /// Models that may answer in place of the one that is named.
    Models,
    Fallbacks,
    /// Whether the provider runs several agents for one answer.
    MultiAgent,
    /// How the model reasons, and whether it runs several times for one answer.
    Reasoning,
    /// How much an Anthropic model may think, which a cap has to leave room for.
    Thinking,
}

impl Deciding {
    /// How many there are.
    const COUNT: usize = Self::Thinking as usize + 1;

    /// All ways to write them. No two differ only in their case.
    const NAMES: [(&'static str, Self); 24] = [
        ("model", Self::Model),
        ("stream", Self::Stream),
        ("stream_options", Self::StreamOptions),
        ("max_tokens", Self::MaxTokens),
        ("max_completion_tokens", Self::MaxCompletionTokens),
        ("max_output_tokens", Self::MaxOutputTokens),
        ("max_tool_calls", Self::MaxToolCalls),
        ("n", Self::N),
        ("best_of", Self::BestOf),
        ("prompt", Self::Prompt),
        ("generationConfig", Self::GenerationConfig),
        ("generation_config", Self::GenerationConfig),
        ("background", Self::Background),
        ("previous_response_id", Self::PreviousResponse),
        ("store", Self::Store),
        ("service_tier", Self::ServiceTier),
        ("serviceTier", Self::ServiceTier),
        ("speed", Self::Speed),
        ("inference_geo", Self::InferenceGeo),
        ("models", Self::Models),
        ("fallbacks", Self::Fallbacks),
        ("multi_agent", Self::MultiAgent),
        ("reasoning", Self::Reasoning),
        ("thinking", Self::Thinking),
    ];

    /// Whether a member of this name decides something that operators cannot put in. They may have
    /// nothing kept, whatever clients ask for, choose what they pay for, and how models think.
    pub(super) fn has(name: &str) -> bool {
        let free = |key: Self| {
            matches!(
                key,
                Self::Store
                    | Self::ServiceTier
                    | Self::Speed
                    | Self::InferenceGeo
                    | Self::Reasoning
                    | Self::Thinking
            )
        };
        let mut others = Self::NAMES.iter().filter(|(_, key)| !free(*key));
        others.any(|(known, _)| alike(known, name))
    }

    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Model => "model",
            Self::Stream => "stream",
            Self::StreamOptions => "stream_options",
            Self::MaxTokens => "max_tokens",
            Self::MaxCompletionTokens => "max_completion_tokens",
            Self::MaxOutputTokens => "max_output_tokens",
            Self::MaxToolCalls => "max_tool_calls",
            Self::N => "n",
            Self::BestOf => "best_of",
            Self::Prompt => "prompt",
            Self::GenerationConfig => "generationConfig",
            Self::Background => "background",
            Self::PreviousResponse => "previous_response_id",
            Self::Store => "store",
            Self::ServiceTier => "service_tier",
            Self::Speed => "speed",
            Self::InferenceGeo => "inference_geo",
            Self::Models => "models",
            Self::Fallbacks => "fallbacks",
            Self::MultiAgent => "multi_agent",
            Self::Reasoning => "reasoning",
            Self::Thinking => "thinking",
        }
    }
}

/// What the top-level object holds.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Members<'a> {
    values: [Option<&'a str>; Deciding::COUNT],
    /// The first fault in the keys. Reading goes on, so that invalid JSON is found first.
    pub(super) problem: Option<PeekError>,
}

impl<'a> Members<'a> {
    /// The JSON text of a value.
    pub(super) fn get(&self, key: Deciding) -> Option<&'a str> {
        self.values.get(key as usize).copied().flatten()
    }

    /// The value as a count; none where it is null or not there.
    pub(super) fn count(&self, key: Deciding) -> Result<Option<u64>, PeekError> {
        match self.get(key) {
            None | Some("null") => Ok(None),
            Some(raw) => {
                let count = raw.parse().map_err(|_| PeekError::NotCount(key.name()))?;
                Ok(Some(count))
            }
        }
    }

    /// Which of the deciding keys this is. One that differs in its case is a problem.
    pub(super) fn key(&mut self, key: &str) -> Option<Deciding> {
        let is_ascii = key.is_ascii();
        let is_alike = |(name, _): &&(&str, Deciding)| {
            if is_ascii {
                name.len() == key.len() && name.eq_ignore_ascii_case(key)
            } else {
                alike(name, key)
            }
        };
        let (name, known) = Deciding::NAMES.iter().find(is_alike)?;
        if *name == key {
            return Some(*known);
        }
        self.note(PeekError::Lookalike(name));
        None
    }

    /// Notes the JSON text of a value. A second one for the same key is a problem.
    pub(super) fn set(&mut self, key: Deciding, value: &'a str) {
        let slot = self.values.get_mut(key as usize);
        if slot.is_some_and(|slot| slot.replace(value).is_some()) {
            self.note(PeekError::Duplicate(key.name()));
        }
    }

    fn note(&mut self, problem: PeekError) {
        self.problem.get_or_insert(problem);
    }
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
            if let Some(known) = members.key(&key) {
                let value: &RawValue = map.next_value()?;
                members.set(known, value.get());
            } else {
                map.next_value::<IgnoredAny>()?;
            }
        }
        Ok(members)
    }
}

/// The text of a JSON string; none for any other value.
pub(super) fn string(raw: &str) -> Option<Cow<'_, str>> {
    serde_json::from_str(raw).ok().map(|Text(text)| text)
}

/// Whether a reader that ignores case, as Go's does, takes the key for the name.
pub(crate) fn alike(name: &str, key: &str) -> bool {
    key.chars().map(plain).eq(name.chars().map(plain))
}

/// A letter without its case. For readers that ignore it, the letters k and s have a third form
/// beyond ASCII.
pub(super) const fn plain(c: char) -> char {
    match c {
        '\u{212a}' => 'k',
        '\u{17f}' => 's',
        c => c.to_ascii_lowercase(),
    }
}

/// A string, borrowed where it holds no escapes.
pub(crate) struct Text<'a>(pub(crate) Cow<'a, str>);

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
