//! The bank: many tokens of shared accounts, random ends, edits, top-ups and the turn of a period,
//! a store that fails now and then, and readers all the while.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use tollgate_ledger::book::Pot;
use tollgate_ledger::request_id::RequestId;
use tollgate_ledger::{Denied, Held, Ledger};
use tollgate_policy::group::{Enforcement, Group};
use tollgate_policy::time::Timestamp;
use tollgate_policy::token::Principal;

use super::street::Street;
use crate::support::book::{Fault, MemoryBook};
use crate::support::callers::{
    LIMITED, Limited, account, ask, done, group, micros, principal, token,
};
use crate::support::dice::Dice;

const TASKS: u64 = 6_000;
const ACCOUNTS: i64 = 8;
const TOKENS_OF_EACH: i64 = 5;
/// Of these accounts, the tokens are in a lenient group.
const LENIENT: [i64; 2] = [6, 7];
/// A minute before a full hour.
const START: i64 = 3_600 * 100 - 60;

struct City {
    street: Street,
    callers: Vec<(Principal, Group)>,
}

/// What a task says of its calls: what each cost, as the upstream counted it.
type Served = Vec<(RequestId, i64)>;

fn is_lenient(account: i64) -> bool {
    LENIENT.contains(&account)
}

fn limits(book: &MemoryBook) {
    let mut state = book.state();
    for id in 0..ACCOUNTS {
        let lenient = is_lenient(id);
        state.limit(Pot::Account(account(id)), 60_000, lenient);
        let hour = Timestamp::from_seconds(0);
        state.limit(Pot::AccountPeriod(account(id), hour), 40_000, lenient);
        for nth in 0..TOKENS_OF_EACH {
            let raw = id * TOKENS_OF_EACH + nth;
            let (id, limited) = (token(raw), limited(raw));
            if limited.token {
                state.limit(Pot::Token(id), 15_000, lenient);
            }
            if limited.token_period {
                state.limit(Pot::TokenPeriod(id, hour), 10_000, lenient);
            }
        }
    }
}

fn limited(token: i64) -> Limited {
    Limited {
        token: token % 3 != 1,
        token_period: token % 3 != 2,
        ..LIMITED
    }
}

fn callers() -> Vec<(Principal, Group)> {
    let tokens = 0..ACCOUNTS * TOKENS_OF_EACH;
    let callers = tokens.map(|token| {
        let account = token / TOKENS_OF_EACH;
        let (enforcement, id) = if is_lenient(account) {
            (Enforcement::Lenient, 2)
        } else {
            (Enforcement::Strict, 1)
        };
        let mut group = group(id, enforcement);
        group.terms.shared = token % 2 == 0;
        (principal(token, account, limited(token)), group)
    });
    callers.collect()
}

/// A few calls, one after the other.
async fn task(city: Arc<City>, seed: u64) -> Served {
    let mut dice = Dice::new(seed);
    let mut served = Served::new();
    let street = &city.street;
    for nth in 0..dice.between(1, 3) {
        let ledger = &street.ledgers[dice.below(street.ledgers.len())];
        let (principal, group) = &city.callers[dice.below(city.callers.len())];
        let now = street.pass(Duration::from_millis(dice.next() % 30));
        let request = RequestId::new(now, u128::from(seed) << 8 | nth as u128);
        let mut ask = ask(principal, group, request, dice.between(1, 200), now);
        ask.input_tokens = dice.next() % 200;
        if dice.percent(50) {
            ask.least = micros(1);
        }
        if dice.percent(2) {
            edit(street, &mut dice);
        }
        match ledger.hold(&ask).await {
            Ok(held) => served.push((request, end(&city, held, &mut dice).await)),
            Err(Denied::NoRoom(error)) => panic!("{error}"),
            Err(Denied::Refused(_) | Denied::Unavailable) => {}
        }
    }
    served
}

/// Ends a call in one of many ways, and gives what it cost.
async fn end(city: &City, mut held: Held, dice: &mut Dice) -> i64 {
    for _ in 0..dice.below(4) {
        tokio::task::yield_now().await;
    }
    let amount = held.amount().as_micros();
    let cost = match dice.below(10) {
        0 => 0,
        1 => amount,
        2 => amount + dice.between(1, 300),
        3 => {
            drop(held);
            return -1;
        }
        _ => dice.between(0, amount),
    };
    let now = city.street.pass(Duration::from_millis(dice.next() % 30));
    assert_eq!(held.settle(&done(cost), now), Some(micros(cost)));
    assert_eq!(held.settle(&done(cost + 1), now), None, "it is settled");
    cost
}

