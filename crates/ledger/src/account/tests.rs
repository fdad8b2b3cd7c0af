use std::collections::BTreeSet;

use proptest::prelude::*;
use tollgate_policy::limit::Limits;
use tollgate_policy::token::Principal;
use tollgate_policy::verdict::{Reason, ReasonKind};

use super::*;
use crate::fixture::{
    at, at_once, daily, demand, group, lease, micros, principal, requests, tokens,
};

const DAY: i64 = 86_400;

/// With a limit on each of the four pots.
fn limited() -> Principal {
    let mut principal = principal();
    principal.token.quota.lifetime = Some(micros(1000));
    principal.token.quota.periodic = Some(daily(1000));
    principal.account.funds.credited = Some(micros(1000));
    principal.account.funds.periodic = Some(daily(1000));
    principal
}

fn pots(principal: &Principal, now: Timestamp) -> [Pot; 4] {
    let day = at(now.as_micros().div_euclid(DAY * 1_000_000) * DAY);
    [
        Pot::Token(principal.token.id),
        Pot::TokenPeriod(principal.token.id, day),
        Pot::Account(principal.account.id),
        Pot::AccountPeriod(principal.account.id, day),
    ]
}

/// A state in which the pots have so much.
fn state(principal: &Principal, leases: [i64; 4]) -> AccountState {
    let mut state = AccountState::default();
    for (pot, amount) in pots(principal, at(0)).into_iter().zip(leases) {
        state.apply(&lease(pot, amount), 0, amount, at(0));
    }
    state
}

/// The store has no more of any pot.
fn dry(state: &mut AccountState, principal: &Principal) {
    for pot in pots(principal, at(0)) {
        let leased = state.pots.entry(pot).or_default().leased();
        state.apply(&lease(pot, leased), 0, 1, at(0));
    }
}

fn sums(state: &AccountState) -> (i64, i64) {
    let of = |figure: fn(&PotState) -> i64| state.pots.values().map(figure).sum();
    (of(PotState::held), of(PotState::unsettled))
}

fn reason(stop: Stop) -> Reason {
    match stop {
        Stop::Denied(Denied::Refused(refusal)) => refusal.first().clone(),
        other => panic!("{other:?}"),
    }
}

