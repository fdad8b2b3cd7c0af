//! The ledger of one gateway: what calls hold against, and where their receipts go.

use std::collections::HashMap;
use std::net::IpAddr;
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::{Notify, watch};
use tollgate_journal::{Journal, JournalError, Opened, Recovered, Settled, Slot};
use tollgate_policy::bound::Quote;
use tollgate_policy::credits::Credits;
use tollgate_policy::group::Group;
use tollgate_policy::id::{AccountId, GroupId};
use tollgate_policy::time::Timestamp;
use tollgate_policy::token::Principal;

use crate::account::{AccountState, Demand, Grip, Stop};
use crate::book::{Book, BookError, GatewayId, Pot, Turn};
use crate::denied::Denied;
use crate::held::{Call, Held};
use crate::meter::Meter;
use crate::receipt::Receipt;
use crate::record::{Begun, encode, prices};
use crate::request_id::RequestId;

/// How often a call asks the store for more before it is refused.
const ASKS_PER_CALL: usize = 16;

/// How a ledger is kept.
#[derive(Debug, Clone)]
pub struct Options {
    /// Calls that go on, and receipts that wait for the store, at most.
    pub most_receipts: u32,
    /// How long a call waits for the store where what is leased does not cover it.
    pub patience: Duration,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            most_receipts: 100_000,
            patience: Duration::from_secs(2),
        }
    }
}

/// Why a ledger cannot be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// Its journal cannot.
    #[error("the journal cannot be opened")]
    Journal(#[from] JournalError),
    /// The receipts that the last run left could not be settled.
    #[error("what the last run left cannot be settled")]
    Book(#[from] BookError),
    /// A place in the journal could not be freed.
    #[error(
        "a record of the last run cannot be read: it was written by another version, which has to settle it"
    )]
    Record,
}

/// A call that policy permitted, with the most that it can cost.
#[derive(Debug, Clone, Copy)]
pub struct Ask<'a> {
    /// The call.
    pub request: RequestId,
    /// Who calls.
    pub principal: &'a Principal,
    /// In which tier.
    pub group: &'a Group,
    /// What is asked for, by the name that allowlists use.
    pub endpoint: &'a str,
    /// The model, as the client named it.
    pub model: Option<&'a str>,
    /// The client's address.
    pub client: IpAddr,
    /// Bytes of the prompt, to estimate from.
    pub input_bytes: u64,
    /// By what the call is charged where nobody can say who served it.
    pub quote: Quote,
    /// The most that it can cost.
    pub full: Credits,
    /// The least that it can cost and still be worth making; never more than `full`.
    pub least: Credits,
    /// How many tokens count against the limits of a minute.
    pub tokens: u32,
    /// When it came.
    pub now: Timestamp,
}

/// Figures for metrics.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Stats {
    /// Calls that go on.
    pub open: u32,
    /// Receipts that are not in the store yet.
    pub unsettled: u32,
    /// Credits held, in every pot together.
    pub held: Credits,
    /// Receipts whose cost was not covered, since the start.
    pub uncovered: u64,
    /// Turns with the store that failed, since the start.
    pub failed_turns: u64,
}

/// The ledger of one gateway. Clones are one ledger.
#[derive(Debug, Clone)]
pub struct Ledger {
    shared: Arc<Shared>,
}

/// What holds, their ends and the keeper share.
#[derive(Debug)]
pub(crate) struct Shared {
    journal: Journal,
    pub(crate) gateway: GatewayId,
    accounts: Mutex<HashMap<AccountId, Arc<Mutex<AccountState>>>>,
    groups: Mutex<HashMap<GroupId, Meter>>,
    waiting: Mutex<Waiting>,
    /// How many turns were done, and whether the last one was.
    turns: watch::Sender<Turns>,
    pub(crate) urgent: Notify,
    patience: Duration,
    uncovered: AtomicU64,
    failed_turns: AtomicU64,
}

