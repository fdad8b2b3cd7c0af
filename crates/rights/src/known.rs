//! The bounded memory of credentials in use, and of secrets that are known to be nobody's.
//!
//! A load that was begun before a change is not kept after it: see [`Known::keep`].

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

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
    /// Counts the changes that were applied.
    generation: AtomicU64,
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
            generation: AtomicU64::new(0),
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
        self.generation.load(Ordering::Acquire)
    }

    /// Keeps what was loaded, unless something was changed since the load was begun.
    ///
    /// The entry is put in first and the generation is looked at after: a change that is applied
    /// in between either finds the entry, or is noticed here.
    pub(crate) fn keep(&self, hash: SecretHash, entry: Option<&Arc<Entry>>, begun: u64) -> bool {
        match entry {
            Some(entry) => self.entries.insert(hash, Arc::clone(entry)),
            None => self.nobodys.insert(hash, ()),
        }
        if self.generation() == begun {
            return true;
        }
        self.entries.remove(&hash);
        self.nobodys.remove(&hash);
        false
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
        self.generation.fetch_add(1, Ordering::AcqRel);
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
}
