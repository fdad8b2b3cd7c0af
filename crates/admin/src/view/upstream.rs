//! Upstreams as they are shown. A credential is shown only by where it comes from.

use serde::Serialize;
use tollgate_policy::upstream::Serves;
use tollgate_store::upstream::{CredentialKept, StoredUpstream};
use url::{Host, Url};

use super::Reference;
use super::group::GroupView;

/// An upstream.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct UpstreamView {
    /// `ups_…`
    pub id: String,
    /// Unique among upstreams.
    pub name: String,
    /// Who runs it.
    pub provider: String,
    /// What it speaks.
    pub dialect: String,
    /// The address below which its routes are.
    pub base_url: String,
    /// The header of its credential.
    pub carrier: String,
    /// Where its credential comes from.
    pub credential: CredentialView,
    /// Whether it takes calls.
    pub enabled: bool,
    /// A higher priority is tried first.
    pub priority: i32,
    /// The share among upstreams of the same priority.
    pub weight: u32,
    /// The models that it serves; `null` for a mount.
    pub models: Option<Vec<ServedView>>,
    /// The first path segment under which it serves everything; `null` where it serves models.
    pub mount: Option<String>,
    /// What a call of a mounted API costs, such as `request=0.001`; `null` where it is unknown, and
    /// for models, which have prices of their own.
    pub price: Option<String>,
    /// The groups that it serves; `null` for all.
    pub groups: Option<Vec<Reference>>,
    /// A remark.
    pub note: String,
    /// When it was made.
    pub created_at: String,
    /// When it was last changed.
    pub updated_at: String,
    /// What an operator should know about it.
    pub warnings: Vec<String>,
}

/// Where a credential comes from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum CredentialView {
    /// There is none.
    None,
    /// An environment variable of the gateway.
    Env {
        /// Its name.
        variable: String,
    },
    /// The database, sealed under the master key.
    Sealed,
}

/// A model as an upstream serves it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ServedView {
    /// The public name.
    pub name: String,
    /// The name that the upstream knows it by; `null` where it is the same.
    pub sent_as: Option<String>,
}

/// What came of a test.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct TestView {
    /// What was tested.
    pub upstream: Reference,
    /// Where the call went.
    pub url: String,
    /// The model that was asked for; `null` for a mount.
    pub model: Option<String>,
    /// Whether the upstream answered as it should.
    pub passed: bool,
    /// The status of its answer; `null` where there was none.
    pub status: Option<u16>,
    /// How long it took until the answer began, in milliseconds.
    pub latency_ms: u64,
    /// What went wrong, at most 200 characters; `null` where it passed.
    pub problem: Option<String>,
}

impl UpstreamView {
    pub(crate) fn new(stored: &StoredUpstream, groups: &[GroupView]) -> Self {
        let upstream = &stored.upstream;
        let (models, mount) = served(&upstream.serves);
        let served_groups = upstream.groups.list().map(|ids| {
            let named = ids.iter().map(|id| Reference::to_group(*id, groups));
            named.collect()
        });
        Self {
            id: upstream.id.to_string(),
            name: upstream.name.to_string(),
            provider: upstream.provider.to_string(),
            dialect: upstream.dialect.to_string(),
            base_url: stored.base_url.to_string(),
            carrier: stored.carrier.name().to_owned(),
            credential: CredentialView::new(&stored.credential),
            enabled: upstream.enabled,
            priority: upstream.priority,
            weight: upstream.weight,
            models,
            mount,
            price: upstream.price.map(|price| price.to_string()),
            groups: served_groups,
            note: stored.note.clone(),
            created_at: stored.created_at.to_string(),
            updated_at: stored.updated_at.to_string(),
            warnings: warnings(&stored.base_url, &stored.credential),
        }
    }
}

impl CredentialView {
    fn new(kept: &CredentialKept) -> Self {
        match kept {
            CredentialKept::None => Self::None,
            CredentialKept::Env(variable) => Self::Env {
                variable: variable.clone(),
            },
            CredentialKept::Sealed => Self::Sealed,
        }
    }
}

fn served(serves: &Serves) -> (Option<Vec<ServedView>>, Option<String>) {
    match serves {
        Serves::Mount(prefix) => (None, Some(prefix.to_string())),
        Serves::Models(models) => {
            let shown = models.iter().map(|one| ServedView {
                name: one.name.to_string(),
                sent_as: one.sent_as.as_ref().map(ToString::to_string),
            });
            (Some(shown.collect()), None)
        }
    }
}

fn warnings(url: &Url, credential: &CredentialKept) -> Vec<String> {
    let mut warnings = Vec::new();
    if url.scheme() == "http" && !is_loopback(url) {
        let what = match credential {
            CredentialKept::None => "prompts and answers travel",
            CredentialKept::Env(_) | CredentialKept::Sealed => {
                "the credential, prompts and answers travel"
            }
        };
        warnings.push(format!("{what} unencrypted: use an https address"));
    }
    warnings
}

fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        Some(Host::Domain(name)) => name == "localhost",
        None => false,
    }
}
