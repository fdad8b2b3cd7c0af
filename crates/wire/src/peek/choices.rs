//! How many answers a request asks for. Each may be as long as the cap says.

use std::fmt;

use serde::de::{Deserialize, Deserializer, SeqAccess, Visitor};
use serde_json::value::RawValue;

use super::PeekError;
use super::members::{Deciding, Members};

/// The number of answers, at least 1.
pub(super) fn of(members: &Members<'_>) -> Result<u64, PeekError> {
    let count = |key| members.count(key).map(|count| count.unwrap_or(1));
    let choices = count(Deciding::N)?.max(count(Deciding::BestOf)?).max(1);
    let prompts = members.get(Deciding::Prompt).map_or(1, prompts);
    Ok(choices.saturating_mul(prompts))
}

/// How many prompts a value is: an array holds several texts, several arrays of token ids, or the
/// token ids of a single one.
fn prompts(raw: &str) -> u64 {
    if !raw.starts_with('[') {
        return 1;
    }
    let mut json = serde_json::Deserializer::from_str(raw);
    json.deserialize_seq(Prompts).unwrap_or(1).max(1)
}

struct Prompts;

impl<'de> Visitor<'de> for Prompts {
    type Value = u64;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an array")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<u64, A::Error> {
        let mut prompts = 0_u64;
        while let Some(item) = items.next_element::<Item>()? {
            if item == Item::Prompt {
                prompts = prompts.saturating_add(1);
            }
        }
        Ok(prompts)
    }
}

/// A member of the array.
#[derive(PartialEq, Eq)]
enum Item {
    Prompt,
    TokenId,
}

impl<'de> Deserialize<'de> for Item {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let raw = <&RawValue>::deserialize(deserializer)?;
        let is_number = raw
            .get()
            .starts_with(|c: char| c == '-' || c.is_ascii_digit());
        Ok(if is_number {
            Self::TokenId
        } else {
            Self::Prompt
        })
    }
}
