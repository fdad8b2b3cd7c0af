//! Upstreams: the endpoints that serve models or a plain HTTP API, and how they are reached.

mod change;
pub(crate) mod credential;
mod reach;
pub(crate) mod row;
mod served;
mod state;

use tollgate_policy::endpoint::Dialect;
use tollgate_policy::id::{GroupId, UpstreamId};
use tollgate_policy::name::{Name, Provider};
use tollgate_policy::price::Price;
use tollgate_policy::scope::Allow;
use tollgate_policy::time::Timestamp;
use tollgate_policy::upstream::{Serves, Upstream};
use tollgate_rights::source::{Access, Carrier, ProxyAddress};
use url::Url;

use crate::actor::Actor;
use crate::error::StoreError;
use crate::store::Store;

pub use credential::{CredentialChange, CredentialKept, DEFAULT, NewCredential, StoredCredential};
pub use reach::{Reach, ReachEdit};
pub(crate) use row::all;
pub use state::{SeenState, StoredState};

/// An upstream to be made.
#[derive(Debug)]
pub struct NewUpstream {
    /// Unique among upstreams.
    pub name: Name,
    /// Who runs it.
    pub provider: Provider,
    /// What it speaks.
    pub dialect: Dialect,
    /// The address below which its routes are.
    pub base_url: Url,
    /// Where its credential goes.
    pub carrier: Carrier,
    /// Its credential, under the name [`DEFAULT`].
    pub credential: NewCredential,
    /// How requests are sent to it.
    pub reach: Reach,
    /// The proxy by which it is reached.
    pub proxy: Option<ProxyAddress>,
    /// Whether the calls of a token stay together.
    pub sticky: bool,
    /// Whether it takes calls.
    pub enabled: bool,
    /// A higher priority is tried first.
    pub priority: i32,
    /// The share among upstreams of the same priority.
    pub weight: u32,
    /// The groups that it serves.
    pub groups: Allow<GroupId>,
    /// What it serves; a model that is named twice is served as it was named last.
    pub serves: Serves,
    /// What a request of a mounted API costs; `None` is unknown. Models have prices of their own.
    pub price: Option<Price>,
    /// For operators.
    pub note: String,
}

/// What to change of an upstream: `None` leaves it as it is.
#[derive(Debug, Default)]
pub struct UpstreamEdit {
    /// A new name.
    pub name: Option<Name>,
    /// Who runs it.
    pub provider: Option<Provider>,
    /// What it speaks.
    pub dialect: Option<Dialect>,
    /// The address below which its routes are.
    pub base_url: Option<Url>,
    /// Where its credential goes.
    pub carrier: Option<Carrier>,
    /// A credential in place of all that it has.
    pub credential: Option<NewCredential>,
    /// How requests are sent to it.
    pub reach: ReachEdit,
    /// Whether the calls of a token stay together.
    pub sticky: Option<bool>,
    /// Whether it takes calls.
    pub enabled: Option<bool>,
    /// A higher priority is tried first.
    pub priority: Option<i32>,
    /// The share among upstreams of the same priority.
    pub weight: Option<u32>,
    /// The groups that it serves.
    pub groups: Option<Allow<GroupId>>,
    /// All that it serves from now on.
    pub serves: Option<Serves>,
    /// What a request of a mounted API costs; `Some(None)` is unknown.
    pub price: Option<Option<Price>>,
    /// For operators.
    pub note: Option<String>,
    /// Only if it is at this version still.
    pub if_version: Option<i64>,
}

/// An upstream as it is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredUpstream {
    /// The upstream; its models are in the order of their names.
    pub upstream: Upstream,
    /// The address below which its routes are.
    pub base_url: Url,
    /// Where its credentials go.
    pub carrier: Carrier,
    /// Its credentials, in the order in which they were made.
    pub credentials: Vec<StoredCredential>,
    /// How requests are sent to it.
    pub reach: Reach,
    /// The proxy by which it is reached, without user and password.
    pub proxy: Option<String>,
    /// For operators.
    pub note: String,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it was last changed.
    pub updated_at: Timestamp,
    /// Grows with each change.
    pub version: i64,
}

/// Upstreams. Every error leaves everything as it was.
impl Store {
    /// Makes an upstream. A credential in clear is sealed under the master key.
    ///
    /// # Errors
    /// Where the name or mount is taken, or a model or group that it names is not there.
    pub async fn upstream_insert(
        &self,
        who: &Actor,
        new: NewUpstream,
        id: UpstreamId,
        at: Timestamp,
    ) -> Result<StoredUpstream, StoreError> {
        let key = self.inner().key.clone();
        self.write(who, at, move |conn| {
            Box::pin(change::insert(conn, key, new, id, at))
        })
        .await
    }

    /// Changes an upstream.
    ///
    /// # Errors
    /// Where it is not there, the new name or mount is taken, or a model or group that it names is
    /// not there.
    pub async fn upstream_edit(
        &self,
        who: &Actor,
        id: UpstreamId,
        edit: UpstreamEdit,
        at: Timestamp,
    ) -> Result<StoredUpstream, StoreError> {
        let key = self.inner().key.clone();
        self.write(who, at, move |conn| {
            Box::pin(change::edit(conn, key, id, edit, at))
        })
        .await
    }

    /// Changes the credentials of an upstream.
    ///
    /// # Errors
    /// Where the upstream or the credential is not there, or the name is taken.
    pub async fn upstream_credential(
        &self,
        who: &Actor,
        id: UpstreamId,
        change: CredentialChange,
        at: Timestamp,
    ) -> Result<StoredUpstream, StoreError> {
        let key = self.inner().key.clone();
        self.write(who, at, move |conn| {
            Box::pin(change::credentials(conn, key, id, change, at))
        })
        .await
    }

    /// Deletes an upstream with its credentials.
    ///
    /// # Errors
    /// Where it is not there.
    pub async fn upstream_delete(
        &self,
        who: &Actor,
        id: UpstreamId,
        at: Timestamp,
    ) -> Result<(), StoreError> {
        self.write(who, at, move |conn| Box::pin(change::delete(conn, id)))
            .await
    }

    /// The upstream of this id.
    ///
    /// # Errors
    /// Where it is not there.
    pub async fn upstream_fetch(&self, id: UpstreamId) -> Result<StoredUpstream, StoreError> {
        self.read(move |conn| Box::pin(async move { Ok(row::fetch(conn, id).await?.0) }))
            .await
    }

    /// The upstream of this name, if there is one.
    ///
    /// # Errors
    /// Where the database does not answer.
    pub async fn upstream_find_by_name(
        &self,
        name: &Name,
    ) -> Result<Option<StoredUpstream>, StoreError> {
        let name = name.clone();
        self.read(move |conn| Box::pin(async move { row::by_name(conn, &name).await }))
            .await
    }

    /// All upstreams by name.
    ///
    /// # Errors
    /// Where the database does not answer.
    pub async fn upstream_list(&self) -> Result<Vec<StoredUpstream>, StoreError> {
        self.read(|conn| Box::pin(all(conn))).await
    }

    /// How the upstream is reached, with its credential in clear. A credential whose variable is
    /// not set is missing, and a warning says so.
    ///
    /// # Errors
    /// Where it is not there, or its sealed credential does not open.
    pub async fn upstream_access(&self, id: UpstreamId) -> Result<Access, StoreError> {
        let (stored, kept) = self
            .read(move |conn| Box::pin(row::fetch(conn, id)))
            .await?;
        credential::access(self.inner(), stored, &kept)
    }
}
