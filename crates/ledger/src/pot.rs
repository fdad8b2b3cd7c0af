//! What this gateway may spend of one pot: a pure state. Amounts are micro-credits.

use std::time::Duration;

use tollgate_policy::time::Timestamp;

use crate::book::Lease;

/// How long a pot that was found empty in the store is not asked again. Another gateway may give
/// something back meanwhile; an edit by an operator asks at once.
const DRY_FOR: Duration = Duration::from_secs(1);
/// How many calls like those that wait a lease is to cover, so that few calls have to wait.
const CALLS_PER_LEASE: i64 = 8;
/// How many times what was taken at once of late a lease is to cover, so that no call has to wait
/// while their number does not double from one turn to the next.
const LEASED_AHEAD: i64 = 2;
/// What was taken at once is forgotten by so much with each turn.
const FADES: i64 = 8;
/// A moment is noted by who comes later, and read by a call that came earlier and waited. Further
/// ahead than this it is only where the clock was put back, and then it says nothing.
const CLOCK_STEP: Duration = Duration::from_secs(10);

/// INVARIANT: `held + unsettled <= leased`, but for calls of a lenient group that went over, and for
/// those that were under way when a limit was set, or when the store took the lease for dead.
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
    /// The most that was held and unsettled at once, of late.
    peak: i64,
    /// The store has no limit for the pot, whatever the principal says.
    unlimited: bool,
    /// An operator changed the limit: nothing is held before what is free went back.
    recalled: bool,
    /// When the store was last found to have too little.
    dry: Option<Timestamp>,
    /// When the pot was last used.
    touched: Timestamp,
}

/// What a pot asks the store for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Wish {
    /// What is needed at least.
    pub(crate) least: i64,
    /// What would be good to have.
    pub(crate) good: i64,
}

impl Default for PotState {
    fn default() -> Self {
        Self {
            leased: 0,
            held: 0,
            unsettled: 0,
            wanted: 0,
            peak: 0,
            unlimited: false,
            recalled: false,
            dry: None,
            touched: Timestamp::from_micros(i64::MIN),
        }
    }
}

impl PotState {
    /// What can be held now for a new call.
    pub(crate) fn free(&self) -> i64 {
        if self.recalled {
            return self.spare().min(0);
        }
        self.coverage()
    }

    /// What a call that goes on can be charged beyond its hold.
    pub(crate) fn coverage(&self) -> i64 {
        if self.unlimited {
            return i64::MAX;
        }
        self.spare()
    }

    fn spare(&self) -> i64 {
        self.leased
            .saturating_sub(self.held)
            .saturating_sub(self.unsettled)
    }

    /// Whether the store was found to have no more, not long ago.
    pub(crate) fn is_dry(&self, now: Timestamp) -> bool {
        let lately = |at: Timestamp| now.since(at) < DRY_FOR && at.since(now) < CLOCK_STEP;
        !self.recalled && self.dry.is_some_and(lately)
    }

    /// Notes that a call needs so much of the pot; true where nobody asked for it before.
    pub(crate) fn want(&mut self, amount: i64) -> bool {
        let first = self.wanted == 0;
        self.wanted = self.wanted.saturating_add(amount.max(1));
        first
    }

    /// What to ask the store for, if a call waits.
    pub(crate) fn take_wish(&mut self) -> Option<Wish> {
        let wanted = std::mem::take(&mut self.wanted);
        if wanted == 0 {
            return None;
        }
        let least = wanted.saturating_sub(self.free()).max(0);
        let good = wanted
            .saturating_mul(CALLS_PER_LEASE)
            .saturating_add(self.held)
            .saturating_sub(self.free());
        let good = good.max(least);
        Some(Wish { least, good })
    }

    /// What to ask the store for before a call waits for it, in a turn that charges so much.
    pub(crate) fn take_ahead(&mut self, charged: i64) -> Option<Wish> {
        self.peak = self.peak.saturating_sub(self.peak / FADES);
        self.note_peak();
        if self.unlimited || self.recalled {
            return None;
        }
        let left = self.leased.saturating_sub(charged);
        let good = self.peak.saturating_mul(LEASED_AHEAD).saturating_sub(left);
        (good > 0).then_some(Wish { least: 0, good })
    }

