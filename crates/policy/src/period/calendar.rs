//! Where the spans of a unit begin and end under the rules of a time zone.
//! Gaps and folds of the local clock are settled here and nowhere else.

use jiff::civil::{Date, DateTime};
use jiff::tz::{AmbiguousOffset, Offset, TimeZone};
use jiff::{SignedDuration, ToSpan};

use super::{Span, Unit};
use crate::time::Timestamp;

/// 0001-01-01T00:00:00Z. The calendar of jiff goes further, so nothing in between can overflow it.
const FIRST: Timestamp = Timestamp::from_seconds(-62_135_596_800);

/// 9999-01-01T00:00:00Z.
const LAST: Timestamp = Timestamp::from_seconds(253_370_764_800);

const HOUR: SignedDuration = SignedDuration::from_hours(1);

/// The span of `unit` that `at` is in.
pub(super) fn span(unit: Unit, zone: &TimeZone, at: Timestamp) -> Span {
    let (begin, end) = if at < FIRST {
        (Timestamp::from_micros(i64::MIN), FIRST)
    } else if at >= LAST {
        (LAST, Timestamp::from_micros(i64::MAX))
    } else {
        let inside = within(unit, zone, at).unwrap_or((FIRST, LAST));
        (inside.0.max(FIRST), inside.1.min(LAST))
    };
    Span { begin, end }
}

/// `None` is out of reach between `FIRST` and `LAST`: both lie years away from jiff's own limits.
fn within(unit: Unit, zone: &TimeZone, at: Timestamp) -> Option<(Timestamp, Timestamp)> {
    let moment = jiff::Timestamp::from_microsecond(at.as_micros()).ok()?;
    let (begin, end) = match unit {
        Unit::Hour => hour(zone, moment)?,
        Unit::Day | Unit::Week | Unit::Month => days(unit, zone, moment)?,
    };
    let ours = |moment: jiff::Timestamp| Timestamp::from_micros(moment.as_microsecond());
    Some((ours(begin), ours(end)))
}

/// The hour under the offset from UTC that is in force, cut where another one is.
fn hour(zone: &TimeZone, at: jiff::Timestamp) -> Option<(jiff::Timestamp, jiff::Timestamp)> {
    let offset = zone.to_offset(at);
    let local = offset.to_datetime(at);
    let full = DateTime::from_parts(local.date(), jiff::civil::time(local.hour(), 0, 0, 0));
    let begin = offset.to_timestamp(full).ok()?;
    let end = begin.checked_add(HOUR).ok()?;
    let begin = if zone.to_offset(begin) == offset {
        begin
    } else {
        change(zone, begin, offset)?
    };
    let cut = zone
        .following(at)
        .find(|change| change.timestamp() >= end || change.offset() != offset);
    let end = cut.map_or(end, |change| end.min(change.timestamp()));
    Some((begin, end))
}

/// The days from the last beginning of a unit to the next one.
fn days(
    unit: Unit,
    zone: &TimeZone,
    at: jiff::Timestamp,
) -> Option<(jiff::Timestamp, jiff::Timestamp)> {
    let today = zone.to_offset(at).to_datetime(at).date();
    let mut first = first_of(unit, today)?;
    let mut next = after(unit, first)?;
    // Clocks that were put back over midnight show a date again whose successor has begun.
    while midnight(zone, next)? <= at {
        first = next;
        next = after(unit, first)?;
    }
    Some((midnight(zone, first)?, midnight(zone, next)?))
}

/// The date on which the unit around `date` begins.
fn first_of(unit: Unit, date: Date) -> Option<Date> {
    match unit {
        Unit::Hour | Unit::Day => Some(date),
        Unit::Week => {
            let since_monday = i64::from(date.weekday().to_monday_zero_offset());
            date.checked_sub(since_monday.days()).ok()
        }
        Unit::Month => Some(date.first_of_month()),
    }
}

/// The date on which the unit after the one that begins on `first` begins.
fn after(unit: Unit, first: Date) -> Option<Date> {
    let length = match unit {
        Unit::Hour | Unit::Day => 1.day(),
        Unit::Week => 1.week(),
        Unit::Month => 1.month(),
    };
    first.checked_add(length).ok()
}

/// The first moment at which the clocks show `date` at 00:00 or, having jumped over it, more.
fn midnight(zone: &TimeZone, date: Date) -> Option<jiff::Timestamp> {
    let midnight = date.to_datetime(jiff::civil::Time::midnight());
    match zone.to_ambiguous_timestamp(midnight).offset() {
        AmbiguousOffset::Unambiguous { offset } => offset.to_timestamp(midnight).ok(),
        AmbiguousOffset::Fold { before, .. } => before.to_timestamp(midnight).ok(),
        // Under the later offset the missing time comes before the jump.
        AmbiguousOffset::Gap { after, .. } => {
            change(zone, after.to_timestamp(midnight).ok()?, after)
        }
    }
}

/// When `offset` comes into force for the first time after `since`.
fn change(zone: &TimeZone, since: jiff::Timestamp, offset: Offset) -> Option<jiff::Timestamp> {
    let mut changes = zone.following(since);
    Some(
        changes
            .find(|change| change.offset() == offset)?
            .timestamp(),
    )
}
