//! What a hold and its settling cost: `cargo bench -p tollgate-ledger --features bench`.
//!
//! `state` is the pure step for one account: no lock, no journal. `call` is a whole call as a
//! gateway makes it, with both records in its journal, and with the share of the keeper's turns
//! that does not lie in the store.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a benchmark fails by panicking"
)]

#[path = "../tests/support/callers.rs"]
#[allow(dead_code, reason = "the tests use more of it")]
mod callers;

use std::pin::pin;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll};

use callers::{LIMITED, Limited, account, ask, done, group, micros, principal, token};
use divan::Bencher;
use futures_util::future::{BoxFuture, ready};
use futures_util::task::noop_waker;
use tempfile::TempDir;
use tollgate_ledger::bench::Probe;
use tollgate_ledger::book::{Book, BookError, Lease, Outcome, Pot, Turn};
use tollgate_ledger::keeper::Keeper;
use tollgate_ledger::request_id::RequestId;
use tollgate_ledger::{Ledger, Options};
use tollgate_policy::group::Enforcement;
use tollgate_policy::limit::{Limits, Rate};
use tollgate_policy::time::Timestamp;
use tollgate_policy::token::Principal;

/// A full hour.
const NOW: Timestamp = Timestamp::from_seconds(3_600_000);
const LEASED: i64 = 1 << 40;
/// Calls between two turns of the keeper.
const BATCH: u64 = 1_000;

fn main() {
    divan::main();
}

/// A store that has enough of everything, and costs nothing.
struct Plenty;

impl Book for Plenty {
    fn turn(&self, turn: Arc<Turn>) -> BoxFuture<'_, Result<Outcome, BookError>> {
        let asked = turn.asks.iter().map(|ask| ask.pot);
        let paid = turn.receipts.iter().flat_map(|one| one.payer.pots());
        let returned = turn.returns.iter().map(|(pot, _)| *pot);
        let mut pots: Vec<Pot> = asked.chain(paid).chain(returned).collect();
        pots.sort();
        pots.dedup();
        let leases = pots.into_iter().map(|pot| Lease {
            pot,
            leased: micros(LEASED),
            limited: true,
        });
        let leases = leases.collect();
        Box::pin(ready(Ok(Outcome { leases, settled: 0 })))
    }
}

fn now<F: Future>(future: F) -> F::Output {
    match pin!(future).poll(&mut Context::from_waker(&noop_waker())) {
        Poll::Ready(output) => output,
        Poll::Pending => panic!("it waits"),
    }
}

/// Callers by the limits that they have.
fn caller(kind: &str) -> Principal {
    let lifetime = Limited {
        token_period: false,
        account_period: false,
        ..LIMITED
    };
    let mut caller = match kind {
        "unlimited" => principal(1, 1, Limited::default()),
        "lifetime" => principal(1, 1, lifetime),
        _ => principal(1, 1, LIMITED),
    };
    if kind == "all" {
        let rate = Rate::new(u32::MAX).ok();
        let limits = Limits {
            requests: rate,
            tokens: rate,
            concurrency: Some(u32::MAX),
        };
        (caller.token.limits, caller.account.limits) = (limits, limits);
    }
    caller
}

#[divan::bench(args = ["unlimited", "lifetime", "periodic", "all"])]
fn state(bencher: Bencher<'_, '_>, kind: &str) {
    let (caller, group) = (caller(kind), group(1, Enforcement::Strict));
    let pots = [
        Pot::Token(token(1)),
        Pot::TokenPeriod(token(1), NOW),
        Pot::Account(account(1)),
        Pot::AccountPeriod(account(1), NOW),
    ];
    let mut probe = Probe::new(pots, micros(LEASED), NOW);
    bencher.bench_local(|| {
        let (caller, group) = (divan::black_box(&caller), divan::black_box(&group));
        assert!(probe.call(caller, group, micros(100), NOW));
    });
}

#[divan::bench(args = ["unlimited", "lifetime", "all"], threads = [1, 64], sample_size = 100)]
fn call(bencher: Bencher<'_, '_>, kind: &str) {
    let folder = TempDir::new().unwrap();
    let options = Options {
        most_receipts: 1_000_000,
        ..Options::default()
    };
    let path = folder.path().join("journal");
    let ledger = now(Ledger::open(&Plenty, &path, [1; 16], &options, NOW)).unwrap();
    let keeper = Mutex::new(Keeper::new(&ledger, Arc::new(Plenty), || NOW));
    let (caller, group, calls) = (
        caller(kind),
        group(1, Enforcement::Strict),
        AtomicU64::new(0),
    );
    let next = || {
        let number = calls.fetch_add(1, Ordering::Relaxed);
        if number % BATCH == 1 {
            now(keeper.lock().unwrap().turn());
        }
        ask(
            &caller,
            &group,
            RequestId::new(NOW, u128::from(number)),
            100,
            NOW,
        )
    };
    // The first one waits for its lease.
    let first = next();
    let mut hold = Box::pin(ledger.hold(&first));
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .build();
    let runtime = runtime.unwrap();
    let inside = runtime.enter();
    let mut context = Context::from_waker(std::task::Waker::noop());
    while hold.as_mut().poll(&mut context).is_pending() {
        now(keeper.lock().unwrap().turn());
    }
    drop(inside);
    bencher.bench(|| {
        let mut held = now(ledger.hold(&next())).unwrap();
        held.settle(&done(20), NOW)
    });
}
