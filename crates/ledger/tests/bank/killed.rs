//! Gateways that are killed at any moment: their journal stays, and nothing else.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use tollgate_ledger::Held;
use tollgate_ledger::book::Pot;
use tollgate_ledger::receipt::Ending;
use tollgate_ledger::request_id::RequestId;
use tollgate_policy::group::{Enforcement, Multiplier};
use tollgate_policy::time::Timestamp;

use crate::support::book::{Fault, MemoryBook};
use crate::support::callers::{LIMITED, account, ask, done, group, principal, quote, token};
use crate::support::dice::Dice;
use crate::support::mortal::{Clock, Mortal, poll};
use crate::support::scratch;

const LIVES: usize = 12;
const IDENTITY: [u8; 16] = [7; 16];
/// Bytes of output that the journal was told of: 2,000 tokens of two micro-credits.
const OUTPUT: u64 = 8_000;

/// A call that the gateway was asked for, and what is expected of its receipt.
type Expected = BTreeMap<RequestId, (Ending, i64)>;

fn book() -> Arc<MemoryBook> {
    let book = Arc::new(MemoryBook::new(false));
    let hour = Timestamp::from_seconds(0);
    let pots = [
        Pot::Token(token(1)),
        Pot::TokenPeriod(token(1), hour),
        Pot::Account(account(1)),
        Pot::AccountPeriod(account(1), hour),
    ];
    for pot in pots {
        book.state().limit(pot, 200_000, false);
    }
    book
}

/// Holds of one life, some of them settled.
fn live(
    mortal: &mut Mortal,
    dice: &mut Dice,
    now: Timestamp,
    expected: &mut Expected,
) -> Vec<Held> {
    let (principal, group) = (principal(1, 1, LIMITED), group(1, Enforcement::Strict));
    let mut open = Vec::new();
    for _ in 0..dice.between(1, 12) {
        let request = RequestId::new(now, u128::from(dice.next()));
        let mut ask = ask(&principal, &group, request, dice.between(1, 5_000), now);
        ask.input_tokens = 100;
        let ledger = mortal.ledger.clone();
        let mut hold = Box::pin(ledger.hold(&ask));
        let held = poll(hold.as_mut()).or_else(|| {
            mortal.turn();
            poll(hold.as_mut())
        });
        let Some(Ok(mut held)) = held else { continue };
        let amount = held.amount().as_micros();
        if dice.percent(50) {
            let cost = dice.between(0, amount);
            held.settle(&done(cost), now);
            expected.insert(request, (Ending::Complete, cost));
        } else {
            let noted = dice.percent(50);
            if noted {
                held.progress(OUTPUT);
            }
            let mut estimate = 100 + if noted { 4_000 } else { 0 };
            // Its first upstream did not take it.
            if dice.percent(30) {
                let mut dearer = quote();
                dearer.multiplier = Multiplier::from_millionths(3_000_000);
                held.sent_at(dearer);
                estimate *= 3;
            }
            expected.insert(request, (Ending::Killed, estimate.min(amount)));
            open.push(held);
        }
    }
    open
}

/// The store does a last turn of which the gateway hears nothing, or one of which it does.
fn last_turn(mortal: &mut Mortal, book: &MemoryBook, dice: &mut Dice) {
    let fault = [Fault::Silent, Fault::After, Fault::Before, Fault::None][dice.below(4)];
    book.fail(move || fault);
    mortal.turn();
    book.heal();
}

fn many_lives(seed: u64) {
    let (mut dice, book) = (Dice::new(seed), book());
    let clock = Clock::new(Timestamp::from_seconds(3_600 * 100 - 20));
    let folder = scratch::folder();
    let mut expected = Expected::new();
    for life in 0..LIVES {
        let path = folder.path().join(life.to_string());
        let started = Mortal::start(&book, &path, IDENTITY, &clock, Duration::ZERO);
        let mut mortal = started.unwrap().unwrap();
        let state = book.state();
        assert_eq!(
            state.leased_to(mortal.gateway),
            0,
            "nothing is held any more"
        );
        assert!(
            state.receipts.keys().eq(expected.keys()),
            "one receipt each"
        );
        for (request, (ending, charged)) in &expected {
            let receipt = &state.receipts[request];
            let is = (receipt.ending, receipt.charged().as_micros());
            assert_eq!(is, (*ending, *charged));
            assert_eq!(receipt.estimated, *ending == Ending::Killed);
        }
        for (pot, row) in &state.rows {
            assert_eq!(row.used, state.charged_to(*pot), "{pot:?}");
        }
        drop(state);
        let stats = mortal.ledger.stats();
        assert_eq!((stats.open, stats.unsettled), (0, 0));
        let _open = live(&mut mortal, &mut dice, clock.now(), &mut expected);
        last_turn(&mut mortal, &book, &mut dice);
        mortal.remains(&folder.path().join((life + 1).to_string()));
        clock.pass(Duration::from_secs(dice.next() % 20));
    }
    assert!(expected.len() > LIVES, "too few calls");
}

#[test]
fn a_gateway_that_is_killed_leaves_exactly_one_receipt_of_each_call() {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .start_paused(true)
        .build();
    let runtime = runtime.unwrap();
    let _inside = runtime.enter();
    for seed in 0..100 {
        many_lives(seed);
    }
}
