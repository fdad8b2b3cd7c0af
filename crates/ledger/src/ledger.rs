//! The ledger of one gateway: what calls hold against, and where their receipts go.

mod written;

use std::net::IpAddr;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use tokio::sync::{Notify, watch};
use tokio::time::{Instant, timeout_at};
use tollgate_journal::{BeginError, Journal, JournalError, Opened};
use tollgate_policy::bound::Quote;
use tollgate_policy::credits::Credits;
use tollgate_policy::group::Group;
use tollgate_policy::id::{AccountId, TokenId};
use tollgate_policy::time::Timestamp;
use tollgate_policy::token::Principal;

use crate::book::{Book, BookError, GatewayId, Pot};
use crate::demand::{Demand, Grip, Stop};
use crate::denied::Denied;
use crate::held::{Call, Held};
use crate::live::Live;
use crate::record::{Begun, Record, RecordError};
use crate::recovery::recover;
use crate::request_id::RequestId;
use crate::sync::Lock;

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
    /// The journal has a record that this version did not write.
    #[error(
        "a record of the last run cannot be read: it was written by another version, which has to settle it"
    )]
    Record,
}

impl OpenError {
    /// Whether another process has the journal.
    pub const fn is_in_use(&self) -> bool {
        matches!(self, Self::Journal(JournalError::InUse { .. }))
    }

    /// Whether the same may succeed later: the store did not answer, or the operating system refused.
    pub const fn may_pass(&self) -> bool {
        matches!(self, Self::Book(_) | Self::Journal(JournalError::Io { .. }))
    }
}

impl From<RecordError> for OpenError {
    fn from(_: RecordError) -> Self {
        Self::Record
    }
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
    /// What is asked for, by the name that allowlists use. The receipt keeps the first
    /// [`MOST_ENDPOINT`](crate::receipt::MOST_ENDPOINT) bytes.
    pub endpoint: &'a str,
    /// The model, as the client named it. The receipt keeps the first
    /// [`MOST_NAME`](crate::receipt::MOST_NAME) bytes.
    pub model: Option<&'a str>,
    /// The client's address.
    pub client: IpAddr,
    /// Tokens of the prompt by an estimate, never more than were held for: what is charged of it
    /// where nobody can say.
    pub input_tokens: u64,
    /// By what the call is charged where nobody can say who served it.
    pub quote: Quote,
    /// The most that it can cost.
    pub full: Credits,
    /// The least that it can cost and still be worth making; never more than `full`.
    pub least: Credits,
    /// How many tokens count against the limits of a minute.
    pub tokens: u32,
    /// When it came, for its receipt.
    pub arrived: Timestamp,
    /// When it is asked for: an upload may have taken long since it came.
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

/// What this gateway may spend of a pot.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PotStats {
    /// The pot.
    pub pot: Pot,
    /// Leased from the store, as far as the last turn said.
    pub leased: Credits,
    /// Held for calls that go on.
    pub held: Credits,
    /// Charged by receipts that are not in the store yet.
    pub unsettled: Credits,
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
    pub(crate) live: Live,
    /// How many turns were done, and whether the last one was.
    turns: watch::Sender<Turns>,
    pub(crate) urgent: Notify,
    patience: Duration,
    uncovered: AtomicU64,
    failed_turns: AtomicU64,
    /// Whether calls were shed since places of the journal were last given back.
    pub(crate) sheds: AtomicBool,
}

