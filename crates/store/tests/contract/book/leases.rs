//! Leases: how they are granted, given back, and taken from gateways that are gone.

use std::sync::Arc;

use tollgate_ledger::book::LEASE_LIFETIME;
use tollgate_ledger::book::{GatewayId, Turn};
use tollgate_policy::id::TokenId;
use tollgate_policy::token::TokenState;

use super::desk::{ONE, OTHER, Payers, ask, lease, pass, payers, settle, stands, turn};
use crate::contract::fixture::{Fixture, credits};

on_both! {
    a_wish_of_at_most_half_is_granted
    of_a_greater_wish_half_is_granted
    where_the_least_is_more_than_half_it_is_granted
    where_less_is_left_all_of_it_is_granted
    leases_add_up
    a_pot_without_a_limit_needs_no_lease
    a_lease_is_given_back_when_the_limit_is_lifted
    an_account_lends_its_credits_and_its_line
    what_is_returned_is_there_for_others
    no_more_is_returned_than_is_leased
    a_reset_comes_after_the_receipts
    a_reset_gives_back_all_leases_of_this_gateway_alone
    a_gateway_that_is_silent_loses_its_leases
    a_gateway_that_is_heard_keeps_its_leases
    a_gateway_that_comes_back_is_charged_without_a_lease
    a_disabled_token_still_leases
    a_limit_below_what_is_used_lends_nothing
    a_lease_of_a_token_that_is_gone_is_forgotten
}

const SILENCE: i64 = 600;

/// A token with a quota of 1,000.
async fn limited(fixture: &Fixture) -> Payers {
    assert_eq!(i64::try_from(LEASE_LIFETIME.as_secs()), Ok(SILENCE));
    let who = payers(fixture).await;
    who.quota(fixture, 1000).await;
    who
}

async fn a_wish_of_at_most_half_is_granted(fixture: &Fixture) {
    let who = limited(fixture).await;
    let leased = ask(fixture, ONE, who.token(), (1, 500), 0).await;
    assert_eq!(leased, lease(who.token(), 500, true));
    let stands = stands(fixture).await;
    assert_eq!(stands.counts(who.token()), (0, 500));
    stands.assert_balanced();
}

async fn of_a_greater_wish_half_is_granted(fixture: &Fixture) {
    let who = limited(fixture).await;
    let leased = ask(fixture, ONE, who.token(), (1, 900), 0).await;
    assert_eq!(leased, lease(who.token(), 500, true));
    let leased = ask(fixture, OTHER, who.token(), (1, 900), 0).await;
    assert_eq!(leased, lease(who.token(), 250, true));
}

async fn where_the_least_is_more_than_half_it_is_granted(fixture: &Fixture) {
    let who = limited(fixture).await;
    let leased = ask(fixture, ONE, who.token(), (700, 900), 0).await;
    assert_eq!(leased, lease(who.token(), 700, true));
}

async fn where_less_is_left_all_of_it_is_granted(fixture: &Fixture) {
    let who = limited(fixture).await;
    ask(fixture, ONE, who.token(), (700, 700), 0).await;
    let leased = ask(fixture, OTHER, who.token(), (301, 400), 0).await;
    assert_eq!(leased, lease(who.token(), 300, true));
    let leased = ask(fixture, OTHER, who.token(), (1, 1), 0).await;
    assert_eq!(leased, lease(who.token(), 300, true), "nothing is left");
}

async fn leases_add_up(fixture: &Fixture) {
    let who = limited(fixture).await;
    ask(fixture, ONE, who.token(), (10, 10), 0).await;
    let leased = ask(fixture, ONE, who.token(), (20, 20), 0).await;
    assert_eq!(leased, lease(who.token(), 30, true));
    assert_eq!(stands(fixture).await.counts(who.token()), (0, 30));
}

async fn a_pot_without_a_limit_needs_no_lease(fixture: &Fixture) {
    let who = payers(fixture).await;
    for pot in [who.token(), who.account()] {
        let leased = ask(fixture, ONE, pot, (10, 10), 0).await;
        assert_eq!(leased, lease(pot, 0, false));
    }
    assert!(stands(fixture).await.leases.is_empty());
}

