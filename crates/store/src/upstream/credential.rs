//! An upstream's credential: where it comes from, how it is kept, and how it is opened.

use tollgate_policy::id::{CredentialId, UpstreamId};
use tollgate_policy::name::Name;
use tollgate_rights::source::{Access, AccessCredential, UpstreamSecret};

use super::StoredUpstream;
use crate::error::StoreError;
use crate::key::MasterKey;
use crate::seal::{seal, unseal};
use crate::store::Inner;

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

/// Where a stored upstream's credential comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CredentialKept {
    /// There is none.
    None,
    /// The name of the environment variable that holds it.
    Env(String),
    /// It is in the database, sealed under the master key.
    Sealed,
}

/// The two columns of a credential; at most one has a value.
#[derive(Clone, Default)]
pub(crate) struct CredentialColumns {
    pub(crate) env: Option<String>,
    pub(crate) sealed: Option<Vec<u8>>,
}

impl CredentialColumns {
    pub(super) fn new(
        key: &MasterKey,
        id: UpstreamId,
        credential: &NewCredential,
    ) -> Result<Self, StoreError> {
        Ok(match credential {
            NewCredential::None => Self::default(),
            NewCredential::Env(name) => Self {
                env: Some(name.clone()),
                sealed: None,
            },
            NewCredential::Clear(secret) => Self {
                env: None,
                sealed: Some(seal(key, id, secret)?),
            },
        })
    }

    /// The one credential of an upstream has the number of the upstream.
    pub(super) fn ids(&self, upstream: i64) -> Option<Vec<CredentialId>> {
        let kept = self.env.is_some() || self.sealed.is_some();
        CredentialId::from_raw(upstream)
            .filter(|_| kept)
            .map(|id| vec![id])
    }

    pub(super) fn kept(&self) -> CredentialKept {
        match (&self.env, &self.sealed) {
            (Some(name), _) => CredentialKept::Env(name.clone()),
            (None, Some(_)) => CredentialKept::Sealed,
            (None, None) => CredentialKept::None,
        }
    }
}

/// How an upstream is reached, with its credential in clear.
pub(crate) fn access(
    inner: &Inner,
    stored: StoredUpstream,
    kept: &CredentialColumns,
) -> Result<Access, StoreError> {
    let id = stored.upstream.id;
    let credential = match (&kept.env, &kept.sealed) {
        (Some(name), _) => from_environment(inner, &stored, name),
        (None, Some(sealed)) => Some(unseal(&inner.key, id, sealed)?),
        (None, None) => None,
    };
    let ids = stored.upstream.credentials.into_iter().flatten();
    let name =
        Name::parse("default").map_err(|error| StoreError::corrupt("upstreams", id, error))?;
    let credentials = ids.map(|id| AccessCredential {
        id,
        name: name.clone(),
        secret: credential.clone(),
    });
    Ok(Access {
        credentials: credentials.collect(),
        allow_private: true,
        ..Access::new(stored.base_url, stored.carrier)
    })
}

fn from_environment(inner: &Inner, stored: &StoredUpstream, name: &str) -> Option<UpstreamSecret> {
    let value = inner.environment.get(name);
    if value.is_none() {
        tracing::warn!(
            upstream = %stored.upstream.name,
            variable = name,
            "the variable that holds an upstream's credential is not set"
        );
    }
    value.map(UpstreamSecret::new)
}
