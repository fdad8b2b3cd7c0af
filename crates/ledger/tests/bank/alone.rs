//! One gateway by itself: a store that is away, edits, a journal that is full.

use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use tempfile::TempDir;
use tollgate_ledger::book::Pot;
use tollgate_ledger::request_id::RequestId;
use tollgate_ledger::{Denied, Held};
use tollgate_policy::group::{Enforcement, Group, Multiplier};
use tollgate_policy::time::Timestamp;
use tollgate_policy::token::Principal;
use tollgate_testkit::logs::Logs;

use crate::support::book::{Fault, MemoryBook};
use crate::support::callers::{Limited, ask, done, group, principal, token};
use crate::support::mortal::{Clock, Mortal, poll};
use crate::support::scratch;

const POT: fn() -> Pot = || Pot::Token(token(1));

struct House {
    book: Arc<MemoryBook>,
    clock: Clock,
    mortal: Mortal,
    principal: Principal,
    group: Group,
    calls: u128,
    folder: TempDir,
    inside: tokio::runtime::Runtime,
}

impl House {
    fn new(limit: i64) -> Self {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_time()
            .start_paused(true)
            .build()
            .unwrap();
        let book = Arc::new(MemoryBook::new(false));
        book.state().limit(POT(), limit, false);
        let clock = Clock::new(Timestamp::from_seconds(1_000));
        let folder = scratch::folder();
        let path = folder.path().join("journal");
        let started = Mortal::start(&book, &path, [1; 16], &clock, Duration::ZERO);
        let limited = Limited {
            token: true,
            ..Limited::default()
        };
        Self {
            book,
            clock,
            mortal: started.unwrap().unwrap(),
            principal: principal(1, 1, limited),
            group: group(1, Enforcement::Strict),
            calls: 0,
            folder,
            inside: runtime,
        }
    }

    /// Lets time pass that the clock does not show, and the keeper do a turn after it.
    fn elapse(&mut self, time: Duration) {
        self.inside.block_on(tokio::time::advance(time));
        let _inside = self.inside.enter();
        self.mortal.turn();
    }

    /// Asks for a hold, with a turn of the keeper where it waits.
    fn hold(&mut self, amount: i64) -> Result<Held, Denied> {
        let _inside = self.inside.enter();
        self.calls += 1;
        let now = self.clock.now();
        let request = RequestId::new(now, self.calls);
        let ask = ask(&self.principal, &self.group, request, amount, now);
        let ledger = self.mortal.ledger.clone();
        let mut hold = Box::pin(ledger.hold(&ask));
        for _ in 0..20 {
            if let Some(held) = poll(hold.as_mut()) {
                return held;
            }
            self.mortal.turn();
        }
        panic!("the call waits for ever");
    }
}

#[test]
fn a_gateway_that_the_store_does_not_hear_of_stops_spending() {
    let mut house = House::new(1_000);
    house.hold(10).unwrap();
    house.book.fail(|| Fault::Before);
    house.clock.pass(Duration::from_secs(299));
    house.hold(10).unwrap();
    house.clock.pass(Duration::from_secs(1));
    assert!(matches!(house.hold(10), Err(Denied::Unavailable)));
    house.principal.token.quota.lifetime = None;
    house.hold(10).unwrap();
    house.book.heal();
    house.principal.token.quota.lifetime = Some(tollgate_policy::credits::Credits::ZERO);
    house.hold(10).unwrap();
}

#[test]
fn a_call_that_waits_is_told_at_once_that_the_store_is_away() {
    let mut house = House::new(1_000);
    let asked = Arc::new(AtomicU32::new(0));
    let asks = Arc::clone(&asked);
    house.book.fail(move || {
        asks.fetch_add(1, Ordering::Relaxed);
        Fault::Before
    });
    assert!(matches!(house.hold(10), Err(Denied::Unavailable)));
    assert_eq!(asked.load(Ordering::Relaxed), 1);
    let failed = |house: &House| house.mortal.ledger.stats().failed_turns;
    assert_eq!(failed(&house), 1);
    house.book.heal();
    house.hold(10).unwrap();
    assert_eq!(failed(&house), 1);
}

#[test]
fn a_call_that_waits_is_told_that_nobody_asks_the_store_any_more() {
    let mut house = House::new(1_000);
    let ledger = house.mortal.ledger.clone();
    let (now, request) = (house.clock.now(), RequestId::new(house.clock.now(), 1));
    let ask = ask(&house.principal, &house.group, request, 10, now);
    let _inside = house.inside.enter();
    let mut hold = pin!(ledger.hold(&ask));
    assert!(poll(hold.as_mut()).is_none());
    assert_eq!(house.mortal.finish(), Some(true));
    assert!(matches!(poll(hold), Some(Err(Denied::Unavailable))));
}

#[test]
fn a_journal_has_one_gateway() {
    let house = House::new(1_000);
    let path = house.folder.path().join("journal");
    let second = Mortal::start(&house.book, &path, [2; 16], &house.clock, Duration::ZERO);
    let error = second.unwrap().err().unwrap();
    assert_eq!((error.is_in_use(), error.may_pass()), (true, false));
}

