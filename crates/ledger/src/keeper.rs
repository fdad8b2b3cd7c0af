//! The keeper: the one task that deals with the store. Receipts go there in batches, leases come
//! from there, and what is not used goes back.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::{Instant, MissedTickBehavior, interval};
use tollgate_policy::time::Timestamp;

use crate::book::Book;
use crate::ledger::{Ledger, Shared};
use crate::live::TRUST;
use crate::round::Rounds;

/// How long receipts wait for company, while no call waits for the store. The journal has them
/// meanwhile.
const BATCH_EVERY: Duration = Duration::from_millis(200);
/// For how many times as long they wait at most, where they come fast.
const MOST_WAITS: usize = 5;
/// So many in each such time come fast: a turn for every few of them would take time and caches
/// from the calls that bring them.
const FAST: usize = 20;
/// So many are company enough: a receipt in a batch of a thousand costs the store six tenths of
/// what it costs in one of a hundred.
const COMPANY: usize = 1024;
/// How often the journal is put on the disk.
const SYNC_EVERY: Duration = Duration::from_secs(10);
/// After a failed turn, the next one waits.
const RETRY_AFTER: Duration = Duration::from_millis(200);
/// How often what is left at the end is offered to a store that fails.
const LAST_ATTEMPTS: usize = 5;

/// Keeps a ledger until `over`, then settles what is left and gives everything back.
pub async fn keep(
    ledger: Ledger,
    book: Arc<dyn Book>,
    clock: impl Fn() -> Timestamp + Send + 'static,
    over: impl Future<Output = ()>,
) {
    let shared = Arc::clone(ledger.shared());
    let mut keeper = Keeper::new(&ledger, book, clock);
    let (mut tick, mut sync) = (interval(BATCH_EVERY), interval(SYNC_EVERY));
    tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
    sync.set_missed_tick_behavior(MissedTickBehavior::Delay);
    tokio::pin!(over);
    let mut waits = 0;
    loop {
        tokio::select! {
            () = &mut over => break,
            () = shared.urgent.notified() => {}
            _ = tick.tick() => {
                waits += 1;
                if waits_on(shared.live.waiting(), waits) {
                    continue;
                }
            }
            // Turns go on meanwhile.
            _ = sync.tick() => drop(tokio::spawn(put_on_disk(Arc::clone(&shared)))),
        }
        loop {
            match keeper.turn().await {
                // A burst that is larger than one turn goes on at once.
                Next::AtOnce => {}
                Next::Later => break,
                Next::Failed => {
                    tokio::time::sleep(RETRY_AFTER).await;
                    break;
                }
            }
        }
        // What a turn that a call waited for has taken along needs no other one soon.
        tick.reset();
        waits = 0;
    }
    for _ in 0..LAST_ATTEMPTS {
        if keeper.finish().await {
            return;
        }
        tokio::time::sleep(RETRY_AFTER).await;
    }
    tracing::warn!("receipts stay in the journal, and are settled at the next start");
}

/// Whether so many receipts wait for more company, after so many times of [`BATCH_EVERY`].
fn waits_on(receipts: usize, waits: usize) -> bool {
    let fast = FAST.saturating_mul(waits);
    waits < MOST_WAITS && (fast..COMPANY).contains(&receipts)
}

/// The steps of [`keep`], for who decides when each one is done: a simulation, for example. A
/// ledger has one keeper.
pub struct Keeper {
    shared: Arc<Shared>,
    book: Arc<dyn Book>,
    clock: Box<dyn Fn() -> Timestamp + Send>,
    rounds: Rounds,
    /// When the last turn was begun that the store did, by a clock that nobody sets.
    heard: Instant,
}

/// When the next turn is to follow a turn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Next {
    /// More receipts wait.
    AtOnce,
    /// When there is something to do.
    Later,
    /// The store did not answer: in a while.
    Failed,
}

impl Keeper {
    /// A keeper that has done nothing yet.
    pub fn new(
        ledger: &Ledger,
        book: Arc<dyn Book>,
        clock: impl Fn() -> Timestamp + Send + 'static,
    ) -> Self {
        let shared = Arc::clone(ledger.shared());
        let rounds = Rounds::new(shared.gateway);
        Self {
            shared,
            book,
            clock: Box::new(clock),
            rounds,
            heard: Instant::now(),
        }
    }

    /// One turn with the store, if there is anything to do.
    ///
    /// CANCEL: the receipts of the turn stay in the journal, for the next start.
    pub async fn turn(&mut self) -> Next {
        let shared = &self.shared;
        let begun = Instant::now();
        if begun.saturating_duration_since(self.heard) >= TRUST {
            shared.live.lapse();
        }
        let Some(round) = self.rounds.next(&shared.live, (self.clock)()) else {
            return Next::Later;
        };
        match self.book.turn(Arc::clone(&round.turn)).await {
            Ok(outcome) => {
                self.heard = begun;
                let is_full = round.is_full;
                let places = self.rounds.done(&shared.live, round, &outcome);
                shared.clear(places);
                shared.turn_done(true);
                if is_full { Next::AtOnce } else { Next::Later }
            }
            Err(error) => {
                tracing::warn!(
                    error = &error as &dyn std::error::Error,
                    receipts = round.turn.receipts.len(),
                    "a turn with the store failed and is done again"
                );
                self.rounds.failed(&shared.live, round);
                shared.turn_done(false);
                Next::Failed
            }
        }
    }

    /// Settles what is left, and gives back what is not held; false where the store does not take
    /// it now. What it never takes stays in the journal, for the next start.
    pub async fn finish(&mut self) -> bool {
        let shared = &self.shared;
        while let Some(round) = self.rounds.last(&shared.live, (self.clock)()) {
            match self.book.turn(Arc::clone(&round.turn)).await {
                Ok(outcome) => {
                    let places = self.rounds.done(&shared.live, round, &outcome);
                    shared.clear(places);
                }
                Err(error) => {
                    tracing::warn!(
                        error = &error as &dyn std::error::Error,
                        "a last turn with the store failed"
                    );
                    self.rounds.failed(&shared.live, round);
                    shared.turn_done(false);
                    return false;
                }
            }
        }
        // Nobody asks the store for a call that still waits.
        shared.over();
        true
    }
}

/// For the case that the machine dies with the gateway.
async fn put_on_disk(shared: Arc<Shared>) {
    let synced = tokio::task::spawn_blocking(move || shared.sync()).await;
    if let Ok(Err(error)) = synced {
        tracing::warn!(
            error = &error as &dyn std::error::Error,
            "the journal could not be put on the disk"
        );
    }
}

impl std::fmt::Debug for Keeper {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Keeper").finish_non_exhaustive()
    }
}
