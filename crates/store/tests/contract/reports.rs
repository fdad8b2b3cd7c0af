//! What gateways report: of themselves, of refused calls, and of first bytes.

use std::collections::BTreeMap;
use std::time::Duration;

use tollgate_ledger::request_id::RequestId;
use tollgate_policy::id::{AccountId, TokenId};
use tollgate_policy::time::Timestamp;
use tollgate_store::report::{RefusalQuery, RefusalSpan};
use tollgate_upkeep::port::Upkeep;
use tollgate_upkeep::refusals::{Caller, Occasion, Refused, RefusedCall};
use tollgate_upkeep::report::{About, Report, Reports};

use super::fixture::{Fixture, at};

on_both! {
    a_gateway_is_listed_until_it_leaves
    refusals_are_added_up_by_hour_and_code
    the_last_fifty_refused_calls_of_each_token_are_kept
    first_bytes_are_added_up_by_hour
    what_is_old_is_let_go
    a_server_tells_its_own_time
}

fn report(gateway: u8) -> Report {
    Report {
        gateway: vec![gateway],
        about: About {
            host: format!("host-{gateway}"),
            address: "127.0.0.1:8080".to_owned(),
            version: "1.2.3".to_owned(),
            started: at(1),
            revision: 7,
            open_calls: 3,
        },
        refused: Refused::default(),
        first_bytes: BTreeMap::new(),
    }
}

fn caller(raw: i64) -> Caller {
    Caller {
        token: TokenId::from_raw(raw).unwrap(),
        account: AccountId::from_raw(raw + 100).unwrap(),
    }
}

fn call(raw: i64, at: Timestamp, number: u128) -> RefusedCall {
    RefusedCall {
        request: RequestId::new(at, number).to_bytes(),
        at,
        caller: caller(raw),
        code: "model_not_allowed",
        reasons: "the model `a\0b` is not allowed".to_owned(),
        endpoint: Some("chat.completions".to_owned()),
        model: Some("a\0b".to_owned()),
        client: "2001:db8::1".parse().unwrap(),
    }
}

fn counted(hour: i64, account: Option<i64>, code: &'static str) -> Occasion {
    let account = account.map(|raw| AccountId::from_raw(raw).unwrap());
    Occasion {
        hour,
        account,
        code,
    }
}

async fn a_gateway_is_listed_until_it_leaves(fixture: &Fixture) {
    let store = &fixture.store;
    store.report(report(2), at(5)).await.unwrap();
    store.report(report(1), at(5)).await.unwrap();
    let mut again = report(2);
    again.about.revision = 9;
    store.report(again, at(6)).await.unwrap();
    let seen = store.gateways().await.unwrap();
    let seen: Vec<_> = seen
        .iter()
        .map(|one| {
            (
                one.about.host.as_str(),
                one.about.revision,
                one.about.open_calls,
                one.seen,
            )
        })
        .collect();
    assert_eq!(seen, [("host-1", 7, 3, at(5)), ("host-2", 9, 3, at(6))]);
    store.leave(vec![1]).await.unwrap();
    assert_eq!(store.gateways().await.unwrap().len(), 1);
}

async fn refusals_are_added_up_by_hour_and_code(fixture: &Fixture) {
    let store = &fixture.store;
    let hour = Duration::from_secs(3600);
    let first = Timestamp::parse("2027-01-31T12:10:00Z").unwrap();
    let number = first.as_micros() / 3_600_000_000;
    for gateway in [1, 2] {
        let mut report = report(gateway);
        report.refused.counts = BTreeMap::from([
            (counted(number, Some(1), "quota_exceeded"), 2),
            (counted(number, None, "invalid_key"), 1),
            (counted(number, Some(2), "quota_exceeded"), 5),
            (counted(number + 1, Some(1), "quota_exceeded"), 1),
        ]);
        store.report(report, first).await.unwrap();
    }
    let span = |account: Option<i64>| RefusalSpan {
        from: first,
        until: first.plus(hour),
        account: account.map(|raw| AccountId::from_raw(raw).unwrap()),
    };
    let shown = |counts: Vec<tollgate_store::report::RefusalCount>| -> Vec<_> {
        let each = counts.into_iter();
        each.map(|one| (one.hour.to_string(), one.code, one.calls))
            .collect()
    };
    let (noon, one) = ("2027-01-31T12:00:00Z", "2027-01-31T13:00:00Z");
    let row = |hour: &str, code: &str, calls| (hour.to_owned(), code.to_owned(), calls);
    assert_eq!(
        shown(store.refusals_count(span(None)).await.unwrap()),
        [
            row(noon, "invalid_key", 2),
            row(noon, "quota_exceeded", 14),
            row(one, "quota_exceeded", 2),
        ]
    );
    assert_eq!(
        shown(store.refusals_count(span(Some(1))).await.unwrap()),
        [
            row(noon, "quota_exceeded", 4),
            row(one, "quota_exceeded", 2)
        ]
    );
    let later = RefusalSpan {
        from: first.plus(hour * 2),
        until: first.plus(hour * 3),
        account: None,
    };
    assert!(store.refusals_count(later).await.unwrap().is_empty());
}

