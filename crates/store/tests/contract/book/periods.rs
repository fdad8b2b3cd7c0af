//! Periodic limits: when a period begins, what it forgets, and what comes too late for it.

use std::sync::Arc;

use tollgate_ledger::book::{Pot, Turn};
use tollgate_ledger::receipt::Payer;

use super::desk::{
    ONE, OTHER, Payers, ask, day, lease, number, payers, receive, settle, stands, turn,
};
use crate::contract::fixture::{Fixture, credits};

on_both! {
    a_period_begins_with_its_first_ask
    a_period_begins_with_its_first_receipt
    a_new_period_begins_at_nothing_and_voids_all_leases_of_the_old_one
    a_period_that_is_past_lends_nothing
    a_call_of_a_past_period_counts_for_the_lifetime_alone
    a_begin_that_is_none_by_the_rules_lends_nothing
    a_period_without_a_limit_needs_no_lease
    a_limit_whose_period_cannot_be_read_lends_nothing
    two_periods_in_one_turn_are_settled_in_their_order
    an_account_has_periods_of_its_own
}

const DAY: i64 = 86_400;

/// A token that may spend 100 on a day, in the first day of the test's time.
async fn daily(fixture: &Fixture) -> Payers {
    let who = payers(fixture).await;
    who.daily(fixture, 100).await;
    on(who, 0)
}

/// The token as its calls are paid on another day.
fn on(mut who: Payers, days: i64) -> Payers {
    who.payer = Payer {
        token_period: Some(day(days)),
        ..who.payer
    };
    who
}

fn period(who: &Payers, days: i64) -> Pot {
    Pot::TokenPeriod(who.payer.token, day(days))
}

async fn a_period_begins_with_its_first_ask(fixture: &Fixture) {
    let who = daily(fixture).await;
    let leased = ask(fixture, ONE, period(&who, 0), (30, 30), 0).await;
    assert_eq!(leased, lease(period(&who, 0), 30, true));
    let stands = stands(fixture).await;
    assert_eq!(stands.counts(period(&who, 0)), (0, 30));
    stands.assert_balanced();
    let end = number(fixture, "SELECT period_end AS number FROM token_spend").await;
    assert_eq!(end, day(1).as_micros());
}

async fn a_period_begins_with_its_first_receipt(fixture: &Fixture) {
    let who = daily(fixture).await;
    receive(fixture, vec![who.receipt(fixture, 30, 0)], 1).await;
    assert_eq!(stands(fixture).await.counts(period(&who, 0)), (30, 0));
    let leased = ask(fixture, ONE, period(&who, 0), (100, 100), 1).await;
    assert_eq!(leased, lease(period(&who, 0), 70, true));
}

async fn a_new_period_begins_at_nothing_and_voids_all_leases_of_the_old_one(fixture: &Fixture) {
    let who = daily(fixture).await;
    receive(fixture, vec![who.receipt(fixture, 30, 0)], 1).await;
    ask(fixture, ONE, period(&who, 0), (20, 20), 2).await;
    ask(fixture, OTHER, period(&who, 0), (20, 20), 2).await;
    let leased = ask(fixture, ONE, period(&who, 1), (90, 90), DAY).await;
    assert_eq!(leased, lease(period(&who, 1), 90, true));
    let stands = stands(fixture).await;
    assert_eq!(stands.counts(period(&who, 1)), (0, 90));
    assert_eq!(stands.leases.len(), 1);
    stands.assert_balanced();
}

async fn a_period_that_is_past_lends_nothing(fixture: &Fixture) {
    let who = daily(fixture).await;
    ask(fixture, ONE, period(&who, 0), (5, 5), 0).await;
    ask(fixture, ONE, period(&who, 1), (5, 5), DAY).await;
    let leased = ask(fixture, ONE, period(&who, 0), (5, 5), DAY).await;
    assert_eq!(leased, lease(period(&who, 0), 0, true));
    assert_eq!(stands(fixture).await.counts(period(&who, 1)), (0, 5));
}

async fn a_call_of_a_past_period_counts_for_the_lifetime_alone(fixture: &Fixture) {
    let who = daily(fixture).await;
    ask(fixture, ONE, period(&who, 1), (5, 5), DAY).await;
    let outcome = receive(fixture, vec![who.receipt(fixture, 30, 0)], DAY).await;
    assert!(outcome.leases.contains(&lease(period(&who, 0), 0, true)));
    let stands = stands(fixture).await;
    assert_eq!(stands.counts(who.token()), (30, 0));
    assert_eq!(stands.counts(period(&who, 1)), (0, 5));
}

async fn a_begin_that_is_none_by_the_rules_lends_nothing(fixture: &Fixture) {
    let who = daily(fixture).await;
    let noon = Pot::TokenPeriod(
        who.payer.token,
        day(0).plus(std::time::Duration::from_secs(43_200)),
    );
    let leased = ask(fixture, ONE, noon, (5, 5), 0).await;
    assert_eq!(leased, lease(noon, 0, true));
    assert!(stands(fixture).await.leases.is_empty());
}

async fn a_period_without_a_limit_needs_no_lease(fixture: &Fixture) {
    let who = payers(fixture).await;
    let leased = ask(fixture, ONE, period(&who, 0), (5, 5), 0).await;
    assert_eq!(leased, lease(period(&who, 0), 0, false));
}

async fn a_limit_whose_period_cannot_be_read_lends_nothing(fixture: &Fixture) {
    let who = daily(fixture).await;
    fixture
        .sql("UPDATE tokens SET period_zone = 'Nowhere/At_all'")
        .await;
    let leased = ask(fixture, ONE, period(&who, 0), (5, 5), 0).await;
    assert_eq!(leased, lease(period(&who, 0), 0, true));
    receive(fixture, vec![who.receipt(fixture, 30, 0)], 1).await;
    assert_eq!(stands(fixture).await.counts(who.token()), (30, 0));
}

async fn two_periods_in_one_turn_are_settled_in_their_order(fixture: &Fixture) {
    let who = daily(fixture).await;
    let (old, new) = (who, on(who, 1));
    let receipts = vec![new.receipt(fixture, 7, DAY), old.receipt(fixture, 30, 0)];
    receive(fixture, receipts, DAY).await;
    let stands = stands(fixture).await;
    assert_eq!(stands.counts(period(&who, 1)), (7, 0));
    assert_eq!(stands.counts(who.token()), (37, 0));
}

async fn an_account_has_periods_of_its_own(fixture: &Fixture) {
    let mut who = payers(fixture).await;
    fixture
        .sql("UPDATE accounts SET period_limit = 50, period_unit = 'day', period_zone = 'UTC'")
        .await;
    who.payer.account_period = Some(day(0));
    let pot = Pot::AccountPeriod(who.payer.account, day(0));
    ask(fixture, ONE, pot, (40, 40), 0).await;
    let next = Turn {
        receipts: vec![Arc::new(who.receipt(fixture, 15, 0))],
        returns: vec![(pot, credits(5))],
        ..turn(ONE, 1)
    };
    settle(fixture, next).await;
    let stands = stands(fixture).await;
    assert_eq!(stands.counts(pot), (15, 20));
    stands.assert_balanced();
}
