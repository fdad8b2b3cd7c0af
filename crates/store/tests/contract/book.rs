//! What a turn of a gateway does: receipts, leases, periods, and gateways that are gone.

mod bank;
pub mod desk;
mod leases;
mod periods;

use std::sync::Arc;

use tollgate_ledger::book::{Outcome, Turn};
use tollgate_ledger::receipt::Receipt;
use tollgate_policy::id::{AccountId, TokenId};

use super::fixture::{Fixture, credits};
use desk::{ONE, OTHER, ask, lease, number, payers, receive, settle, stands, turn};

on_both! {
    a_receipt_is_charged_to_its_token_and_its_account
    what_nobody_pays_is_charged_to_nobody
    a_receipt_that_comes_again_has_no_second_effect
    receipts_that_come_again_among_many_have_no_second_effect
    a_receipt_that_comes_twice_in_a_turn_counts_once
    a_turn_says_how_its_pots_stand_even_when_its_receipts_are_known
    what_calls_cost_is_taken_from_the_lease
    a_call_that_costs_more_than_the_lease_is_charged_all_the_same
    a_receipt_outlives_its_token_and_its_account
    an_empty_turn_is_heard
    a_text_with_nul_does_not_stop_a_turn
    many_gateways_turn_at_once_without_loss
}

async fn a_receipt_is_charged_to_its_token_and_its_account(fixture: &Fixture) {
    let who = payers(fixture).await;
    let outcome = receive(
        fixture,
        vec![who.receipt(fixture, 70, 0), who.receipt(fixture, 5, 1)],
        2,
    )
    .await;
    assert_eq!(outcome.settled, 2);
    let stands = stands(fixture).await;
    assert_eq!(stands.counts(who.token()), (75, 0));
    assert_eq!(stands.counts(who.account()), (75, 0));
}

async fn what_nobody_pays_is_charged_to_nobody(fixture: &Fixture) {
    let who = payers(fixture).await;
    let receipt = Receipt {
        uncovered: credits(30),
        ..who.receipt(fixture, 100, 0)
    };
    receive(fixture, vec![receipt], 1).await;
    assert_eq!(stands(fixture).await.counts(who.token()), (70, 0));
}

async fn a_receipt_that_comes_again_has_no_second_effect(fixture: &Fixture) {
    let who = payers(fixture).await;
    let (first, second) = (who.receipt(fixture, 70, 0), who.receipt(fixture, 5, 1));
    receive(fixture, vec![first.clone()], 1).await;
    let again = Receipt {
        cost: credits(1_000),
        ..first
    };
    for (gateway, settled) in [(ONE, 1), (OTHER, 0)] {
        let turn = Turn {
            receipts: [&second, &again].map(|one| Arc::new(one.clone())).into(),
            ..turn(gateway, 2)
        };
        assert_eq!(settle(fixture, turn).await.settled, settled);
    }
    assert_eq!(stands(fixture).await.counts(who.token()), (75, 0));
    let sums = "SELECT CAST(SUM(requests * 1000 + cost) AS BIGINT) AS number FROM usage_daily";
    assert_eq!(number(fixture, sums).await, 2_075);
}

async fn receipts_that_come_again_among_many_have_no_second_effect(fixture: &Fixture) {
    let who = payers(fixture).await;
    let all: Vec<Receipt> = (0..40)
        .map(|at| who.receipt(fixture, 1 << at, at))
        .collect();
    for (from, to, settled) in [(0, 20, 20), (13, 30, 10), (0, 30, 0), (0, 40, 10)] {
        let outcome = receive(fixture, all[from..to].to_vec(), 50).await;
        assert_eq!(outcome.settled, settled);
        let counts = stands(fixture).await.counts(who.token());
        assert_eq!(counts, ((1 << to) - 1, 0), "each of them once");
    }
}

async fn a_receipt_that_comes_twice_in_a_turn_counts_once(fixture: &Fixture) {
    let who = payers(fixture).await;
    let receipt = who.receipt(fixture, 70, 0);
    let outcome = receive(fixture, vec![receipt.clone(), receipt], 1).await;
    assert_eq!(outcome.settled, 1);
    assert_eq!(stands(fixture).await.counts(who.account()), (70, 0));
}

async fn a_turn_says_how_its_pots_stand_even_when_its_receipts_are_known(fixture: &Fixture) {
    let who = payers(fixture).await;
    who.quota(fixture, 1000).await;
    ask(fixture, ONE, who.token(), (100, 100), 0).await;
    let receipts = vec![who.receipt(fixture, 30, 0)];
    let expected = vec![lease(who.token(), 70, true), lease(who.account(), 0, false)];
    for settled in [1, 0] {
        let outcome = receive(fixture, receipts.clone(), 1).await;
        let mut leases = outcome.leases.clone();
        leases.sort_by_key(|lease| lease.pot);
        assert_eq!(leases, expected);
        assert_eq!(outcome.settled, settled);
    }
}

async fn what_calls_cost_is_taken_from_the_lease(fixture: &Fixture) {
    let who = payers(fixture).await;
    who.quota(fixture, 1000).await;
    ask(fixture, ONE, who.token(), (100, 100), 0).await;
    assert_eq!(stands(fixture).await.counts(who.token()), (0, 100));
    receive(fixture, vec![who.receipt(fixture, 30, 0)], 1).await;
    let stands = stands(fixture).await;
    assert_eq!(stands.counts(who.token()), (30, 70));
    stands.assert_balanced();
}

