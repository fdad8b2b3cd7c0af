//! A gateway that is moved step by step, and that can be killed: what it knew is gone, and its
//! journal is as it was at that moment.

use std::path::{Path, PathBuf};
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;

use futures_util::task::noop_waker;
use tollgate_ledger::book::GatewayId;
use tollgate_ledger::keeper::{Keeper, Next};
use tollgate_ledger::{Ledger, OpenError, Options};
use tollgate_policy::time::Timestamp;

use super::book::MemoryBook;

/// A clock that a test moves.
#[derive(Debug, Clone, Default)]
pub struct Clock(Arc<AtomicI64>);

/// A gateway that runs.
pub struct Mortal {
    pub ledger: Ledger,
    pub gateway: GatewayId,
    keeper: Keeper,
    path: PathBuf,
}

impl Clock {
    pub fn new(now: Timestamp) -> Self {
        Self(Arc::new(AtomicI64::new(now.as_micros())))
    }

    pub fn now(&self) -> Timestamp {
        Timestamp::from_micros(self.0.load(Ordering::Relaxed))
    }

    pub fn pass(&self, time: Duration) {
        self.0.fetch_add(time.as_micros() as i64, Ordering::Relaxed);
    }
}

/// One step of a future that needs nobody to wake it.
pub fn poll<F: Future + ?Sized>(future: Pin<&mut F>) -> Option<F::Output> {
    match future.poll(&mut Context::from_waker(&noop_waker())) {
        Poll::Ready(output) => Some(output),
        Poll::Pending => None,
    }
}

impl Mortal {
    /// Starts a gateway whose clock is off by so much. Its book answers at once; where it never
    /// answers, there is no gateway.
    pub fn start(
        book: &Arc<MemoryBook>,
        path: &Path,
        identity: [u8; 16],
        clock: &Clock,
        off: Duration,
    ) -> Option<Result<Self, OpenError>> {
        let options = Options {
            most_receipts: 24,
            patience: Duration::from_secs(3600),
        };
        let now = clock.now().plus(off);
        let opened = pin!(Ledger::open(&**book, path, identity, &options, now));
        let ledger = match poll(opened)? {
            Ok(ledger) => ledger,
            Err(error) => return Some(Err(error)),
        };
        let clock = clock.clone();
        let keeper = Keeper::new(&ledger, Arc::clone(book) as _, move || {
            clock.now().plus(off)
        });
        let path = path.to_owned();
        Some(Ok(Self {
            ledger,
            gateway: GatewayId(identity),
            keeper,
            path,
        }))
    }

    /// One turn; none where the store never answers.
    pub fn turn(&mut self) -> Option<Next> {
        poll(pin!(self.keeper.turn()))
    }

    /// The end of the keeper; none where the store never answers.
    pub fn finish(&mut self) -> Option<bool> {
        poll(pin!(self.keeper.finish()))
    }

    /// What a gateway would find that starts after this one was killed now. This one is left as it
    /// is: whatever it does from here on, nobody sees.
    pub fn remains(&self, to: &Path) {
        std::fs::copy(&self.path, to).unwrap();
    }
}
