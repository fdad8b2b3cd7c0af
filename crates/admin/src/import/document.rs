//! JSON objects with every key that is written, also one that is there twice, and with every number
//! as it is written.

use std::collections::BTreeMap;
use std::fmt;

use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;

/// The members of an object, in order.
pub(super) struct Object<'a>(pub(super) Vec<(String, &'a RawValue)>);

impl<'de> Deserialize<'de> for Object<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(Members)
    }
}

struct Members;

impl<'de> Visitor<'de> for Members {
    type Value = Object<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut members = Vec::new();
        while let Some(member) = map.next_entry()? {
            members.push(member);
        }
        Ok(Object(members))
    }
}

impl<'a> Object<'a> {
    /// The members by key, and a key that is there twice if there is one.
    pub(super) fn unique(self) -> (BTreeMap<String, &'a str>, Option<String>) {
        let (mut members, mut twice) = (BTreeMap::new(), None);
        for (key, value) in self.0 {
            if members.insert(key.clone(), value.get()).is_some() {
                twice = Some(key);
            }
        }
        (members, twice)
    }
}

/// A JSON text, if it is one.
pub(super) fn string(raw: &str) -> Option<String> {
    serde_json::from_str(raw).ok()
}
