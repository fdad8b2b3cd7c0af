//! What the live side stands on: its locks, and the places of receipts. A gateway stands on the
//! locks of the standard library and on its journal; tests of interleavings bring their own.

use std::sync::{Mutex, PoisonError};

use tollgate_journal::{Settled, Slot};

/// What the live side stands on.
pub(crate) trait Ground: 'static {
    /// The locks.
    type Lock<T: Send + 'static>: Lock<T>;
    /// Where a receipt is kept until the store has it.
    type Place: Send + std::fmt::Debug + 'static;
}

/// A lock around a state. What is done inside is one step to everybody else.
pub(crate) trait Lock<T>: Send + Sync {
    fn new(state: T) -> Self;
    fn with<R>(&self, step: impl FnOnce(&mut T) -> R) -> R;
}

/// The ground of a gateway.
#[derive(Debug)]
pub(crate) struct Real;

/// Where a receipt is kept until the store has it.
#[derive(Debug)]
pub(crate) enum Place {
    /// In the journal.
    Settled(Settled),
    /// In memory only, since the journal could not be written: there, the call is still begun.
    Begun(Slot),
}

impl Ground for Real {
    type Lock<T: Send + 'static> = Mutex<T>;
    type Place = Place;
}

/// A lock that a thread broke off inside holds a state between two whole steps: each step computes
/// first and writes last.
impl<T: Send> Lock<T> for Mutex<T> {
    fn new(state: T) -> Self {
        Self::new(state)
    }

    fn with<R>(&self, step: impl FnOnce(&mut T) -> R) -> R {
        step(&mut self.lock().unwrap_or_else(PoisonError::into_inner))
    }
}
