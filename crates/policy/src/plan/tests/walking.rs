//! Which attempts are made.

use super::health::keyed;
use super::*;
use crate::breaker::Outcome;
use crate::fixture::model;

/// Walks a plan with what each attempt comes to, and gives (upstream, credential) of those made.
fn made(world: &World, most: u8, outcome: impl Fn(&Attempt<'_>) -> Outcome) -> Vec<(i64, i64)> {
    with_permit(world, GPT, |permit| {
        let plan = untroubled(permit, 7);
        let mut walk = plan.walk(most);
        let mut made = Vec::new();
        while let Some(attempt) = walk.next() {
            let credential = attempt.credential.map_or(-1, CredentialId::raw);
            made.push((attempt.upstream.raw(), credential));
            walk.failed(outcome(attempt).blame());
        }
        made
    })
    .unwrap()
}

#[test]
fn no_more_attempts_are_made_than_are_granted() {
    let world = keyed(&[(2, &[10, 11]), (1, &[20]), (0, &[30])]);
    let limited = |_: &Attempt<'_>| Outcome::Status(429);
    assert_eq!(made(&world, 9, limited).len(), 4);
    assert_eq!(made(&world, 3, limited).len(), 3);
    assert_eq!(made(&world, 1, limited).len(), 1);
}

#[test]
fn the_other_credentials_of_an_endpoint_that_failed_are_left_out() {
    let world = keyed(&[(2, &[10, 11, 12]), (1, &[20])]);
    for outcome in [
        Outcome::Unreachable,
        Outcome::TimedOut,
        Outcome::Status(503),
    ] {
        let made = made(&world, 3, |_| outcome);
        let upstreams: Vec<i64> = made.iter().map(|(upstream, _)| *upstream).collect();
        assert_eq!(upstreams, [0, 1]);
    }
}

#[test]
fn an_attempt_that_was_not_made_does_not_count() {
    let world = keyed(&[(0, &[10, 11, 12, 13])]);
    let count = with_permit(&world, GPT, |permit| {
        let plan = untroubled(permit, 7);
        let mut walk = plan.walk(2);
        let mut seen = 0;
        while walk.next().is_some() {
            seen += 1;
            if seen <= 2 {
                walk.not_made();
            }
        }
        seen
    });
    assert_eq!(count, Some(4));
}

#[test]
fn a_fallback_has_attempts_of_its_own_and_is_tried_where_another_model_failed() {
    let mut world = keyed(&[(0, &[10, 11])]);
    world.models.push(model(3, "mini", "openai"));
    world.upstreams[0].serves = models([("gpt-4o", None), ("mini", None)]);
    let others = vec!["mini".parse().unwrap()];
    let fallbacks = &mut world.groups[0].terms.fallbacks;
    fallbacks.set("gpt-4o".parse().unwrap(), others).unwrap();
    assert_eq!(made(&world, 1, |_| Outcome::Status(429)).len(), 2);
    assert_eq!(made(&world, 3, |_| Outcome::Status(529)).len(), 2);
    assert_eq!(made(&world, 3, |_| Outcome::Unreachable).len(), 1);
}