async fn the_last_fifty_refused_calls_of_each_token_are_kept(fixture: &Fixture) {
    let store = &fixture.store;
    for part in 0..4_u8 {
        let mut report = report(1);
        for number in 0..20 {
            let moment = at(100 + i64::from(part));
            report.refused.calls.push(call(1, moment, number));
        }
        report
            .refused
            .calls
            .push(call(2, at(100), u128::from(part) + 500));
        // The same twice is kept once.
        store.report(report.clone(), at(200)).await.unwrap();
        store.report(report, at(200)).await.unwrap();
    }
    let of = |raw: i64| RefusalQuery {
        token: TokenId::from_raw(raw),
        limit: 1000,
        ..RefusalQuery::default()
    };
    let kept = store.refusals_list(of(1)).await.unwrap();
    assert_eq!(kept.len(), 50);
    assert_eq!(kept[0].at, at(103));
    assert_eq!(kept[49].at, at(101));
    assert_eq!(store.refusals_list(of(2)).await.unwrap().len(), 4);
    let other = RefusalQuery {
        account: AccountId::from_raw(102),
        ..RefusalQuery::default()
    };
    let other = store.refusals_list(other).await.unwrap();
    assert_eq!(other.len(), 4);
    let found = store.refusal_fetch(kept[0].request).await.unwrap().unwrap();
    assert_eq!(found, kept[0]);
    assert_eq!(found.model.as_deref(), Some("ab"));
    assert_eq!(found.client.to_string(), "2001:db8::1");
    let next = RefusalQuery {
        before: Some(kept[48].request),
        ..of(1)
    };
    assert_eq!(store.refusals_list(next).await.unwrap().len(), 1);
    let unknown = RequestId::new(at(1), 1);
    assert_eq!(store.refusal_fetch(unknown).await.unwrap(), None);
}

async fn first_bytes_are_added_up_by_hour(fixture: &Fixture) {
    let store = &fixture.store;
    for gateway in [1, 2] {
        let mut report = report(gateway);
        report.first_bytes = BTreeMap::from([(Some(5000), 2), (None, 1)]);
        store.report(report, at(10)).await.unwrap();
    }
    let seen = store.first_bytes(at(0), at(20)).await.unwrap();
    let seen: Vec<_> = seen.iter().map(|one| (one.within, one.calls)).collect();
    assert_eq!(seen, [(None, 2), (Some(5000), 4)]);
}

async fn what_is_old_is_let_go(fixture: &Fixture) {
    let store = &fixture.store;
    let old = at(10);
    let new = old.plus(Duration::from_secs(24 * 3600));
    for (gateway, moment) in [(1, old), (2, new)] {
        let mut report = report(gateway);
        report.first_bytes = BTreeMap::from([(Some(5000), 1)]);
        let hour = moment.as_micros() / 3_600_000_000;
        let occasion = counted(hour, None, "invalid_key");
        report.refused.counts = BTreeMap::from([(occasion, 1)]);
        report.refused.calls.push(call(1, moment, 1));
        store.report(report, moment).await.unwrap();
    }
    let cut = old.plus(Duration::from_secs(12 * 3600));
    assert_eq!(store.forget_reports(cut).await.unwrap(), 4);
    assert_eq!(store.gateways().await.unwrap().len(), 1);
    let all = RefusalQuery::default();
    assert_eq!(store.refusals_list(all).await.unwrap().len(), 1);
    assert_eq!(store.first_bytes(old, new).await.unwrap().len(), 1);
    assert_eq!(store.forget_reports(cut).await.unwrap(), 0);
}

async fn a_server_tells_its_own_time(fixture: &Fixture) {
    let told = Upkeep::clock(&fixture.store).await.unwrap();
    assert_eq!(told.is_none(), fixture.url.starts_with("sqlite:"));
    let ours = std::time::UNIX_EPOCH.elapsed().unwrap().as_secs();
    let far = told.map(|told| told.as_micros() / 1_000_000 - ours.cast_signed());
    assert!(far.is_none_or(|far| far.abs() < 60), "{far:?}");
}
