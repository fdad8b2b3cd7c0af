//! Each rule by itself, and what holds for every sequence of calls.

use proptest::prelude::*;

use super::*;
use crate::fixture::NOW;

const fn after(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

fn told(outcome: Outcome, seconds: u64) -> Report {
    Report {
        outcome,
        retry_after: Some(after(seconds)),
    }
}

/// Calls once, and tells what became of it.
fn call(breaker: &mut Breaker, report: impl Into<Report>, now: Timestamp) {
    let pass = breaker.enter(now).expect("it is put aside");
    breaker.leave(pass, &report.into(), now);
}

fn open_until(breaker: &Breaker) -> Option<Timestamp> {
    match breaker.state() {
        State::Open { until, .. } => Some(until),
        State::Closed | State::HalfOpen { .. } => None,
    }
}

#[test]
fn a_refused_credential_is_put_aside_at_once_for_a_minute_that_doubles_to_an_hour() {
    let mut breaker = Breaker::new(Part::Credential);
    let mut now = NOW;
    for minutes in [1, 2, 4, 8, 16, 32, 60, 60] {
        call(&mut breaker, Outcome::Status(401), now);
        let until = now.plus(after(minutes * 60));
        let cause = Cause::Status(401);
        let expected = State::Open {
            until,
            cause,
            since: NOW,
        };
        assert_eq!(breaker.state(), expected);
        let early = until.minus(Duration::from_micros(1));
        assert_eq!(breaker.enter(early), None);
        now = until;
    }
}

#[test]
fn a_credential_that_may_not_is_put_aside_where_it_never_may() {
    for status in [402, 403] {
        let mut breaker = Breaker::new(Part::Credential);
        // Some of the calls, never many in a row.
        for _ in 0..50 {
            for outcome in [status, status, status, 200, 200, 200, 200, 200] {
                call(&mut breaker, Outcome::Status(outcome), NOW);
            }
            assert_eq!(breaker.state(), State::Closed);
        }
        for _ in 0..IN_A_ROW {
            assert_eq!(open_until(&breaker), None);
            call(&mut breaker, Outcome::Status(status), NOW);
        }
        assert_eq!(open_until(&breaker), Some(NOW.plus(CREDENTIAL_FIRST)));
    }
}

#[test]
fn a_credential_that_called_too_often_waits_as_long_as_it_is_told() {
    let mut breaker = Breaker::new(Part::Credential);
    let mut now = NOW;
    for seconds in [5, 10, 20, 40, 80, 160, 300, 300] {
        call(&mut breaker, Outcome::Status(429), now);
        now = now.plus(after(seconds));
        assert_eq!(open_until(&breaker), Some(now));
    }
    for (said, waits) in [(0, 1), (3, 3), (900, 900), (1_000_000, 3600)] {
        call(&mut breaker, told(Outcome::Status(429), said), now);
        now = now.plus(after(waits));
        assert_eq!(open_until(&breaker), Some(now));
    }
}

#[test]
fn an_endpoint_is_put_aside_after_five_failures_in_a_row() {
    let failures = [
        Outcome::Status(500),
        Outcome::Unreachable,
        Outcome::TimedOut,
        Outcome::Broken,
        Outcome::Status(529),
    ];
    let mut breaker = Breaker::new(Part::Upstream);
    // Slowly: no window sees them all.
    let at = |i: u64| NOW.plus(after(100 * i));
    for (i, outcome) in (0..).zip(failures) {
        assert_eq!(breaker.state(), State::Closed);
        call(&mut breaker, outcome, at(i));
    }
    let (until, cause) = (at(4).plus(after(5)), Cause::Status(529));
    let since = at(4);
    assert_eq!(
        breaker.state(),
        State::Open {
            until,
            cause,
            since
        }
    );
    let mut now = until;
    for seconds in [10, 20, 40, 80, 120, 120] {
        call(&mut breaker, Outcome::Unreachable, now);
        now = now.plus(after(seconds));
        assert_eq!(open_until(&breaker), Some(now));
    }
    call(&mut breaker, told(Outcome::Status(503), 600), now);
    assert_eq!(open_until(&breaker), Some(now.plus(after(600))));
}

#[test]
fn an_endpoint_of_which_half_fails_is_put_aside_once_twenty_were_seen() {
    let mut breaker = Breaker::new(Part::Upstream);
    for i in 0..19 {
        let outcome = if i % 2 == 0 { 500 } else { 200 };
        call(&mut breaker, Outcome::Status(outcome), NOW);
        assert_eq!(breaker.state(), State::Closed, "{i}");
    }
    // What is seen in another window does not count.
    let mut later = breaker.clone();
    call(&mut later, Outcome::Status(500), NOW.plus(WINDOW));
    assert_eq!(later.state(), State::Closed);
    call(&mut breaker, Outcome::Status(500), NOW.plus(after(29)));
    assert_eq!(open_until(&breaker), Some(NOW.plus(after(34))));
}

#[test]
fn an_endpoint_of_which_less_than_half_fails_goes_on() {
    let mut breaker = Breaker::new(Part::Upstream);
    for i in 0..1000u64 {
        let outcome = if i % 3 == 0 { 500 } else { 200 };
        let now = NOW.plus(Duration::from_millis(20 * i));
        call(&mut breaker, Outcome::Status(outcome), now);
        assert_eq!(breaker.state(), State::Closed, "{i}");
    }
}

#[test]
fn each_breaker_hears_of_its_own_faults_only() {
    let both = [Part::Credential, Part::Upstream];
    let [mut credential, mut upstream] = both.map(Breaker::new);
    for status in [401, 402, 403, 429, 401, 402, 403, 429] {
        call(&mut upstream, Outcome::Status(status), NOW);
        assert!(upstream.is_calm(), "{status}");
    }
    for outcome in [Outcome::Unreachable, Outcome::Status(503), Outcome::Broken] {
        for _ in 0..50 {
            call(&mut credential, outcome, NOW);
            assert!(credential.is_calm(), "{outcome:?}");
        }
    }
}

#[test]
fn an_answer_to_a_probe_brings_back_and_begins_anew() {
    let mut breaker = Breaker::new(Part::Credential);
    call(&mut breaker, Outcome::Status(401), NOW);
    let later = NOW.plus(after(60));
    call(&mut breaker, Outcome::Status(401), later);
    let later = later.plus(after(120));
    call(&mut breaker, Outcome::Served, later);
    assert!(breaker.is_calm());
    call(&mut breaker, Outcome::Status(401), later);
    assert_eq!(open_until(&breaker), Some(later.plus(after(60))));
}

#[test]
fn a_probe_that_says_nothing_leaves_the_next_caller_to_try() {
    for outcome in [
        Outcome::Unknown,
        Outcome::Status(404),
        Outcome::Unreachable,
        Outcome::Status(500),
    ] {
        let mut breaker = Breaker::new(Part::Credential);
        call(&mut breaker, Outcome::Status(401), NOW);
        let due = NOW.plus(after(60));
        call(&mut breaker, outcome, due);
        assert_eq!(breaker.standing(due), Standing::Due, "{outcome:?}");
        assert!(matches!(breaker.enter(due), Some(Pass::Probe(_))));
    }
}

#[test]
fn calls_from_before_neither_close_nor_double() {
    let mut breaker = Breaker::new(Part::Credential);
    let early: Vec<Pass> = (0..4).map(|_| breaker.enter(NOW).unwrap()).collect();
    call(&mut breaker, Outcome::Status(429), NOW);
    let opened = breaker.state();
    breaker.leave(early[0], &Outcome::Served.into(), NOW);
    breaker.leave(early[1], &Outcome::Status(429).into(), NOW);
    assert_eq!(breaker.state(), opened);
    breaker.leave(early[2], &told(Outcome::Status(429), 30), NOW);
    assert_eq!(open_until(&breaker), Some(NOW.plus(after(30))));
    let due = NOW.plus(after(30));
    let probe = breaker.enter(due);
    breaker.leave(early[3], &Outcome::Served.into(), due);
    assert!(matches!(breaker.state(), State::HalfOpen { .. }));
    breaker.leave(probe.unwrap(), &Outcome::Served.into(), due);
    assert!(breaker.is_calm());
}

#[test]
fn a_probe_that_lapsed_and_serves_brings_it_back() {
    let mut breaker = Breaker::new(Part::Credential);
    call(&mut breaker, Outcome::Status(401), NOW);
    let due = NOW.plus(after(60));
    let first = breaker.enter(due).unwrap();
    assert_eq!(breaker.enter(due.plus(after(59))), None);
    let second = breaker.enter(due.plus(PROBE_LAPSE)).unwrap();
    assert_ne!(first, second);
    let late = due.plus(after(90));
    let mut failing = breaker.clone();
    breaker.leave(first, &Outcome::Served.into(), late);
    assert!(breaker.is_calm());
    breaker.leave(second, &Outcome::Served.into(), late);
    assert!(breaker.is_calm());

    // A failure of it is no news, and after the next failure it is of before.
    failing.leave(first, &Outcome::Status(401).into(), late);
    assert!(matches!(failing.state(), State::HalfOpen { .. }));
    failing.leave(second, &Outcome::Status(401).into(), late);
    let third = failing.enter(late.plus(after(3600))).unwrap();
    failing.leave(first, &Outcome::Served.into(), late.plus(after(3600)));
    assert!(matches!(failing.state(), State::HalfOpen { .. }));
    failing.leave(third, &Outcome::Served.into(), late.plus(after(3600)));
    assert!(failing.is_calm());
}

#[test]
fn a_cause_reads_back_from_its_text() {
    for cause in [
        Cause::Status(429),
        Cause::Unreachable,
        Cause::TimedOut,
        Cause::Broken,
    ] {
        assert_eq!(cause.to_string().parse(), Ok(cause));
    }
    assert!("status-x".parse::<Cause>().is_err() && "429".parse::<Cause>().is_err());
}

/// What a caller does next: wait, ask to be let through, or tell of one of the calls that are out.
#[derive(Debug, Clone)]
enum Step {
    Wait(u64),
    Enter,
    Leave(usize, Report),
}

fn outcome() -> impl Strategy<Value = Outcome> {
    prop_oneof![
        Just(Outcome::Served),
        (100u16..600).prop_map(Outcome::Status),
        prop::sample::select(vec![200, 400, 401, 429, 500, 503]).prop_map(Outcome::Status),
        Just(Outcome::Unreachable),
        Just(Outcome::TimedOut),
        Just(Outcome::Broken),
        Just(Outcome::Unknown),
    ]
}

fn report() -> impl Strategy<Value = Report> {
    let wait = prop::option::of((0u64..10_000_000).prop_map(after));
    (outcome(), wait).prop_map(|(outcome, retry_after)| Report {
        outcome,
        retry_after,
    })
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        (0u64..4000).prop_map(Step::Wait),
        Just(Step::Enter),
        (any::<usize>(), report()).prop_map(|(one, report)| Step::Leave(one, report)),
    ];
    prop::collection::vec(step, 0..120)
}

