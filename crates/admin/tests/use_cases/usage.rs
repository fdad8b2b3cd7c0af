use std::sync::Arc;
use std::time::Duration;

use tollgate_admin_core::audit::{self, AuditFilter};
use tollgate_admin_core::receipt::{self, ReceiptFilter};
use tollgate_admin_core::token::TokenInput;
use tollgate_admin_core::usage::{self, PruneInput, UsageFilter};
use tollgate_admin_core::view::usage::ReportView;
use tollgate_admin_core::{ErrorKind, account, alert, token};
use tollgate_ledger::book::{Book, GatewayId, Turn};
use tollgate_ledger::receipt::{Ending, Payer, Receipt};
use tollgate_ledger::request_id::RequestId;
use tollgate_policy::bound::Quote;
use tollgate_policy::credits::Credits;
use tollgate_policy::group::Multiplier;
use tollgate_policy::usage::Usage;

use crate::{World, later, named, now, refused};

/// Settles a call of a token that is made now, and says its request id.
async fn call(world: &World, which: &str, model: &str, cost: i64) -> String {
    let token = token::show(&world.context, which).await.unwrap();
    let request = RequestId::new(now(), u128::from(cost.unsigned_abs()));
    let receipt = Receipt {
        request,
        payer: Payer {
            token: token.id.parse().unwrap(),
            account: token.account.id.parse().unwrap(),
            token_period: None,
            account_period: None,
        },
        group: token.group.id.parse().unwrap(),
        endpoint: "chat.completions".to_owned(),
        model: Some(model.to_owned()),
        upstream: None,
        served_as: None,
        client: "203.0.113.7".parse().unwrap(),
        status: Some(200),
        streamed: true,
        ending: Ending::Complete,
        usage: Usage {
            input: 5,
            cached_input: 2,
            output: 3,
            ..Usage::NONE
        },
        estimated: false,
        quote: Quote {
            price: "input=2.5,output=10".parse().unwrap(),
            multiplier: Multiplier::ONE,
        },
        cost: Credits::from_micros(cost),
        uncovered: Credits::ZERO,
        started: now(),
        first_byte: Some(Duration::from_micros(1500)),
        total: Duration::from_secs(2),
    };
    let turn = Turn {
        gateway: GatewayId([7; 16]),
        now: now(),
        receipts: vec![Arc::new(receipt)],
        reset: false,
        returns: Vec::new(),
        asks: Vec::new(),
    };
    world.context.store().turn(Arc::new(turn)).await.unwrap();
    request.to_string()
}

/// Three calls of two tokens on two days.
async fn used() -> (World, Vec<String>) {
    let world = World::new().await;
    world.token("first").await;
    world.token("second").await;
    let mut requests = vec![call(&world, "first", "gpt-4o", 10).await];
    requests.push(call(&world, "second", "o3", 20).await);
    later(24 * 3600);
    requests.push(call(&world, "first", "o3", 40).await);
    (world, requests)
}

