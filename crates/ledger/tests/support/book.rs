//! A book in memory that follows the port to the letter, and fails when it is told to.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard};

use futures_util::FutureExt;
use futures_util::future::{BoxFuture, pending};
use tollgate_ledger::book::{
    Ask, Book, BookError, GatewayId, LEASE_LIFETIME, Lease, Outcome, Pot, Turn,
};
use tollgate_ledger::receipt::Receipt;
use tollgate_ledger::request_id::RequestId;
use tollgate_policy::credits::Credits;
use tollgate_policy::time::Timestamp;

use super::row::Row;

/// What becomes of a turn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    None,
    /// Nothing is done, and the caller hears so.
    Before,
    /// All is done, and the caller hears that it failed.
    After,
    /// All is done, and the caller never hears.
    Silent,
}

type Faults = Box<dyn FnMut() -> Fault + Send>;

pub struct MemoryBook {
    state: Mutex<State>,
    faults: Mutex<Faults>,
    /// Whether others run while a turn is done.
    yields: bool,
}

/// What is kept.
#[derive(Default)]
pub struct State {
    pub receipts: BTreeMap<RequestId, Receipt>,
    pub rows: BTreeMap<Pot, Row>,
    pub turns: usize,
    /// By the owner of each pot: what a row begins with.
    templates: BTreeMap<Pot, (Option<i64>, bool)>,
    /// The present period of each owner.
    current: BTreeMap<Pot, Timestamp>,
    seen: BTreeMap<GatewayId, Timestamp>,
}

impl MemoryBook {
    pub fn new(yields: bool) -> Self {
        Self {
            state: Mutex::default(),
            faults: Mutex::new(Box::new(|| Fault::None)),
            yields,
        }
    }

    pub fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap()
    }

    /// How turns fail from now on.
    pub fn fail(&self, faults: impl FnMut() -> Fault + Send + 'static) {
        *self.faults.lock().unwrap() = Box::new(faults);
    }

    pub fn heal(&self) {
        self.fail(|| Fault::None);
    }
}

impl Book for MemoryBook {
    fn turn(&self, turn: Arc<Turn>) -> BoxFuture<'_, Result<Outcome, BookError>> {
        let fault = (self.faults.lock().unwrap())();
        let error = || BookError("the test says so".into());
        async move {
            if self.yields {
                tokio::task::yield_now().await;
            }
            if fault == Fault::Before {
                return Err(error());
            }
            let outcome = self.state().turn(&turn);
            if self.yields {
                tokio::task::yield_now().await;
            }
            match fault {
                Fault::After => Err(error()),
                Fault::Silent => pending().await,
                Fault::None | Fault::Before => Ok(outcome),
            }
        }
        .boxed()
    }
}

/// The owner of a pot: the pot itself, or that of all its periods.
fn owner(pot: Pot) -> (Pot, Option<Timestamp>) {
    let none = Timestamp::from_micros(0);
    match pot {
        Pot::TokenPeriod(id, begin) => (Pot::TokenPeriod(id, none), Some(begin)),
        Pot::AccountPeriod(id, begin) => (Pot::AccountPeriod(id, none), Some(begin)),
        lifetime => (lifetime, None),
    }
}

impl State {
    /// Gives a pot, or each period of one, a limit.
    pub fn limit(&mut self, pot: Pot, limit: i64, lenient: bool) {
        self.templates.insert(owner(pot).0, (Some(limit), lenient));
    }

    /// An operator changes the limit of a pot that has one, for the present period too.
    pub fn edit(&mut self, pot: Pot, limit: i64) {
        let (key, _) = owner(pot);
        let Some(template) = self.templates.get_mut(&key) else {
            return;
        };
        template.0 = Some(limit);
        let rows = self.rows.iter_mut();
        let open = rows.filter(|(pot, row)| owner(**pot).0 == key && !row.closed);
        open.for_each(|(_, row)| row.edit(limit));
    }

    pub fn check(&self) {
        self.rows.values().for_each(Row::check);
    }

    pub fn leased_to(&self, gateway: GatewayId) -> i64 {
        let leases = self
            .rows
            .values()
            .filter_map(|row| row.leases.get(&gateway));
        leases.sum()
    }

    pub fn leased(&self) -> i64 {
        self.rows.values().map(Row::leased).sum()
    }

    /// What all receipts charge to a pot.
    pub fn charged_to(&self, pot: Pot) -> i64 {
        let receipts = self.receipts.values();
        let paid = receipts.filter(|receipt| receipt.payer.pots().any(|one| one == pot));
        paid.map(|receipt| receipt.charged().as_micros()).sum()
    }

    fn turn(&mut self, turn: &Turn) -> Outcome {
        self.turns += 1;
        self.reclaim(turn.gateway, turn.now);
        self.seen.insert(turn.gateway, turn.now);
        let mut touched = BTreeSet::new();
        let mut settled = 0;
        for receipt in &turn.receipts {
            touched.extend(receipt.payer.pots());
            if let Some(old) = self.receipts.get(&receipt.request) {
                assert_eq!(old, &**receipt, "a receipt does not change");
                continue;
            }
            settled += 1;
            for pot in receipt.payer.pots() {
                let charged = receipt.charged().as_micros();
                self.row(pot).charge(turn.gateway, charged);
            }
            self.receipts
                .insert(receipt.request, Receipt::clone(receipt));
        }
        if turn.reset {
            for row in self.rows.values_mut() {
                row.give_back(turn.gateway, i64::MAX);
                row.forfeited.remove(&turn.gateway);
            }
        }
        for (pot, amount) in &turn.returns {
            touched.insert(*pot);
            self.row(*pot).give_back(turn.gateway, amount.as_micros());
        }
        for Ask { pot, least, wish } in &turn.asks {
            touched.insert(*pot);
            let (least, wish) = (least.as_micros(), wish.as_micros());
            self.row(*pot).ask(turn.gateway, least, wish);
        }
        let leases = touched.into_iter().map(|pot| {
            let row = self.row(pot);
            let leased = row.leases.get(&turn.gateway).copied();
            Lease {
                pot,
                leased: Credits::from_micros(leased.unwrap_or(0)),
                limited: row.limit.is_some(),
            }
        });
        Outcome {
            leases: leases.collect(),
            settled,
        }
    }

    /// What silent gateways had leased is free for others.
    fn reclaim(&mut self, by: GatewayId, now: Timestamp) {
        for (gateway, seen) in &self.seen {
            if *gateway != by && now.since(*seen) >= LEASE_LIFETIME {
                for row in self.rows.values_mut() {
                    row.forfeit(*gateway);
                }
            }
        }
    }

    fn row(&mut self, pot: Pot) -> &mut Row {
        let (key, begin) = owner(pot);
        let (limit, lenient) = self.templates.get(&key).copied().unwrap_or((None, false));
        if let Some(begin) = begin {
            let current = self.current.entry(key).or_insert(begin);
            if begin > *current {
                *current = begin;
                let rows = self.rows.iter_mut();
                for (_, row) in rows.filter(|(pot, _)| owner(**pot).0 == key) {
                    let gateways: Vec<_> = row.leases.keys().copied().collect();
                    gateways.into_iter().for_each(|one| row.forfeit(one));
                    row.closed = true;
                }
            }
        }
        let closed = begin.is_some_and(|begin| begin < self.current[&key]);
        let row = self.rows.entry(pot);
        row.or_insert_with(|| Row::new(limit, lenient, closed))
    }
}
