//! A connection's own waker: it stays the same for the connection's whole life and passes wake-ups on
//! to whoever drives the connection at the moment.
//!
//! hyper's connection and its body talk through channels that wake each other. Here both are polled by
//! one task, which looks at the one after the other anyway, so these wake-ups would only make the
//! runtime poll the task once more for nothing. They are swallowed; those of the socket never are.

use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};
use std::task::{Context, Poll, Wake, Waker};

use futures_util::task::AtomicWaker;

/// Wake-ups are passed on.
const OPEN: u8 = 0;
/// Wake-ups are remembered only.
const QUIET: u8 = 1;
/// A wake-up came while it was quiet.
const MISSED: u8 = 2;

/// The waker of one connection.
pub(crate) struct Relay {
    shared: Arc<Shared>,
    waker: Waker,
}

struct Shared {
    driver: AtomicWaker,
    state: AtomicU8,
}

impl Relay {
    pub(crate) fn new() -> Self {
        let shared = Arc::new(Shared {
            driver: AtomicWaker::new(),
            state: AtomicU8::new(OPEN),
        });
        let waker = Waker::from(Arc::clone(&shared));
        Self { shared, waker }
    }

    /// What the connection is polled with.
    pub(crate) fn waker(&self) -> &Waker {
        &self.waker
    }

    /// From now on this one is woken.
    pub(crate) fn follow(&self, driver: &Waker) {
        self.shared.driver.register(driver);
    }

    /// Nobody drives the connection any more, so that no task is kept alive by it.
    pub(crate) fn forget(&self) {
        drop(self.shared.driver.take());
    }

    /// Does what wakes the connection, which is polled next in any case.
    pub(crate) fn unheard<R>(&self, act: impl FnOnce() -> R) -> R {
        self.shared.state.store(QUIET, Ordering::SeqCst);
        let done = act();
        self.shared.state.store(OPEN, Ordering::SeqCst);
        done
    }

    /// Polls the other end of a channel that leads to the connection. Where it is pending, a
    /// wake-up that came meanwhile is passed on, for it may have come from the socket; where it is
    /// ready, the driver comes back by itself.
    pub(crate) fn quietly<R>(&self, poll: impl FnOnce(&mut Context<'_>) -> Poll<R>) -> Poll<R> {
        self.shared.state.store(QUIET, Ordering::SeqCst);
        let polled = poll(&mut Context::from_waker(Waker::noop()));
        let was = self.shared.state.swap(OPEN, Ordering::SeqCst);
        if was == MISSED && polled.is_pending() {
            self.shared.driver.wake();
        }
        polled
    }
}

impl Wake for Shared {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        let (quiet, missed) = (QUIET, MISSED);
        let seen = self
            .state
            .compare_exchange(quiet, missed, Ordering::SeqCst, Ordering::SeqCst);
        if seen.is_err_and(|state| state == OPEN) {
            self.driver.wake();
        }
    }
}

#[cfg(test)]
mod tests;