/// A receipt in the journal, with the pots that were held for its call.
#[derive(Debug)]
pub(crate) struct Kept {
    pub(crate) place: Settled,
    pub(crate) receipt: Receipt,
    pub(crate) pots: [Option<Pot>; 4],
}

/// What waits for the next turn with the store.
#[derive(Debug, Default)]
pub(crate) struct Waiting {
    pub(crate) receipts: Vec<Kept>,
    pub(crate) wants: Vec<(AccountId, Pot)>,
}

#[derive(Debug, Clone, Copy, Default)]
struct Turns {
    done: u64,
    ok: bool,
}

/// A lock that a thread broke off inside holds a state between two whole steps: each step computes
/// first and writes last.
pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Ledger {
    /// Opens the journal, settles what the last run left in it, and gives back what it had leased.
    /// `new_identity` names the gateway if there is no journal yet; it must be random.
    ///
    /// # Errors
    /// Where the journal cannot be opened, or the store does not take what is in it.
    pub async fn open(
        book: &dyn Book,
        path: &Path,
        new_identity: [u8; 16],
        options: &Options,
        now: Timestamp,
    ) -> Result<Self, OpenError> {
        let Opened {
            journal,
            recovered,
            identity,
        } = Journal::open(path, options.most_receipts, new_identity)?;
        let shared = Shared {
            journal,
            gateway: GatewayId(identity),
            accounts: Mutex::default(),
            groups: Mutex::default(),
            waiting: Mutex::default(),
            turns: watch::Sender::new(Turns::default()),
            urgent: Notify::new(),
            patience: options.patience,
            uncovered: AtomicU64::new(0),
            failed_turns: AtomicU64::new(0),
        };
        shared.recover(book, recovered, now).await?;
        Ok(Self {
            shared: Arc::new(shared),
        })
    }

    pub(crate) fn shared(&self) -> &Arc<Shared> {
        &self.shared
    }

    /// Takes the worst case of a call. Waits only where what is leased does not cover it.
    ///
    /// # Errors
    /// Where a limit has no room, too little is left, or the call's receipt would have no place.
    ///
    /// CANCEL: nothing is held before this returns.
    pub async fn hold(&self, ask: &Ask<'_>) -> Result<Held, Denied> {
        let shared = &self.shared;
        let account = shared.account(ask.principal.account.id);
        let demand = Demand {
            principal: ask.principal,
            group: ask.group,
            full: ask.full,
            least: ask.least,
            tokens: ask.tokens,
            now: ask.now,
        };
        for _ in 0..ASKS_PER_CALL {
            let mut turns = shared.turns.subscribe();
            match shared.try_hold(&account, &demand) {
                Ok(grip) => return shared.begin(ask, grip),
                Err(Stop::Denied(denied)) => return Err(denied),
                Err(Stop::Lack(pots)) => shared.want(ask.principal.account.id, pots),
            }
            let changed = tokio::time::timeout(shared.patience, turns.changed()).await;
            if !matches!(changed, Ok(Ok(()))) || !turns.borrow().ok {
                return Err(Denied::Unavailable);
            }
        }
        Err(Denied::Unavailable)
    }

    /// An operator changed an account or a token of it: leases of it are given back, and what is
    /// left is asked for anew.
    pub fn changed(&self, account: AccountId) {
        let account = lock(&self.shared.accounts).get(&account).cloned();
        if let Some(account) = account {
            lock(&account).changed();
        }
    }

    /// An operator changed something, and it is not known whose limits it touches.
    pub fn changed_all(&self) {
        for (_, account) in self.shared.all_accounts() {
            lock(&account).changed();
        }
    }

    /// Figures for metrics.
    pub fn stats(&self) -> Stats {
        let shared = &self.shared;
        let accounts = shared.all_accounts();
        let held = accounts.iter().map(|(_, account)| lock(account).held());
        Stats {
            open: shared.journal.open_slots(),
            unsettled: shared.journal.unwritten(),
            held: Credits::from_micros(held.fold(0, i64::saturating_add)),
            uncovered: shared.uncovered.load(Ordering::Relaxed),
            failed_turns: shared.failed_turns.load(Ordering::Relaxed),
        }
    }
}