fn lack(stop: Stop) -> BTreeSet<Pot> {
    match stop {
        Stop::Lack(pots) => pots.into_iter().collect(),
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_call_is_held_in_every_pot_and_settled_in_every_pot() {
    let (principal, group) = (limited(), group(Enforcement::Strict));
    let mut state = state(&principal, [100; 4]);
    let grip = state
        .try_hold(&demand(&principal, &group, 60), None, false)
        .unwrap();
    assert_eq!((grip.amount, sums(&state)), (micros(60), (240, 0)));
    assert_eq!(grip.pots, pots(&principal, at(0)).map(Some));
    state.settle(&grip, None, micros(25), 10, at(1));
    assert_eq!(sums(&state), (0, 100));
}

#[test]
fn a_call_is_held_in_all_pots_or_in_none() {
    let (principal, group) = (limited(), group(Enforcement::Strict));
    for short in 0..4 {
        let mut leases = [100; 4];
        leases[short] = 59;
        let mut state = state(&principal, leases);
        let all = pots(&principal, at(0));
        let stop = state.try_hold(&demand(&principal, &group, 60), None, false);
        assert_eq!(lack(stop.unwrap_err()), [all[short]].into());
        let stop = state.try_hold(&demand(&principal, &group, 60), None, false);
        assert!(lack(stop.unwrap_err()).is_empty(), "it was asked for");
        dry(&mut state, &principal);
        let stop = state.try_hold(&demand(&principal, &group, 60), None, false);
        let reason = reason(stop.unwrap_err());
        assert_eq!(reason.kind, ReasonKind::QuotaShort);
        let layers = [Layer::Token, Layer::Token, Layer::Account, Layer::Account];
        let resets = [None, Some(at(DAY)), None, Some(at(DAY))];
        assert_eq!((reason.layer, reason.until), (layers[short], resets[short]));
        assert_eq!(sums(&state), (0, 0));
        assert_eq!(state.meter.open(), 0);
    }
}

/// Else nobody would ever ask for the pot again.
#[test]
fn a_call_that_is_refused_wants_nothing() {
    let (principal, group) = (limited(), group(Enforcement::Strict));
    let mut state = state(&principal, [0, 100, 0, 100]);
    let account = pots(&principal, at(0))[2];
    state.apply(&lease(account, 0), 0, 1, at(0));
    let stop = state.try_hold(&demand(&principal, &group, 60), None, false);
    assert_eq!(reason(stop.unwrap_err()).layer, Layer::Account);
    state.apply(&lease(account, 100), 0, 1, at(0));
    let stop = state.try_hold(&demand(&principal, &group, 60), None, false);
    assert_eq!(lack(stop.unwrap_err()), [pots(&principal, at(0))[0]].into());
}

/// Its pots may be unknown, overdrawn, empty or lapsed.
#[test]
fn a_call_that_costs_nothing_waits_for_no_pot() {
    let (principal, group) = (limited(), group(Enforcement::Strict));
    let demand = demand(&principal, &group, 0);
    let mut overdrawn = state(&principal, [10; 4]);
    for pot in pots(&principal, at(0)) {
        overdrawn.pots.entry(pot).or_default().settle(0, 50, at(0));
    }
    let mut empty = state(&principal, [0; 4]);
    dry(&mut empty, &principal);
    for mut state in [AccountState::default(), overdrawn, empty] {
        for lapsed in [false, true] {
            let grip = state.try_hold(&demand, None, lapsed).unwrap();
            let before = sums(&state);
            state.settle(&grip, None, Credits::ZERO, 10, at(1));
            assert_eq!((grip.amount, sums(&state)), (Credits::ZERO, before));
        }
    }
}

#[test]
fn less_is_held_where_the_store_has_no_more_and_it_covers_the_least() {
    let (principal, group) = (limited(), group(Enforcement::Strict));
    let mut state = state(&principal, [90, 50, 70, 100]);
    let mut demand = demand(&principal, &group, 80);
    demand.least = micros(50);
    let asked = state.try_hold(&demand, None, false).unwrap_err();
    assert_eq!(lack(asked).len(), 2);
    dry(&mut state, &principal);
    let grip = state.try_hold(&demand, None, false).unwrap();
    assert_eq!(grip.amount, micros(50));
    let reason = reason(state.try_hold(&demand, None, false).unwrap_err());
    assert_eq!(reason.kind, ReasonKind::QuotaShort);
    assert!(reason.saw.starts_with("0.00004 "), "{}", reason.saw);
}

#[test]
fn a_strict_call_is_never_charged_beyond_what_is_held_and_free() {
    let (principal, group) = (limited(), group(Enforcement::Strict));
    for (leases, cost, charged) in [
        ([100; 4], 60, 60),
        ([100; 4], 99, 99),
        ([100; 4], 500, 100),
        ([100, 100, 70, 100], 500, 70),
        ([100; 4], i64::MAX, 100),
    ] {
        let mut state = state(&principal, leases);
        let mut grip = state
            .try_hold(&demand(&principal, &group, 60), None, false)
            .unwrap();
        let cover = state.cover(&mut grip, micros(cost));
        assert_eq!(cover, micros(charged));
        for (_, pot) in state.pots() {
            assert_eq!(pot.held(), charged, "nobody else may take it meanwhile");
        }
        state.settle(&grip, None, cover, 10, at(1));
        assert_eq!(sums(&state), (0, 4 * charged));
        assert!(state.pots.values().all(|pot| pot.free() >= 0));
    }
}

#[test]
fn a_lenient_call_is_charged_whatever_it_costs() {
    let (principal, group) = (limited(), group(Enforcement::Lenient));
    let mut state = state(&principal, [100; 4]);
    let mut grip = state
        .try_hold(&demand(&principal, &group, 60), None, false)
        .unwrap();
    let charged = state.cover(&mut grip, micros(500));
    assert_eq!(charged, micros(500));
    state.settle(&grip, None, charged, 10, at(1));
    assert_eq!(sums(&state), (0, 2000));
    assert!(state.pots.values().all(|pot| pot.free() == -400));
}

#[test]
fn a_call_is_settled_in_the_period_in_which_it_was_admitted() {
    let (principal, group) = (limited(), group(Enforcement::Strict));
    let mut state = state(&principal, [100; 4]);
    let first = state
        .try_hold(&demand(&principal, &group, 60), None, false)
        .unwrap();
    let mut next_day = demand(&principal, &group, 30);
    next_day.now = at(DAY);
    let lacking = lack(state.try_hold(&next_day, None, false).unwrap_err());
    let [_, token, _, account] = pots(&principal, at(DAY));
    assert_eq!(lacking, [token, account].into());
    for pot in [token, account] {
        state.apply(&lease(pot, 40), 0, 30, at(DAY));
    }
    let second = state.try_hold(&next_day, None, false).unwrap();
    assert_eq!(second.payer.token_period, Some(at(DAY)));
    state.settle(&first, None, micros(60), 10, at(DAY + 1));
    let [_, before, _, _] = pots(&principal, at(0));
    let figures = |pot: &Pot| (state.pots[pot].held(), state.pots[pot].unsettled());
    assert_eq!((figures(&before), figures(&token)), ((0, 60), (30, 0)));
}

#[test]
fn limits_of_a_minute_are_those_of_token_account_and_group_together() {
    for (own, all, tier, layer) in [
        (requests(1), requests(9), requests(9), Layer::Token),
        (requests(9), requests(1), requests(9), Layer::Account),
        (requests(9), requests(9), requests(1), Layer::Group),
        (
            tokens(10),
            Limits::default(),
            Limits::default(),
            Layer::Token,
        ),
        (
            Limits::default(),
            at_once(1),
            Limits::default(),
            Layer::Account,
        ),
        (
            Limits::default(),
            Limits::default(),
            at_once(1),
            Layer::Group,
        ),
    ] {
        let (mut principal, mut group) = (principal(), group(Enforcement::Strict));
        principal.token.limits = own;
        principal.account.limits = all;
        group.terms.limits = tier;
        let mut state = AccountState::default();
        state
            .try_hold(&demand(&principal, &group, 1), None, false)
            .unwrap();
        let meter = state.meter;
        let stop = state.try_hold(&demand(&principal, &group, 1), None, false);
        assert_eq!(reason(stop.unwrap_err()).layer, layer);
        assert_eq!(state.meter, meter, "a refusal counts nowhere");
    }
}

#[test]
fn a_group_counts_each_token_by_itself_unless_its_tokens_share() {
    let (one, mut two) = (principal(), principal());
    two.token.id = TokenId::from_raw(2).unwrap();
    let mut group = group(Enforcement::Strict);
    group.terms.limits = requests(1);
    let mut state = AccountState::default();
    for principal in [&one, &two] {
        let demand = demand(principal, &group, 1);
        assert!(state.try_hold(&demand, None, false).is_ok());
        assert!(state.try_hold(&demand, None, false).is_err());
    }
    group.terms.shared = true;
    let mut shared = Meter::default();
    let call = demand(&one, &group, 1);
    let grip = state.try_hold(&call, Some(&mut shared), false).unwrap();
    assert!(grip.shares_group);
    let call = demand(&two, &group, 1);
    let stop = state.try_hold(&call, Some(&mut shared), false);
    assert_eq!(reason(stop.unwrap_err()).layer, Layer::Group);
    assert_eq!(shared.open(), 1);
    state.settle(&grip, Some(&mut shared), micros(0), 10, at(0));
    assert_eq!(shared.open(), 0);
}

#[test]
fn the_counts_of_calls_at_once_come_back() {
    let (mut principal, mut group) = (principal(), group(Enforcement::Strict));
    principal.token.limits = at_once(1);
    principal.account.limits = at_once(1);
    group.terms.limits = at_once(1);
    let mut state = AccountState::default();
    for _ in 0..3 {
        let call = demand(&principal, &group, 1);
        let grip = state.try_hold(&call, None, false).unwrap();
        assert!(state.try_hold(&call, None, false).is_err());
        state.settle(&grip, None, micros(1), 10, at(0));
    }
}

#[test]
fn the_counts_of_a_call_that_went_on_for_long_are_kept_after_its_end() {
    let (mut principal, group) = (principal(), group(Enforcement::Strict));
    principal.token.limits = tokens(100);
    let mut state = AccountState::default();
    let call = demand(&principal, &group, 0);
    let grip = state.try_hold(&call, None, false).unwrap();
    state.take_idle(Duration::from_secs(1), at(900));
    assert!(!state.is_idle(), "a call goes on");
    state.settle(&grip, None, micros(0), 200, at(1000));
    state.take_idle(Duration::from_secs(1), at(1001));
    let mut next = call;
    next.now = at(1001);
    let stop = state.try_hold(&next, None, false);
    assert_eq!(reason(stop.unwrap_err()).kind, ReasonKind::TokenLimit);
    state.take_idle(Duration::from_secs(1), at(1180));
    assert!(state.is_idle());
}

#[test]
fn nothing_is_taken_from_leases_that_may_have_lapsed() {
    let (principal, group) = (limited(), group(Enforcement::Strict));
    let mut state = state(&principal, [100; 4]);
    dry(&mut state, &principal);
    let call = demand(&principal, &group, 1);
    let lacking = lack(state.try_hold(&call, None, true).unwrap_err());
    assert_eq!(lacking.len(), 4);
    assert_eq!(state.distrust().len(), 4);
    let unlimited = crate::fixture::principal();
    let call = demand(&unlimited, &group, 1);
    assert!(
        state.try_hold(&call, None, true).is_ok(),
        "there is no lease"
    );
}

#[test]
fn a_token_is_recalled_with_its_periods_and_nothing_else() {
    let (principal, group) = (limited(), group(Enforcement::Strict));
    let mut state = state(&principal, [100; 4]);
    state.recall_token(principal.token.id);
    let call = demand(&principal, &group, 1);
    let lacking = lack(state.try_hold(&call, None, false).unwrap_err());
    let [token, period, _, _] = pots(&principal, at(0));
    assert_eq!(lacking, [token, period].into());
    let taken = state.take_idle(Duration::from_secs(1), at(0));
    let taken: BTreeSet<_> = taken.into_iter().collect();
    assert_eq!(taken, [token, period].map(|pot| (pot, micros(100))).into());
}

#[test]
fn what_the_store_says_of_pots_that_nobody_uses_is_not_kept() {
    let mut state = AccountState::default();
    let [pot, other, ..] = pots(&limited(), at(0));
    state.apply(&lease(pot, 0), 0, 0, at(0));
    assert!(state.is_idle());
    state.apply(&lease(other, 1), 0, 0, at(0));
    assert_eq!(state.take_free(), [(other, micros(1))]);
}

proptest! {
    /// Any calls of several tokens against any leases: what is held is the sum of the grips, in
    /// each pot, and never above its lease.
    #[test]
    fn held_is_the_sum_of_the_calls_that_go_on(
        leases in prop::array::uniform4(0..400_i64),
        calls in prop::collection::vec((0..2_i64, 0..120_i64, 0..200_i64, any::<bool>()), 1..40),
        strict: bool,
    ) {
        let enforcement = if strict { Enforcement::Strict } else { Enforcement::Lenient };
        let (mut principal, group) = (limited(), group(enforcement));
        let mut state = state(&principal, leases);
        let mut open: Vec<(Grip, i64)> = Vec::new();
        for (token, full, cost, ends) in calls {
            principal.token.id = TokenId::from_raw(token + 1).unwrap();
            let mut demand = demand(&principal, &group, full);
            demand.least = micros(full / 2);
            match state.try_hold(&demand, None, false) {
                Ok(grip) => open.push((grip, cost)),
                Err(Stop::Lack(_)) => dry(&mut state, &principal),
                Err(Stop::Denied(_)) => {}
            }
            if ends && !open.is_empty() {
                let (mut grip, cost) = open.remove(0);
                let charged = state.cover(&mut grip, micros(cost));
                state.settle(&grip, None, charged, 1, at(0));
            }
            for (pot, figures) in state.pots() {
                let held = open.iter().filter(|(grip, _)| grip.pots.contains(&Some(pot)));
                prop_assert_eq!(figures.held(), held.map(|(grip, _)| grip.amount.as_micros()).sum::<i64>());
                if strict {
                    prop_assert!(figures.held() + figures.unsettled() <= figures.leased());
                }
            }
        }
        prop_assert_eq!(state.meter.open() as usize, open.len());
    }
}
