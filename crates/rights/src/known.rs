//! The bounded memory of credentials in use, and of secrets that are known to be nobody's.
//!
//! A load that was begun before a change is not kept after it: see [`Known::keep`].

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use quick_cache::sync::Cache;
use tollgate_policy::id::{AccountId, TokenId};
use tollgate_policy::secret::SecretHash;

use crate::entry::Entry;
use crate::source::Touched;

/// Secrets that are nobody's: remembered so that a client that keeps trying costs no look-ups.
const UNKNOWN_CAPACITY: usize = 10_000;

pub(crate) struct Known {
    entries: Cache<SecretHash, Arc<Entry>>,
    nobodys: Cache<SecretHash, ()>,
    /// Counts the changes that were applied. Held while something is kept: see [`Known::keep`].
    generation: Mutex<u64>,
}

/// What memory says of a secret.
pub(crate) enum Remembered {
    Known(Arc<Entry>),
    Nobodys,
    Nothing,
}

impl Known {
    pub(crate) fn new(capacity: usize) -> Self {
        Self {
            entries: Cache::new(capacity.max(1)),
            nobodys: Cache::new(UNKNOWN_CAPACITY),
            generation: Mutex::new(0),
        }
    }

    pub(crate) fn find(&self, hash: &SecretHash) -> Remembered {
        match self.entries.get(hash) {
            Some(entry) => Remembered::Known(entry),
            None if self.nobodys.get(hash).is_some() => Remembered::Nobodys,
            None => Remembered::Nothing,
        }
    }

    /// To be read before a load is begun.
    pub(crate) fn generation(&self) -> u64 {
        *self.lock()
    }

    /// Keeps what was loaded, unless something was changed since the load was begun.
    ///
    /// A change counts under the same lock before it looks for what it touches: it either finds the
    /// entry, or is noticed here before anybody can find it.
    pub(crate) fn keep(&self, hash: SecretHash, entry: Option<&Arc<Entry>>, begun: u64) -> bool {
        let generation = self.lock();
        if *generation != begun {
            return false;
        }
        match entry {
            Some(entry) => self.entries.insert(hash, Arc::clone(entry)),
            None => self.nobodys.insert(hash, ()),
        }
        true
    }

    /// Forgets everything that the changes touch.
    pub(crate) fn apply(&self, touched: &[Touched]) {
        let mut tokens: BTreeSet<TokenId> = BTreeSet::new();
        let mut accounts: BTreeSet<AccountId> = BTreeSet::new();
        let mut everything = false;
        for one in touched {
            match one {
                Touched::Token(id) => drop(tokens.insert(*id)),
                Touched::Account(id) => drop(accounts.insert(*id)),
                Touched::Everything => everything = true,
                Touched::Catalog => {}
            }
        }
        if tokens.is_empty() && accounts.is_empty() && !everything {
            return;
        }
        self.count();
        self.entries.retain(|_, entry| {
            let principal = &entry.credential().principal;
            let (token, account) = (&principal.token.id, &principal.account.id);
            !everything && !tokens.contains(token) && !accounts.contains(account)
        });
        self.nobodys.clear();
    }

    pub(crate) fn len(&self) -> usize {
        self.entries.len()
    }

    fn count(&self) {
        let mut generation = self.lock();
        *generation = generation.wrapping_add(1);
    }

    /// A poisoned lock still guards a whole number.
    fn lock(&self) -> MutexGuard<'_, u64> {
        self.generation
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}
