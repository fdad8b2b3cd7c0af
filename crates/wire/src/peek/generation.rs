//! Gemini's `generationConfig`: the cap on the output and the number of answers, which stand in an
//! object of their own. Each name may be written in camel case or in snake case.

use std::fmt;
use std::ops::Range;

use serde::Deserializer as _;
use serde::de::{IgnoredAny, MapAccess, Visitor};
use serde_json::value::RawValue;

use super::caps::Cap;
use super::members::{Text, alike};
use super::{PeekError, span};

const OBJECT: &str = "generationConfig";
const CAP: [&str; 2] = ["maxOutputTokens", "max_output_tokens"];
const CHOICES: [&str; 2] = ["candidateCount", "candidate_count"];

/// Where an object stands in a body, in bytes, so that a member can be put into it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum ObjectPlace {
    /// It is not there.
    #[default]
    Absent,
    /// It is null, and stands there.
    Null(Range<usize>),
    /// It is there.
    Object {
        /// Right after the brace that opens it.
        inside: usize,
        /// Whether it has no members at all.
        is_empty: bool,
    },
}

/// What a `generationConfig` says.
#[derive(Debug, Default)]
pub(super) struct Generation {
    pub(super) place: ObjectPlace,
    pub(super) cap: Option<Cap>,
    /// At least 1.
    pub(super) choices: u64,
}

impl Generation {
    /// Reads the value of the member, a part of the text.
    pub(super) fn read(text: &str, object: Option<&str>) -> Result<Self, PeekError> {
        let Some(object) = object else {
            return Ok(Self::empty(ObjectPlace::Absent));
        };
        let place = span(text, object).ok_or(PeekError::NotAnObject(OBJECT))?;
        if object == "null" {
            return Ok(Self::empty(ObjectPlace::Null(place)));
        }
        let mut json = serde_json::Deserializer::from_str(object);
        let members = json.deserialize_map(Config);
        let members = members.map_err(|_| PeekError::NotAnObject(OBJECT))?;
        if let Some(problem) = members.problem {
            return Err(problem);
        }
        let [cap, choices] = members.values;
        let count = |raw: &str, name| match raw {
            "null" => Ok(None),
            raw => raw.parse().map(Some).map_err(|_| PeekError::NotCount(name)),
        };
        let cap = match cap {
            None => None,
            Some(raw) => Some(Cap {
                value: count(raw, CAP[0])?.filter(|tokens| *tokens > 0),
                span: span(text, raw).ok_or(PeekError::NotCount(CAP[0]))?,
            }),
        };
        let choices = choices.map_or(Ok(None), |raw| count(raw, CHOICES[0]))?;
        Ok(Self {
            cap,
            choices: choices.unwrap_or(1).max(1),
            place: ObjectPlace::Object {
                inside: place.start.saturating_add(1),
                is_empty: members.is_empty,
            },
        })
    }

    const fn empty(place: ObjectPlace) -> Self {
        let (cap, choices) = (None, 1);
        Self {
            place,
            cap,
            choices,
        }
    }
}

struct Members<'a> {
    /// The cap, and the number of answers.
    values: [Option<&'a str>; 2],
    problem: Option<PeekError>,
    is_empty: bool,
}

struct Config;

impl<'de> Visitor<'de> for Config {
    type Value = Members<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Members<'de>, A::Error> {
        let mut members = Members {
            values: [None; 2],
            problem: None,
            is_empty: true,
        };
        while let Some(Text(key)) = map.next_key()? {
            members.is_empty = false;
            let mut known = [CAP, CHOICES].into_iter().zip(&mut members.values);
            let meant = known.find(|(names, _)| names.iter().any(|name| alike(name, &key)));
            let Some(([name, other], slot)) = meant else {
                map.next_value::<IgnoredAny>()?;
                continue;
            };
            let value: &RawValue = map.next_value()?;
            let is_first = slot.replace(value.get()).is_none();
            if key != name && key != other {
                members.problem.get_or_insert(PeekError::Lookalike(name));
            } else if !is_first {
                members.problem.get_or_insert(PeekError::Duplicate(name));
            }
        }
        Ok(members)
    }
}