#[test]
fn a_clock_that_was_set_back_lets_no_gateway_spend_for_longer() {
    let mut house = House::new(1_000);
    house.hold(10).unwrap();
    house.book.fail(|| Fault::Before);
    house.elapse(Duration::from_secs(290));
    house.hold(10).unwrap();
    house.elapse(Duration::from_secs(11));
    assert!(matches!(house.hold(10), Err(Denied::Unavailable)));
    house.book.heal();
    house.hold(10).unwrap();
}

#[test]
fn a_quota_that_is_lowered_holds_at_once() {
    let told: [fn(&House); 3] = [
        |house| house.mortal.ledger.token_changed(token(1)),
        |house| house.mortal.ledger.changed(house.principal.account.id),
        |house| house.mortal.ledger.changed_all(),
    ];
    for tell in told {
        let mut house = House::new(1_000);
        let mut first = house.hold(100).unwrap();
        assert!(house.book.state().leased() > 200, "more is leased");
        house.book.state().edit(POT(), 150);
        tell(&house);
        assert!(house.hold(60).is_err());
        house.hold(50).unwrap();
        let now = house.clock.now();
        first.settle(&done(100), now);
    }
}

#[test]
fn a_quota_that_is_raised_works_at_once() {
    let mut house = House::new(10);
    assert!(matches!(house.hold(60), Err(Denied::Refused(_))));
    assert!(matches!(house.hold(60), Err(Denied::Refused(_))));
    house.book.state().edit(POT(), 60);
    house.mortal.ledger.changed(house.principal.account.id);
    house.hold(60).unwrap();
}

#[test]
fn a_call_without_a_place_for_its_receipt_holds_nothing() {
    let mut house = House::new(100_000);
    house.book.fail(|| Fault::None);
    let mut held = Vec::new();
    let full = loop {
        match house.hold(10) {
            Ok(one) => held.push(one),
            Err(error) => break error,
        }
    };
    assert!(matches!(full, Denied::NoRoom(_)), "{full}");
    let stats = house.mortal.ledger.stats();
    assert_eq!(stats.held.as_micros(), 10 * held.len() as i64);
    assert_eq!(stats.open as usize, held.len());
    let now = house.clock.now();
    held.pop().unwrap().settle(&done(10), now);
    assert!(
        house.hold(10).is_err(),
        "its receipt is not in the store yet"
    );
    house.mortal.turn();
    house.hold(10).unwrap();
}

#[test]
fn calls_that_are_shed_are_told_once() {
    let mut house = House::new(100_000);
    house.book.fail(|| Fault::None);
    let logs = Logs::default();
    let following = logs.follow();
    let told = || logs.text().matches("calls are shed").count();
    let mut held: Vec<_> = std::iter::from_fn(|| house.hold(10).ok()).collect();
    assert!(house.hold(10).is_err());
    house.clock.pass(Duration::from_secs(2));
    house.mortal.turn();
    assert!(house.hold(10).is_err());
    assert_eq!(told(), 1, "no place was given back");
    let now = house.clock.now();
    held.pop().unwrap().settle(&done(10), now);
    house.mortal.turn();
    held.push(house.hold(10).unwrap());
    assert_eq!(told(), 1);
    assert!(house.hold(10).is_err());
    assert_eq!(told(), 2, "there was a place meanwhile");
    drop(following);
}

#[test]
fn a_turn_of_unknown_outcome_leaves_nothing_leased() {
    for fault in [Fault::Before, Fault::After] {
        let mut house = House::new(1_000);
        let now = house.clock.now();
        house.hold(100).unwrap().settle(&done(30), now);
        house.clock.pass(Duration::from_secs(2));
        house.book.fail(move || fault);
        house.mortal.turn();
        house.book.heal();
        house.mortal.turn();
        house.clock.pass(Duration::from_secs(2));
        house.mortal.turn();
        let state = house.book.state();
        assert_eq!(
            (state.rows[&POT()].used, state.leased()),
            (30, 0),
            "{fault:?}"
        );
    }
}

#[test]
fn a_cost_beyond_all_range_is_what_was_held_and_says_that_it_is_an_estimate() {
    let mut house = House::new(1_000);
    let now = house.clock.now();
    let mut absurd = done(0);
    absurd.usage.input = u64::MAX;
    absurd.usage.output = u64::MAX;
    absurd.quote.multiplier = Multiplier::from_millionths(u32::MAX);
    let cost = house.hold(100).unwrap().settle(&absurd, now).unwrap();
    assert_eq!(cost.as_micros(), 100);
    assert_eq!(house.mortal.ledger.stats().uncovered, 0);
    house.mortal.turn();
    let state = house.book.state();
    let receipt = state.receipts.values().next().unwrap();
    assert!(receipt.estimated);
    assert_eq!(receipt.usage.input, u64::MAX);
    assert_eq!(
        (receipt.charged(), receipt.uncovered.as_micros()),
        (cost, 0)
    );
}
