//! What the audit log keeps of a thing: JSON of its own, without secrets, hashes or row layout.

use serde::Serialize;
use tollgate_policy::scope::{Allow, Scope as PolicyScope};
use tollgate_policy::upstream::Serves;

use crate::account::StoredAccount;
use crate::columns::micros;
use crate::group::StoredGroup;
use crate::model::StoredModel;
use crate::token::StoredToken;
use crate::upstream::{CredentialKept, StoredUpstream};

/// `3 tokens`.
pub(crate) fn count(number: i64, what: &str) -> String {
    let plural = if number == 1 { "" } else { "s" };
    format!("{number} {what}{plural}")
}

/// Lists are `null` where anything is allowed.
#[derive(Serialize)]
struct Scope {
    models: Option<Vec<String>>,
    providers: Option<Vec<String>>,
    endpoints: Option<Vec<String>>,
    networks: Option<Vec<String>>,
}

#[derive(Serialize)]
pub(crate) struct Account {
    id: String,
    name: String,
    enabled: bool,
    scope: Scope,
    note: String,
}

#[derive(Serialize)]
pub(crate) struct Group {
    id: String,
    name: String,
    multiplier: String,
    scope: Scope,
    note: String,
}

#[derive(Serialize)]
pub(crate) struct Model {
    id: String,
    name: String,
    provider: String,
    enabled: bool,
    note: String,
}

#[derive(Serialize)]
pub(crate) struct Upstream {
    id: String,
    name: String,
    provider: String,
    dialect: &'static str,
    base_url: String,
    carrier: &'static str,
    credential: String,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    credential_replaced: bool,
    enabled: bool,
    priority: i32,
    weight: u32,
    groups: Option<Vec<String>>,
    mount: Option<String>,
    models: Vec<Served>,
    note: String,
}

#[derive(Serialize)]
struct Served {
    name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    sent_as: Option<String>,
}

/// Moments are in microseconds, and money in micro-credits.
#[derive(Serialize)]
pub(crate) struct Token {
    id: String,
    name: String,
    account: String,
    group: String,
    state: &'static str,
    expires_at: Option<i64>,
    quota: Option<i64>,
    scope: Scope,
    creator: String,
    note: String,
    version: i64,
    secrets: Vec<Secret>,
}

#[derive(Serialize)]
struct Secret {
    hint: String,
    valid_until: Option<i64>,
}

impl From<&StoredAccount> for Account {
    fn from(stored: &StoredAccount) -> Self {
        Self {
            id: stored.account.id.to_string(),
            name: stored.account.name.to_string(),
            enabled: stored.account.enabled,
            scope: Scope::from(&stored.account.scope),
            note: stored.note.clone(),
        }
    }
}

impl From<&StoredGroup> for Group {
    fn from(stored: &StoredGroup) -> Self {
        Self {
            id: stored.group.id.to_string(),
            name: stored.group.name.to_string(),
            multiplier: stored.group.multiplier.to_string(),
            scope: Scope::from(&stored.group.scope),
            note: stored.note.clone(),
        }
    }
}

impl From<&StoredModel> for Model {
    fn from(stored: &StoredModel) -> Self {
        Self {
            id: stored.model.id.to_string(),
            name: stored.model.name.to_string(),
            provider: stored.model.provider.to_string(),
            enabled: stored.model.enabled,
            note: stored.note.clone(),
        }
    }
}

impl Upstream {
    /// `replaced` says that a credential was given, which may look the same before and after.
    pub(crate) fn new(stored: &StoredUpstream, replaced: bool) -> Self {
        let upstream = &stored.upstream;
        let (mount, models) = match &upstream.serves {
            Serves::Mount(prefix) => (Some(prefix.to_string()), Vec::new()),
            Serves::Models(models) => (None, models.iter().map(Served::from).collect()),
        };
        Self {
            id: upstream.id.to_string(),
            name: upstream.name.to_string(),
            provider: upstream.provider.to_string(),
            dialect: upstream.dialect.name(),
            base_url: public(&stored.base_url),
            carrier: stored.carrier.name(),
            credential: match &stored.credential {
                CredentialKept::None => "none".to_owned(),
                CredentialKept::Env(name) => format!("env:{name}"),
                CredentialKept::Sealed => "sealed".to_owned(),
            },
            credential_replaced: replaced,
            enabled: upstream.enabled,
            priority: upstream.priority,
            weight: upstream.weight,
            groups: texts(&upstream.groups),
            mount,
            models,
            note: stored.note.clone(),
        }
    }
}

impl From<&tollgate_policy::upstream::ServedModel> for Served {
    fn from(served: &tollgate_policy::upstream::ServedModel) -> Self {
        Self {
            name: served.name.to_string(),
            sent_as: served.sent_as.as_ref().map(ToString::to_string),
        }
    }
}

impl From<&StoredToken> for Token {
    fn from(stored: &StoredToken) -> Self {
        let token = &stored.token;
        Self {
            id: token.id.to_string(),
            name: token.name.to_string(),
            account: token.account.to_string(),
            group: token.group.to_string(),
            state: token.state.name(),
            expires_at: micros(token.expires_at),
            quota: token.quota.map(|quota| quota.as_micros()),
            scope: Scope::from(&token.scope),
            creator: stored.creator.clone(),
            note: stored.note.clone(),
            version: stored.version,
            secrets: stored.secrets.iter().map(Secret::from).collect(),
        }
    }
}

impl From<&crate::token::SecretInfo> for Secret {
    fn from(info: &crate::token::SecretInfo) -> Self {
        Self {
            hint: info.hint.clone(),
            valid_until: micros(info.valid_until),
        }
    }
}

impl From<&PolicyScope> for Scope {
    fn from(scope: &PolicyScope) -> Self {
        Self {
            models: texts(&scope.models),
            providers: texts(&scope.providers),
            endpoints: texts(&scope.endpoints),
            networks: texts(&scope.networks),
        }
    }
}

fn texts<T: std::fmt::Display>(allow: &Allow<T>) -> Option<Vec<String>> {
    let entries = allow.list()?;
    Some(entries.iter().map(ToString::to_string).collect())
}

/// The address without the parts in which an operator may have put a secret.
fn public(url: &url::Url) -> String {
    let mut url = url.clone();
    if url.query().is_some() {
        url.set_query(Some("..."));
    }
    if url.password().is_some() && url.set_password(Some("...")).is_err() {
        return String::new();
    }
    url.to_string()
}
