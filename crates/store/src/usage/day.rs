//! Days of the calendar in UTC, as sums are kept by them.

use tollgate_policy::time::Timestamp;

const MICROS: i64 = 86_400_000_000;

/// A day in UTC.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Day(i64);

/// A text that is no day.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no day of the form `2027-01-31`")]
pub struct DayError(String);

impl Day {
    /// The day that a moment is in.
    pub const fn of(moment: Timestamp) -> Self {
        Self(moment.as_micros().div_euclid(MICROS))
    }

    /// A day from the number of days since 1970-01-01.
    pub const fn from_number(number: i64) -> Self {
        Self(number)
    }

    /// The number of days since 1970-01-01.
    pub const fn number(self) -> i64 {
        self.0
    }

    /// Its first moment.
    pub const fn begin(self) -> Timestamp {
        Timestamp::from_micros(self.0.saturating_mul(MICROS))
    }

    /// The day after it.
    pub const fn next(self) -> Self {
        Self(self.0.saturating_add(1))
    }

    /// The Monday of its week.
    pub const fn monday(self) -> Self {
        // The first of all days was a Thursday.
        Self(self.0 - (self.0 + 3).rem_euclid(7))
    }

    /// The first day of its month.
    pub fn month(self) -> Self {
        let text = self.begin().to_string();
        let day = text.get(8..10).and_then(|day| day.parse::<i64>().ok());
        Self(self.0 - day.map_or(0, |day| day - 1))
    }
}

/// `2027-01-31`.
impl std::fmt::Display for Day {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let text = self.begin().to_string();
        f.write_str(text.get(..10).unwrap_or(&text))
    }
}

impl std::str::FromStr for Day {
    type Err = DayError;

    fn from_str(text: &str) -> Result<Self, DayError> {
        let text = text.trim();
        let moment = Timestamp::parse(text).ok();
        let moment = moment.filter(|_| text.len() == 10);
        moment
            .map(Self::of)
            .ok_or_else(|| DayError(text.chars().take(40).collect()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> Day {
        text.parse().unwrap()
    }

    #[test]
    fn a_day_reads_back_from_its_text() {
        for text in ["2027-01-31", "1970-01-01", "1969-12-31", "2028-02-29"] {
            assert_eq!(day(text).to_string(), text);
        }
        assert_eq!(day("1970-01-02").number(), 1);
        for bad in ["", "2027-02-30", "2027-01-31T00:00:00Z"] {
            assert!(bad.parse::<Day>().is_err(), "{bad}");
        }
    }

    #[test]
    fn weeks_begin_on_monday_and_months_on_the_first() {
        for (text, monday, first) in [
            ("2027-01-31", "2027-01-25", "2027-01-01"),
            ("2027-02-01", "2027-02-01", "2027-02-01"),
            ("2028-02-29", "2028-02-28", "2028-02-01"),
            ("1969-12-31", "1969-12-29", "1969-12-01"),
        ] {
            assert_eq!(day(text).monday(), day(monday), "{text}");
            assert_eq!(day(text).month(), day(first), "{text}");
        }
    }
}
