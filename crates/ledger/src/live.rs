//! All accounts of a gateway behind their locks, and what waits for the store. No journal, no store
//! and no waiting: each function is a few steps under one lock after the other.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use tollgate_policy::credits::Credits;
use tollgate_policy::id::{AccountId, GroupId, TokenId};
use tollgate_policy::time::Timestamp;

use crate::account::AccountState;
use crate::book::{LEASE_LIFETIME, Pot};
use crate::demand::{Demand, Grip, Stop};
use crate::hash::IdMap;
use crate::meter::Meter;
use crate::receipt::Receipt;
use crate::sync::{Ground, Lock, Real};

/// How long leases are trusted after the store was last heard of: half of how long the store keeps
/// them for a silent gateway, so that clocks may differ by the other half.
pub(crate) const TRUST: Duration = Duration::from_secs(LEASE_LIFETIME.as_secs() / 2);

/// The live side of a gateway.
pub(crate) struct Live<G: Ground = Real> {
    accounts: G::Lock<IdMap<AccountId, Account<G>>>,
    groups: G::Lock<IdMap<GroupId, Meter>>,
    waiting: G::Lock<Waiting<G::Place>>,
    /// The moment of the last turn that the store did, in microseconds.
    heard: AtomicI64,
}

pub(crate) type Account<G> = Arc<<G as Ground>::Lock<AccountState>>;

/// A receipt that the store does not have yet, with the pots that were held for its call.
#[derive(Debug)]
pub(crate) struct Kept<P> {
    pub(crate) place: P,
    pub(crate) receipt: Arc<Receipt>,
    pub(crate) pots: [Option<Pot>; 4],
}

/// What waits for the next turn with the store.
#[derive(Debug)]
pub(crate) struct Waiting<P> {
    pub(crate) receipts: Vec<Kept<P>>,
    pub(crate) wants: Vec<(AccountId, Pot)>,
    /// Whether something was recalled.
    pub(crate) recalled: bool,
}

impl<P> Default for Waiting<P> {
    fn default() -> Self {
        Self {
            receipts: Vec::new(),
            wants: Vec::new(),
            recalled: false,
        }
    }
}

impl<G: Ground> Live<G> {
    /// With nothing in it; the store was heard of just now.
    pub(crate) fn new(now: Timestamp) -> Self {
        Self {
            accounts: Lock::new(IdMap::default()),
            groups: Lock::new(IdMap::default()),
            waiting: Lock::new(Waiting::default()),
            heard: AtomicI64::new(now.as_micros()),
        }
    }

    pub(crate) fn account(&self, id: AccountId) -> Account<G> {
        let new = || Arc::new(Lock::new(AccountState::default()));
        self.accounts
            .with(|accounts| Arc::clone(accounts.entry(id).or_insert_with(new)))
    }

    pub(crate) fn all_accounts(&self) -> Vec<(AccountId, Account<G>)> {
        self.accounts.with(|accounts| {
            let accounts = accounts.iter();
            accounts.map(|(id, one)| (*id, Arc::clone(one))).collect()
        })
    }

    /// Forgets accounts that hold nothing and that nobody is about to use.
    pub(crate) fn forget_idle(&self) {
        self.accounts.with(|accounts| {
            accounts.retain(|_, account| {
                Arc::strong_count(account) > 1 || !account.with(|account| account.is_idle())
            });
        });
    }

    /// Takes the worst case of a call from every limit at once.
    pub(crate) fn try_hold(&self, account: &Account<G>, demand: &Demand<'_>) -> Result<Grip, Stop> {
        let lapsed = self.is_lapsed(demand.now);
        account.with(|account| {
            if !demand.group.terms.shared {
                return account.try_hold(demand, None, lapsed);
            }
            self.groups.with(|groups| {
                let shared = groups.entry(demand.group.id).or_default();
                account.try_hold(demand, Some(shared), lapsed)
            })
        })
    }

    /// What a call that costs so much is charged; held from then on where it was not.
    pub(crate) fn cover(&self, grip: &mut Grip, cost: Credits) -> Credits {
        if cost <= grip.amount {
            return cost;
        }
        let account = self.account(grip.payer.account);
        account.with(|account| account.cover(grip, cost))
    }