impl Shared {
    pub(crate) fn account(&self, id: AccountId) -> Arc<Mutex<AccountState>> {
        Arc::clone(lock(&self.accounts).entry(id).or_default())
    }

    pub(crate) fn all_accounts(&self) -> Vec<(AccountId, Arc<Mutex<AccountState>>)> {
        let accounts = lock(&self.accounts);
        accounts
            .iter()
            .map(|(id, account)| (*id, Arc::clone(account)))
            .collect()
    }

    /// Forgets accounts that hold nothing and that nobody is about to use.
    pub(crate) fn forget_idle(&self) {
        lock(&self.accounts)
            .retain(|_, account| Arc::strong_count(account) > 1 || !lock(account).is_idle());
    }

    fn try_hold(&self, account: &Mutex<AccountState>, demand: &Demand<'_>) -> Result<Grip, Stop> {
        let mut account = lock(account);
        if !demand.group.terms.shared {
            return account.try_hold(demand, None);
        }
        let mut groups = lock(&self.groups);
        let shared = groups.entry(demand.group.id).or_default();
        account.try_hold(demand, Some(shared))
    }

    /// The place of the receipt is reserved now, so that settling can neither wait nor fail.
    fn begin(self: &Arc<Self>, ask: &Ask<'_>, grip: Grip) -> Result<Held, Denied> {
        let period = |begin: Option<Timestamp>| begin.map(Timestamp::as_micros);
        let begun = Begun {
            request: ask.request.to_bytes(),
            token: grip.payer.token.raw(),
            account: grip.payer.account.raw(),
            group: ask.group.id.raw(),
            token_period: period(grip.payer.token_period),
            account_period: period(grip.payer.account_period),
            endpoint: ask.endpoint,
            model: ask.model,
            client: ask.client,
            started: ask.now.as_micros(),
            input_bytes: ask.input_bytes,
            prices: prices(&ask.quote.price),
            multiplier: ask.quote.multiplier.as_millionths(),
        };
        // Encoding into memory has no way to fail; an empty record would be begun all the same.
        let record = encode(&begun).unwrap_or_default();
        match self.journal.begin(&record) {
            Ok(slot) => {
                let call = Call {
                    request: ask.request,
                    group: ask.group.id,
                    endpoint: ask.endpoint.to_owned(),
                    model: ask.model.map(str::to_owned),
                    client: ask.client,
                    started: ask.now,
                    input_bytes: ask.input_bytes,
                    quote: ask.quote,
                };
                Ok(Held::new(Arc::clone(self), call, grip, slot))
            }
            Err(error) => {
                self.release(&grip, ask.group.id, Credits::ZERO, 0, ask.now);
                Err(Denied::NoRoom(error))
            }
        }
    }

    fn want(&self, account: AccountId, pots: Vec<Pot>) {
        if pots.is_empty() {
            return;
        }
        let wants = pots.into_iter().map(|pot| (account, pot));
        lock(&self.waiting).wants.extend(wants);
        self.urgent.notify_one();
    }

    /// Gives a hold back and charges the cost; returns the part of it that nobody pays.
    pub(crate) fn release(
        &self,
        grip: &Grip,
        group: GroupId,
        cost: Credits,
        tokens: u64,
        now: Timestamp,
    ) -> Credits {
        let account = self.account(grip.payer.account);
        let tokens = u32::try_from(tokens).unwrap_or(u32::MAX);
        let mut account = lock(&account);
        let uncovered = if grip.shares_group() {
            let mut groups = lock(&self.groups);
            let shared = groups.entry(group).or_default();
            account.settle(grip, Some(shared), cost, tokens, now)
        } else {
            account.settle(grip, None, cost, tokens, now)
        };
        if uncovered > Credits::ZERO {
            self.uncovered.fetch_add(1, Ordering::Relaxed);
        }
        uncovered
    }

