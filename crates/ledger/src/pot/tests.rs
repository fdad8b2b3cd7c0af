use proptest::prelude::*;
use tollgate_policy::id::TokenId;

use super::*;
use crate::book::Pot;
use crate::fixture::{at, lease};

const IDLE: Duration = Duration::from_secs(1);

fn pot() -> Pot {
    Pot::Token(TokenId::from_raw(1).unwrap())
}

fn leased(amount: i64) -> PotState {
    let mut state = PotState::default();
    state.apply(&lease(pot(), amount), 0, 0, at(0));
    state
}

#[test]
fn what_is_held_or_charged_is_not_free() {
    let mut state = leased(100);
    state.hold(30, at(0));
    state.hold(20, at(0));
    assert_eq!(state.free(), 50);
    state.settle(30, 25, at(1));
    assert_eq!(
        (state.free(), state.held(), state.unsettled()),
        (55, 20, 25)
    );
    state.apply(&lease(pot(), 75), 25, 0, at(2));
    assert_eq!((state.free(), state.unsettled()), (55, 0));
}

#[test]
fn only_the_first_want_is_to_be_asked_for() {
    let mut state = leased(5);
    assert!(state.want(10));
    assert!(!state.want(10));
    let wish = state.take_wish().unwrap();
    assert_eq!((wish.least, wish.good), (15, 155));
    assert_eq!(state.take_wish(), None, "it was asked for");
    assert!(
        state.want(0),
        "a call that costs nothing wants something too"
    );
    assert_eq!(state.take_wish().map(|wish| wish.least), Some(0));
}

#[test]
fn a_lease_covers_twice_what_was_taken_at_once() {
    let mut state = leased(100);
    state.hold(30, at(0));
    state.settle(30, 25, at(0));
    state.hold(30, at(0));
    // 55 at once, of which 25 are charged now, so that 75 of the lease are left.
    assert_eq!(state.take_ahead(25).map(|wish| wish.good), Some(35));
    state.apply(&lease(pot(), 110), 25, 0, at(0));
    assert_eq!(state.take_ahead(0), None, "less was taken since");
    state.recall();
    assert_eq!(state.take_ahead(110), None, "it goes back first");
    let mut unlimited = PotState::default();
    let no_limit = Lease {
        limited: false,
        ..lease(pot(), 0)
    };
    unlimited.apply(&no_limit, 0, 0, at(0));
    unlimited.hold(30, at(0));
    assert_eq!(unlimited.take_ahead(0), None);
}

#[test]
fn a_wish_covers_what_is_overdrawn() {
    let mut state = leased(10);
    state.hold(10, at(0));
    state.settle(10, 40, at(0));
    state.want(5);
    assert_eq!(state.take_wish().unwrap().least, 35);
}

#[test]
fn a_pot_is_dry_only_where_the_store_gave_less_than_was_needed() {
    for (granted, dry) in [(9, true), (10, false), (11, false)] {
        let mut state = leased(50);
        state.apply(&lease(pot(), 50 + granted), 0, 10, at(5));
        assert_eq!(state.is_dry(at(5)), dry, "{granted}");
        assert!(!state.is_dry(at(6)), "it is asked again after a while");
    }
    let mut state = leased(50);
    state.settle(0, 20, at(0));
    state.apply(&lease(pot(), 40), 20, 10, at(5));
    assert!(
        !state.is_dry(at(5)),
        "what receipts took is not what was not given"
    );
}

#[test]
fn a_call_that_waited_sees_that_the_pot_is_dry_now() {
    let mut state = leased(0);
    state.apply(&lease(pot(), 0), 0, 10, at(20));
    assert!(state.is_dry(at(18)));
    assert!(
        !state.is_dry(at(5)),
        "a clock that was put back locks nobody out"
    );
}

#[test]
fn a_pot_that_is_not_used_goes_back_to_the_store() {
    let mut state = leased(100);
    state.hold(30, at(10));
    assert_eq!(state.take_idle(IDLE, at(10)), 0, "it was used just now");
    state.want(1);
    assert_eq!(state.take_idle(IDLE, at(11)), 0, "somebody waits for it");
    state.take_wish();
    assert_eq!(state.take_idle(IDLE, at(11)), 70);
    assert_eq!(state.take_idle(IDLE, at(11)), 0);
    assert_eq!((state.leased(), state.free()), (30, 0));
    assert!(!state.is_idle());
    state.settle(30, 0, at(11));
    assert_eq!(state.take_idle(IDLE, at(12)), 30);
    assert!(state.is_idle());
}

#[test]
fn a_lease_does_not_go_back_before_the_call_that_waits_for_it_has_it() {
    let mut state = PotState::default();
    state.want(10);
    state.take_wish();
    state.apply(&lease(pot(), 80), 0, 10, at(5));
    assert_eq!(state.take_idle(IDLE, at(5)), 0);
    assert_eq!(state.take_idle(IDLE, at(6)), 80, "it never came");
}