async fn a_lease_is_given_back_when_the_limit_is_lifted(fixture: &Fixture) {
    let who = limited(fixture).await;
    ask(fixture, ONE, who.token(), (10, 10), 0).await;
    fixture.sql("UPDATE tokens SET quota = NULL").await;
    let leased = ask(fixture, ONE, who.token(), (10, 10), 0).await;
    assert_eq!(leased, lease(who.token(), 0, false));
    stands(fixture).await.assert_balanced();
    assert_eq!(stands(fixture).await.counts(who.token()), (0, 0));
}

async fn an_account_lends_its_credits_and_its_line(fixture: &Fixture) {
    let who = payers(fixture).await;
    fixture
        .sql(
            "UPDATE accounts SET credited = -40, credit_line = 100;
             INSERT INTO account_spend (account_id, used) SELECT id, 10 FROM accounts",
        )
        .await;
    let leased = ask(fixture, ONE, who.account(), (60, 60), 0).await;
    assert_eq!(leased, lease(who.account(), 50, true));
}

async fn what_is_returned_is_there_for_others(fixture: &Fixture) {
    let who = limited(fixture).await;
    ask(fixture, ONE, who.token(), (1000, 1000), 0).await;
    let back = Turn {
        returns: vec![(who.token(), credits(400))],
        ..turn(ONE, 1)
    };
    let outcome = settle(fixture, back).await;
    assert_eq!(outcome.leases, [lease(who.token(), 600, true)]);
    let leased = ask(fixture, OTHER, who.token(), (1000, 1000), 1).await;
    assert_eq!(leased, lease(who.token(), 400, true));
    stands(fixture).await.assert_balanced();
}

async fn no_more_is_returned_than_is_leased(fixture: &Fixture) {
    let who = limited(fixture).await;
    ask(fixture, ONE, who.token(), (100, 100), 0).await;
    ask(fixture, OTHER, who.token(), (50, 50), 0).await;
    let back = Turn {
        returns: vec![(who.token(), credits(1000)), (who.account(), credits(5))],
        ..turn(ONE, 1)
    };
    settle(fixture, back).await;
    let stands = stands(fixture).await;
    assert_eq!(stands.counts(who.token()), (0, 50));
    stands.assert_balanced();
}

async fn a_reset_comes_after_the_receipts(fixture: &Fixture) {
    let who = limited(fixture).await;
    ask(fixture, ONE, who.token(), (100, 100), 0).await;
    let start = Turn {
        receipts: vec![Arc::new(who.receipt(fixture, 30, 0))],
        reset: true,
        asks: vec![tollgate_ledger::book::Ask {
            pot: who.token(),
            least: credits(7),
            wish: credits(7),
        }],
        ..turn(ONE, 1)
    };
    let outcome = settle(fixture, start).await;
    assert!(outcome.leases.contains(&lease(who.token(), 7, true)));
    let stands = stands(fixture).await;
    assert_eq!(stands.counts(who.token()), (30, 7));
    stands.assert_balanced();
}

async fn a_reset_gives_back_all_leases_of_this_gateway_alone(fixture: &Fixture) {
    let (who, else_) = (limited(fixture).await, limited(fixture).await);
    for (gateway, pot) in [
        (ONE, who.token()),
        (ONE, else_.token()),
        (OTHER, who.token()),
    ] {
        ask(fixture, gateway, pot, (100, 100), 0).await;
    }
    let start = Turn {
        reset: true,
        ..turn(ONE, 1)
    };
    settle(fixture, start).await;
    let stands = stands(fixture).await;
    assert_eq!(stands.counts(who.token()), (0, 100));
    assert_eq!(stands.counts(else_.token()), (0, 0));
    stands.assert_balanced();
}

async fn a_gateway_that_is_silent_loses_its_leases(fixture: &Fixture) {
    let who = limited(fixture).await;
    ask(fixture, ONE, who.token(), (1000, 1000), 0).await;
    pass(fixture, SILENCE + 1).await;
    let leased = ask(fixture, OTHER, who.token(), (600, 600), SILENCE + 1).await;
    assert_eq!(leased, lease(who.token(), 600, true));
    let stands = stands(fixture).await;
    assert_eq!(stands.leased(who.token(), Some(ONE)), 0);
    stands.assert_balanced();
}