    /// Gives a hold back, and charges what [`cover`](Self::cover) said.
    pub(crate) fn settle(
        &self,
        grip: &Grip,
        group: GroupId,
        charged: Credits,
        tokens: u64,
        now: Timestamp,
    ) {
        let tokens = u32::try_from(tokens).unwrap_or(u32::MAX);
        self.account(grip.payer.account).with(|account| {
            if !grip.shares_group {
                return account.settle(grip, None, charged, tokens, now);
            }
            self.groups.with(|groups| {
                let shared = groups.entry(group).or_default();
                account.settle(grip, Some(shared), charged, tokens, now);
            });
        });
    }

    /// Lets a receipt wait for the store. What it charges must have been settled before.
    pub(crate) fn keep(&self, kept: Kept<G::Place>) {
        self.waiting.with(|waiting| waiting.receipts.push(kept));
    }

    /// How many receipts wait for the store.
    pub(crate) fn waiting(&self) -> usize {
        self.waiting.with(|waiting| waiting.receipts.len())
    }

    /// Lets pots wait to be asked for, as [`Stop::Lack`] demands.
    pub(crate) fn want(&self, account: AccountId, pots: Vec<Pot>) {
        let wants = pots.into_iter().map(|pot| (account, pot));
        self.waiting.with(|waiting| waiting.wants.extend(wants));
    }

    /// An operator changed an account or a token of it.
    pub(crate) fn recall(&self, account: AccountId) {
        let account = self
            .accounts
            .with(|accounts| accounts.get(&account).cloned());
        if let Some(account) = account {
            account.with(AccountState::recall);
            self.wait_for_recalled();
        }
    }

    /// Has the next turn give back what was recalled.
    pub(crate) fn wait_for_recalled(&self) {
        self.waiting.with(|waiting| waiting.recalled = true);
    }

    /// An operator changed a token.
    pub(crate) fn recall_token(&self, token: TokenId) {
        for (_, account) in self.all_accounts() {
            account.with(|account| account.recall_token(token));
        }
        self.waiting.with(|waiting| waiting.recalled = true);
    }

    /// An operator changed something, and it is not known whose limits it touches.
    pub(crate) fn recall_all(&self) {
        for (_, account) in self.all_accounts() {
            account.with(AccountState::recall);
        }
        self.waiting.with(|waiting| waiting.recalled = true);
    }

    /// Takes what waits, of receipts at most so many.
    pub(crate) fn take_waiting(&self, most: usize) -> Waiting<G::Place> {
        self.waiting.with(|waiting| {
            let most = most.min(waiting.receipts.len());
            // About as many are likely to come until the next turn: a list that grows moves them.
            let mut rest = Vec::with_capacity(most);
            rest.extend(waiting.receipts.drain(most..));
            let taken = std::mem::take(waiting);
            waiting.receipts = rest;
            taken
        })
    }

    /// Lets receipts wait again, before those that came later.
    pub(crate) fn put_back(&self, receipts: Vec<Kept<G::Place>>) {
        self.waiting.with(|waiting| {
            let newer = std::mem::replace(&mut waiting.receipts, receipts);
            waiting.receipts.extend(newer);
        });
    }

    /// The store did a turn of that moment.
    pub(crate) fn heard(&self, turn: Timestamp) {
        self.heard.store(turn.as_micros(), Ordering::Relaxed);
    }

    /// The store was not heard of for so long, whatever the clock says that calls come by: it may
    /// have been set back meanwhile.
    pub(crate) fn lapse(&self) {
        self.heard.store(i64::MIN, Ordering::Relaxed);
    }

    /// Whether the store was not heard of for so long that it may give the leases to others.
    pub(crate) fn is_lapsed(&self, now: Timestamp) -> bool {
        let heard = Timestamp::from_micros(self.heard.load(Ordering::Relaxed));
        now.since(heard) >= TRUST
    }
}

impl<G: Ground> std::fmt::Debug for Live<G> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Live").finish_non_exhaustive()
    }
}