    /// Writes the receipt where a killed gateway does not lose it, and hands it to the keeper.
    pub(crate) fn keep(&self, slot: Slot, ended: &[u8], receipt: Receipt, grip: &Grip) {
        match self.journal.settle(slot, ended) {
            Ok(place) => lock(&self.waiting).receipts.push(Kept {
                place,
                receipt,
                pots: *grip.pots(),
            }),
            Err((slot, error)) => {
                // Its place was reserved, so this is a broken disk. The call stays begun there, and
                // is charged by an estimate at the next start, as a killed one is.
                tracing::error!(
                    request_id = %receipt.request,
                    error = &error as &dyn std::error::Error,
                    "a receipt could not be written"
                );
                drop(slot);
            }
        }
    }

    pub(crate) fn note(&self, slot: &Slot, output_bytes: u64) {
        if let Err(error) = self.journal.progress(slot, output_bytes) {
            tracing::warn!(
                error = &error as &dyn std::error::Error,
                "the journal could not be written"
            );
        }
    }

    pub(crate) fn take_waiting(&self, most: usize) -> Waiting {
        let mut waiting = lock(&self.waiting);
        let most = most.min(waiting.receipts.len());
        let rest = waiting.receipts.split_off(most);
        Waiting {
            receipts: std::mem::replace(&mut waiting.receipts, rest),
            wants: std::mem::take(&mut waiting.wants),
        }
    }

    pub(crate) fn put_back(&self, receipts: Vec<Kept>) {
        let mut waiting = lock(&self.waiting);
        let newer = std::mem::replace(&mut waiting.receipts, receipts);
        waiting.receipts.extend(newer);
    }

    /// The places of receipts that are in the store are free again.
    pub(crate) fn clear(&self, settled: Vec<Settled>) {
        if settled.is_empty() {
            return;
        }
        if let Err(error) = self.journal.clear(settled) {
            tracing::warn!(
                error = &error as &dyn std::error::Error,
                "the journal could not be written: receipts will be settled again, without effect"
            );
        }
    }

    pub(crate) fn sync(&self) -> Result<(), JournalError> {
        self.journal.sync()
    }

    pub(crate) fn turn_done(&self, ok: bool) {
        if !ok {
            self.failed_turns.fetch_add(1, Ordering::Relaxed);
        }
        self.turns.send_modify(|turns| {
            turns.done = turns.done.wrapping_add(1);
            turns.ok = ok;
        });
    }

    /// Settles what the last run left: receipts as they are, and calls that it did not survive by an
    /// estimate. Then nothing of it is held any more.
    async fn recover(
        &self,
        book: &dyn Book,
        recovered: Vec<Recovered>,
        now: Timestamp,
    ) -> Result<(), OpenError> {
        let (mut settled, mut receipts) = (Vec::new(), Vec::new());
        for record in recovered {
            let (place, receipt) = match record {
                Recovered::Settled {
                    settled,
                    begun,
                    record,
                } => (settled, Begun::settled(&begun, &record)),
                Recovered::Begun {
                    slot,
                    begun,
                    progress,
                } => {
                    let killed = Begun::killed(&begun, progress).map_err(|_| OpenError::Record)?;
                    let ended = crate::record::ended_again(&killed);
                    let place = self.journal.settle(slot, &ended);
                    (place.map_err(|(_, error)| error)?, Ok(killed))
                }
            };
            settled.push(place);
            receipts.push(receipt.map_err(|_| OpenError::Record)?);
        }
        let left = receipts.len();
        let turn = Turn {
            gateway: self.gateway,
            now,
            reset: true,
            receipts,
            returns: Vec::new(),
            asks: Vec::new(),
        };
        let outcome = book.turn(Arc::new(turn)).await?;
        if left > 0 {
            tracing::info!(
                receipts = left,
                new = outcome.settled,
                "what the last run left is settled"
            );
        }
        self.clear(settled);
        Ok(())
    }
}