/// An operator tops up, or takes away, while calls go on.
fn edit(street: &Street, dice: &mut Dice) {
    let id = dice.between(0, ACCOUNTS - 1);
    let hour = Timestamp::from_seconds(0);
    let nth = token(id * TOKENS_OF_EACH + dice.between(0, TOKENS_OF_EACH - 1));
    let (pot, limit) = match dice.below(4) {
        0 => (Pot::Account(account(id)), dice.between(20_000, 90_000)),
        1 => (
            Pot::AccountPeriod(account(id), hour),
            dice.between(10_000, 60_000),
        ),
        2 => (Pot::Token(nth), dice.between(5_000, 20_000)),
        _ => (Pot::TokenPeriod(nth, hour), dice.between(3_000, 15_000)),
    };
    street.book.state().edit(pot, limit);
    for ledger in &street.ledgers {
        match dice.below(3) {
            0 => ledger.changed_all(),
            1 => ledger.changed(account(id)),
            _ => {
                ledger.token_changed(nth);
                ledger.changed(account(id));
            }
        }
    }
}

/// Reads all the while: what is held and charged is leased, and what is leased is within the limit.
async fn reader(city: Arc<City>, over: Arc<AtomicBool>) -> usize {
    let mut reads = 0;
    while !over.load(Ordering::Relaxed) {
        city.street.book.state().check();
        for ledger in &city.street.ledgers {
            covered(ledger, || city.street.now());
            assert!(ledger.stats().held.as_micros() >= 0);
        }
        reads += 1;
        tokio::task::yield_now().await;
    }
    reads
}

fn covered(ledger: &Ledger, now: impl Fn() -> Timestamp) {
    let pots = ledger.pots();
    let now = now().as_micros();
    for one in pots {
        let (owner, begin) = match one.pot {
            Pot::Token(id) => (id.raw() / TOKENS_OF_EACH, None),
            Pot::TokenPeriod(id, begin) => (id.raw() / TOKENS_OF_EACH, Some(begin)),
            Pot::Account(id) => (id.raw(), None),
            Pot::AccountPeriod(id, begin) => (id.raw(), Some(begin)),
        };
        // The store voids the leases of a period that is past; its calls are paid from it still.
        let past = begin.is_some_and(|begin| begin.as_micros() + 3_600_000_000 <= now);
        if !past && !is_lenient(owner) {
            let spent = one.held.as_micros() + one.unsettled.as_micros();
            assert!(spent <= one.leased.as_micros(), "{one:?}");
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn the_bank_is_never_oversold_and_charges_each_call_once() {
    let book = MemoryBook::new(true);
    limits(&book);
    let now = Timestamp::from_seconds(START);
    let city = Arc::new(City {
        street: Street::open(3, book, now).await,
        callers: callers(),
    });
    let mut dice = Dice::new(7);
    city.street.book.fail(move || match dice.below(20) {
        0 => Fault::Before,
        1 => Fault::After,
        _ => Fault::None,
    });
    let over = Arc::new(AtomicBool::new(false));
    let reader = tokio::spawn(reader(Arc::clone(&city), Arc::clone(&over)));
    let tasks: Vec<_> = (0..TASKS)
        .map(|seed| tokio::spawn(task(Arc::clone(&city), seed)))
        .collect();
    let mut served = BTreeMap::new();
    for task in tasks {
        served.extend(task.await.unwrap());
    }
    over.store(true, Ordering::Relaxed);
    assert!(reader.await.unwrap() > 0);
    city.street.book.heal();
    let mut city = Arc::into_inner(city).unwrap();
    city.street.close().await;
    audit(&city, &served);
}

/// The book equals, to the micro-credit, what was served.
fn audit(city: &City, served: &BTreeMap<RequestId, i64>) {
    let state = city.street.book.state();
    state.check();
    assert!(served.len() > 500, "too few calls: {}", served.len());
    assert!(state.receipts.keys().eq(served.keys()));
    for (request, cost) in served {
        let receipt = &state.receipts[request];
        if *cost >= 0 {
            assert_eq!(receipt.cost.as_micros(), *cost);
        } else {
            assert!(receipt.estimated, "it was dropped");
        }
    }
    let hours = state
        .rows
        .keys()
        .filter(|pot| matches!(pot, Pot::AccountPeriod(..)));
    assert!(hours.count() > ACCOUNTS as usize, "an hour has ended");
    for (pot, row) in &state.rows {
        assert_eq!(row.used, state.charged_to(*pot), "{pot:?}");
    }
    assert_eq!(state.leased(), 0);
    let (mut failed, mut uncovered) = (0, 0);
    for ledger in &city.street.ledgers {
        let stats = ledger.stats();
        assert_eq!((stats.open, stats.unsettled), (0, 0));
        assert_eq!(stats.held, micros(0));
        (failed, uncovered) = (failed + stats.failed_turns, uncovered + stats.uncovered);
    }
    assert!(failed > 0, "nothing failed");
    assert!(uncovered > 0, "no cost passed a hold");
}
