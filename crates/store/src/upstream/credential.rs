//! An upstream's credentials: where they come from, how they are kept, and how they are opened.

use std::collections::BTreeMap;

use diesel::prelude::{AsChangeset, Identifiable, Insertable, Queryable, Selectable};
use diesel::{ExpressionMethods, QueryDsl, SelectableHelper};
use diesel_async::RunQueryDsl;
use tollgate_policy::id::{CredentialId, UpstreamId};
use tollgate_policy::name::Name;
use tollgate_policy::time::Timestamp;
use tollgate_rights::source::{Access, AccessCredential, ProxyAddress, UpstreamSecret};

use super::StoredUpstream;
use crate::backend::{Conn, on_backend};
use crate::columns::Row;
use crate::error::StoreError;
use crate::key::{MasterKey, fill};
use crate::schema::upstream_credentials;
use crate::seal::{Purpose, seal, unseal};
use crate::store::Inner;

/// The name of a credential that was given without one.
pub const DEFAULT: &str = "default";

/// A credential as an operator gives it.
#[derive(Debug)]
pub enum NewCredential {
    /// The upstream wants none.
    None,
    /// The name of the environment variable that holds it.
    Env(String),
    /// The credential in clear; it is sealed before it is stored.
    Clear(UpstreamSecret),
}

/// Where a stored credential comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CredentialKept {
    /// The name of the environment variable that holds it.
    Env(String),
    /// It is in the database, sealed under the master key.
    Sealed,
}

/// A credential as it is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredCredential {
    /// Its identity. A credential that is replaced has a new one.
    pub id: CredentialId,
    /// Unique among those of its upstream.
    pub name: Name,
    /// Where it comes from.
    pub kept: CredentialKept,
    /// Whether it is used.
    pub enabled: bool,
    /// When it was made.
    pub created_at: Timestamp,
}

/// What to do with the credentials of an upstream.
#[derive(Debug)]
pub enum CredentialChange {
    /// One more.
    Add(Name, NewCredential),
    /// Another secret under the same name.
    Replace(CredentialId, NewCredential),
    /// Whether it is used.
    Enable(CredentialId, bool),
    /// It is gone. Without any, the upstream is called without one.
    Remove(CredentialId),
}

/// What of an upstream is secret, as it stands in its rows.
#[derive(Clone, Default)]
pub(crate) struct Kept {
    pub(super) credentials: Vec<CredentialRow>,
    pub(super) proxy: Option<Vec<u8>>,
}

#[derive(Clone, Queryable, Selectable, Insertable, AsChangeset, Identifiable)]
#[diesel(table_name = upstream_credentials, treat_none_as_null = true)]
#[diesel(check_for_backend(diesel::pg::Pg, diesel::sqlite::Sqlite))]
pub(super) struct CredentialRow {
    pub(super) id: i64,
    upstream_id: i64,
    pub(super) name: String,
    env: Option<String>,
    sealed: Option<Vec<u8>>,
    pub(super) enabled: bool,
    created_at: i64,
}

impl CredentialRow {
    /// `None` where the upstream wants none.
    pub(super) fn new(
        key: &MasterKey,
        upstream: UpstreamId,
        name: &Name,
        credential: &NewCredential,
        at: Timestamp,
    ) -> Result<Option<Self>, StoreError> {
        let (env, sealed) = match credential {
            NewCredential::None => return Ok(None),
            NewCredential::Env(variable) => (Some(variable.clone()), None),
            NewCredential::Clear(secret) => {
                let sealed = seal(key, upstream, Purpose::Credential, secret)?;
                (None, Some(sealed))
            }
        };
        let mut entropy = [0; 4];
        fill(&mut entropy)?;
        Ok(Some(Self {
            id: CredentialId::new(at, u32::from_be_bytes(entropy)).raw(),
            upstream_id: upstream.raw(),
            name: name.to_string(),
            env,
            sealed,
            enabled: true,
            created_at: at.as_micros(),
        }))
    }

