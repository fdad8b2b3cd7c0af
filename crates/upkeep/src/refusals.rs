//! What a gateway refused of late: counted in full, and a few calls of each token as they were.
//!
//! Memory is bounded however much is refused: nobody can fill it by asking.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tollgate_policy::id::{AccountId, TokenId};
use tollgate_policy::time::Timestamp;

/// Calls of one token that are kept as they were, between two reports.
const OF_A_TOKEN: u32 = 20;
/// Calls of all tokens that are kept as they were, between two reports.
const CALLS: usize = 500;
/// Counts between two reports; beyond that they are counted under no account.
const COUNTS: usize = 10_000;
/// Characters of a text that a client or an operator wrote.
const TEXT: usize = 500;
const HOUR_MICROS: i64 = 3_600_000_000;

/// A handle for whoever refuses calls. Clones are the same.
#[derive(Debug, Clone, Default)]
pub struct Refusals(Arc<Mutex<Refused>>);

/// What was refused since it was last taken.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Refused {
    /// How often, in full.
    pub counts: BTreeMap<Occasion, u64>,
    /// Some of the calls, in the order in which they came.
    pub calls: Vec<RefusedCall>,
    of_tokens: BTreeMap<TokenId, u32>,
}

/// What refusals are counted by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Occasion {
    /// The hour in UTC, from 1970 on.
    pub hour: i64,
    /// Who would have paid; `None` where the caller is not known.
    pub account: Option<AccountId>,
    /// The stable name of the condition, such as `model_not_allowed`.
    pub code: &'static str,
}

/// Who was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Caller {
    /// The token.
    pub token: TokenId,
    /// Its account.
    pub account: AccountId,
}

/// A call that was refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RefusedCall {
    /// The bytes of its request id.
    pub request: [u8; 16],
    /// When it came.
    pub at: Timestamp,
    /// Who called.
    pub caller: Caller,
    /// The stable name of the condition.
    pub code: &'static str,
    /// Every reason, for operators; at most 500 characters, as all texts here.
    pub reasons: String,
    /// What was asked for, where that is known: an endpoint, or `mount/` and a prefix.
    pub endpoint: Option<String>,
    /// The model as the client named it.
    pub model: Option<String>,
    /// The client's address.
    pub client: IpAddr,
}

impl Refusals {
    /// A call was refused, at a moment. What it was like is asked for only where it is kept: of
    /// callers who are known, and not of each one in a flood.
    pub fn refused(
        &self,
        at: Timestamp,
        caller: Option<Caller>,
        code: &'static str,
        call: impl FnOnce(Caller) -> RefusedCall,
    ) {
        let mut refused = self.lock();
        refused.count(Occasion {
            hour: at.as_micros().div_euclid(HOUR_MICROS),
            account: caller.map(|caller| caller.account),
            code,
        });
        if let Some(caller) = caller.filter(|caller| refused.has_room(caller.token)) {
            refused.calls.push(call(caller).cut());
        }
    }

    /// Whether anything was refused since it was last taken.
    pub(crate) fn any(&self) -> bool {
        !self.lock().is_empty()
    }

    /// Takes what was refused since it was last taken.
    pub(crate) fn take(&self) -> Refused {
        std::mem::take(&mut *self.lock())
    }

    /// Gives back what could not be told: it is told with the next.
    pub(crate) fn put_back(&self, earlier: Refused) {
        let mut refused = self.lock();
        let later = std::mem::replace(&mut *refused, earlier);
        for (occasion, count) in later.counts {
            refused.add(occasion, count);
        }
        for call in later.calls {
            if refused.has_room(call.caller.token) {
                refused.calls.push(call);
            }
        }
    }

    /// A poisoned lock still guards a whole state: what is pushed last is made before it.
    fn lock(&self) -> MutexGuard<'_, Refused> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Refused {
    /// Whether nothing was refused.
    pub fn is_empty(&self) -> bool {
        self.counts.is_empty()
    }

    fn count(&mut self, occasion: Occasion) {
        self.add(occasion, 1);
    }

    fn add(&mut self, mut occasion: Occasion, count: u64) {
        if self.counts.len() >= COUNTS && !self.counts.contains_key(&occasion) {
            occasion.account = None;
        }
        let sum = self.counts.entry(occasion).or_default();
        *sum = sum.saturating_add(count);
    }

    /// Takes a place for a call of this token.
    fn has_room(&mut self, token: TokenId) -> bool {
        if self.calls.len() >= CALLS {
            return false;
        }
        match self.of_tokens.entry(token) {
            Entry::Vacant(none) => {
                none.insert(1);
                true
            }
            Entry::Occupied(mut kept) => {
                let room = *kept.get() < OF_A_TOKEN;
                *kept.get_mut() += u32::from(room);
                room
            }
        }
    }
}

impl RefusedCall {
    fn cut(mut self) -> Self {
        let texts = [
            Some(&mut self.reasons),
            self.endpoint.as_mut(),
            self.model.as_mut(),
        ];
        for text in texts.into_iter().flatten() {
            if let Some((end, _)) = text.char_indices().nth(TEXT) {
                text.truncate(end);
            }
        }
        self
    }
}

#[cfg(test)]
mod tests;
