//! What is put aside is left out, what is busy comes later, and credentials take turns.

use super::*;
use crate::breaker::Standing;

/// Conditions of upstreams and credentials by number; what is not named is idle.
#[derive(Default)]
pub(super) struct Told {
    pub(super) upstreams: BTreeMap<i64, Condition>,
    pub(super) credentials: BTreeMap<i64, Condition>,
}

impl Conditions for Told {
    fn upstream(&self, id: UpstreamId) -> Condition {
        let told = self.upstreams.get(&id.raw());
        told.copied().unwrap_or(Condition::IDLE)
    }

    fn credential(&self, _: UpstreamId, id: Option<CredentialId>) -> Condition {
        let told = id.and_then(|id| self.credentials.get(&id.raw()));
        told.copied().unwrap_or(Condition::IDLE)
    }
}

pub(super) fn aside(seconds: i64) -> Condition {
    let until = Timestamp::from_seconds(NOW.as_micros() / 1_000_000 + seconds);
    Condition {
        standing: Standing::Aside(until),
        in_flight: 0,
    }
}

fn busy(in_flight: u32) -> Condition {
    Condition {
        in_flight,
        ..Condition::IDLE
    }
}

/// A gateway whose upstreams 0, 1 … have these priorities, and credentials with these numbers.
pub(super) fn keyed(upstreams: &[(i32, &[i64])]) -> World {
    let orders: Vec<_> = upstreams.iter().map(|(order, _)| (*order, 1)).collect();
    let mut world = weighted(&orders);
    for (upstream, (_, ids)) in world.upstreams.iter_mut().zip(upstreams) {
        let ids = ids.iter().map(|id| CredentialId::from_raw(*id).unwrap());
        upstream.credentials = Some(ids.collect());
    }
    world
}

fn pairs(seen: &[Seen]) -> Vec<(i64, i64)> {
    let pair = |one: &Seen| (one.upstream, one.credential.unwrap());
    seen.iter().map(pair).collect()
}

#[test]
fn each_upstream_has_its_turn_before_one_has_a_second() {
    let world = keyed(&[(0, &[10, 11, 12]), (0, &[20]), (-1, &[30, 31])]);
    let mut firsts = BTreeMap::new();
    for seed in 0..200 {
        let order = pairs(&draw(&world, GPT, seed));
        let upstreams: Vec<i64> = order.iter().map(|(upstream, _)| *upstream).collect();
        assert!(
            upstreams == [0, 1, 0, 0, 2, 2] || upstreams == [1, 0, 0, 0, 2, 2],
            "{order:?}"
        );
        *firsts.entry(order[0].1).or_insert(0) += 1;
    }
    assert_eq!(firsts.len(), 4, "every credential comes first at times");
}

#[test]
fn what_is_put_aside_is_left_out_and_what_is_due_may_try() {
    let world = keyed(&[(0, &[10, 11]), (0, &[20]), (0, &[30])]);
    let due = Condition {
        standing: Standing::Due,
        in_flight: 0,
    };
    let told = Told {
        upstreams: BTreeMap::from([(1, aside(5)), (2, due)]),
        credentials: BTreeMap::from([(10, aside(60))]),
    };
    for seed in 0..50 {
        let mut order = pairs(&draw_with(&world, GPT, seed, &told).unwrap());
        order.sort();
        assert_eq!(order, [(0, 11), (2, 30)]);
    }
}

#[test]
fn where_all_are_put_aside_it_is_told_when_the_first_is_due() {
    let world = keyed(&[(0, &[10, 11]), (0, &[20]), (-1, &[30])]);
    let told = Told {
        upstreams: BTreeMap::from([(1, aside(50)), (2, aside(70))]),
        credentials: BTreeMap::from([(10, aside(60)), (11, aside(40))]),
    };
    let all = draw_with(&world, GPT, 7, &told).unwrap_err();
    assert_eq!(all.until.since(NOW).as_secs(), 40);
}

#[test]
fn a_lower_priority_takes_over_where_the_best_is_put_aside() {
    let world = keyed(&[(5, &[10]), (0, &[20])]);
    let told = Told {
        upstreams: BTreeMap::new(),
        credentials: BTreeMap::from([(10, aside(60))]),
    };
    assert_eq!(pairs(&draw_with(&world, GPT, 7, &told).unwrap()), [(1, 20)]);
}

#[test]
fn upstreams_are_drawn_by_weight_over_one_more_than_is_under_way() {
    // 1 / (1 + 0), 6 / (1 + 2) and 5 / (1 + 4): shares of 1, 2 and 1.
    let world = weighted(&[(0, 1), (0, 6), (0, 5)]);
    let told = Told {
        upstreams: BTreeMap::from([(1, busy(2)), (2, busy(4))]),
        credentials: BTreeMap::new(),
    };
    let mut firsts = [0.0; 3];
    for seed in 0..20_000 {
        let first = draw_with(&world, GPT, seed, &told).unwrap()[0].upstream;
        firsts[usize::try_from(first).unwrap()] += 1.0;
    }
    let expected = [5000.0, 10_000.0, 5000.0];
    let distances = firsts.iter().zip(expected).map(|(seen, expected)| {
        let off: f64 = seen - expected;
        off * off / expected
    });
    // Chi-square with 2 degrees of freedom exceeds 13.8 once in a thousand.
    assert!(distances.sum::<f64>() < 13.8, "{firsts:?}");
}

#[test]
fn a_busy_credential_is_drawn_less_often() {
    let world = keyed(&[(0, &[10, 11])]);
    let told = Told {
        upstreams: BTreeMap::new(),
        credentials: BTreeMap::from([(10, busy(9))]),
    };
    let first = |seed| pairs(&draw_with(&world, GPT, seed, &told).unwrap())[0].1;
    let idle = (0..2000).filter(|seed| first(*seed) == 11).count();
    assert!((1750..1880).contains(&idle), "{idle} of 2000, not 10 of 11");
}

#[test]
fn an_upstream_whose_credentials_are_all_disabled_serves_nothing() {
    let mut world = keyed(&[(0, &[]), (0, &[20])]);
    assert_eq!(pairs(&draw(&world, GPT, 7)), [(1, 20)]);
    world.upstreams.pop();
    assert_eq!(with_permit(&world, GPT, |_| ()), None);
    let (catalog, asked) = (world.catalog(), world.asked(GPT));
    let Verdict::Refuse(refusal) = evaluate(&catalog, &world.principal, &asked, NOW) else {
        panic!("permitted");
    };
    assert_eq!(
        refusal.first().saw,
        "`relay` has no credential that is enabled"
    );
    let other = upstream(
        9,
        "other",
        "openai",
        Dialect::OpenAi,
        models([("gpt-4o", None)]),
    );
    world.upstreams.push(other);
    let anonymous = draw(&world, GPT, 7);
    assert_eq!((anonymous[0].upstream, anonymous[0].credential), (9, None));
}
