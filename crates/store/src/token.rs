//! Tokens and their secrets: made, changed, rotated, taken back, found and listed.

mod change;
mod cursor;
mod filter;
mod list;
mod plan;
pub(crate) mod query;
mod reveal;
pub(crate) mod row;
pub(crate) mod secret;
mod sort;

use tollgate_policy::credits::Credits;
use tollgate_policy::id::{AccountId, GroupId, TokenId};
use tollgate_policy::limit::Limits;
use tollgate_policy::name::Name;
use tollgate_policy::quota::{PeriodicLimit, Quota, Standing};
use tollgate_policy::scope::Scope;
use tollgate_policy::secret::SecretHash;
use tollgate_policy::time::Timestamp;
use tollgate_policy::token::{Token, TokenState};

use crate::actor::Actor;
use crate::error::StoreError;
use crate::limit::LimitsEdit;
use crate::scope::ScopeEdit;
use crate::sealing::Sealed;
use crate::store::Store;

pub use query::{Direction, Page, Sort, SortKey, TokenQuery};
pub use reveal::SealedSecret;

/// A token to be made.
#[derive(Debug, Clone)]
pub struct NewToken {
    /// Chosen by an operator; need not be unique.
    pub name: Name,
    /// Who pays.
    pub account: AccountId,
    /// The tier.
    pub group: GroupId,
    /// From this moment on the token is refused; `None` means never.
    pub expires_at: Option<Timestamp>,
    /// What the token may spend.
    pub quota: Quota,
    /// What it may ask for in a minute, and at once.
    pub limits: Limits,
    /// The token's own restrictions.
    pub scope: Scope,
    /// Whose token it is, for operators.
    pub creator: String,
    /// For operators.
    pub note: String,
    /// One secret, or two for a token that moves in while it is being rotated.
    pub secrets: Vec<NewSecret>,
}

/// A secret to be kept: its hash, and never itself in clear.
#[derive(Debug, Clone)]
pub struct NewSecret {
    /// By which it is found.
    pub hash: SecretHash,
    /// By which an operator recognises it; see `Secret::hint` of the policy.
    pub hint: String,
    /// The secret under a key of the operator, where it may be copied again.
    pub sealed: Option<Sealed>,
}

/// What to change of a token: `None` leaves it as it is.
#[derive(Debug, Clone, Default)]
pub struct TokenEdit {
    /// A new name.
    pub name: Option<Name>,
    /// Another account.
    pub account: Option<AccountId>,
    /// Another group.
    pub group: Option<GroupId>,
    /// Another expiry; `Some(None)` means never.
    pub expires_at: Option<Option<Timestamp>>,
    /// What it may spend in its whole life; `Some(None)` means unlimited.
    pub quota: Option<Option<Credits>>,
    /// What it may spend in each period; `Some(None)` means unlimited. Another limit keeps the
    /// counts; another period does where it began at the same moment, and else counts anew.
    pub periodic: Option<Option<PeriodicLimit>>,
    /// What it may ask for in a minute, and at once.
    pub limits: LimitsEdit,
    /// Its restrictions.
    pub scope: ScopeEdit,
    /// For operators.
    pub note: Option<String>,
    /// Only if the token is at this version still.
    pub if_version: Option<i64>,
}

/// A token as it is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredToken {
    /// The token.
    pub token: Token,
    /// What it has spent, and what is held of it.
    pub spent: Standing,
    /// The name of its account.
    pub account_name: Name,
    /// The name of its group.
    pub group_name: Name,
    /// Whose token it is, for operators.
    pub creator: String,
    /// For operators.
    pub note: String,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it was last changed.
    pub updated_at: Timestamp,
    /// When it was last used, as far as the gateways have reported it.
    pub last_used_at: Option<Timestamp>,
    /// Grows with each change.
    pub version: i64,
    /// Its secrets, the newest first. Those whose time has passed stay until the next rotation.
    pub secrets: Vec<SecretInfo>,
}

/// What is known of a secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SecretInfo {
    /// By which an operator recognises it.
    pub hint: String,
    /// When it stops being valid; `None` means that it lasts as long as the token.
    pub valid_until: Option<Timestamp>,
    /// When it was made.
    pub created_at: Timestamp,
}

/// Tokens. Every error leaves everything as it was.
impl Store {
    /// Makes a token.
    ///
    /// # Errors
    /// Where the account or group is not there, or a secret already belongs to a token.
    pub async fn token_insert(
        &self,
        who: &Actor,
        new: NewToken,
        id: TokenId,
        at: Timestamp,
    ) -> Result<StoredToken, StoreError> {
        self.write(who, at, move |conn| {
            Box::pin(change::insert(conn, new, id, at))
        })
        .await
    }

    /// Changes a token.
    ///
    /// # Errors
    /// Where it is not there or is not at the version that was named, or the new account or group
    /// is not there.
    pub async fn token_edit(
        &self,
        who: &Actor,
        id: TokenId,
        edit: TokenEdit,
        at: Timestamp,
    ) -> Result<StoredToken, StoreError> {
        self.write(who, at, move |conn| {
            Box::pin(change::edit(conn, id, edit, at))
        })
        .await
    }

    /// Enables, disables or revokes a token.
    ///
    /// # Errors
    /// Where it is not there, or was revoked and is to be anything else again.
    pub async fn token_set_state(
        &self,
        who: &Actor,
        id: TokenId,
        state: TokenState,
        at: Timestamp,
    ) -> Result<StoredToken, StoreError> {
        self.write(who, at, move |conn| {
            Box::pin(change::set_state(conn, id, state, at))
        })
        .await
    }

    /// Gives a token a new secret. The one that it had stays valid until `overlap_until`, and no
    /// longer than it was; older ones end now, so that at most two are valid.
    ///
    /// # Errors
    /// Where the token is not there or was revoked, or the secret already belongs to a token.
    pub async fn token_rotate(
        &self,
        who: &Actor,
        id: TokenId,
        secret: NewSecret,
        overlap_until: Timestamp,
        at: Timestamp,
    ) -> Result<StoredToken, StoreError> {
        self.write(who, at, move |conn| {
            Box::pin(change::rotate(conn, id, secret, overlap_until, at))
        })
        .await
    }

    /// Deletes a token and its secrets; only the audit log knows them then.
    ///
    /// # Errors
    /// Where it is not there.
    pub async fn token_delete(
        &self,
        who: &Actor,
        id: TokenId,
        at: Timestamp,
    ) -> Result<(), StoreError> {
        self.write(who, at, move |conn| Box::pin(change::delete(conn, id)))
            .await
    }

    /// The token of this id.
    ///
    /// # Errors
    /// Where it is not there.
    pub async fn token_fetch(&self, id: TokenId) -> Result<StoredToken, StoreError> {
        self.read(move |conn| Box::pin(row::fetch(conn, id))).await
    }

    /// The token of this secret, also where the secret's time has passed.
    ///
    /// # Errors
    /// Where the database does not answer.
    pub async fn token_find_by_hash(
        &self,
        hash: SecretHash,
    ) -> Result<Option<StoredToken>, StoreError> {
        self.read(move |conn| Box::pin(row::by_hash(conn, hash)))
            .await
    }

    /// One page of the tokens that a query describes.
    ///
    /// # Errors
    /// Where the cursor belongs to another order, or the database does not answer.
    pub async fn token_list(&self, query: &TokenQuery) -> Result<Page<StoredToken>, StoreError> {
        let query = query.clone();
        self.read(move |conn| Box::pin(list::list(conn, query)))
            .await
    }
}