fn lines(report: &ReportView) -> Vec<String> {
    let text = |text: &Option<String>| text.clone().unwrap_or_default();
    let rows = report.rows.iter().map(|row| {
        let token = row.token.as_ref().map(|token| token.name.clone());
        let name = format!("{} {} {}", text(&row.day), text(&token), text(&row.model));
        let name = name.split_whitespace().collect::<Vec<_>>().join(" ");
        format!("{name}: {} for {}", row.requests, row.cost)
    });
    rows.collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn usage_is_summed_up_by_what_was_asked_for() {
    let (world, _) = used().await;
    let report = async |filter: serde_json::Value| {
        let filter: UsageFilter = serde_json::from_value(filter).unwrap();
        lines(&usage::report(&world.context, &filter).await.unwrap())
    };
    assert_eq!(report(serde_json::json!({})).await, [": 3 for 0.00007"]);
    assert_eq!(
        report(serde_json::json!({ "by": ["token"] })).await,
        ["first: 2 for 0.00005", "second: 1 for 0.00002"]
    );
    assert_eq!(
        report(serde_json::json!({ "by": ["day", "model"] })).await,
        [
            "2027-01-15 o3: 1 for 0.00002",
            "2027-01-15 gpt-4o: 1 for 0.00001",
            "2027-01-16 o3: 1 for 0.00004",
        ]
    );
    for (field, value, line) in [
        ("from", "2027-01-16", ": 1 for 0.00004"),
        ("from", "1d", ": 3 for 0.00007"),
        ("to", "2027-01-15", ": 2 for 0.00003"),
        ("token", "second", ": 1 for 0.00002"),
        ("account", "acme", ": 3 for 0.00007"),
        ("group", "standard", ": 3 for 0.00007"),
        ("model", "o3", ": 2 for 0.00006"),
        ("creator", "ada", ": 3 for 0.00007"),
    ] {
        let seen = report(serde_json::json!({ field: value })).await;
        assert_eq!(seen, [line], "{field} {value}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_gone_is_reported_by_its_id() {
    let (world, _) = used().await;
    let gone = token::delete(&world.context, "second").await.unwrap();
    let filter = UsageFilter {
        by: vec!["token".to_owned()],
        token: Some(gone.id.clone()),
        ..UsageFilter::default()
    };
    let report = usage::report(&world.context, &filter).await.unwrap();
    assert_eq!(lines(&report), [format!("{}: 1 for 0.00002", gone.id)]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_report_that_cannot_be_made_says_why() {
    let world = World::new().await;
    for (field, value, start) in [
        ("from", "soon", "invalid from: `soon` is no day"),
        ("to", "2027-02-30", "invalid to: `2027-02-30` is no day"),
        ("token", "nobody", "there is no token `nobody`"),
        ("upstream", "nobody", "there is no upstream `nobody`"),
    ] {
        let filter = serde_json::from_value(serde_json::json!({ field: value })).unwrap();
        let (_, text) = refused(usage::report(&world.context, &filter).await);
        assert!(text.starts_with(start), "{text}");
    }
    let filter = UsageFilter {
        by: vec!["week".to_owned()],
        ..UsageFilter::default()
    };
    let (_, text) = refused(usage::report(&world.context, &filter).await);
    assert!(
        text.starts_with("invalid by: `week` is not one of `day`"),
        "{text}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_receipt_is_found_by_its_request_and_listed_by_who_called() {
    let (world, requests) = used().await;
    let context = &world.context;
    let one = receipt::show(context, &requests[1]).await.unwrap();
    assert_eq!(
        (one.token.name.as_str(), one.cost.as_str(), &one.upstream),
        ("second", "0.00002", &None)
    );
    assert_eq!(
        (one.ending.as_str(), one.price.as_str(), one.total_ms),
        ("complete", "input=2.5,output=10", 2000)
    );
    assert_eq!(
        serde_json::to_value(&one.usage).unwrap(),
        serde_json::json!({ "input": 5, "cached-input": 2, "output": 3 })
    );
    let mut filter = ReceiptFilter {
        token: Some("first".to_owned()),
        limit: Some(1),
        ..ReceiptFilter::default()
    };
    let page = receipt::list(context, &filter).await.unwrap();
    assert_eq!(page.entries[0].request, requests[2]);
    filter.cursor = page.next_cursor;
    let page = receipt::list(context, &filter).await.unwrap();
    assert_eq!(
        (page.entries[0].request.as_str(), &page.next_cursor),
        (requests[0].as_str(), &None)
    );
    let (kind, text) = refused(receipt::show(context, "req_1").await);
    assert_eq!(kind, ErrorKind::InvalidInput, "{text}");
    let absent = format!("req_{:032x}", 1);
    let (kind, text) = refused(receipt::show(context, &absent).await);
    assert_eq!(kind, ErrorKind::NotFound);
    assert!(text.contains("not yet or no longer"), "{text}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_call_cost_is_used_of_token_and_account() {
    let world = World::new().await;
    let input = TokenInput {
        quota: "0.00005".to_owned(),
        ..named("small")
    };
    token::create(&world.context, &input).await.unwrap();
    call(&world, "small", "o3", 30).await;
    let shown = token::show(&world.context, "small").await.unwrap();
    assert_eq!(
        (
            shown.used.as_str(),
            shown.held.as_str(),
            shown.remaining.as_deref()
        ),
        ("0.00003", "0", Some("0.00002"))
    );
    later(1);
    call(&world, "small", "o3", 20).await;
    let standing = token::standing(&world.context, "small").await.unwrap();
    assert_eq!(standing.token.status, "exhausted");
    assert_eq!(standing.refuses[0].code, "quota_exhausted");
    let acme = account::show(&world.context, "acme").await.unwrap();
    assert_eq!(acme.funds.used, "0.00005");
    let alerts = alert::list(&world.context, &alert::AlertFilter::default())
        .await
        .unwrap();
    let kinds = alerts.entries.into_iter();
    let mut kinds: Vec<_> = kinds.map(|one| one.kind).collect();
    kinds.sort();
    assert_eq!(kinds, ["quota_100", "quota_80"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn old_receipts_go_and_their_sums_stay() {
    let (world, requests) = used().await;
    let context = &world.context;
    later(40 * 24 * 3600);
    let young = call(&world, "first", "o3", 80).await;
    let input = PruneInput {
        keep_receipts: Some("30d".to_owned()),
        keep_days: Some("1d".to_owned()),
    };
    let pruned = usage::prune(context, &input).await.unwrap();
    assert_eq!(pruned.receipts, 3);
    assert!(pruned.days > 0);
    let log = audit::list(context, &AuditFilter::default()).await.unwrap();
    let actions: Vec<_> = log.entries.iter().map(|one| one.action.as_str()).collect();
    assert_eq!(&actions[..2], ["usage.compact", "usage.prune"]);
    refused(receipt::show(context, &requests[0]).await);
    assert!(receipt::show(context, &young).await.is_ok());
    let total = usage::report(context, &UsageFilter::default()).await;
    assert_eq!(lines(&total.unwrap()), [": 4 for 0.00015"]);
    for (receipts, days, start) in [
        (None, None, "invalid keep_receipts: say for how long"),
        (Some("6d"), None, "invalid keep_receipts: receipts are kept"),
        (None, Some("long"), "invalid keep_days: `long`"),
    ] {
        let input = PruneInput {
            keep_receipts: receipts.map(str::to_owned),
            keep_days: days.map(str::to_owned),
        };
        let (_, text) = refused(usage::prune(context, &input).await);
        assert!(text.starts_with(start), "{text}");
    }
}
