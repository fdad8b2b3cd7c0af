use tollgate_admin_core::explain::{ExplainInput, explain};
use tollgate_admin_core::group::{self, GroupChange, GroupInput};
use tollgate_admin_core::token::{self, TokenChange, TokenInput};
use tollgate_admin_core::{ErrorKind, audit};

use crate::{World, named, refused};

#[tokio::test(flavor = "multi_thread")]
async fn a_periodic_limit_says_when_it_begins_anew() {
    let world = World::new().await;
    let input = TokenInput {
        periodic: "5/month@Europe/Berlin".to_owned(),
        ..named("monthly")
    };
    let made = token::create(&world.context, &input).await.unwrap().token;
    let period = made.periodic.unwrap();
    assert_eq!(
        (
            period.limit.as_str(),
            period.unit.as_str(),
            period.zone.as_str()
        ),
        ("5", "month", "Europe/Berlin")
    );
    assert_eq!(
        (period.begins_at.as_str(), period.resets_at.as_str()),
        ("2026-12-31T23:00:00Z", "2027-01-31T23:00:00Z")
    );
    assert_eq!(
        (period.used.as_str(), period.remaining.as_str()),
        ("0", "5")
    );
    let change = TokenChange {
        periodic: Some("none".to_owned()),
        ..TokenChange::default()
    };
    let edited = token::edit(&world.context, "monthly", &change).await;
    assert_eq!(edited.unwrap().periodic, None);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_limit_that_cannot_be_used_is_refused_with_what_to_write() {
    let world = World::new().await;
    for (field, value, start) in [
        ("periodic", "10", "invalid periodic: `10` is no periodic"),
        (
            "periodic",
            "10/year",
            "invalid periodic: `year` is no period",
        ),
        ("periodic", "-1/day", "invalid periodic: `-1` is negative"),
        ("periodic", "x/day", "invalid periodic: `x` is no amount"),
        (
            "periodic",
            "10/day@Mars/Base",
            "invalid periodic: `Mars/Base` is no known time zone",
        ),
        ("rpm", "0", "invalid rpm: `0` is no limit"),
        ("rpm", "4294967296", "invalid rpm: `4294967296` is no limit"),
        ("tpm", "-1", "invalid tpm: `-1` is no limit"),
        (
            "concurrency",
            "1.5",
            "invalid concurrency: `1.5` is no limit",
        ),
    ] {
        let input = serde_json::json!({
            "name": "fine", "account": "acme", "group": "standard", field: value
        });
        let input: TokenInput = serde_json::from_value(input).unwrap();
        let (kind, text) = refused(token::create(&world.context, &input).await);
        assert_eq!(kind, ErrorKind::InvalidInput);
        assert!(text.starts_with(start), "{text}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn limits_are_set_and_lifted_one_by_one() {
    let world = World::new().await;
    let context = &world.context;
    let input: TokenInput = serde_json::from_value(serde_json::json!({
        "name": "busy", "account": "acme", "group": "standard",
        "rpm": "60", "tpm": "100000", "concurrency": "4"
    }))
    .unwrap();
    let made = token::create(context, &input).await.unwrap().token;
    assert_eq!(
        (made.limits.rpm, made.limits.tpm, made.limits.concurrency),
        (Some(60), Some(100_000), Some(4))
    );
    let change: TokenChange =
        serde_json::from_value(serde_json::json!({ "rpm": "none", "tpm": "5" })).unwrap();
    let edited = token::edit(context, "busy", &change).await.unwrap();
    assert_eq!(
        (
            edited.limits.rpm,
            edited.limits.tpm,
            edited.limits.concurrency
        ),
        (None, Some(5), Some(4))
    );
    let explained = explain(
        context,
        &ExplainInput {
            token: "busy".to_owned(),
            model: Some("gpt-4o".to_owned()),
            ip: "10.0.0.1".to_owned(),
            ..ExplainInput::default()
        },
    )
    .await
    .unwrap();
    assert_eq!(
        explained.unknown,
        [
            "whether there is room in the limits of the token (5 tokens a minute, 4 at once): only the gateways know"
        ]
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_group_keeps_its_terms() {
    let world = World::new().await;
    let context = &world.context;
    let usual = group::show(context, "standard").await.unwrap();
    assert_eq!(
        (
            usual.enforcement.as_str(),
            usual.on_leave.as_str(),
            usual.shared_limits
        ),
        ("strict", "cancel", false)
    );
    let input: GroupInput = serde_json::from_value(serde_json::json!({
        "name": "trusted", "rpm": "600", "shared_limits": true,
        "enforcement": "lenient", "on_leave": "drain:30"
    }))
    .unwrap();
    let made = group::create(context, &input).await.unwrap();
    assert_eq!(
        (
            made.enforcement.as_str(),
            made.on_leave.as_str(),
            made.shared_limits,
            made.limits.rpm
        ),
        ("lenient", "drain:30", true, Some(600))
    );
    for (field, value, start) in [
        (
            "enforcement",
            "loose",
            "invalid enforcement: `loose` is not one of",
        ),
        ("on_leave", "drain", "invalid on_leave: `drain` is neither"),
        ("on_leave", "drain:0", "invalid on_leave: `drain:0` is"),
    ] {
        let change: GroupChange =
            serde_json::from_value(serde_json::json!({ field: value })).unwrap();
        let (_, text) = refused(group::edit(context, "trusted", &change).await);
        assert!(text.starts_with(start), "{text}");
    }
    let change: GroupChange = serde_json::from_value(serde_json::json!({ "rpm": "none" })).unwrap();
    let edited = group::edit(context, "trusted", &change).await.unwrap();
    assert_eq!(
        (edited.limits.rpm, edited.enforcement.as_str()),
        (None, "lenient")
    );
    let log = audit::verify(context).await.unwrap();
    assert!(log.whole);
}
