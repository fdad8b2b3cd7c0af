//! The keeper: the one task that deals with the store. Receipts go there in batches, leases come
//! from there, and what is not used goes back.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use tokio::time::{Instant, MissedTickBehavior, interval};
use tollgate_journal::Settled;
use tollgate_policy::credits::Credits;
use tollgate_policy::id::AccountId;
use tollgate_policy::time::Timestamp;

use crate::book::{Ask, Book, Outcome, Pot, Turn};
use crate::ledger::{Kept, Ledger, Shared, Waiting, lock};
use crate::receipt::Receipt;

/// How long receipts wait for company.
const BATCH_EVERY: Duration = Duration::from_millis(50);
/// Receipts in one turn, at most.
const MOST_RECEIPTS: usize = 4096;
/// How often what is not used is looked for.
const SWEEP_EVERY: Duration = Duration::from_millis(500);
/// What was not used for so long goes back to the store.
const IDLE_AFTER: Duration = Duration::from_secs(1);
/// How often the store hears of the gateway, and the journal is put on the disk.
const HEARTBEAT_EVERY: Duration = Duration::from_secs(10);
/// After a failed turn, the next one waits.
const RETRY_AFTER: Duration = Duration::from_millis(200);

/// Keeps a ledger until `over`, then settles what is left and gives everything back.
pub async fn keep(
    ledger: Ledger,
    book: Arc<dyn Book>,
    clock: fn() -> Timestamp,
    over: impl Future<Output = ()>,
) {
    let shared = Arc::clone(ledger.shared());
    let mut keeper = Keeper {
        shared: Arc::clone(&shared),
        book,
        clock,
        returns: BTreeMap::new(),
        swept: Instant::now(),
        heard: None,
    };
    let mut tick = interval(BATCH_EVERY);
    tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
    tokio::pin!(over);
    loop {
        tokio::select! {
            () = &mut over => break,
            () = shared.urgent.notified() => {}
            _ = tick.tick() => {}
        }
        // A burst that is larger than one turn goes on at once.
        while keeper.turn().await == Next::AtOnce {}
    }
    keeper.finish().await;
}

struct Keeper {
    shared: Arc<Shared>,
    book: Arc<dyn Book>,
    clock: fn() -> Timestamp,
    /// What goes back with the next turn: taken from the pots already.
    returns: BTreeMap<Pot, Credits>,
    swept: Instant,
    heard: Option<Instant>,
}

#[derive(Debug, PartialEq, Eq)]
enum Next {
    AtOnce,
    Later,
}

/// What a turn asks for each pot.
type Needs = BTreeMap<Pot, (AccountId, i64, i64)>;

impl Keeper {
    /// One turn with the store, if there is anything to do.
    async fn turn(&mut self) -> Next {
        let now = (self.clock)();
        self.sweep(now);
        let Waiting { receipts, wants } = self.shared.take_waiting(MOST_RECEIPTS);
        let needs = self.needs(wants);
        let heartbeat = self
            .heard
            .is_none_or(|heard| heard.elapsed() >= HEARTBEAT_EVERY);
        if receipts.is_empty() && needs.is_empty() && self.returns.is_empty() && !heartbeat {
            return Next::Later;
        }
        let batch = Batch::new(receipts);
        let turn = Arc::new(Turn {
            gateway: self.shared.gateway,
            now,
            receipts: batch.receipts,
            reset: false,
            returns: std::mem::take(&mut self.returns).into_iter().collect(),
            asks: asks(&needs),
        });
        match self.book.turn(Arc::clone(&turn)).await {
            Ok(outcome) => {
                let sums = charged(&turn.receipts, &batch.pots);
                self.apply(&outcome, &sums, &needs, now);
                self.shared.clear(batch.places);
                self.shared.turn_done(true);
                if heartbeat {
                    self.sync().await;
                }
                self.heard = Some(Instant::now());
                if turn.receipts.len() == MOST_RECEIPTS {
                    return Next::AtOnce;
                }
            }
            Err(error) => {
                tracing::warn!(
                    error = &error as &dyn std::error::Error,
                    receipts = turn.receipts.len(),
                    "a turn with the store failed and is done again"
                );
                // What went back stays taken: it is unknown whether the store has it already, and
                // the next turn of the pot says what is leased.
                let receipts = turn.receipts.clone();
                self.shared.put_back(Batch { receipts, ..batch }.kept());
                self.shared.turn_done(false);
                tokio::time::sleep(RETRY_AFTER).await;
            }
        }
        Next::Later
    }

    /// What calls that wait need, summed for each pot.
    fn needs(&self, wants: Vec<(AccountId, Pot)>) -> Needs {
        let mut needs = Needs::new();
        for (account, pot) in wants {
            let state = self.shared.account(account);
            if let Some((least, wish)) = lock(&state).take_wish(pot) {
                needs.insert(pot, (account, least, wish));
            }
        }
        needs
    }

