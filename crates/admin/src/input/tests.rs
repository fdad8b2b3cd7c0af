use std::time::Duration;

use proptest::prelude::*;
use tollgate_policy::credits::Credits;
use tollgate_policy::scope::Allow;
use tollgate_policy::time::Timestamp;

use super::money::quota;
use super::period::{duration, expiry, past};
use super::scope::ScopeInput;
use super::*;

const NOW: Timestamp = Timestamp::from_seconds(1_800_000_000);
const DAY: u64 = 24 * 60 * 60;

fn in_seconds(seconds: u64) -> Option<Timestamp> {
    Some(NOW.plus(Duration::from_secs(seconds)))
}

#[test]
fn an_expiry_is_a_date_a_moment_a_duration_or_none() {
    for (text, expected) in [
        ("", None),
        ("  ", None),
        ("-1", None),
        ("never", None),
        ("Never", None),
        ("30d", in_seconds(30 * DAY)),
        (" 12h ", in_seconds(12 * 3600)),
        ("1d12h", in_seconds(36 * 3600)),
        ("90s", in_seconds(90)),
        ("2w", in_seconds(14 * DAY)),
        ("2030-01-31", Timestamp::parse("2030-01-31T00:00:00Z").ok()),
        (
            "2030-01-31T12:00:00+02:00",
            Timestamp::parse("2030-01-31T10:00:00Z").ok(),
        ),
    ] {
        assert_eq!(expiry(text, NOW).unwrap(), expected, "{text:?}");
    }
}

#[test]
fn an_expiry_that_is_unclear_or_past_is_refused_with_what_to_write() {
    for text in [
        "tomorrow",
        "30",
        "d",
        "30 d",
        "30x",
        "-2",
        "0",
        "2030-02-30",
        "36501d",
        "99999999999999999999d",
        "9223372036854775807w",
        "1d2",
        "٣d",
    ] {
        let error = expiry(text, NOW).unwrap_err().to_string();
        assert!(error.starts_with("invalid expires: `"), "{text}: {error}");
        assert!(error.contains("`30d`"), "{text}: {error}");
    }
    for text in ["2020-01-01", "0s", "2027-01-15T08:00:00Z"] {
        let error = expiry(text, NOW).unwrap_err().to_string();
        assert!(error.contains("is not in the future"), "{text}: {error}");
    }
}

#[test]
fn a_filter_takes_a_date_or_how_long_ago() {
    let ago = NOW.minus(Duration::from_secs(7 * DAY));
    assert_eq!(past("since", "7d", NOW).unwrap(), ago);
    let date = Timestamp::parse("2026-01-01").unwrap();
    assert_eq!(past("since", "2026-01-01", NOW).unwrap(), date);
    let error = past("since", "last week", NOW).unwrap_err().to_string();
    assert!(error.starts_with("invalid since: `last week`"), "{error}");
}

#[test]
fn an_overlap_can_be_nothing() {
    assert_eq!(duration("overlap", "0").unwrap(), Duration::ZERO);
    assert!(duration("overlap", "").is_err() && duration("overlap", "24").is_err());
}

#[test]
fn a_quota_is_exact_or_unlimited_and_never_negative() {
    let micros = |text: &str| quota(text).unwrap().map(Credits::as_micros);
    assert_eq!(micros("12.5"), Some(12_500_000));
    assert_eq!(micros("0"), Some(0));
    for text in ["", " ", "unlimited", "Unlimited"] {
        assert_eq!(micros(text), None, "{text:?}");
    }
    for text in ["-1", "1e3", "12,5", "0.0000001", "lots", "99999999999999"] {
        let error = quota(text).unwrap_err().to_string();
        assert!(error.starts_with("invalid quota: `"), "{text}: {error}");
        assert!(error.contains("`unlimited`"), "{text}: {error}");
    }
}

#[test]
fn only_what_was_said_of_a_scope_is_changed() {
    let list = |entries: &[&str]| Some(entries.iter().map(|one| (*one).to_owned()).collect());
    let input = ScopeInput {
        models: list(&["gpt-4o", " claude-* ", "gpt-4o"]),
        providers: list(&["none"]),
        networks: list(&["10.0.0.0/8"]),
        ..ScopeInput::default()
    };
    let edit = input.edit().unwrap();
    assert_eq!(edit.models.unwrap().to_string(), "gpt-4o, claude-*");
    assert_eq!(edit.providers, Some(Allow::Only(vec![])));
    assert_eq!(edit.endpoints, None);
    assert_eq!(input.scope().unwrap().endpoints, Allow::Any);
    let clear = ScopeInput {
        providers: list(&["any"]),
        networks: list(&[]),
        models: list(&[""]),
        ..ScopeInput::default()
    };
    let edit = clear.edit().unwrap();
    assert_eq!(edit.models, Some(Allow::Any));
    assert_eq!(edit.providers, Some(Allow::Any));
    assert_eq!(edit.networks, Some(Allow::Any));
}

#[test]
fn a_bad_entry_of_a_list_names_its_field() {
    let input = |field: &str, entry: &str| -> ScopeInput {
        serde_json::from_value(serde_json::json!({ field: [entry] })).unwrap()
    };
    for (field, entry) in [
        ("models", "gpt 4"),
        ("providers", "Open AI"),
        ("endpoints", "chat"),
        ("endpoints", "a b"),
        ("networks", "10.0.0.1/8"),
        ("networks", "localhost"),
    ] {
        let error = input(field, entry).scope().unwrap_err().to_string();
        assert!(error.starts_with(&format!("invalid {field}: `")), "{error}");
    }
    for entry in ["chat.completions", "chat.*", "mount/crm", "mount/*", "*"] {
        assert!(input("endpoints", entry).scope().is_ok(), "{entry}");
    }
}

proptest! {
    #[test]
    fn reading_never_panics(text in ".{0,40}") {
        let _ = expiry(&text, NOW);
        let _ = past("since", &text, NOW);
        let _ = duration("overlap", &text);
        let _ = quota(&text);
        let _ = note(&text);
    }

    #[test]
    fn any_digits_and_units_never_overflow(text in "([0-9]{1,25}[smhdw]){1,4}") {
        let _ = expiry(&text, NOW);
    }
}
