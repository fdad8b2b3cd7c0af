//! What operators are told of: quotas that run out, and what others raise.

use serde_json::json;
use tollgate_policy::id::UpstreamId;
use tollgate_policy::time::Timestamp;
use tollgate_store::alert::{AlertQuery, NewAlert, StoredAlert, Subject};

use super::book::desk::{day, payers, receive};
use super::fixture::{Fixture, at};

on_both! {
    a_quota_is_told_of_at_80_and_at_100_percent
    both_marks_may_be_passed_at_once
    a_mark_is_told_of_once
    a_raised_limit_is_told_of_again
    each_period_is_told_of
    what_has_no_limit_is_not_told_of
    an_account_is_told_of_too
    an_alert_is_raised_once_for_its_key
    an_alert_is_due_until_it_is_delivered
    a_delivery_that_failed_is_tried_again_later
    alerts_are_listed_newest_first
    what_was_told_long_ago_is_deleted
    the_number_of_an_alert_is_never_given_again
}

async fn all(fixture: &Fixture) -> Vec<StoredAlert> {
    let query = AlertQuery::default();
    let mut alerts = fixture.store.alerts_list(query).await.unwrap();
    alerts.reverse();
    alerts
}

async fn keys(fixture: &Fixture) -> Vec<String> {
    let alerts = all(fixture).await.into_iter();
    alerts.map(|stored| stored.alert.key).collect()
}

fn down(upstream: i64) -> NewAlert {
    NewAlert {
        key: format!("upstream:{upstream}:down"),
        kind: "upstream_down".to_owned(),
        subject: Subject::Upstream(UpstreamId::from_raw(upstream).unwrap()),
        body: json!({ "since": "2027-01-15T08:00:00Z" }),
    }
}

async fn a_quota_is_told_of_at_80_and_at_100_percent(fixture: &Fixture) {
    let who = payers(fixture).await;
    who.quota(fixture, 100).await;
    let token = who.payer.token;
    let mut told = Vec::new();
    for (cost, mark) in [
        (79, None),
        (1, Some(80)),
        (19, None),
        (1, Some(100)),
        (50, None),
    ] {
        receive(fixture, vec![who.receipt(fixture, cost, 0)], 3).await;
        told.extend(mark.map(|mark| format!("quota:token:{token}:100:{mark}")));
        assert_eq!(keys(fixture).await, told);
    }
    let first = all(fixture).await.remove(0);
    assert_eq!(first.alert.kind, "quota_80");
    assert_eq!(first.alert.subject, Subject::Token(token));
    assert_eq!((first.at, first.next_at), (at(3), at(3)));
    let name = &fixture.store.token_fetch(token).await.unwrap().token.name;
    let body = json!({
        "pot": "token", "name": name.to_string(), "limit": 100, "used": 80, "remaining": 20,
        "resets": null,
    });
    assert_eq!(first.alert.body, body);
}

async fn both_marks_may_be_passed_at_once(fixture: &Fixture) {
    let who = payers(fixture).await;
    who.quota(fixture, 100).await;
    receive(fixture, vec![who.receipt(fixture, 150, 0)], 1).await;
    let kinds: Vec<String> = all(fixture)
        .await
        .into_iter()
        .map(|one| one.alert.kind)
        .collect();
    assert_eq!(kinds, ["quota_80", "quota_100"]);
}

async fn a_mark_is_told_of_once(fixture: &Fixture) {
    let who = payers(fixture).await;
    who.quota(fixture, 100).await;
    receive(fixture, vec![who.receipt(fixture, 85, 0)], 1).await;
    fixture.sql("UPDATE token_spend SET used = 0").await;
    receive(fixture, vec![who.receipt(fixture, 85, 0)], 1).await;
    assert_eq!(all(fixture).await.len(), 1);
}

async fn a_raised_limit_is_told_of_again(fixture: &Fixture) {
    let who = payers(fixture).await;
    who.quota(fixture, 100).await;
    receive(fixture, vec![who.receipt(fixture, 85, 0)], 1).await;
    who.quota(fixture, 1000).await;
    receive(fixture, vec![who.receipt(fixture, 715, 0)], 1).await;
    let token = who.payer.token;
    let expected = [100, 1000].map(|limit| format!("quota:token:{token}:{limit}:80"));
    assert_eq!(keys(fixture).await, expected);
}

async fn each_period_is_told_of(fixture: &Fixture) {
    let mut who = payers(fixture).await;
    who.daily(fixture, 100).await;
    let token = who.payer.token;
    let mut expected = Vec::new();
    for days in [0, 1] {
        who.payer.token_period = Some(day(days));
        receive(
            fixture,
            vec![who.receipt(fixture, 85, 86_400 * days)],
            86_400 * days,
        )
        .await;
        expected.push(format!("quota:token:{token}:{}:100:80", day(days)));
    }
    assert_eq!(keys(fixture).await, expected);
    let body = all(fixture).await.remove(0).alert.body;
    assert_eq!(body["pot"], "token_period");
    assert_eq!(body["resets"], day(1).to_string());
}

async fn what_has_no_limit_is_not_told_of(fixture: &Fixture) {
    let who = payers(fixture).await;
    receive(fixture, vec![who.receipt(fixture, 1000, 0)], 1).await;
    who.quota(fixture, 0).await;
    receive(fixture, vec![who.receipt(fixture, 1000, 0)], 1).await;
    assert_eq!(all(fixture).await, []);
}

