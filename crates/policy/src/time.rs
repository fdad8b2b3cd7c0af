//! Moments as microseconds since the Unix epoch. There is no `now` here: callers pass it.

use std::time::Duration;

use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

/// A moment: microseconds since 1970-01-01T00:00:00Z, as stored in the databases.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp(i64);

/// A text that is no moment.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no date and time like `2027-01-31T12:00:00Z` or date like `2027-01-31`")]
pub struct TimestampError(String);

impl Timestamp {
    /// A moment from microseconds since the Unix epoch.
    pub const fn from_micros(micros: i64) -> Self {
        Self(micros)
    }

    /// A moment from whole seconds since the Unix epoch, saturating.
    pub const fn from_seconds(seconds: i64) -> Self {
        Self(seconds.saturating_mul(1_000_000))
    }

    /// Microseconds since the Unix epoch.
    pub const fn as_micros(self) -> i64 {
        self.0
    }

    /// This moment moved into the future, saturating.
    #[must_use]
    pub fn plus(self, duration: Duration) -> Self {
        let micros = i64::try_from(duration.as_micros()).unwrap_or(i64::MAX);
        Self(self.0.saturating_add(micros))
    }

    /// This moment moved into the past, saturating.
    #[must_use]
    pub fn minus(self, duration: Duration) -> Self {
        let micros = i64::try_from(duration.as_micros()).unwrap_or(i64::MAX);
        Self(self.0.saturating_sub(micros))
    }

    /// The time from `earlier` to this moment; zero if `earlier` is later.
    pub fn since(self, earlier: Self) -> Duration {
        let micros = self.0.saturating_sub(earlier.0);
        Duration::from_micros(u64::try_from(micros).unwrap_or(0))
    }

    /// Reads RFC 3339, or a date alone, which means its first instant in UTC.
    ///
    /// # Errors
    /// Where the text is neither.
    pub fn parse(text: &str) -> Result<Self, TimestampError> {
        let text = text.trim();
        let error = || TimestampError(text.chars().take(40).collect());
        let midnight;
        let full = if text.len() == 10 {
            midnight = format!("{text}T00:00:00Z");
            midnight.as_str()
        } else {
            text
        };
        let moment = OffsetDateTime::parse(full, &Rfc3339).map_err(|_| error())?;
        let micros = moment.unix_timestamp_nanos() / 1000;
        i64::try_from(micros).map(Self).map_err(|_| error())
    }
}

/// RFC 3339 in UTC to the second; microseconds are shown only where they are not zero.
impl std::fmt::Display for Timestamp {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let nanos = i128::from(self.0) * 1000;
        let text = OffsetDateTime::from_unix_timestamp_nanos(nanos)
            .ok()
            .and_then(|moment| moment.format(&Rfc3339).ok());
        match text {
            Some(text) => f.write_str(&text),
            None => write!(f, "{} µs since 1970", self.0),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_moment_reads_back_from_its_text() {
        for text in ["2027-01-31T12:00:00Z", "2027-01-31T12:00:00.000001Z"] {
            assert_eq!(Timestamp::parse(text).unwrap().to_string(), text);
        }
    }

    #[test]
    fn a_date_alone_means_its_first_instant() {
        let midnight = Timestamp::parse("2027-01-31T00:00:00Z");
        assert_eq!(Timestamp::parse(" 2027-01-31 "), midnight);
    }

    #[test]
    fn an_offset_is_honoured() {
        let there = Timestamp::parse("2027-01-31T12:00:00+02:00");
        assert_eq!(there, Timestamp::parse("2027-01-31T10:00:00Z"));
    }

    #[test]
    fn a_text_that_is_no_moment_is_refused() {
        for text in ["", "tomorrow", "2027-02-30", "2027-1-1", "äöüäöüäöüä"] {
            assert!(Timestamp::parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn arithmetic_saturates() {
        let last = Timestamp::from_micros(i64::MAX);
        assert_eq!(last.plus(Duration::MAX), last);
        assert_eq!(Timestamp::from_micros(1).since(last), Duration::ZERO);
        assert!(!last.to_string().is_empty());
    }
}