async fn a_call_that_costs_more_than_the_lease_is_charged_all_the_same(fixture: &Fixture) {
    let who = payers(fixture).await;
    who.quota(fixture, 1000).await;
    ask(fixture, ONE, who.token(), (100, 100), 0).await;
    ask(fixture, OTHER, who.token(), (200, 200), 0).await;
    receive(fixture, vec![who.receipt(fixture, 1130, 0)], 1).await;
    let stands = stands(fixture).await;
    assert_eq!(stands.counts(who.token()), (1130, 200));
    stands.assert_balanced();
    let nothing = ask(fixture, ONE, who.token(), (1, 1), 2).await;
    assert_eq!(nothing, lease(who.token(), 0, true));
}

async fn a_receipt_outlives_its_token_and_its_account(fixture: &Fixture) {
    let mut who = payers(fixture).await;
    let kept = who.receipt(fixture, 4, 0);
    who.payer.token = TokenId::from_raw(1).unwrap();
    who.payer.account = AccountId::from_raw(1).unwrap();
    let receipt = who.receipt(fixture, 70, 0);
    let outcome = receive(fixture, vec![receipt.clone(), kept], 1).await;
    assert_eq!(outcome.settled, 2);
    assert!(outcome.leases.contains(&lease(who.token(), 0, true)));
    let found = fixture.store.receipt_fetch(receipt.request).await.unwrap();
    assert_eq!(found.unwrap().cost, credits(70));
    let nothing = ask(fixture, ONE, who.token(), (1, 1), 2).await;
    assert_eq!(nothing, lease(who.token(), 0, true));
}

async fn an_empty_turn_is_heard(fixture: &Fixture) {
    assert_eq!(settle(fixture, turn(ONE, 0)).await, Outcome::default());
    assert_eq!(settle(fixture, turn(ONE, 5)).await, Outcome::default());
    let seen = number(fixture, "SELECT seen_at AS number FROM gateways").await;
    if fixture.url.starts_with("sqlite:") {
        assert_eq!(seen, super::fixture::at(5).as_micros());
    } else {
        let now = "SELECT (EXTRACT(EPOCH FROM now()) * 1000000)::BIGINT AS number";
        let ago = number(fixture, now).await - seen;
        assert!((0..60_000_000).contains(&ago), "{ago}");
    }
}

async fn a_text_with_nul_does_not_stop_a_turn(fixture: &Fixture) {
    let who = payers(fixture).await;
    let odd = |cost| Receipt {
        model: Some(format!("a\0{cost}")),
        endpoint: "x\0y".to_owned(),
        ..who.receipt(fixture, cost, 0)
    };
    let receipts = vec![odd(1), odd(2)];
    let id = receipts[0].request;
    assert_eq!(receive(fixture, receipts, 1).await.settled, 2);
    let found = fixture.store.receipt_fetch(id).await.unwrap().unwrap();
    assert_eq!(found.model.as_deref(), Some("a1"));
}

async fn many_gateways_turn_at_once_without_loss(fixture: &Fixture) {
    const GATEWAYS: u8 = 4;
    const TURNS: i64 = 15;
    let mut all = Vec::new();
    let account = fixture.account("shared").await.account.id;
    let group = fixture.group("shared").await.group.id;
    for i in 0..12 {
        let token = fixture.new_token(&format!("t{i}"), account, group);
        let token = fixture.insert(token, 0).await.token.id;
        let mut who = payers(fixture).await;
        (who.payer.token, who.payer.account) = (token, account);
        who.quota(fixture, 1_000_000).await;
        all.push(who);
    }
    let mut gateways = tokio::task::JoinSet::new();
    for gateway in 0..GATEWAYS {
        let turns: Vec<Turn> = (0..TURNS)
            .map(|i| {
                // Each in an order of its own.
                let mut order = all.clone();
                order.rotate_left(usize::from(gateway) * 3);
                let asks = order.iter().map(|who| tollgate_ledger::book::Ask {
                    pot: who.token(),
                    least: credits(10),
                    wish: credits(20),
                });
                Turn {
                    receipts: order
                        .iter()
                        .map(|who| Arc::new(who.receipt(fixture, 7, i)))
                        .collect(),
                    asks: asks.collect(),
                    ..turn(tollgate_ledger::book::GatewayId([gateway + 1; 16]), i)
                }
            })
            .collect();
        let store = fixture.store.clone();
        gateways.spawn(async move {
            for turn in turns {
                let turn = Arc::new(turn);
                tollgate_ledger::book::Book::turn(&store, turn)
                    .await
                    .unwrap();
            }
        });
    }
    gateways.join_all().await;
    let stands = stands(fixture).await;
    stands.assert_balanced();
    let each = 7 * i64::from(GATEWAYS) * TURNS;
    for who in &all {
        assert_eq!(stands.of(who.token()).used, each);
    }
    let (used, _) = stands.counts(all[0].account());
    assert_eq!(used, each * i64::try_from(all.len()).unwrap());
}