async fn an_account_is_told_of_too(fixture: &Fixture) {
    let who = payers(fixture).await;
    fixture
        .sql("UPDATE accounts SET credited = 60, credit_line = 40")
        .await;
    receive(fixture, vec![who.receipt(fixture, 80, 0)], 1).await;
    let account = who.payer.account;
    assert_eq!(
        keys(fixture).await,
        [format!("quota:account:{account}:100:80")]
    );
    assert_eq!(
        all(fixture).await[0].alert.subject,
        Subject::Account(account)
    );
}

async fn an_alert_is_raised_once_for_its_key(fixture: &Fixture) {
    assert!(fixture.store.alert_raise(down(1), at(0)).await.unwrap());
    assert!(!fixture.store.alert_raise(down(1), at(1)).await.unwrap());
    assert!(fixture.store.alert_raise(down(2), at(1)).await.unwrap());
    let alerts = all(fixture).await;
    assert_eq!(alerts.len(), 2);
    assert_eq!((&alerts[0].alert, alerts[0].at), (&down(1), at(0)));
}

async fn an_alert_is_due_until_it_is_delivered(fixture: &Fixture) {
    for (upstream, second) in [(1, 5), (2, 4), (3, 9)] {
        fixture
            .store
            .alert_raise(down(upstream), at(second))
            .await
            .unwrap();
    }
    let due = |limit| fixture.store.alerts_due(at(5), limit);
    let found = due(10).await.unwrap();
    let keys: Vec<&str> = found.iter().map(|one| one.alert.key.as_str()).collect();
    assert_eq!(keys, ["upstream:2:down", "upstream:1:down"]);
    assert_eq!(due(1).await.unwrap(), found[..1]);
    fixture
        .store
        .alert_delivered(found[0].id, at(6))
        .await
        .unwrap();
    assert_eq!(due(10).await.unwrap(), found[1..]);
    let delivered = all(fixture).await;
    let delivered: Vec<_> = delivered
        .iter()
        .filter_map(|one| one.delivered_at)
        .collect();
    assert_eq!(delivered, [at(6)]);
}

async fn a_delivery_that_failed_is_tried_again_later(fixture: &Fixture) {
    fixture.store.alert_raise(down(1), at(0)).await.unwrap();
    let id = all(fixture).await[0].id;
    for next in [10, 30] {
        fixture.store.alert_failed(id, at(next)).await.unwrap();
    }
    assert_eq!(fixture.store.alerts_due(at(29), 10).await.unwrap(), []);
    let due = fixture.store.alerts_due(at(30), 10).await.unwrap();
    assert_eq!((due[0].attempts, due[0].next_at), (2, at(30)));
}

async fn alerts_are_listed_newest_first(fixture: &Fixture) {
    for upstream in 1..=5 {
        fixture
            .store
            .alert_raise(down(upstream), at(0))
            .await
            .unwrap();
    }
    let mut query = AlertQuery {
        limit: 2,
        ..AlertQuery::default()
    };
    let mut seen = Vec::new();
    loop {
        let page = fixture.store.alerts_list(query).await.unwrap();
        assert!(page.len() <= 2);
        let Some(last) = page.last() else {
            break;
        };
        query.before = Some(last.id);
        seen.extend(page.into_iter().map(|one| one.alert.key));
    }
    let expected: Vec<String> = (1..=5).rev().map(|i| down(i).key).collect();
    assert_eq!(seen, expected);
}

async fn what_was_told_long_ago_is_deleted(fixture: &Fixture) {
    let store = &fixture.store;
    for (upstream, second) in [
        (1, 10),
        (2, 10),
        (3, 30),
        (4, 10),
        (5, 30),
        (6, 10),
        (7, 50),
    ] {
        store.alert_raise(down(upstream), at(second)).await.unwrap();
    }
    let id = async |upstream: i64| {
        let all = all(fixture).await;
        let found = all.iter().find(|one| one.alert == down(upstream));
        found.unwrap().id
    };
    for (upstream, second) in [(1, 20), (2, 40), (3, 35)] {
        let id = id(upstream).await;
        store.alert_delivered(id, at(second)).await.unwrap();
    }
    let never = Timestamp::from_micros(i64::MAX);
    for upstream in [4, 5] {
        store.alert_failed(id(upstream).await, never).await.unwrap();
    }
    assert_eq!(store.alerts_prune(at(10)).await.unwrap(), 0);
    // The first was delivered and the fourth was given up; the sixth still waits.
    assert_eq!(store.alerts_prune(at(30)).await.unwrap(), 2);
    let left = [2, 3, 5, 6, 7].map(|upstream| format!("upstream:{upstream}:down"));
    assert_eq!(keys(fixture).await, left);
    assert_eq!(store.alerts_prune(at(100)).await.unwrap(), 3);
    let left = [6, 7].map(|upstream| format!("upstream:{upstream}:down"));
    assert_eq!(keys(fixture).await, left);
}

async fn the_number_of_an_alert_is_never_given_again(fixture: &Fixture) {
    let store = &fixture.store;
    store.alert_raise(down(1), at(1)).await.unwrap();
    let last = all(fixture).await[0].id;
    store.alert_delivered(last, at(2)).await.unwrap();
    store.alerts_prune(at(100)).await.unwrap();
    store.alert_raise(down(2), at(200)).await.unwrap();
    let ids: Vec<i64> = all(fixture).await.iter().map(|one| one.id).collect();
    assert_eq!(ids.len(), 2, "the last alert stays");
    assert!(ids[1] > last, "{ids:?}");
    assert_eq!(store.alerts_prune(at(300)).await.unwrap(), 1);
}