    fn note_peak(&mut self) {
        self.peak = self.peak.max(self.held.saturating_add(self.unsettled));
    }

    /// Applies what the store says, with what the receipts of the turn charged, and what was asked
    /// for at least.
    pub(crate) fn apply(&mut self, lease: &Lease, charged: i64, needed: i64, now: Timestamp) {
        let before = self.leased.saturating_sub(charged).max(0);
        self.unsettled = self.unsettled.saturating_sub(charged).max(0);
        self.leased = lease.leased.as_micros();
        self.unlimited = !lease.limited;
        if needed > 0 {
            let short = self.leased.saturating_sub(before) < needed;
            self.dry = (short && lease.limited).then_some(now);
            // Else it could go back before the call that waits for it has it.
            self.touched = self.touched.max(now);
        }
    }

    /// Holds an amount that is free.
    pub(crate) fn hold(&mut self, amount: i64, now: Timestamp) {
        self.held = self.held.saturating_add(amount);
        self.note_peak();
        self.touched = self.touched.max(now);
    }

    /// Gives back what was held for a call that another pot does not cover.
    pub(crate) fn let_go(&mut self, amount: i64) {
        self.held = self.held.saturating_sub(amount);
    }

    /// Holds more for a call that goes on.
    pub(crate) fn hold_more(&mut self, amount: i64) {
        self.held = self.held.saturating_add(amount);
    }

    /// Gives a hold back and charges instead.
    pub(crate) fn settle(&mut self, held: i64, charged: i64, now: Timestamp) {
        self.held = self.held.saturating_sub(held).max(0);
        self.unsettled = self.unsettled.saturating_add(charged);
        self.touched = self.touched.max(now);
    }

    /// Takes back what is free, to give it to the store: all of it from a pot that was recalled, or
    /// that was not used for `idle` and that nobody waits for; nothing from another.
    pub(crate) fn take_idle(&mut self, idle: Duration, now: Timestamp) -> i64 {
        let unused = now.since(self.touched) >= idle || self.touched.since(now) >= CLOCK_STEP;
        if !(self.recalled || (unused && self.wanted == 0)) {
            return 0;
        }
        self.take_free()
    }

    /// Takes back what is free, to give it to the store.
    pub(crate) fn take_free(&mut self) -> i64 {
        let free = if self.unlimited {
            self.leased
        } else {
            self.spare()
        };
        if self.recalled {
            (self.recalled, self.unlimited, self.dry) = (false, false, None);
        }
        let free = free.max(0);
        self.leased = self.leased.saturating_sub(free);
        free
    }

    /// An operator changed the limit: what is free goes back before more is held, and the store is
    /// asked anew.
    pub(crate) fn recall(&mut self) {
        self.recalled = true;
    }

    /// The store may have given the lease to others: it is not trusted before the store was asked.
    /// True where there was anything to forget.
    pub(crate) fn distrust(&mut self) -> bool {
        let any = self.leased != 0 || self.unlimited;
        (self.leased, self.unlimited) = (0, false);
        any
    }

    /// Whether forgetting the pot loses nothing.
    pub(crate) fn is_idle(&self) -> bool {
        self.leased <= 0 && self.held == 0 && self.unsettled == 0 && self.wanted == 0
    }

    /// Whether the store may have leased any of it for the calls that are counted here.
    pub(crate) fn is_leased(&self) -> bool {
        self.leased > 0 || self.held > 0 || self.unsettled > 0
    }

    /// What is leased for the calls that are counted here, once so much of it is charged: no less
    /// than they hold, whatever is known of the store.
    pub(crate) fn part(&self, charged: i64) -> i64 {
        let used = self.held.saturating_add(self.unsettled);
        self.leased.max(used).saturating_sub(charged).max(0)
    }

    pub(crate) const fn held(&self) -> i64 {
        self.held
    }

    pub(crate) const fn leased(&self) -> i64 {
        self.leased
    }

    pub(crate) const fn unsettled(&self) -> i64 {
        self.unsettled
    }
}

#[cfg(test)]
mod tests;
