//! A quota for exactly ten calls.

use std::sync::Arc;

use tollgate_ledger::Denied;
use tollgate_ledger::book::Pot;
use tollgate_ledger::request_id::RequestId;
use tollgate_policy::group::Enforcement;
use tollgate_policy::time::Timestamp;
use tollgate_policy::verdict::ReasonKind;

use super::street::Street;
use crate::support::book::MemoryBook;
use crate::support::callers::{Limited, ask, done, group, principal, token};

const CALLS: usize = 10_000;

/// Lets so many calls come at once, and gives those that were held, and how much.
async fn rush(gateways: u8, calls: usize, cost: i64, limit: i64) -> (usize, Street) {
    let book = MemoryBook::new(true);
    book.state().limit(Pot::Token(token(1)), limit, false);
    let now = Timestamp::from_seconds(1);
    let street = Street::open(gateways, book, now).await;
    let limited = Limited {
        token: true,
        ..Limited::default()
    };
    let principal = Arc::new(principal(1, 1, limited));
    let group = Arc::new(group(1, Enforcement::Strict));
    let calls = (0..calls).map(|call| {
        let ledger = street.ledgers[call % usize::from(gateways)].clone();
        let (principal, group) = (Arc::clone(&principal), Arc::clone(&group));
        tokio::spawn(async move {
            let request = RequestId::new(now, call as u128);
            ledger
                .hold(&ask(&principal, &group, request, cost, now))
                .await
        })
    });
    let calls: Vec<_> = calls.collect();
    let mut held = Vec::new();
    for call in calls {
        match call.await.unwrap() {
            Ok(one) => held.push(one),
            Err(Denied::Refused(refusal)) => {
                assert_eq!(refusal.first().kind, ReasonKind::QuotaShort);
            }
            Err(other) => panic!("{other}"),
        }
    }
    let count = held.len();
    for mut one in held {
        one.settle(&done(cost), now);
    }
    (count, street)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_ten_thousand_calls_at_once_a_quota_for_ten_holds_ten() {
    for (cost, limit) in [(1, 10), (7, 70), (7, 76)] {
        let (held, mut street) = rush(1, CALLS, cost, limit).await;
        assert_eq!(held, 10, "{cost} of {limit}");
        street.close().await;
        let state = street.book.state();
        let row = &state.rows[&Pot::Token(token(1))];
        assert_eq!((row.used, row.leased()), (10 * cost, 0));
        assert_eq!(state.receipts.len(), 10);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn four_gateways_together_hold_ten_too() {
    let (held, mut street) = rush(4, CALLS, 1, 10).await;
    assert_eq!(held, 10);
    street.close().await;
    // Where a call costs more than the smallest amount, a rest of a lease may lie idle elsewhere.
    let (held, mut other) = rush(4, CALLS, 7, 70).await;
    assert!((1..=10).contains(&held), "{held}");
    other.close().await;
    for street in [street, other] {
        let state = street.book.state();
        state.check();
        assert_eq!(state.leased(), 0);
    }
}

#[tokio::test]
async fn the_only_call_of_a_gateway_that_has_leased_nothing_is_held() {
    let (held, mut street) = rush(1, 1, 7, 70).await;
    assert_eq!(held, 1);
    street.close().await;
    assert_eq!(street.book.state().receipts.len(), 1);
}
