//! The calls of a token stay together where that is wished.

use super::health::{Told, aside, keyed};
use super::*;
use crate::id::TokenId;

fn sticky(upstreams: &[(i32, &[i64])]) -> World {
    let mut world = keyed(upstreams);
    for upstream in &mut world.upstreams {
        upstream.sticky = true;
    }
    world
}

/// Where the calls of some tokens go first.
fn homes(world: &mut World, told: &Told) -> Vec<(i64, i64)> {
    let first = |token: i64| {
        world.principal.token.id = TokenId::from_raw(token << 22).unwrap();
        let firsts: Vec<_> = (0..8)
            .map(|seed| {
                let seen = draw_with(world, GPT, seed, told).unwrap();
                (seen[0].upstream, seen[0].credential.unwrap())
            })
            .collect();
        assert!(firsts.iter().all(|one| *one == firsts[0]), "{firsts:?}");
        firsts[0]
    };
    (0..400).map(first).collect()
}

#[test]
fn a_token_stays_and_tokens_are_spread_by_weight() {
    let mut world = sticky(&[(0, &[10, 11]), (0, &[20])]);
    world.upstreams[1].weight = 3;
    let homes = homes(&mut world, &Told::default());
    let at = |home| homes.iter().filter(|one| **one == home).count();
    assert!((25..80).contains(&at((0, 10))), "{}", at((0, 10)));
    assert!((25..80).contains(&at((0, 11))), "{}", at((0, 11)));
    assert!((260..340).contains(&at((1, 20))), "{}", at((1, 20)));
}

#[test]
fn only_the_tokens_of_what_is_gone_move() {
    let mut world = sticky(&[(0, &[10]), (0, &[20, 21]), (0, &[30]), (-1, &[40])]);
    let before = homes(&mut world, &Told::default());
    let told = Told {
        upstreams: BTreeMap::from([(2, aside(5))]),
        credentials: BTreeMap::from([(20, aside(5))]),
    };
    let after = homes(&mut world, &told);
    let mut moved = 0;
    for (old, new) in before.iter().zip(&after) {
        if *old == (2, 30) || *old == (1, 20) {
            assert_ne!(old, new);
            assert_ne!(new.0, 3, "the best priority is not all gone");
            moved += 1;
        } else {
            assert_eq!(old, new);
        }
    }
    assert!(moved > 100, "{moved}");
}

#[test]
fn what_is_under_way_moves_no_token() {
    let mut world = sticky(&[(0, &[10]), (0, &[20])]);
    let before = homes(&mut world, &Told::default());
    let busy = Condition {
        in_flight: 100,
        ..Condition::IDLE
    };
    let told = Told {
        upstreams: BTreeMap::from([(0, busy)]),
        credentials: BTreeMap::from([(20, busy)]),
    };
    assert_eq!(homes(&mut world, &told), before);
}
