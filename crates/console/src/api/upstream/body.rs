//! Upstreams as the API takes them.

use serde::Deserialize;
use tollgate_admin_core::upstream::{
    CredentialInput, ReachInput, ServedInput, UpstreamChange, UpstreamInput, UpstreamSecret,
};
use utoipa::ToSchema;

/// An upstream to be made.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct UpstreamBody {
    /// 2 to 50 characters, unique among upstreams.
    name: String,
    /// The address below which its routes are: `http` or `https`.
    base_url: String,
    /// What it speaks, such as `openai`.
    dialect: String,
    /// Who runs it.
    provider: String,
    /// The models that it serves; either these or a mount.
    models: Option<Vec<ServedBody>>,
    /// The first path segment under which it serves everything.
    mount: Option<String>,
    /// What a call of the mount costs.
    price: Option<String>,
    /// Its credential in clear. It is sealed, and never shown again.
    #[schema(write_only)]
    credential: Option<String>,
    /// The environment variable of the gateway that holds its credential, instead of that.
    credential_env: Option<String>,
    /// Whether the calls of a token stay at one upstream, with one credential.
    sticky: Option<bool>,
    /// The header of the credential; what the dialect uses if missing, blank or `usual`.
    carrier: Option<String>,
    /// The groups that it serves; all if missing.
    groups: Option<Vec<String>>,
    /// A higher priority is tried first.
    priority: Option<i32>,
    /// The share among upstreams of the same priority.
    weight: Option<u32>,
    /// Whether it may be on a private network.
    allow_private: Option<bool>,
    /// All headers that are sent with each call, each `NAME=VALUE`.
    headers: Option<Vec<String>>,
    /// All parameters that are sent with each call, each `NAME=JSON`.
    parameters: Option<Vec<String>>,
    /// The address of a proxy, which may hold a password and is sealed; blank for none.
    #[schema(write_only)]
    proxy: Option<String>,
    /// Certificates to trust besides the usual roots, as PEM; blank for none.
    #[schema(write_only)]
    ca: Option<String>,
    /// `never`, `offered` or `prior-knowledge`.
    http2: Option<String>,
    /// Statuses for which another upstream is tried, such as `429,503`, or `none`.
    retry_on: Option<String>,
    /// A remark.
    note: Option<String>,
}

/// What to change of an upstream: what is missing stays as it is.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct UpstreamEditBody {
    /// A new name.
    name: Option<String>,
    /// The address below which its routes are.
    base_url: Option<String>,
    /// What it speaks.
    dialect: Option<String>,
    /// Who runs it.
    provider: Option<String>,
    /// All models that it serves from now on.
    models: Option<Vec<ServedBody>>,
    /// The first path segment under which it serves everything.
    mount: Option<String>,
    /// What a call of the mount costs; blank or `unknown` for an unknown price.
    price: Option<String>,
    /// Whether the calls of a token stay at one upstream.
    sticky: Option<bool>,
    /// The header of the credential; blank or `usual` for what the dialect uses.
    carrier: Option<String>,
    /// The groups that it serves; `any` for all.
    groups: Option<Vec<String>>,
    /// Whether it takes calls.
    enabled: Option<bool>,
    /// A higher priority is tried first.
    priority: Option<i32>,
    /// The share among upstreams of the same priority.
    weight: Option<u32>,
    /// Whether it may be on a private network.
    allow_private: Option<bool>,
    /// All headers that are sent with each call, each `NAME=VALUE`.
    headers: Option<Vec<String>>,
    /// All parameters that are sent with each call, each `NAME=JSON`.
    parameters: Option<Vec<String>>,
    /// The address of a proxy, which may hold a password and is sealed; blank for none.
    #[schema(write_only)]
    proxy: Option<String>,
    /// Certificates to trust besides the usual roots, as PEM; blank for none.
    #[schema(write_only)]
    ca: Option<String>,
    /// `never`, `offered` or `prior-knowledge`.
    http2: Option<String>,
    /// Statuses for which another upstream is tried, such as `429,503`, or `none`.
    retry_on: Option<String>,
    /// A remark.
    note: Option<String>,
    /// Only if it is at this version still.
    if_version: Option<i64>,
}

/// A model that an upstream serves.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct ServedBody {
    /// What clients call it.
    name: String,
    /// What the upstream calls it; the same if missing.
    sent_as: Option<String>,
}

/// A credential of an upstream.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct CredentialBody {
    /// The credential in clear. It is sealed, and never shown again.
    #[schema(write_only)]
    credential: Option<String>,
    /// The environment variable of the gateway that holds it, instead of that.
    credential_env: Option<String>,
    /// Whether it is used.
    pub(super) enabled: Option<bool>,
}

impl CredentialBody {
    /// The credential, where one was sent.
    pub(super) fn input(self) -> Option<CredentialInput> {
        match CredentialInput::written(self.credential, self.credential_env) {
            CredentialInput::None => None,
            written => Some(written),
        }
    }
}

fn served(models: Option<Vec<ServedBody>>) -> Option<Vec<ServedInput>> {
    let served = models?.into_iter().map(|one| ServedInput {
        name: one.name,
        sent_as: one.sent_as,
    });
    Some(served.collect())
}

impl From<UpstreamBody> for UpstreamInput {
    fn from(body: UpstreamBody) -> Self {
        Self {
            name: body.name,
            base_url: body.base_url,
            dialect: body.dialect,
            provider: body.provider,
            models: served(body.models),
            mount: body.mount,
            price: body.price,
            credential: CredentialInput::written(body.credential, body.credential_env),
            reach: ReachInput {
                headers: body.headers,
                parameters: body.parameters,
                allow_private: body.allow_private,
                ca: body.ca,
                proxy: body.proxy.map(UpstreamSecret::new),
                http2: body.http2,
                retry_on: body.retry_on,
            },
            sticky: body.sticky.unwrap_or_default(),
            carrier: body.carrier,
            groups: body.groups,
            priority: body.priority.unwrap_or_default(),
            weight: body.weight.unwrap_or(UpstreamInput::EQUAL_SHARE),
            note: body.note.unwrap_or_default(),
        }
    }
}

impl From<UpstreamEditBody> for UpstreamChange {
    fn from(body: UpstreamEditBody) -> Self {
        Self {
            name: body.name,
            base_url: body.base_url,
            dialect: body.dialect,
            provider: body.provider,
            models: served(body.models),
            mount: body.mount,
            price: body.price,
            credential: None,
            reach: ReachInput {
                headers: body.headers,
                parameters: body.parameters,
                allow_private: body.allow_private,
                ca: body.ca,
                proxy: body.proxy.map(UpstreamSecret::new),
                http2: body.http2,
                retry_on: body.retry_on,
            },
            sticky: body.sticky,
            carrier: body.carrier,
            groups: body.groups,
            enabled: body.enabled,
            priority: body.priority,
            weight: body.weight,
            note: body.note,
            if_version: body.if_version,
        }
    }
}
