//! How deliveries go, for whoever shows metrics.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

/// Counts of this gateway.
#[derive(Debug, Default)]
pub struct Stats {
    delivered: AtomicU64,
    failed: AtomicU64,
    given_up: AtomicU64,
    waiting: AtomicU64,
}

impl Stats {
    /// Alerts that were delivered, or logged where there is no webhook.
    pub fn delivered(&self) -> u64 {
        self.delivered.load(Relaxed)
    }

    /// Attempts that failed.
    pub fn failed(&self) -> u64 {
        self.failed.load(Relaxed)
    }

    /// Alerts that are not tried any more.
    pub fn given_up(&self) -> u64 {
        self.given_up.load(Relaxed)
    }

    /// Alerts in the store that are not delivered and not given up, as of the last look; counted up
    /// to 256.
    pub fn waiting(&self) -> u64 {
        self.waiting.load(Relaxed)
    }

    pub(crate) fn looked(&self, waiting: usize) {
        let waiting = u64::try_from(waiting).unwrap_or(u64::MAX);
        self.waiting.store(waiting, Relaxed);
    }

    pub(crate) fn count_delivered(&self) {
        self.delivered.fetch_add(1, Relaxed);
        self.one_less();
    }

    pub(crate) fn count_failed(&self) {
        self.failed.fetch_add(1, Relaxed);
    }

    pub(crate) fn count_given_up(&self) {
        self.given_up.fetch_add(1, Relaxed);
        self.one_less();
    }

    /// A look is over before its alerts are delivered, so this never goes below zero.
    fn one_less(&self) {
        let _ = self
            .waiting
            .try_update(Relaxed, Relaxed, |waiting| waiting.checked_sub(1));
    }
}
