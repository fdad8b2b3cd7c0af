//! Members that are put into a body only where it has none of their name.

use std::fmt;

use serde::Deserializer as _;
use serde::de::{IgnoredAny, MapAccess, Visitor};

use crate::peek::{Text, alike};

/// Of these members, those that the body has not, in any case. None of a body that is no JSON object.
pub(super) fn missing(body: &[u8], members: &[(&str, &str)]) -> Vec<String> {
    if members.is_empty() {
        return Vec::new();
    }
    let mut json = serde_json::Deserializer::from_slice(body);
    let Ok(absent) = json.deserialize_map(Absent(members.to_vec())) else {
        return Vec::new();
    };
    absent
        .into_iter()
        .map(|(name, value)| format!("{}:{value}", serde_json::Value::from(name)))
        .collect()
}

/// The members that no key of an object is named like.
struct Absent<'a>(Vec<(&'a str, &'a str)>);

impl<'de, 'a> Visitor<'de> for Absent<'a> {
    type Value = Vec<(&'a str, &'a str)>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let Self(mut absent) = self;
        while let Some(Text(key)) = map.next_key()? {
            absent.retain(|(name, _)| !alike(name, &key));
            map.next_value::<IgnoredAny>()?;
        }
        Ok(absent)
    }
}
