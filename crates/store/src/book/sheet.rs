//! The balances that a turn touches, and what the turn does to them. No database is known here.
//!
//! INVARIANT: what a pot has held is the sum of its leases, before and after each step.

use std::collections::{BTreeMap, BTreeSet};

use tollgate_ledger::book::{Ask, Lease, Turn};
use tollgate_ledger::receipt::{Payer, Receipt};

use super::alarm;
use super::calendar::Calendar;
use super::charge;
use super::grant::grant;
use super::pot::{Key, Owner};
use super::purse::{Entered, Purse};
use crate::alert::NewAlert;

/// The balances that a turn touches.
#[derive(Default)]
pub(super) struct Sheet {
    /// The rows that are there.
    pub(super) purses: BTreeMap<Owner, Purse>,
    /// What this gateway has leased.
    pub(super) leases: BTreeMap<Key, Leased>,
    /// Whose period began in this turn: leases of earlier ones, of all gateways, are void.
    pub(super) begun: BTreeSet<Owner>,
    /// What operators are to be told.
    pub(super) alerts: Vec<NewAlert>,
    calendar: Calendar,
}

/// What a gateway has leased of a pot.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Leased {
    /// As it stands in the table.
    pub(super) stored: i64,
    /// After this turn.
    pub(super) now: i64,
}

impl Sheet {
    /// Does a turn: `fresh` are the receipts that were not there, `dead` the leases of gateways
    /// that are not heard of any more.
    pub(super) fn turn(
        &mut self,
        turn: &Turn,
        fresh: &[&Receipt],
        dead: &[(Key, i64)],
    ) -> Vec<Lease> {
        for (key, amount) in dead {
            self.release(*key, *amount);
        }
        for (key, charged) in charge::sums(fresh.iter().copied()) {
            self.charge(key, charged);
        }
        if turn.reset {
            let all: Vec<Key> = self.leases.keys().copied().collect();
            for key in all {
                self.give_back(key, i64::MAX);
            }
        }
        for (pot, amount) in &turn.returns {
            self.give_back(Key::from(*pot), amount.as_micros().max(0));
        }
        for ask in &turn.asks {
            self.ask(ask);
        }
        let touched = touched(turn);
        touched
            .into_iter()
            .filter_map(|key| self.outcome(key))
            .collect()
    }

    fn charge(&mut self, key: Key, charged: i64) {
        if charged == 0 {
            return;
        }
        self.enter(key);
        let Some(purse) = self.purses.get_mut(&key.owner) else {
            return;
        };
        let Some(counts) = purse.counts(key.begin) else {
            return;
        };
        let before = *counts;
        counts.used = counts.used.saturating_add(charged);
        let after = *counts;
        purse.changed = true;
        let alerts = alarm::crossed(key, purse, before.used, after);
        self.alerts.extend(alerts);
        self.give_back(key, charged);
    }

    fn ask(&mut self, ask: &Ask) {
        let key = Key::from(ask.pot);
        self.enter(key);
        let Some(counts) = self
            .purses
            .get_mut(&key.owner)
            .and_then(|purse| purse.counts(key.begin))
        else {
            return;
        };
        let Some(limit) = counts.limit else {
            // Where nothing needs to be leased, nothing stays leased.
            self.give_back(key, i64::MAX);
            return;
        };
        let (least, wish) = (ask.least.as_micros(), ask.wish.as_micros());
        let granted = grant(counts.remaining(limit), least, wish);
        if granted == 0 {
            return;
        }
        counts.held = counts.held.saturating_add(granted);
        let leased = self.leases.entry(key).or_default();
        leased.now = leased.now.saturating_add(granted);
        self.changed(key.owner);
    }

    /// Brings the row to the pot's period, if that is a later one.
    fn enter(&mut self, key: Key) {
        let (Some(begin), Some(purse)) = (key.begin, self.purses.get_mut(&key.owner)) else {
            return;
        };
        if purse.enter(begin, &mut self.calendar) == Entered::Begun {
            self.begun.insert(key.owner);
            self.leases
                .retain(|lease, _| lease.owner != key.owner || lease.begin.is_none());
        }
    }

    /// Gives back of this gateway's lease, at most what is leased.
    fn give_back(&mut self, key: Key, amount: i64) {
        let Some(leased) = self.leases.get_mut(&key) else {
            return;
        };
        let amount = amount.min(leased.now);
        leased.now -= amount;
        self.release(key, amount);
    }

    /// Takes off what a pot has held. A period that is past holds nothing.
    fn release(&mut self, key: Key, amount: i64) {
        let purse = self.purses.get_mut(&key.owner);
        if let Some(counts) = purse.and_then(|purse| purse.counts(key.begin)) {
            counts.held = counts.held.saturating_sub(amount).max(0);
            self.changed(key.owner);
        }
    }

    fn changed(&mut self, owner: Owner) {
        if let Some(purse) = self.purses.get_mut(&owner) {
            purse.changed = true;
        }
    }

    /// How a pot stands after the turn. What is gone is leased by nobody.
    fn outcome(&mut self, key: Key) -> Option<Lease> {
        let purse = self.purses.get_mut(&key.owner);
        let limited = purse
            .as_ref()
            .is_none_or(|purse| purse.limit(key.begin).is_some());
        let open = purse.is_some_and(|purse| purse.counts(key.begin).is_some());
        let leased = match self.leases.get_mut(&key) {
            Some(leased) if !open => {
                leased.now = 0;
                0
            }
            Some(leased) => leased.now,
            None => 0,
        };
        Some(Lease {
            pot: key.pot()?,
            leased: tollgate_policy::credits::Credits::from_micros(leased),
            limited,
        })
    }
}

/// The pots that a turn names: also through receipts that were there already.
pub(super) fn touched(turn: &Turn) -> BTreeSet<Key> {
    // Many receipts, few who pay for them.
    let mut payers = BTreeSet::new();
    payers.extend(turn.receipts.iter().map(|one| one.payer));
    let mut touched: BTreeSet<Key> = payers.iter().flat_map(Payer::pots).map(Key::from).collect();
    touched.extend(turn.returns.iter().map(|(pot, _)| Key::from(*pot)));
    touched.extend(turn.asks.iter().map(|ask| Key::from(ask.pot)));
    touched
}