    pub(super) fn read(&self) -> Result<StoredCredential, StoreError> {
        let row = Row::new("upstream_credentials", self.id);
        Ok(StoredCredential {
            id: row.id("id", CredentialId::from_raw(self.id))?,
            name: row.parse("name", &self.name)?,
            kept: match &self.env {
                Some(variable) => CredentialKept::Env(variable.clone()),
                None => CredentialKept::Sealed,
            },
            enabled: self.enabled,
            created_at: Timestamp::from_micros(self.created_at),
        })
    }
}

/// The credentials of one upstream or of all, by upstream, in the order in which they were made.
pub(super) async fn load(
    conn: &mut Conn,
    only: Option<i64>,
) -> Result<BTreeMap<i64, Vec<CredentialRow>>, StoreError> {
    let rows = on_backend!(conn, c => {
        let mut rows = upstream_credentials::table.into_boxed();
        if let Some(id) = only {
            rows = rows.filter(upstream_credentials::upstream_id.eq(id));
        }
        rows.order(upstream_credentials::id.asc())
            .select(CredentialRow::as_select())
            .load(c)
            .await
    })?;
    let mut found: BTreeMap<i64, Vec<CredentialRow>> = BTreeMap::new();
    for row in rows {
        found.entry(row.upstream_id).or_default().push(row);
    }
    Ok(found)
}

/// Makes these the credentials of the upstream.
pub(super) async fn replace(
    conn: &mut Conn,
    upstream: UpstreamId,
    rows: Vec<CredentialRow>,
) -> Result<(), StoreError> {
    let of_upstream = upstream_credentials::upstream_id.eq(upstream.raw());
    on_backend!(conn, c => diesel::delete(upstream_credentials::table.filter(of_upstream))
        .execute(c)
        .await)?;
    for row in rows {
        on_backend!(conn, c => diesel::insert_into(upstream_credentials::table)
            .values(row)
            .execute(c)
            .await)?;
    }
    Ok(())
}

pub(super) fn seal_proxy(
    key: &MasterKey,
    upstream: UpstreamId,
    proxy: &ProxyAddress,
) -> Result<Vec<u8>, StoreError> {
    let text = UpstreamSecret::new(proxy.reveal().to_string());
    seal(key, upstream, Purpose::Proxy, &text)
}

/// How an upstream is reached, with its credentials in clear.
pub(crate) fn access(
    inner: &Inner,
    stored: StoredUpstream,
    kept: &Kept,
) -> Result<Access, StoreError> {
    let id = stored.upstream.id;
    let mut credentials = Vec::with_capacity(kept.credentials.len());
    for row in kept.credentials.iter().filter(|row| row.enabled) {
        let read = row.read()?;
        let secret = match (&row.env, &row.sealed) {
            (Some(name), _) => from_environment(inner, &stored, name),
            (None, Some(sealed)) => Some(unseal(&inner.key, id, Purpose::Credential, sealed)?),
            (None, None) => None,
        };
        credentials.push(AccessCredential {
            id: read.id,
            name: read.name,
            secret,
        });
    }
    let reach = stored.reach;
    Ok(Access {
        base_url: stored.base_url,
        carrier: stored.carrier,
        credentials,
        headers: reach.headers,
        parameters: reach.parameters,
        ca: reach.ca,
        proxy: proxy(inner, id, kept)?,
        allow_private: reach.allow_private,
        http2: reach.http2,
        retry_on: reach.retry_on,
    })
}

fn proxy(
    inner: &Inner,
    upstream: UpstreamId,
    kept: &Kept,
) -> Result<Option<ProxyAddress>, StoreError> {
    let Some(sealed) = &kept.proxy else {
        return Ok(None);
    };
    let text = unseal(&inner.key, upstream, Purpose::Proxy, sealed)?;
    let parsed = ProxyAddress::parse(text.reveal());
    parsed
        .map(Some)
        .map_err(|error| StoreError::corrupt("upstreams", upstream, error))
}

fn from_environment(inner: &Inner, stored: &StoredUpstream, name: &str) -> Option<UpstreamSecret> {
    let value = inner.environment.get(name);
    if value.is_none() {
        tracing::warn!(
            upstream = %stored.upstream.name,
            variable = name,
            "the variable that is to hold an upstream's credential is not set, or has another secret in it"
        );
    }
    value.map(UpstreamSecret::new)
}
