//! A gateway whose process has ended, and another one that settles what it left.

use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use tollgate_ledger::adopt;
use tollgate_ledger::book::Pot;
use tollgate_ledger::receipt::Ending;
use tollgate_ledger::request_id::RequestId;
use tollgate_policy::group::Enforcement;
use tollgate_policy::time::Timestamp;

use crate::support::book::MemoryBook;
use crate::support::callers::{Limited, ask, done, group, principal, token};
use crate::support::mortal::{Clock, Mortal, poll};
use crate::support::scratch;

#[test]
fn what_a_gateway_left_is_settled_once_by_another_after_its_process_has_ended() {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .start_paused(true)
        .build()
        .unwrap();
    let _inside = runtime.enter();
    let (folder, book) = (scratch::folder(), Arc::new(MemoryBook::new(false)));
    book.state().limit(Pot::Token(token(1)), 10_000, false);
    let clock = Clock::new(Timestamp::from_seconds(1_000));
    let path = folder.path().join("journal.1");
    let left = folder.path().join("journal.2");
    let started = Mortal::start(&book, &path, [1; 16], &clock, Duration::ZERO);
    let mut mortal = started.unwrap().unwrap();
    let limited = Limited {
        token: true,
        ..Limited::default()
    };
    let (principal, group) = (principal(1, 1, limited), group(1, Enforcement::Strict));
    let ledger = mortal.ledger.clone();
    let mut open = Vec::new();
    for number in 0..2 {
        let request = RequestId::new(clock.now(), number);
        let ask = ask(&principal, &group, request, 300, clock.now());
        let mut hold = pin!(ledger.hold(&ask));
        let held = poll(hold.as_mut()).or_else(|| {
            mortal.turn();
            poll(hold.as_mut())
        });
        open.push(held.unwrap().unwrap());
    }
    open[0].settle(&done(200), clock.now());
    mortal.remains(&left);
    let adopt = |path| poll(pin!(adopt(&*book, path, 24, clock.now()))).unwrap();

    assert_eq!(adopt(&path).unwrap(), None, "its process goes on");
    assert!(book.state().receipts.is_empty());
    assert!(book.state().leased_to(mortal.gateway) > 0);

    assert_eq!(adopt(&left).unwrap(), Some(2));
    let state = book.state();
    let mut ends: Vec<_> = state.receipts.values().map(|one| one.ending).collect();
    ends.sort_by_key(|ending| ending.name());
    assert_eq!(ends, [Ending::Complete, Ending::Killed]);
    assert_eq!(state.leased_to(mortal.gateway), 0, "leases are given back");
    drop(state);

    assert_eq!(adopt(&left).unwrap(), Some(0), "nothing is left");
    assert_eq!(book.state().receipts.len(), 2);
    let nowhere = folder.path().join("journal.3");
    assert_eq!(adopt(&nowhere).unwrap(), None);
    assert!(!nowhere.exists(), "no journal is made");
}