fn part() -> impl Strategy<Value = Part> {
    prop_oneof![Just(Part::Credential), Just(Part::Upstream)]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn it_is_never_stuck_and_a_probe_is_given_to_one_caller(part in part(), steps in steps()) {
        let (mut breaker, mut now) = (Breaker::new(part), NOW);
        let mut out: Vec<(Pass, Timestamp)> = Vec::new();
        for step in steps {
            match step {
                Step::Wait(seconds) => now = now.plus(after(seconds)),
                Step::Enter => {
                    let standing = breaker.standing(now);
                    let pass = breaker.enter(now);
                    prop_assert_eq!(pass.is_none(), matches!(standing, Standing::Aside(_)));
                    if let Some(pass @ Pass::Probe(_)) = pass {
                        let fresh = |(one, at): &(Pass, Timestamp)| {
                            matches!(one, Pass::Probe(_)) && now < at.plus(PROBE_LAPSE)
                        };
                        prop_assert!(!out.iter().any(fresh), "two callers try at once");
                        prop_assert!(out.iter().all(|(one, _)| *one != pass));
                    }
                    out.extend(pass.map(|pass| (pass, now)));
                }
                Step::Leave(one, report) if !out.is_empty() => {
                    let (pass, _) = out.swap_remove(one % out.len());
                    breaker.leave(pass, &report, now);
                }
                Step::Leave(..) => {}
            }
        }
        // However it stands, somebody is let through within the longest wait, and one answer is
        // enough to bring it back.
        let longest = RETRY_AFTER_CEILING.max(CREDENTIAL_CEILING);
        let later = now.plus(longest).plus(PROBE_LAPSE);
        let pass = breaker.enter(later);
        prop_assert!(pass.is_some(), "stuck: {breaker:?}");
        breaker.leave(pass.unwrap(), &Outcome::Served.into(), later);
        prop_assert_eq!(breaker.state(), State::Closed);
    }

    #[test]
    fn what_a_client_does_wrong_opens_nothing(
        part in part(),
        statuses in prop::collection::vec(300u16..500, 0..200),
    ) {
        let mut breaker = Breaker::new(part);
        for status in statuses {
            if !matches!(status, 401..=403 | 407 | 429) {
                call(&mut breaker, Outcome::Status(status), NOW);
                prop_assert!(breaker.is_calm(), "{status}");
            }
        }
    }
}

#[test]
fn a_credential_that_cannot_be_sent_is_put_aside_and_says_nothing_of_the_endpoint() {
    let mut credential = Breaker::new(Part::Credential);
    call(&mut credential, Outcome::NoCredential, NOW);
    let (cause, _) = credential.opened().unwrap();
    assert_eq!(cause.to_string(), "no-credential");

    let mut endpoint = Breaker::new(Part::Upstream);
    for _ in 0..IN_A_ROW {
        call(&mut endpoint, Outcome::Unreachable, NOW);
    }
    let due = NOW.plus(after(3600));
    let probe = endpoint.enter(due).unwrap();
    endpoint.leave(probe, &Outcome::NoCredential.into(), due);
    assert!(matches!(
        endpoint.state(),
        State::HalfOpen { trying: None, .. }
    ));
}