async fn a_gateway_that_is_heard_keeps_its_leases(fixture: &Fixture) {
    let who = limited(fixture).await;
    ask(fixture, ONE, who.token(), (100, 100), 0).await;
    pass(fixture, SILENCE).await;
    settle(fixture, turn(ONE, SILENCE)).await;
    settle(fixture, turn(OTHER, SILENCE)).await;
    // A server's clock runs on meanwhile.
    pass(fixture, SILENCE - 60).await;
    settle(fixture, turn(OTHER, 2 * SILENCE)).await;
    // Its own turn, however late, does not bury it.
    pass(fixture, SILENCE + 1).await;
    settle(fixture, turn(ONE, 3 * SILENCE + 1)).await;
    assert_eq!(stands(fixture).await.leased(who.token(), Some(ONE)), 100);
}

async fn a_gateway_that_comes_back_is_charged_without_a_lease(fixture: &Fixture) {
    let who = limited(fixture).await;
    ask(fixture, ONE, who.token(), (100, 100), 0).await;
    pass(fixture, SILENCE + 1).await;
    settle(fixture, turn(OTHER, SILENCE + 1)).await;
    let late = Turn {
        receipts: vec![Arc::new(who.receipt(fixture, 30, 0))],
        ..turn(ONE, SILENCE + 2)
    };
    let outcome = settle(fixture, late).await;
    assert!(outcome.leases.contains(&lease(who.token(), 0, true)));
    assert_eq!(stands(fixture).await.counts(who.token()), (30, 0));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_gateway_whose_clock_is_wrong_takes_no_leases_of_others_on_postgres() {
    let fixture = Fixture::postgres().await;
    let who = limited(&fixture).await;
    ask(&fixture, ONE, who.token(), (100, 100), 0).await;
    settle(&fixture, turn(OTHER, 10 * SILENCE)).await;
    assert_eq!(stands(&fixture).await.leased(who.token(), Some(ONE)), 100);
    // Nor are its own kept for longer than those of others.
    ask(&fixture, OTHER, who.token(), (100, 100), 10 * SILENCE).await;
    pass(&fixture, SILENCE + 1).await;
    settle(&fixture, turn(ONE, 0)).await;
    assert_eq!(stands(&fixture).await.leased(who.token(), Some(OTHER)), 0);
}

async fn a_disabled_token_still_leases(fixture: &Fixture) {
    let who = limited(fixture).await;
    let (by, id) = (&fixture.who, who.payer.token);
    let at = crate::contract::fixture::at(1);
    let states = [TokenState::Disabled, TokenState::Revoked];
    for (state, sum) in states.into_iter().zip([10, 20]) {
        let set = fixture.store.token_set_state(by, id, state, at);
        set.await.unwrap();
        let leased = ask(fixture, ONE, who.token(), (10, 10), 1).await;
        assert_eq!(leased, lease(who.token(), sum, true));
    }
}

async fn a_limit_below_what_is_used_lends_nothing(fixture: &Fixture) {
    let who = limited(fixture).await;
    ask(fixture, ONE, who.token(), (100, 100), 0).await;
    who.quota(fixture, 50).await;
    let leased = ask(fixture, ONE, who.token(), (1, 1), 0).await;
    assert_eq!(leased, lease(who.token(), 100, true));
}

async fn a_lease_of_a_token_that_is_gone_is_forgotten(fixture: &Fixture) {
    let who = limited(fixture).await;
    let mine = GatewayId([9; 16]);
    ask(fixture, mine, who.token(), (100, 100), 0).await;
    let gone: TokenId = who.payer.token;
    let at = crate::contract::fixture::at(1);
    fixture
        .store
        .token_delete(&fixture.who, gone, at)
        .await
        .unwrap();
    let leased = ask(fixture, mine, who.token(), (1, 1), 2).await;
    assert_eq!(leased, lease(who.token(), 0, true));
    assert!(stands(fixture).await.leases.is_empty());
}
