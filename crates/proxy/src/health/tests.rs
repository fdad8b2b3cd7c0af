use std::time::Duration;

use tollgate_policy::bound::Quote;
use tollgate_policy::breaker::Cause;
use tollgate_rights::source::{AccessCredential, Carrier};

use super::*;

const NOW: Timestamp = Timestamp::from_seconds(1_800_000_000);

fn attempt(upstream: i64, credential: Option<i64>) -> Attempt<'static> {
    Attempt {
        upstream: UpstreamId::from_raw(upstream).unwrap(),
        credential: credential.map(|id| CredentialId::from_raw(id).unwrap()),
        model: None,
        sent_as: None,
        quote: Quote::free(),
    }
}

fn after(seconds: u64) -> Timestamp {
    NOW.plus(Duration::from_secs(seconds))
}

fn call(health: &Health, attempt: &Attempt<'_>, outcome: Outcome, now: Timestamp) {
    let mut call = health.begin(attempt, now).expect("it is put aside");
    call.outcome(outcome, now);
}

#[test]
fn calls_are_under_way_until_they_are_dropped() {
    let health = Health::default();
    let (first, second) = (attempt(1, Some(10)), attempt(1, Some(11)));
    let calls = [&first, &first, &second].map(|one| health.begin(one, NOW).unwrap());
    let counts = |health: &Health| -> Vec<u32> {
        let seen = health.snapshot();
        seen.iter().map(|one| one.in_flight).collect()
    };
    assert_eq!(counts(&health), [3, 2, 1]);
    let condition = health
        .view(NOW)
        .credential(first.upstream, first.credential);
    assert_eq!(condition.in_flight, 2);
    drop(calls);
    assert_eq!(counts(&health), [0, 0, 0]);
    assert_eq!(health.changes(), 0);
}

#[test]
fn the_wait_is_until_the_first_of_all_ways_is_open() {
    let health = Health::default();
    let ways = [attempt(1, Some(10)), attempt(1, Some(11))];
    let limited = |seconds| Report {
        outcome: Outcome::Status(429),
        retry_after: Some(Duration::from_secs(seconds)),
    };
    for (way, seconds) in ways.iter().zip([90, 70]) {
        assert_eq!(health.view(NOW).wait(&ways), Duration::ZERO);
        let mut call = health.begin(way, NOW).unwrap();
        call.outcome(limited(seconds), NOW);
    }
    assert_eq!(health.view(NOW).wait(&ways), Duration::from_secs(70));
    let wait = health.view(after(20)).wait(&ways);
    assert_eq!(wait, Duration::from_secs(50));
    assert_eq!(health.view(NOW).wait(&[]), Duration::ZERO);
}

#[test]
fn a_refused_credential_is_put_aside_alone() {
    let health = Health::default();
    let (refused, other) = (attempt(1, Some(10)), attempt(1, Some(11)));
    call(&health, &refused, Outcome::Status(401), NOW);
    assert!(health.begin(&refused, after(59)).is_none());
    assert!(health.begin(&other, after(59)).is_some());
    let view = health.view(NOW);
    assert_eq!(view.upstream(refused.upstream).standing, Standing::Ready);
    let standing = view
        .credential(refused.upstream, refused.credential)
        .standing;
    assert_eq!(standing, Standing::Aside(after(60)));
    let seen = health.snapshot().into_iter();
    let open: Vec<Seen> = seen.filter(|one| one.state != State::Closed).collect();
    assert_eq!(open.len(), 1);
    let expected = State::Open {
        until: after(60),
        cause: Cause::Status(401),
        since: NOW,
    };
    assert_eq!(
        (open[0].credential, open[0].state),
        (refused.credential, expected)
    );
}

#[test]
fn a_probe_is_given_to_one_call_and_comes_back_where_that_is_dropped() {
    let health = Health::default();
    let one = attempt(1, None);
    call(&health, &one, Outcome::Status(401), NOW);
    let probe = health.begin(&one, after(60));
    assert!(probe.is_some());
    assert!(health.begin(&one, after(60)).is_none());
    drop(probe);
    let changes = health.changes();
    call(&health, &one, Outcome::Served, after(60));
    assert!(health.changes() > changes);
    assert!(
        health
            .snapshot()
            .iter()
            .all(|one| one.state == State::Closed)
    );
}

#[test]
fn a_call_that_one_part_turns_away_gives_the_probe_of_the_other_back() {
    let health = Health::default();
    let (one, other) = (attempt(1, Some(10)), attempt(1, Some(11)));
    for _ in 0..5 {
        call(&health, &one, Outcome::Unreachable, NOW);
    }
    assert!(health.begin(&other, NOW).is_none());
    // The upstream is due at 5 s, when this credential is still put aside.
    let key = Key::Credential(one.upstream, one.credential);
    let refused = Outcome::Status(401).into();
    health.part(key).leave(Pass::Plain, &refused, NOW);
    assert!(health.begin(&one, after(5)).is_none());
    assert!(health.begin(&other, after(5)).is_some());
}

#[test]
fn an_answer_that_breaks_off_later_is_told_again() {
    let health = Health::default();
    let one = attempt(1, None);
    for _ in 0..4 {
        call(&health, &one, Outcome::Broken, NOW);
    }
    let mut streaming = health.begin(&one, NOW).unwrap();
    streaming.outcome(Outcome::Status(200), NOW);
    for _ in 0..5 {
        streaming.outcome(Outcome::Broken, NOW);
    }
    assert!(health.begin(&one, NOW).is_none());
}

#[test]
fn what_is_gone_is_forgotten() {
    let health = Health::default();
    let (kept, gone) = (attempt(1, Some(10)), attempt(1, Some(11)));
    for one in [&kept, &gone, &attempt(2, None)] {
        call(&health, one, Outcome::Status(401), NOW);
    }
    let mut access = Access::new("https://vendor.example".parse().unwrap(), Carrier::Bearer);
    access.credentials = vec![AccessCredential {
        id: kept.credential.unwrap(),
        name: "key".parse().unwrap(),
        secret: None,
    }];
    health.keep(&BTreeMap::from([(kept.upstream, Arc::new(access))]));
    let credentials: Vec<_> = health.snapshot().iter().map(|one| one.credential).collect();
    assert_eq!(credentials, [None, kept.credential]);
    assert!(health.begin(&gone, NOW).is_some(), "it begins anew");
    assert!(health.begin(&kept, NOW).is_none());
}

#[test]
fn calls_without_a_credential_are_forgotten_once_there_is_one() {
    let health = Health::default();
    let bare = attempt(1, None);
    call(&health, &bare, Outcome::Status(401), NOW);
    let mut access = Access::new("https://vendor.example".parse().unwrap(), Carrier::Bearer);
    let keep = |access: &Access| {
        health.keep(&BTreeMap::from([(bare.upstream, Arc::new(access.clone()))]));
        health.snapshot().len()
    };
    assert_eq!(keep(&access), 2);
    access.credentials = vec![AccessCredential {
        id: CredentialId::from_raw(10).unwrap(),
        name: "key".parse().unwrap(),
        secret: None,
    }];
    assert_eq!(keep(&access), 1);
}
