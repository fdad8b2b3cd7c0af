//! The gateway's turns with the store: how long they take, and whether they still happen.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use futures_util::future::BoxFuture;
use prometheus_client::metrics::histogram::{Histogram, exponential_buckets};
use prometheus_client::registry::{Registry, Unit};
use tokio::time::Instant;
use tollgate_ledger::book::{Book, BookError, Outcome, Turn};
use tollgate_policy::time::Timestamp;

/// A turn has a deadline of ten seconds in the store. Who has not thought of the next one after so
/// long never will.
const STILL: Duration = Duration::from_secs(60);

/// A book whose turns are timed.
pub(crate) struct Timed<B> {
    book: Arc<B>,
    seconds: Histogram,
}

/// When the keeper of the ledger last asked what time it is, which it does before each turn, due or
/// not. Clones are the same.
#[derive(Debug, Clone)]
pub(crate) struct Beat(Arc<AtomicI64>);

impl<B: Book> Timed<B> {
    /// Times the turns of a book, and names the metric in a registry.
    pub(crate) fn new(book: Arc<B>, registry: &mut Registry) -> Self {
        // From 1 ms to about 8 s, each twice the last.
        let seconds = Histogram::new(exponential_buckets(0.001, 2.0, 14));
        let help = "Time of a turn with the store, in which receipts are settled and leases taken";
        registry.register_with_unit("turn", help, Unit::Seconds, seconds.clone());
        Self { book, seconds }
    }
}

impl<B: Book> Book for Timed<B> {
    fn turn(&self, turn: Arc<Turn>) -> BoxFuture<'_, Result<Outcome, BookError>> {
        Box::pin(async move {
            let begun = Instant::now();
            let outcome = self.book.turn(turn).await;
            self.seconds.observe(begun.elapsed().as_secs_f64());
            outcome
        })
    }
}

impl Beat {
    /// A keeper that begins now.
    pub(crate) fn new(now: Timestamp) -> Self {
        Self(Arc::new(AtomicI64::new(now.as_micros())))
    }

    /// The keeper asked.
    pub(crate) fn at(&self, now: Timestamp) {
        self.0.store(now.as_micros(), Ordering::Relaxed);
    }

    /// Whether the keeper goes on.
    pub(crate) fn is_alive(&self, now: Timestamp) -> bool {
        let last = Timestamp::from_micros(self.0.load(Ordering::Relaxed));
        now.since(last) <= STILL
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_keeper_that_stands_still_is_not_alive() {
        let at = Timestamp::from_seconds;
        let beat = Beat::new(at(1000));
        assert!(beat.is_alive(at(1060)) && !beat.is_alive(at(1061)));
        beat.at(at(1060));
        assert!(beat.is_alive(at(1061)));
        assert!(beat.is_alive(at(900)), "a clock that was set back");
    }
}