#[test]
fn a_pot_goes_back_also_where_the_clock_was_put_back() {
    let mut state = leased(100);
    state.hold(30, at(3600));
    assert_eq!(state.take_idle(IDLE, at(0)), 70);
}

#[test]
fn nothing_is_held_in_a_recalled_pot_before_it_went_back() {
    let mut state = leased(100);
    state.hold(30, at(0));
    state.recall();
    assert_eq!(state.free(), 0);
    assert_eq!(state.coverage(), 70, "a call that goes on is covered");
    state.want(10);
    assert_eq!(state.take_idle(IDLE, at(0)), 70);
    assert_eq!(state.take_wish().unwrap().least, 10);
    state.apply(&lease(pot(), 40), 0, 10, at(0));
    assert_eq!(state.free(), 10);
}

#[test]
fn what_the_store_said_before_an_edit_does_not_outlive_it() {
    let mut state = leased(0);
    state.recall();
    let unlimited = Lease {
        limited: false,
        ..lease(pot(), 0)
    };
    state.apply(&unlimited, 0, 0, at(0));
    assert_eq!(state.free(), 0);
    state.apply(&lease(pot(), 0), 0, 10, at(0));
    assert!(!state.is_dry(at(0)));
    state.take_idle(IDLE, at(0));
    assert!(!state.is_dry(at(0)), "the store is asked anew");
}

#[test]
fn a_pot_without_a_limit_is_never_short() {
    let unlimited = Lease {
        limited: false,
        ..lease(pot(), 0)
    };
    let mut state = PotState::default();
    state.apply(&unlimited, 0, 10, at(0));
    assert!(!state.is_dry(at(0)));
    state.hold(i64::MAX, at(0));
    assert_eq!(state.free(), i64::MAX);
    assert_eq!(state.take_free(), 0);
}

#[test]
fn a_lease_that_is_not_trusted_is_not_spent() {
    let mut state = leased(100);
    state.hold(30, at(0));
    assert!(state.distrust());
    assert_eq!(state.free(), -30);
    assert!(!state.distrust(), "there is nothing more to ask for");
    state.apply(&lease(pot(), 100), 0, 0, at(0));
    assert_eq!(state.free(), 70);
}

/// A step that the live side may take with a pot.
#[derive(Debug, Clone)]
enum Step {
    Hold(i64),
    Settle(usize, i64),
    Turn,
    Sweep,
    Recall,
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        3 => (1..50_i64).prop_map(Step::Hold),
        3 => (any::<usize>(), 0..50_i64).prop_map(|(which, cost)| Step::Settle(which, cost)),
        2 => Just(Step::Turn),
        1 => Just(Step::Sweep),
        1 => Just(Step::Recall),
    ];
    prop::collection::vec(step, 0..60)
}

proptest! {
    /// With a store that follows the rules of grants, a strict pot is never above its lease, and
    /// the lease in memory is the one in the store.
    #[test]
    fn what_is_held_and_charged_is_leased(steps in steps(), limit in 0..500_i64) {
        let (mut state, mut open) = (PotState::default(), Vec::new());
        let (mut used, mut lease_in_store, mut charged, mut returned) = (0, 0, 0, 0);
        for (second, step) in steps.into_iter().enumerate() {
            let now = at(i64::try_from(second).unwrap());
            match step {
                Step::Hold(amount) => {
                    if state.free() >= amount {
                        state.hold(amount, now);
                        open.push(amount);
                    } else {
                        state.want(amount);
                    }
                }
                Step::Settle(which, cost) if !open.is_empty() => {
                    let held = open.swap_remove(which % open.len());
                    let cost = cost.min(held + state.coverage().max(0));
                    state.settle(held, cost, now);
                    charged += cost;
                }
                Step::Settle(..) => {}
                Step::Turn => {
                    used += charged;
                    lease_in_store -= charged + returned;
                    let wish = state.take_wish();
                    let ahead = state.take_ahead(charged);
                    let left: i64 = limit - used - lease_in_store;
                    let least = wish.map_or(0, |wish| wish.least);
                    let asked = wish.map_or(ahead.map_or(0, |ahead| ahead.good), |wish| wish.least);
                    lease_in_store += asked.min(left).max(0);
                    state.apply(&lease(pot(), lease_in_store), charged, least, now);
                    (charged, returned) = (0, 0);
                }
                Step::Sweep => returned += state.take_idle(IDLE, now),
                Step::Recall => state.recall(),
            }
            prop_assert!(state.held() + state.unsettled() <= state.leased());
            prop_assert_eq!(state.leased() + returned, lease_in_store);
            prop_assert!(used + lease_in_store <= limit);
            prop_assert_eq!(state.held(), open.iter().sum::<i64>());
        }
    }
}
