//! One credential in memory, with the moment of its last use.

use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use tollgate_policy::time::Timestamp;

use crate::source::Credential;

/// How exact last-used is: a token that is in use all the time is noted this often.
pub const USE_INTERVAL: Duration = Duration::from_secs(10);

/// A credential in memory.
#[derive(Debug)]
pub struct Entry {
    credential: Credential,
    noted_at: AtomicI64,
}

impl Entry {
    pub(crate) fn new(credential: Credential) -> Self {
        let noted_at = AtomicI64::new(i64::MIN);
        Self {
            credential,
            noted_at,
        }
    }

    /// Whose secret it is, and how long it is valid.
    pub fn credential(&self) -> &Credential {
        &self.credential
    }

    /// Whether a use at this moment is to be noted: the first in each [`USE_INTERVAL`].
    pub(crate) fn is_due(&self, now: Timestamp) -> bool {
        let noted = self.noted_at.load(Ordering::Relaxed);
        let due = noted == i64::MIN || now.since(Timestamp::from_micros(noted)) >= USE_INTERVAL;
        // Of several calls at once, one notes it.
        due && self
            .noted_at
            .compare_exchange(noted, now.as_micros(), Ordering::Relaxed, Ordering::Relaxed)
            .is_ok()
    }
}
