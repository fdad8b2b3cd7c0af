//! Gateways over one book, with a clock that the test moves.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use tempfile::TempDir;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use tollgate_ledger::{Ledger, Options, keeper};
use tollgate_policy::time::Timestamp;

use crate::support::book::MemoryBook;
use crate::support::scratch;

/// Gateways over one book.
pub struct Street {
    pub book: Arc<MemoryBook>,
    pub ledgers: Vec<Ledger>,
    clock: Arc<AtomicI64>,
    keepers: Vec<(oneshot::Sender<()>, JoinHandle<()>)>,
    _folder: TempDir,
}

impl Street {
    pub async fn open(gateways: u8, book: MemoryBook, now: Timestamp) -> Self {
        let book = Arc::new(book);
        let folder = scratch::folder();
        let clock = Arc::new(AtomicI64::new(now.as_micros()));
        let (mut ledgers, mut keepers) = (Vec::new(), Vec::new());
        let options = Options {
            most_receipts: 20_000,
            patience: Duration::from_secs(30),
        };
        for gateway in 0..gateways {
            let path = folder.path().join(gateway.to_string());
            let opened = Ledger::open(&*book, &path, [gateway; 16], &options, now).await;
            let ledger = opened.unwrap();
            let (over, end) = oneshot::channel::<()>();
            let time = Arc::clone(&clock);
            let time = move || Timestamp::from_micros(time.load(Ordering::Relaxed));
            let end = async { end.await.unwrap() };
            let keeper = keeper::keep(ledger.clone(), Arc::clone(&book) as _, time, end);
            keepers.push((over, tokio::spawn(keeper)));
            ledgers.push(ledger);
        }
        Self {
            book,
            ledgers,
            clock,
            keepers,
            _folder: folder,
        }
    }

    pub fn now(&self) -> Timestamp {
        Timestamp::from_micros(self.clock.load(Ordering::Relaxed))
    }

    /// Lets time pass, and gives the moment after it.
    pub fn pass(&self, time: Duration) -> Timestamp {
        let micros = i64::try_from(time.as_micros()).unwrap();
        let before = self.clock.fetch_add(micros, Ordering::Relaxed);
        Timestamp::from_micros(before + micros)
    }

    /// Ends the keepers.
    pub async fn close(&mut self) {
        for (over, keeper) in self.keepers.drain(..) {
            over.send(()).unwrap();
            keeper.await.unwrap();
        }
    }
}