    fn apply(&self, outcome: &Outcome, sums: &Charged, needs: &Needs, now: Timestamp) {
        for lease in &outcome.leases {
            let sum = sums.get(&lease.pot);
            let need = needs.get(&lease.pot);
            let account = match (sum, need) {
                (Some((account, _)), _) | (None, Some((account, _, _))) => *account,
                // Only given back: the state is as it was taken.
                (None, None) => continue,
            };
            let state = self.shared.account(account);
            let (sum, least) = (sum.map_or(0, |sum| sum.1), need.map_or(0, |need| need.1));
            lock(&state).apply(lease, sum, least, now);
        }
    }

    /// Collects what goes back, now and then.
    fn sweep(&mut self, now: Timestamp) {
        if self.swept.elapsed() < SWEEP_EVERY {
            return;
        }
        self.swept = Instant::now();
        let mut idle = Vec::new();
        for (_, account) in self.shared.all_accounts() {
            lock(&account).take_idle(IDLE_AFTER, now, &mut idle);
        }
        self.returns.extend(idle);
        self.shared.forget_idle();
    }

    /// The journal is put on the disk, for the case that the machine dies with the gateway.
    async fn sync(&self) {
        let shared = Arc::clone(&self.shared);
        let synced = tokio::task::spawn_blocking(move || shared.sync()).await;
        if let Ok(Err(error)) = synced {
            tracing::warn!(
                error = &error as &dyn std::error::Error,
                "the journal could not be put on the disk"
            );
        }
    }

    /// Settles what is left, and gives back what is not held. What the store does not take now stays
    /// in the journal, for the next start.
    async fn finish(&mut self) {
        loop {
            let now = (self.clock)();
            let mut free = Vec::new();
            for (_, account) in self.shared.all_accounts() {
                lock(&account).take_idle(Duration::ZERO, now, &mut free);
            }
            self.returns.extend(free);
            let batch = Batch::new(self.shared.take_waiting(MOST_RECEIPTS).receipts);
            if batch.receipts.is_empty() && self.returns.is_empty() {
                return;
            }
            let turn = Arc::new(Turn {
                gateway: self.shared.gateway,
                now,
                receipts: batch.receipts,
                reset: false,
                returns: std::mem::take(&mut self.returns).into_iter().collect(),
                asks: Vec::new(),
            });
            match self.book.turn(Arc::clone(&turn)).await {
                Ok(outcome) => {
                    let sums = charged(&turn.receipts, &batch.pots);
                    self.apply(&outcome, &sums, &Needs::new(), now);
                    self.shared.clear(batch.places);
                }
                Err(error) => {
                    tracing::warn!(
                        error = &error as &dyn std::error::Error,
                        "receipts stay in the journal, and are settled at the next start"
                    );
                    return;
                }
            }
        }
    }
}

/// The receipts of a turn, with their places in the journal and the pots held for them.
struct Batch {
    receipts: Vec<Receipt>,
    places: Vec<Settled>,
    pots: Vec<[Option<Pot>; 4]>,
}

impl Batch {
    fn new(kept: Vec<Kept>) -> Self {
        let mut batch = Self {
            receipts: Vec::with_capacity(kept.len()),
            places: Vec::with_capacity(kept.len()),
            pots: Vec::with_capacity(kept.len()),
        };
        for one in kept {
            batch.receipts.push(one.receipt);
            batch.places.push(one.place);
            batch.pots.push(one.pots);
        }
        batch
    }

    fn kept(self) -> Vec<Kept> {
        let placed = self.receipts.into_iter().zip(self.places).zip(self.pots);
        placed
            .map(|((receipt, place), pots)| Kept {
                place,
                receipt,
                pots,
            })
            .collect()
    }
}

/// What the receipts of a turn charge to what is held in each pot. A pot that was not limited when
/// the call was admitted is in it with nothing, since the store may take the charge from a lease.
type Charged = BTreeMap<Pot, (AccountId, i64)>;

fn charged(receipts: &[Receipt], pots: &[[Option<Pot>; 4]]) -> Charged {
    let mut charged = Charged::new();
    for (receipt, held) in receipts.iter().zip(pots) {
        let payer = &receipt.payer;
        let amount = receipt.charged().as_micros();
        for pot in payer.pots() {
            let (_, sum) = charged.entry(pot).or_insert((payer.account, 0));
            if held.contains(&Some(pot)) {
                *sum = sum.saturating_add(amount);
            }
        }
    }
    charged
}

fn asks(needs: &Needs) -> Vec<Ask> {
    needs
        .iter()
        .map(|(pot, (_, least, wish))| Ask {
            pot: *pot,
            least: Credits::from_micros(*least),
            wish: Credits::from_micros(*wish),
        })
        .collect()
}
