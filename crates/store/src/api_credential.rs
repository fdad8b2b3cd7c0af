//! API credentials of operators: by which programs act for a member. No call is made with them.

mod row;

use std::time::Duration;

use serde::Serialize;
use tollgate_policy::id::{ApiCredentialId, MemberId};
use tollgate_policy::name::Name;
use tollgate_policy::time::Timestamp;

use crate::actor::Actor;
use crate::audit::Change;
use crate::backend::Conn;
use crate::digest::Digest;
use crate::error::{Kind, StoreError};
use crate::member::{StoredMember, row as member};
use crate::store::{Changed, Store};

/// When a credential was last used is written this often at most.
const USED_EVERY: Duration = Duration::from_secs(60);

/// What an API credential may do at most; its member's role bounds it as well.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ApiScope {
    /// Reads.
    Read,
    /// Reads, and manages tokens.
    Tokens,
    /// Whatever its member may do.
    All,
}

impl ApiScope {
    /// All scopes.
    pub const ALL: [Self; 3] = [Self::Read, Self::Tokens, Self::All];

    /// The name in texts and in the database.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Tokens => "tokens",
            Self::All => "all",
        }
    }
}

/// An API credential to be made.
#[derive(Debug, Clone)]
pub struct NewApiCredential {
    /// Unique among API credentials.
    pub name: Name,
    /// What is kept of its secret.
    pub digest: Digest,
    /// By which it is recognised; see `OperatorSecret::hint` of the policy.
    pub hint: String,
    /// What it may do at most.
    pub scope: ApiScope,
    /// For whom it acts.
    pub member: MemberId,
    /// From this moment on it is refused; `None` means never.
    pub expires_at: Option<Timestamp>,
}

/// An API credential as it is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredApiCredential {
    /// Its id.
    pub id: ApiCredentialId,
    /// Its name.
    pub name: Name,
    /// By which it is recognised.
    pub hint: String,
    /// What it may do at most.
    pub scope: ApiScope,
    /// For whom it acts.
    pub member: MemberId,
    /// When it was made.
    pub created_at: Timestamp,
    /// From this moment on it is refused; `None` means never.
    pub expires_at: Option<Timestamp>,
    /// When it was last used, to a minute.
    pub last_used_at: Option<Timestamp>,
}

/// What the audit log keeps of an API credential.
#[derive(Serialize)]
struct Record {
    id: String,
    name: String,
    hint: String,
    scope: &'static str,
    member: String,
    expires_at: Option<String>,
}

impl From<&StoredApiCredential> for Record {
    fn from(stored: &StoredApiCredential) -> Self {
        Self {
            id: stored.id.to_string(),
            name: stored.name.to_string(),
            hint: stored.hint.clone(),
            scope: stored.scope.name(),
            member: stored.member.to_string(),
            expires_at: stored.expires_at.map(|at| at.to_string()),
        }
    }
}

/// API credentials. Every error leaves everything as it was.
impl Store {
    /// Makes an API credential.
    ///
    /// # Errors
    /// Where the name is taken, or the member is not there.
    pub async fn api_credential_insert(
        &self,
        who: &Actor,
        new: NewApiCredential,
        id: ApiCredentialId,
        at: Timestamp,
    ) -> Result<StoredApiCredential, StoreError> {
        self.write(who, at, move |conn| Box::pin(insert(conn, new, id, at)))
            .await
    }

    /// Takes an API credential back for good; only the audit log knows it then.
    ///
    /// # Errors
    /// Where it is not there.
    pub async fn api_credential_delete(
        &self,
        who: &Actor,
        id: ApiCredentialId,
        at: Timestamp,
    ) -> Result<StoredApiCredential, StoreError> {
        self.write(who, at, move |conn| Box::pin(delete(conn, id)))
            .await
    }

    /// The API credential of this id.
    ///
    /// # Errors
    /// Where it is not there.
    pub async fn api_credential_fetch(
        &self,
        id: ApiCredentialId,
    ) -> Result<StoredApiCredential, StoreError> {
        self.read(move |conn| Box::pin(fetch(conn, id))).await
    }

    /// API credentials by name, of one member or of all.
    ///
    /// # Errors
    /// Where the database does not answer.
    pub async fn api_credential_list(
        &self,
        member: Option<MemberId>,
    ) -> Result<Vec<StoredApiCredential>, StoreError> {
        self.read(move |conn| Box::pin(row::all(conn, member)))
            .await
    }

    /// The API credential of a secret, with its member. `None` where there is none, its time has
    /// passed, or its member is disabled.
    ///
    /// # Errors
    /// Where the database does not answer.
    pub async fn api_credential_find(
        &self,
        digest: Digest,
        now: Timestamp,
    ) -> Result<Option<(StoredApiCredential, StoredMember)>, StoreError> {
        let found = self
            .read(move |conn| Box::pin(row::by_digest(conn, digest)))
            .await?;
        let alive = |one: &(StoredApiCredential, StoredMember)| {
            one.1.enabled && one.0.expires_at.is_none_or(|end| now < end)
        };
        let Some((mut found, member)) = found.filter(alive) else {
            return Ok(None);
        };
        let fresh = |last: Timestamp| now < last.plus(USED_EVERY);
        if !found.last_used_at.is_some_and(fresh) {
            let id = found.id;
            self.note(move |conn| Box::pin(row::used(conn, id, now)))
                .await?;
            found.last_used_at = Some(now);
        }
        Ok(Some((found, member)))
    }
}

async fn insert(
    conn: &mut Conn,
    new: NewApiCredential,
    id: ApiCredentialId,
    at: Timestamp,
) -> Changed<StoredApiCredential> {
    member::fetch(conn, new.member).await?;
    if row::name_taken(conn, &new.name).await? {
        return Err(StoreError::NameTaken {
            kind: Kind::ApiCredential,
            name: new.name.to_string(),
        });
    }
    let stored = StoredApiCredential {
        id,
        name: new.name,
        hint: new.hint,
        scope: new.scope,
        member: new.member,
        created_at: at,
        expires_at: new.expires_at,
        last_used_at: None,
    };
    row::insert(conn, &stored, new.digest).await?;
    let (kind, after) = (Kind::ApiCredential, Record::from(&stored));
    let change = Change::new(kind, "create", id.raw(), None, Some(&after))?;
    Ok((stored, change))
}

async fn delete(conn: &mut Conn, id: ApiCredentialId) -> Changed<StoredApiCredential> {
    let stored = fetch(conn, id).await?;
    row::delete(conn, id).await?;
    let (kind, before) = (Kind::ApiCredential, Record::from(&stored));
    let change = Change::new(kind, "revoke", id.raw(), Some(&before), None)?;
    Ok((stored, change))
}

async fn fetch(conn: &mut Conn, id: ApiCredentialId) -> Result<StoredApiCredential, StoreError> {
    let found = row::by_id(conn, id).await?;
    found.ok_or_else(|| StoreError::not_found(Kind::ApiCredential, id))
}
