//! What every use case is given: where the data is, who acts, and what time it is.

use rand::TryRngCore;
use rand::rngs::OsRng;
use tollgate_policy::time::Timestamp;
use tollgate_store::{Actor, Store};

use crate::error::AdminError;

/// Where the data is, who acts, and what time it is. Cheap to clone: one for each request.
#[derive(Clone)]
pub struct Context {
    store: Store,
    actor: Actor,
    now: fn() -> Timestamp,
}

impl Context {
    /// A context for one actor. The clock is an argument: nothing here reads one.
    pub fn new(store: Store, actor: Actor, now: fn() -> Timestamp) -> Self {
        Self { store, actor, now }
    }

    /// The store.
    pub fn store(&self) -> &Store {
        &self.store
    }

    /// Who acts.
    pub fn actor(&self) -> &Actor {
        &self.actor
    }

    /// What time it is.
    pub fn now(&self) -> Timestamp {
        (self.now)()
    }

    /// Randomness for an id.
    pub(crate) fn id_entropy(&self) -> Result<u32, AdminError> {
        OsRng.try_next_u32().map_err(|_| AdminError::Entropy)
    }

    /// Randomness for a secret.
    pub(crate) fn secret_entropy(&self) -> Result<[u8; 32], AdminError> {
        let mut entropy = [0; 32];
        OsRng
            .try_fill_bytes(&mut entropy)
            .map_err(|_| AdminError::Entropy)?;
        Ok(entropy)
    }
}
