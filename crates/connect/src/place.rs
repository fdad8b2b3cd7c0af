//! How many connections are open: each holds a place, and gives it back when it is dropped.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

/// How many connections several pools may have open together.
#[derive(Debug)]
pub struct Sockets {
    most: usize,
    open: AtomicUsize,
}

/// Counts over all destinations.
#[derive(Debug, Default)]
pub(crate) struct Totals {
    pub(crate) open: AtomicUsize,
    pub(crate) made: AtomicU64,
    pub(crate) reused: AtomicU64,
    /// The bound that is shared with other pools, if there is one.
    pub(crate) sockets: Option<Arc<Sockets>>,
}

/// The bound that leaves no place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Full {
    /// That of the destination.
    Here,
    /// That of all pools together.
    Everywhere,
}

/// The right to have one connection open.
#[derive(Debug)]
pub(crate) struct Place {
    totals: Arc<Totals>,
    here: Arc<AtomicUsize>,
}

impl Sockets {
    /// None is open yet.
    pub fn at_most(most: usize) -> Arc<Self> {
        let open = AtomicUsize::new(0);
        Arc::new(Self { most, open })
    }

    fn left(&self) -> usize {
        self.most.saturating_sub(self.open.load(Ordering::Relaxed))
    }
}

impl Totals {
    /// Whether so few places are left to all pools that none is for a connection that waits: a pool
    /// cannot close what is idle in another one.
    pub(crate) fn are_scarce(&self) -> bool {
        let sockets = self.sockets.as_ref();
        sockets.is_some_and(|sockets| sockets.left() <= sockets.most / 8)
    }

    fn enter(&self) -> bool {
        let sockets = self.sockets.as_ref();
        if !sockets.is_none_or(|sockets| enter(&sockets.open, Some(sockets.most))) {
            return false;
        }
        enter(&self.open, None)
    }

    fn leave(&self) {
        self.open.fetch_sub(1, Ordering::Relaxed);
        if let Some(sockets) = &self.sockets {
            sockets.open.fetch_sub(1, Ordering::Relaxed);
        }
    }
}

/// Counts one more, unless so many are counted.
fn enter(open: &AtomicUsize, bound: Option<usize>) -> bool {
    let taken = open.fetch_add(1, Ordering::Relaxed);
    let is_full = bound.is_some_and(|bound| taken >= bound);
    if is_full {
        open.fetch_sub(1, Ordering::Relaxed);
    }
    !is_full
}

impl Place {
    /// Takes a place, unless `bound` are taken here, or as many as there may be in all.
    ///
    /// # Errors
    /// Which of them.
    pub(crate) fn take(
        totals: &Arc<Totals>,
        here: &Arc<AtomicUsize>,
        bound: Option<usize>,
    ) -> Result<Self, Full> {
        if !enter(here, bound) {
            return Err(Full::Here);
        }
        if !totals.enter() {
            here.fetch_sub(1, Ordering::Relaxed);
            return Err(Full::Everywhere);
        }
        Ok(Self {
            totals: Arc::clone(totals),
            here: Arc::clone(here),
        })
    }

    /// How many are taken, this one too, whereto ever.
    pub(crate) fn open(&self) -> usize {
        self.totals.open.load(Ordering::Relaxed)
    }

    /// What it is counted in.
    pub(crate) fn totals(&self) -> &Arc<Totals> {
        &self.totals
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
        self.totals.leave();
        self.here.fetch_sub(1, Ordering::Relaxed);
    }
}
