//! Uses of tokens that are waiting to be written: at most one per token and interval.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use tollgate_policy::id::TokenId;
use tollgate_policy::time::Timestamp;

#[derive(Default)]
pub(crate) struct Uses(Mutex<BTreeMap<TokenId, Timestamp>>);

impl Uses {
    pub(crate) fn note(&self, token: TokenId, at: Timestamp) {
        let mut waiting = self.lock();
        let latest = waiting.entry(token).or_insert(at);
        *latest = at.max(*latest);
    }

    pub(crate) fn take(&self) -> Vec<(TokenId, Timestamp)> {
        std::mem::take(&mut *self.lock()).into_iter().collect()
    }

    /// Puts uses back that could not be written. Later ones are kept.
    pub(crate) fn put_back(&self, uses: &[(TokenId, Timestamp)]) {
        for (token, at) in uses {
            self.note(*token, *at);
        }
    }

    /// A poisoned lock still guards a whole map: nothing here panics half-way.
    fn lock(&self) -> MutexGuard<'_, BTreeMap<TokenId, Timestamp>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
