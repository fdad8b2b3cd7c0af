use tollgate_policy::time::Timestamp;

use super::*;
use crate::fixture::{Kept, Running, nothing, pass, start, upstream};
use crate::port::Subject;

fn at(seconds: u64) -> Timestamp {
    start().plus(Duration::from_secs(seconds))
}

/// The alerts that wait, in order.
fn waiting(watch: &UpstreamWatch) -> Vec<Event> {
    watch.lock().events.drain(..).collect()
}

fn fail(watch: &UpstreamWatch, seconds: impl IntoIterator<Item = u64>) {
    for second in seconds {
        watch.failed(upstream(1), "openai", "connection refused", at(second));
    }
}

#[test]
fn an_upstream_is_down_once_with_its_fifth_failure_in_a_row() {
    let watch = UpstreamWatch::default();
    fail(&watch, 1..5);
    assert_eq!(waiting(&watch), []);
    fail(&watch, 5..50);
    let down = Event::Down {
        upstream: upstream(1),
        name: "openai".to_owned(),
        since: at(1),
        at: at(5),
        reason: "connection refused".to_owned(),
    };
    assert_eq!(waiting(&watch), [down]);
}

#[test]
fn an_answer_in_between_begins_the_row_anew() {
    let watch = UpstreamWatch::default();
    fail(&watch, 1..5);
    watch.answered(upstream(1), at(5));
    fail(&watch, 6..10);
    assert_eq!(waiting(&watch), []);
    fail(&watch, [10]);
    let told = waiting(&watch);
    assert!(
        matches!(told[..], [Event::Down { since, .. }] if since == at(6)),
        "{told:?}"
    );
}

#[test]
fn an_upstream_that_answers_again_is_told_of_once() {
    let watch = UpstreamWatch::default();
    fail(&watch, 1..6);
    waiting(&watch);
    watch.answered(upstream(1), at(61));
    watch.answered(upstream(1), at(62));
    let up = Event::Up {
        upstream: upstream(1),
        name: "openai".to_owned(),
        since: at(1),
        at: at(61),
    };
    assert_eq!(waiting(&watch), [up]);
}

#[test]
fn an_upstream_that_was_never_down_is_not_told_of_as_back() {
    let watch = UpstreamWatch::default();
    watch.answered(upstream(1), at(1));
    fail(&watch, 2..6);
    watch.answered(upstream(1), at(6));
    assert_eq!(waiting(&watch), []);
}

#[test]
fn one_upstream_does_not_count_for_another() {
    let watch = UpstreamWatch::default();
    fail(&watch, 1..5);
    for second in 1..5 {
        watch.failed(upstream(2), "other", "timed out", at(second));
    }
    watch.answered(upstream(2), at(5));
    assert_eq!(waiting(&watch), []);
    fail(&watch, [6]);
    assert_eq!(waiting(&watch).len(), 1);
}

#[test]
fn an_upstream_that_comes_and_goes_is_told_of_again_after_a_quiet_time() {
    let watch = UpstreamWatch::default();
    fail(&watch, 1..6);
    watch.answered(upstream(1), at(10));
    waiting(&watch);
    let quiet_until = 10 + QUIET.as_secs();
    fail(&watch, 11..quiet_until);
    watch.answered(upstream(1), at(quiet_until - 1));
    assert_eq!(waiting(&watch), []);
    fail(&watch, quiet_until..quiet_until + 5);
    let told = waiting(&watch);
    assert!(
        matches!(told[..], [Event::Down { since, .. }] if since == at(quiet_until)),
        "{told:?}"
    );
}

#[test]
fn nothing_is_kept_of_an_upstream_that_works() {
    let watch = UpstreamWatch::default();
    fail(&watch, 1..6);
    watch.answered(upstream(1), at(10));
    assert!(watch.0.troubled.load(Relaxed));
    watch.answered(upstream(1), at(10 + QUIET.as_secs()));
    assert!(!watch.0.troubled.load(Relaxed));
    assert!(watch.lock().states.is_empty());
}

#[test]
fn of_too_many_that_wait_the_newest_stay() {
    let watch = UpstreamWatch::default();
    for raw in 0..300 {
        for _ in 0..FAILURES {
            watch.failed(upstream(raw), "one", "refused", at(1));
        }
    }
    let told = waiting(&watch);
    assert_eq!(told.len(), MOST);
    let last = &told[MOST - 1];
    assert!(matches!(last, Event::Down { upstream: id, .. } if *id == upstream(299)));
}

#[test]
fn gateways_that_see_an_outage_begin_in_the_same_minute_name_it_alike() {
    let key = |seconds| {
        let watch = UpstreamWatch::default();
        fail(&watch, seconds..seconds + 5);
        waiting(&watch)[0].alert().key
    };
    let first = key(3);
    assert_eq!(
        first,
        "upstream_down:ups_0000000000001:2027-01-31T12:00:00Z"
    );
    assert_eq!(key(59), first);
    assert_ne!(key(60), first);
}

#[tokio::test(start_paused = true)]
async fn what_is_seen_is_raised_also_where_the_store_is_away_at_first() {
    let upkeep = Running::start(
        Kept {
            away: true,
            ..Kept::default()
        },
        nothing(),
    );
    let watch = upkeep.handles.watch.clone();
    fail(&watch, 1..6);
    watch.answered(upstream(1), at(66));
    pass(AGAIN_AFTER * 3).await;
    upkeep.store.change(|kept| kept.away = false);
    let kept = upkeep.store.until(|kept| kept.raises.len() == 2).await;
    let mut told: Vec<_> = kept.raises.iter().collect();
    told.sort_by_key(|(_, at)| *at);
    let (down, up) = (&told[0].0, &told[1].0);
    assert_eq!(told[0].1, at(5));
    assert_eq!(down.kind, "upstream_down");
    assert_eq!(down.subject, Subject::Upstream(upstream(1)));
    let body = serde_json::json!({
        "name": "openai",
        "since": "2027-01-31T12:00:01Z",
        "reason": "connection refused",
    });
    assert_eq!(down.body, body);
    assert_eq!(up.key, "upstream_up:ups_0000000000001:2027-01-31T12:00:00Z");
    let body = serde_json::json!({
        "name": "openai",
        "since": "2027-01-31T12:00:01Z",
        "seconds": 65,
    });
    assert_eq!(up.body, body);
}

#[tokio::test(start_paused = true)]
async fn upkeep_that_begins_anew_raises_what_waits() {
    let silent = Kept {
        silent: true,
        ..Kept::default()
    };
    let before = Running::start(silent, nothing());
    let handles = before.handles.clone();
    fail(&handles.watch, 1..6);
    handles.watch.answered(upstream(1), at(66));
    before.store.until(|kept| kept.unanswered == 1).await;
    before.end().await;
    let anew = Running::start_with(Kept::default(), nothing(), handles.clone());
    let kept = anew.store.until(|kept| kept.raises.len() == 2).await;
    let kinds: Vec<_> = kept.raises.iter().map(|(alert, _)| &alert.kind).collect();
    assert_eq!(kinds, ["upstream_down", "upstream_up"]);
    anew.end().await;
    assert_eq!(waiting(&handles.watch), []);
}
