use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;

const fn credits(micros: i64) -> Credits {
    Credits::from_micros(micros)
}

const LIMITED: KeyInfo<'_> = KeyInfo {
    label: "ci \"bot\"",
    limit: Some(credits(100_000_000)),
    remaining: Some(credits(74_500_000)),
    used: credits(25_100_001),
    used_today: credits(0),
    used_this_week: credits(1),
    used_this_month: credits(25_000_000),
    resets: Some(Resets::Monthly),
    expires_at: Some(Timestamp::from_seconds(1_900_000_000)),
    requests_per_minute: Some(60),
};

const UNBOUNDED: KeyInfo<'_> = KeyInfo {
    label: "",
    limit: None,
    remaining: None,
    resets: None,
    expires_at: None,
    requests_per_minute: None,
    ..LIMITED
};

fn read(body: &[u8]) -> Value {
    serde_json::from_slice(body).unwrap()
}

#[test]
fn a_key_is_told_in_openrouters_form() {
    let expected = json!({ "data": {
        "label": "ci \"bot\"",
        "limit": 100,
        "limit_remaining": 74.5,
        "limit_reset": "monthly",
        "usage": 25.100001,
        "usage_daily": 0,
        "usage_weekly": 0.000001,
        "usage_monthly": 25,
        "byok_usage": 0,
        "byok_usage_daily": 0,
        "byok_usage_weekly": 0,
        "byok_usage_monthly": 0,
        "include_byok_in_limit": false,
        "is_free_tier": false,
        "is_management_key": false,
        "is_provisioning_key": false,
        "creator_user_id": null,
        "expires_at": "2030-03-17T17:46:40Z",
        "rate_limit": {
            "requests": 60,
            "interval": "1m",
            "note": "requests per minute; -1 where they are not limited",
        },
    } });
    assert_eq!(read(&key(&LIMITED)), expected);
    let data = &read(&key(&UNBOUNDED))["data"];
    for absent in ["limit", "limit_remaining", "limit_reset", "expires_at"] {
        assert!(data[absent].is_null(), "{absent}");
    }
    assert_eq!(data["rate_limit"]["requests"], -1);
}

#[test]
fn the_hard_limit_is_what_is_left_and_what_was_spent() {
    let expected = json!({
        "object": "billing_subscription",
        "has_payment_method": true,
        "soft_limit_usd": 99.600001,
        "hard_limit_usd": 99.600001,
        "system_hard_limit_usd": 99.600001,
        "access_until": 1_900_000_000,
    });
    assert_eq!(read(&subscription(&LIMITED)), expected);
    let unlimited = read(&subscription(&UNBOUNDED));
    assert_eq!(unlimited["hard_limit_usd"], 100_000_000);
    assert_eq!(unlimited["access_until"], 0);
}

#[test]
fn the_usage_is_told_in_cents() {
    let told = |micros| {
        let info = KeyInfo {
            used: credits(micros),
            ..LIMITED
        };
        String::from_utf8(usage(&info)).unwrap()
    };
    for (micros, cents) in [
        (0, "0"),
        (1, "0.0001"),
        (10_000, "1"),
        (25_100_001, "2510.0001"),
        (-1_230_000, "-123"),
    ] {
        let expected = format!(r#"{{"object":"list","total_usage":{cents}}}"#);
        assert_eq!(told(micros), expected);
    }
}

proptest! {
    #[test]
    fn dollars_are_exact(micros in any::<i64>()) {
        let number = dollars(credits(micros));
        prop_assert_eq!(number.get(), credits(micros).to_string());
        prop_assert_eq!(number.get().parse(), Ok(credits(micros)));
        serde_json::from_str::<Value>(number.get()).unwrap();
    }
}
