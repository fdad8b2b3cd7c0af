//! How many connections are open: each holds a place, and gives it back when it is dropped.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

/// Counts over all destinations.
#[derive(Debug, Default)]
pub(crate) struct Totals {
    pub(crate) open: AtomicUsize,
    pub(crate) made: AtomicU64,
    pub(crate) reused: AtomicU64,
}

/// The right to have one connection open.
#[derive(Debug)]
pub(crate) struct Place {
    totals: Arc<Totals>,
    here: Arc<AtomicUsize>,
}

impl Place {
    /// Takes a place, unless `bound` are taken here.
    pub(crate) fn take(
        totals: &Arc<Totals>,
        here: &Arc<AtomicUsize>,
        bound: Option<usize>,
    ) -> Option<Self> {
        let taken = here.fetch_add(1, Ordering::Relaxed);
        if bound.is_some_and(|bound| taken >= bound) {
            here.fetch_sub(1, Ordering::Relaxed);
            return None;
        }
        totals.open.fetch_add(1, Ordering::Relaxed);
        Some(Self {
            totals: Arc::clone(totals),
            here: Arc::clone(here),
        })
    }

    /// How many are taken, this one too, whereto ever.
    pub(crate) fn open(&self) -> usize {
        self.totals.open.load(Ordering::Relaxed)
    }

    /// The connection was made.
    pub(crate) fn made(&self) {
        self.totals.made.fetch_add(1, Ordering::Relaxed);
    }

    /// The connection serves another request.
    pub(crate) fn reused(&self) {
        self.totals.reused.fetch_add(1, Ordering::Relaxed);
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.totals.open.fetch_sub(1, Ordering::Relaxed);
        self.here.fetch_sub(1, Ordering::Relaxed);
    }
}
