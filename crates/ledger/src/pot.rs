//! What this gateway may spend of one pot: a pure state. Amounts are micro-credits.

use std::time::Duration;

use tollgate_policy::time::Timestamp;

use crate::book::Lease;

/// How long a pot that was found empty in the store is not asked again. Another gateway may give
/// something back meanwhile; an edit by an operator asks at once.
const DRY_FOR: Duration = Duration::from_secs(1);
/// How many calls like those that wait a lease is to cover, so that few calls have to wait.
const CALLS_PER_LEASE: i64 = 8;

/// INVARIANT: `leased` is never more than what the store has leased to this gateway, but for
/// receipts of a lenient group that went over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct PotState {
    /// Leased from the store.
    leased: i64,
    /// Held for calls that go on.
    held: i64,
    /// Charged by receipts that are not in the store yet.
    unsettled: i64,
    /// What calls that wait need in all.
    wanted: i64,
    /// The store has no limit for the pot, whatever the principal says.
    unlimited: bool,
    /// When the store was last found to have too little.
    dry: Option<Timestamp>,
    /// When the pot was last used.
    touched: Timestamp,
}

impl Default for PotState {
    fn default() -> Self {
        Self {
            leased: 0,
            held: 0,
            unsettled: 0,
            wanted: 0,
            unlimited: false,
            dry: None,
            touched: Timestamp::from_micros(i64::MIN),
        }
    }
}

impl PotState {
    /// What can be held now.
    pub(crate) fn free(&self) -> i64 {
        if self.unlimited {
            return i64::MAX;
        }
        self.leased
            .saturating_sub(self.held)
            .saturating_sub(self.unsettled)
    }

    /// Whether the store was found to have no more, not long ago.
    pub(crate) fn is_dry(&self, now: Timestamp) -> bool {
        self.dry.is_some_and(|at| now.since(at) < DRY_FOR)
    }

    /// Notes that a call needs so much of the pot; true where nobody asked for it before.
    pub(crate) fn want(&mut self, amount: i64) -> bool {
        let first = self.wanted == 0;
        self.wanted = self.wanted.saturating_add(amount.max(1));
        first
    }

    /// What to ask the store for: what is needed at least, and what would be good to have.
    pub(crate) fn take_wish(&mut self) -> (i64, i64) {
        let wanted = std::mem::take(&mut self.wanted);
        let least = wanted.saturating_sub(self.free()).max(0);
        let good = wanted
            .saturating_mul(CALLS_PER_LEASE)
            .saturating_add(self.held)
            .saturating_sub(self.free());
        (least, good.max(least))
    }

    /// Applies what the store says, with what the receipts of the turn charged. `needed` is what was
    /// asked for at least, of a pot that had `before` leased.
    pub(crate) fn apply(&mut self, lease: &Lease, charged: i64, needed: i64, now: Timestamp) {
        let before = self.leased.saturating_sub(charged).max(0);
        self.unsettled = self.unsettled.saturating_sub(charged).max(0);
        self.leased = lease.leased.as_micros();
        self.unlimited = !lease.limited;
        if needed > 0 {
            let short = self.leased.saturating_sub(before) < needed;
            self.dry = (short && lease.limited).then_some(now);
        }
    }

    /// Holds an amount that is free.
    pub(crate) fn hold(&mut self, amount: i64, now: Timestamp) {
        self.held = self.held.saturating_add(amount);
        self.touched = now;
    }

    /// Gives a hold back and charges instead.
    pub(crate) fn settle(&mut self, held: i64, charged: i64, now: Timestamp) {
        self.held = self.held.saturating_sub(held).max(0);
        self.unsettled = self.unsettled.saturating_add(charged);
        self.touched = now;
    }

    /// Takes back what is free, to give it to the store: all of it from a pot that was not used for
    /// `idle`, nothing from another.
    pub(crate) fn take_idle(&mut self, idle: Duration, now: Timestamp) -> i64 {
        let unused = now.since(self.touched) >= idle;
        let free = if self.unlimited {
            self.leased
        } else {
            self.free()
        };
        if !unused || self.wanted > 0 || free <= 0 {
            return 0;
        }
        self.leased = self.leased.saturating_sub(free);
        free
    }

    /// An operator changed the limit: what is free goes back, and the store is asked anew.
    pub(crate) fn changed(&mut self) {
        self.touched = Timestamp::from_micros(i64::MIN);
        self.dry = None;
        self.unlimited = false;
    }

    /// Whether forgetting the pot loses nothing.
    pub(crate) fn is_idle(&self) -> bool {
        self.leased <= 0 && self.held == 0 && self.unsettled == 0 && self.wanted == 0
    }

    pub(crate) const fn held(&self) -> i64 {
        self.held
    }
}
