//! One member of a small object, read so that no reader can see another value in it.

use std::fmt;

use serde::Deserializer as _;
use serde::de::{IgnoredAny, MapAccess, Visitor};
use serde_json::value::RawValue;

use super::PeekError;
use super::members::{Text, alike};

/// What an object says of one key.
pub(super) struct Flag<'a> {
    /// The value, as it stands in the text.
    pub(super) value: Option<&'a str>,
    /// Why others may read another value.
    pub(super) problem: Option<PeekError>,
    /// Whether the object has no members at all.
    pub(super) is_empty: bool,
}

impl<'a> Flag<'a> {
    /// What an object says of a key; `None` where the text is no object.
    pub(super) fn read(object: &'a str, key: &'static str) -> Option<Self> {
        let mut json = serde_json::Deserializer::from_str(object);
        json.deserialize_map(Member(key)).ok()
    }
}

struct Member(&'static str);

impl<'de> Visitor<'de> for Member {
    type Value = Flag<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Flag<'de>, A::Error> {
        let mut flag = Flag {
            value: None,
            problem: None,
            is_empty: true,
        };
        while let Some(Text(key)) = map.next_key()? {
            flag.is_empty = false;
            if key == self.0 {
                let value: &RawValue = map.next_value()?;
                if flag.value.replace(value.get()).is_some() {
                    flag.problem.get_or_insert(PeekError::Duplicate(self.0));
                }
                continue;
            }
            if alike(self.0, &key) {
                flag.problem.get_or_insert(PeekError::Lookalike(self.0));
            }
            map.next_value::<IgnoredAny>()?;
        }
        Ok(flag)
    }
}
