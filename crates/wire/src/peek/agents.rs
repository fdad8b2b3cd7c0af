//! Whether the provider is asked to run several agents for one answer.

use std::fmt;

use serde::Deserializer as _;
use serde::de::{IgnoredAny, MapAccess, Visitor};
use serde_json::value::RawValue;

use super::members::{Text, alike};

const KEY: &str = "enabled";

/// Whether a value of `multi_agent` asks for them, or may be read so.
pub(super) fn asks(raw: &str) -> bool {
    if matches!(raw, "null" | "false") {
        return false;
    }
    let mut json = serde_json::Deserializer::from_str(raw);
    !matches!(json.deserialize_map(Declined), Ok(true))
}

/// Reads whether an object says once, and in one way only, that it is not enabled.
struct Declined;

impl<'de> Visitor<'de> for Declined {
    type Value = bool;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<bool, A::Error> {
        let (mut said, mut declined) = (0_usize, false);
        while let Some(Text(key)) = map.next_key()? {
            if !alike(KEY, &key) {
                map.next_value::<IgnoredAny>()?;
                continue;
            }
            let value: &RawValue = map.next_value()?;
            said = said.saturating_add(1);
            declined = key == KEY && value.get() == "false";
        }
        Ok(said == 1 && declined)
    }
}
