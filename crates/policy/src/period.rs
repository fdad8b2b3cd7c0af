//! The calendar periods of quotas: which hour, day, week or month of a time zone a moment is in.
//! What a quota has spent in one is not known here.

mod calendar;
#[cfg(test)]
mod tests;
mod zone;

pub use zone::{Zone, ZoneError};

use crate::time::Timestamp;

/// How long a period is, by the calendar.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Unit {
    /// From one full hour of the clock to the next.
    Hour,
    /// From one midnight to the next.
    Day,
    /// From Monday to Sunday, as in ISO 8601.
    Week,
    /// From the first day of a month to the last.
    Month,
}

/// A text that is no unit.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no period: write `hour`, `day`, `week` or `month`")]
pub struct UnitError(String);

impl Unit {
    /// Every unit, the shortest first.
    pub const ALL: [Self; 4] = [Self::Hour, Self::Day, Self::Week, Self::Month];

    /// The word that operators write.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Hour => "hour",
            Self::Day => "day",
            Self::Week => "week",
            Self::Month => "month",
        }
    }
}

impl std::fmt::Display for Unit {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name())
    }
}

impl std::str::FromStr for Unit {
    type Err = UnitError;

    fn from_str(text: &str) -> Result<Self, UnitError> {
        let text = text.trim();
        Self::ALL
            .into_iter()
            .find(|unit| unit.name() == text)
            .ok_or_else(|| UnitError(text.chars().take(40).collect()))
    }
}

/// A unit of the calendar, as the clocks of one zone show it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Period {
    /// How long it is.
    pub unit: Unit,
    /// Whose clocks count.
    pub zone: Zone,
}

/// One particular period: from `begin` until just before `end`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Span {
    /// Its first moment.
    pub begin: Timestamp,
    /// The first moment of the next one.
    pub end: Timestamp,
}

impl Period {
    /// The one span that `at` is in. The spans of a period follow each other without gap or overlap.
    ///
    /// A day begins at midnight, or, where the clocks jump over midnight, at that jump; where they
    /// show midnight twice, at the first. A stretch of a day that comes again after that belongs to
    /// the day that has begun, and a date that a zone left out has no span. An hour begins whenever
    /// the clocks show a full hour, and also when they are put forward or back, so that none is
    /// longer than 60 minutes.
    ///
    /// The calendar spans the years 1 to 9998 in UTC: what lies before it is one single span, and
    /// so is what lies after it. That one ends with the range of [`Timestamp`], whose very last
    /// microsecond counts as inside.
    pub fn span(&self, at: Timestamp) -> Span {
        calendar::span(self.unit, self.zone.rules(), at)
    }
}
