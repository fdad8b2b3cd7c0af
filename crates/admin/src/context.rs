//! What every use case is given: where the data is, who acts, and what time it is.

use rand::TryRngCore;
use rand::rngs::OsRng;
use tollgate_policy::id::AccountId;
use tollgate_policy::time::Timestamp;
use tollgate_store::{Actor, SealingKeys, Store};

use crate::access::{self, Caller, Deed};
use crate::error::AdminError;

/// Where the data is, who acts, and what time it is. Cheap to clone: one for each request.
#[derive(Clone)]
pub struct Context {
    store: Store,
    actor: Actor,
    caller: Caller,
    now: fn() -> Timestamp,
    sealing: Option<SealingKeys>,
}

impl Context {
    /// A context for whoever runs the machine, who may do everything: the command line. The clock
    /// is an argument: nothing here reads one.
    pub fn new(store: Store, actor: Actor, now: fn() -> Timestamp) -> Self {
        let caller = Caller::Machine;
        Self {
            store,
            actor,
            caller,
            now,
            sealing: None,
        }
    }

    /// A context for somebody who has not said who they are, and may do nothing but that: sign in,
    /// use a link, or present a cookie or an API credential. `origin` is their address.
    pub fn nobody(store: Store, origin: impl Into<String>, now: fn() -> Timestamp) -> Self {
        Self {
            store,
            actor: Actor::new("nobody", origin),
            caller: Caller::Nobody,
            now,
            sealing: None,
        }
    }

    /// The same with keys under which secrets of tokens are kept so that they can be copied again;
    /// without any, only hashes are kept.
    #[must_use]
    pub fn with_sealing(mut self, keys: Option<SealingKeys>) -> Self {
        self.sealing = keys;
        self
    }

    /// The same for somebody who is known now.
    pub(crate) fn known(&self, caller: Caller, actor: Actor) -> Self {
        Self {
            actor,
            caller,
            ..self.clone()
        }
    }

    /// The store.
    pub fn store(&self) -> &Store {
        &self.store
    }

    /// Under which keys secrets of tokens are kept to be copied again.
    pub fn sealing(&self) -> Option<&SealingKeys> {
        self.sealing.as_ref()
    }

    /// Who acts.
    pub fn actor(&self) -> &Actor {
        &self.actor
    }

    /// With which rights they act.
    pub fn caller(&self) -> &Caller {
        &self.caller
    }

    /// Whether a deed is permitted, to hide what would be refused. Use cases ask by themselves.
    /// `account` is the one that is concerned; `None` asks for any account at all.
    pub fn may(&self, deed: Deed, account: Option<AccountId>) -> bool {
        access::may(&self.caller, deed, account).is_ok()
    }

    /// The one account to which the caller is confined; `None` where they see all.
    pub fn confined_to(&self) -> Option<AccountId> {
        self.caller.account()
    }

    /// Refuses what the caller may not do.
    pub(crate) fn allow(&self, deed: Deed, account: Option<AccountId>) -> Result<(), AdminError> {
        if matches!(self.caller, Caller::Nobody) {
            let problem = "sign in first, or present an API credential";
            return Err(AdminError::Unauthenticated { problem });
        }
        Ok(access::may(&self.caller, deed, account)?)
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