#[derive(Debug, Clone, Copy, Default)]
struct Turns {
    done: u64,
    ok: bool,
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
        let gateway = GatewayId(identity);
        recover(&journal, gateway, recovered, book, now).await?;
        let shared = Shared {
            journal,
            gateway,
            live: Live::new(now),
            turns: watch::Sender::new(Turns::default()),
            urgent: Notify::new(),
            patience: options.patience,
            uncovered: AtomicU64::new(0),
            failed_turns: AtomicU64::new(0),
            sheds: AtomicBool::new(false),
        };
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
        let id = ask.principal.account.id;
        let account = shared.live.account(id);
        let demand = Demand {
            principal: ask.principal,
            group: ask.group,
            full: ask.full,
            least: ask.least,
            tokens: ask.tokens,
            now: ask.now,
        };
        let mut until = None;
        for _ in 0..ASKS_PER_CALL {
            let mut turns = shared.turns.subscribe();
            match shared.live.try_hold(&account, &demand) {
                Ok(grip) => return shared.begin(ask, grip),
                Err(Stop::Denied(denied)) => return Err(denied),
                Err(Stop::Lack(pots)) if pots.is_empty() => {}
                Err(Stop::Lack(pots)) => {
                    shared.live.want(id, pots);
                    shared.urgent.notify_one();
                }
            }
            let until = *until.get_or_insert_with(|| Instant::now() + shared.patience);
            let changed = timeout_at(until, turns.changed()).await;
            if !matches!(changed, Ok(Ok(()))) || !turns.borrow().ok {
                return Err(Denied::Unavailable);
            }
        }
        Err(Denied::Unavailable)
    }

    /// An operator changed an account or a token of it: what is leased and not held is given back
    /// before anything more is held, and what is left is asked for anew.
    pub fn changed(&self, account: AccountId) {
        self.shared.live.recall(account);
        self.shared.urgent.notify_one();
    }

    /// An operator changed a token: its leases are given back, as [`changed`](Self::changed) does.
    pub fn token_changed(&self, token: TokenId) {
        self.shared.live.recall_token(token);
        self.shared.urgent.notify_one();
    }

    /// An operator changed something, and it is not known whose limits it touches.
    pub fn changed_all(&self) {
        self.shared.live.recall_all();
        self.shared.urgent.notify_one();
    }

    /// Whose ledger it is: the identity in its journal.
    pub fn gateway(&self) -> GatewayId {
        self.shared.gateway
    }

    /// Figures for metrics.
    pub fn stats(&self) -> Stats {
        let shared = &self.shared;
        let held = self.pots().into_iter().map(|pot| pot.held.as_micros());
        Stats {
            open: shared.journal.open_slots(),
            unsettled: shared.journal.unwritten(),
            held: Credits::from_micros(held.fold(0, i64::saturating_add)),
            uncovered: shared.uncovered.load(Ordering::Relaxed),
            failed_turns: shared.failed_turns.load(Ordering::Relaxed),
        }
    }

    /// What this gateway may spend of each pot that it knows. All pots of an account are read at one
    /// moment.
    pub fn pots(&self) -> Vec<PotStats> {
        let accounts = self.shared.live.all_accounts().into_iter();
        let pots = accounts.flat_map(|(_, account)| {
            account.with(|account| {
                let pots = account.pots().map(|(pot, state)| PotStats {
                    pot,
                    leased: Credits::from_micros(state.leased()),
                    held: Credits::from_micros(state.held()),
                    unsettled: Credits::from_micros(state.unsettled()),
                });
                pots.collect::<Vec<_>>()
            })
        });
        pots.collect()
    }
}

impl Shared {
    /// The place of the receipt is reserved now, so that settling can neither wait nor fail.
    fn begin(self: &Arc<Self>, ask: &Ask<'_>, grip: Grip) -> Result<Held, Denied> {
        let call = Call::new(ask);
        let Ok(record) = Record::of(&Begun::new(&call, &grip)) else {
            // Encoding into memory has no way to fail.
            self.let_go(&grip, &call);
            return Err(Denied::Unavailable);
        };
        match self.journal.begin(record.as_bytes()) {
            Ok(slot) => Ok(Held::new(Arc::clone(self), call, grip, slot)),
            Err(error) => {
                self.let_go(&grip, &call);
                self.note_shed(&error);
                Err(Denied::NoRoom(error))
            }
        }
    }

    /// Tells that calls are shed, once until places are given back: there may be very many.
    fn note_shed(&self, error: &BeginError) {
        if !self.sheds.swap(true, Ordering::Relaxed) {
            tracing::error!(
                error = error as &dyn std::error::Error,
                "calls are shed, since their receipts would have no place"
            );
        }
    }

    /// Gives the hold of a call back that is not made.
    fn let_go(&self, grip: &Grip, call: &Call) {
        self.live
            .settle(grip, call.group, Credits::ZERO, 0, call.admitted);
    }

    /// A receipt whose cost was not covered.
    pub(crate) fn count_uncovered(&self) {
        self.uncovered.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn turn_done(&self, ok: bool) {
        if !ok {
            self.failed_turns.fetch_add(1, Ordering::Relaxed);
        }
        self.tell(ok);
    }

    /// No more turns are done.
    pub(crate) fn over(&self) {
        self.tell(false);
    }

    fn tell(&self, ok: bool) {
        self.turns.send_modify(|turns| {
            turns.done = turns.done.wrapping_add(1);
            turns.ok = ok;
        });
    }
}
