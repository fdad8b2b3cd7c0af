//! What the audit log keeps of a thing: JSON of its own, without secrets, hashes or row layout.

mod money;

use std::collections::BTreeMap;

use serde::Serialize;
use tollgate_policy::cap::CapField;
use tollgate_policy::credits::Credits;
use tollgate_policy::scope::{Allow, Scope as PolicyScope};
use tollgate_policy::upstream::Serves;

use crate::account::StoredAccount;
use crate::columns::{micros, price};
use crate::group::StoredGroup;
use crate::group::fallbacks;
use crate::model::StoredModel;
use crate::token::StoredToken;
use crate::upstream::{CredentialKept, StoredCredential, StoredUpstream};

use money::{Entry, Limits, Periodic, PriceFor};

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

/// Money is in micro-credits.
#[derive(Serialize)]
pub(crate) struct Account {
    id: String,
    name: String,
    enabled: bool,
    credited: Option<i64>,
    credit_line: i64,
    periodic: Option<Periodic>,
    limits: Limits,
    scope: Scope,
    note: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    entry: Option<Entry>,
}

#[derive(Serialize)]
pub(crate) struct Group {
    id: String,
    name: String,
    multiplier: String,
    limits: Limits,
    shared: bool,
    enforcement: &'static str,
    on_leave: String,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    fallbacks: BTreeMap<String, Vec<String>>,
    open_to_members: bool,
    scope: Scope,
    note: String,
}

#[derive(Serialize)]
pub(crate) struct Model {
    id: String,
    name: String,
    provider: String,
    enabled: bool,
    price: Option<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    prices: Vec<PriceFor>,
    context: Option<u64>,
    max_output: Option<u64>,
    cap_field: Option<&'static str>,
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
    credentials: Vec<Credential>,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    credential_replaced: bool,
    enabled: bool,
    priority: i32,
    weight: u32,
    groups: Option<Vec<String>>,
    mount: Option<String>,
    models: Vec<Served>,
    price: Option<String>,
    sticky: bool,
    headers: Vec<(String, String)>,
    parameters: Vec<(String, String)>,
    ca: Option<String>,
    proxy: Option<String>,
    allow_private: bool,
    http2: &'static str,
    retry_on: String,
    note: String,
}

/// Where a credential comes from, and never the credential.
#[derive(Serialize)]
struct Credential {
    id: String,
    name: String,
    source: String,
    enabled: bool,
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
    periodic: Option<Periodic>,
    limits: Limits,
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
        let funds = &stored.account.funds;
        Self {
            id: stored.account.id.to_string(),
            name: stored.account.name.to_string(),
            enabled: stored.account.enabled,
            credited: funds.credited.map(Credits::as_micros),
            credit_line: funds.credit_line.as_micros(),
            periodic: funds.periodic.as_ref().map(Periodic::from),
            limits: Limits::from(&stored.account.limits),
            scope: Scope::from(&stored.account.scope),
            note: stored.note.clone(),
            entry: None,
        }
    }
}

impl Account {
    /// The account after an entry of its statement was made.
    pub(crate) fn with_entry(mut self, amount: Credits, note: String) -> Self {
        self.entry = Some(Entry::new(amount, note));
        self
    }
}

impl From<&StoredGroup> for Group {
    fn from(stored: &StoredGroup) -> Self {
        let terms = &stored.group.terms;
        Self {
            id: stored.group.id.to_string(),
            name: stored.group.name.to_string(),
            multiplier: stored.group.multiplier.to_string(),
            limits: Limits::from(&terms.limits),
            shared: terms.shared,
            enforcement: terms.enforcement.name(),
            on_leave: terms.on_leave.to_string(),
            fallbacks: fallbacks(&terms.fallbacks),
            open_to_members: stored.open,
            scope: Scope::from(&stored.group.scope),
            note: stored.note.clone(),
        }
    }
}

impl From<&StoredModel> for Model {
    fn from(stored: &StoredModel) -> Self {
        let (pricing, window) = (&stored.model.pricing, &stored.model.window);
        Self {
            id: stored.model.id.to_string(),
            name: stored.model.name.to_string(),
            provider: stored.model.provider.to_string(),
            enabled: stored.model.enabled,
            price: price(pricing.base.as_ref()),
            prices: pricing.overrides.iter().map(PriceFor::from).collect(),
            context: window.context,
            max_output: window.output,
            cap_field: window.cap_field.map(CapField::name),
            note: stored.note.clone(),
        }
    }
}

impl Upstream {
    /// `replaced` says that a credential was given, which may look the same before and after.
    pub(crate) fn new(stored: &StoredUpstream, replaced: bool) -> Self {
        let (upstream, reach) = (&stored.upstream, &stored.reach);
        let pair = |name: &str, value: &str| (name.to_owned(), value.to_owned());
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
            credentials: stored.credentials.iter().map(Credential::from).collect(),
            credential_replaced: replaced,
            enabled: upstream.enabled,
            priority: upstream.priority,
            weight: upstream.weight,
            groups: texts(&upstream.groups),
            mount,
            models,
            price: price(upstream.price.as_ref()),
            sticky: upstream.sticky,
            headers: reach
                .headers
                .iter()
                .map(|one| pair(one.name(), one.value()))
                .collect(),
            parameters: reach
                .parameters
                .iter()
                .map(|one| pair(one.name(), one.json()))
                .collect(),
            ca: reach.ca.clone(),
            proxy: stored.proxy.clone(),
            allow_private: reach.allow_private,
            http2: reach.http2.name(),
            retry_on: reach.retry_on.to_string(),
            note: stored.note.clone(),
        }
    }
}

impl From<&StoredCredential> for Credential {
    fn from(stored: &StoredCredential) -> Self {
        Self {
            id: stored.id.to_string(),
            name: stored.name.to_string(),
            source: match &stored.kept {
                CredentialKept::Env(name) => format!("env:{name}"),
                CredentialKept::Sealed => "sealed".to_owned(),
            },
            enabled: stored.enabled,
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
            quota: token.quota.lifetime.map(Credits::as_micros),
            periodic: token.quota.periodic.as_ref().map(Periodic::from),
            limits: Limits::from(&token.limits),
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
