//! Upstreams as they are shown. A credential is shown only by where it comes from.

use serde::Serialize;
use tollgate_policy::id::CredentialId;
use tollgate_policy::upstream::Serves;
use tollgate_store::upstream::{CredentialKept, StoredCredential, StoredState, StoredUpstream};
use url::{Host, Url};

use super::Reference;
use super::group::GroupView;

/// An upstream.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
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
    /// The header of its credentials.
    pub carrier: String,
    /// Its credentials; without any it is called without one.
    pub credentials: Vec<CredentialView>,
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
    /// Whether the calls of a token stay at one upstream, with one credential.
    pub sticky: bool,
    /// Headers that every request has, by name and value.
    pub headers: Vec<(String, String)>,
    /// Members that every body has unless the client set them, by name and JSON.
    pub parameters: Vec<(String, String)>,
    /// Whether certificates are trusted besides the usual roots.
    pub own_ca: bool,
    /// The proxy by which it is reached, without user and password; `null` for none.
    pub proxy: Option<String>,
    /// Whether it may be on a private network.
    pub allow_private: bool,
    /// Whether HTTP/2 is spoken: `never`, `offered` or `prior-knowledge`.
    pub http2: String,
    /// The statuses upon which a call is tried elsewhere, such as `429,503`, or `none`.
    pub retry_on: String,
    /// What of it gateways have put aside, and why.
    pub put_aside: Vec<AsideView>,
    /// A remark.
    pub note: String,
    /// When it was made.
    pub created_at: String,
    /// When it was last changed.
    pub updated_at: String,
    /// Grows with each change.
    pub version: i64,
    /// What an operator should know about it.
    pub warnings: Vec<String>,
}

/// A credential, without what it is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct CredentialView {
    /// `crd_…`; a credential that is replaced has a new one.
    pub id: String,
    /// Unique among those of its upstream.
    pub name: String,
    /// The variable of the gateway that holds it; `null` where it is sealed in the database.
    pub variable: Option<String>,
    /// Whether it is used.
    pub enabled: bool,
    /// When it was made.
    pub created_at: String,
}

/// Something that a gateway put aside.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct AsideView {
    /// Which gateway, in hexadecimal.
    pub gateway: String,
    /// The credential, by name; `null` where it is the upstream itself.
    pub credential: Option<String>,
    /// `open`, or `half-open` while a call tries.
    pub state: String,
    /// Why: `status-429`, `unreachable`, `timed-out`, `broken`, `no-credential`.
    pub reason: String,
    /// Since when.
    pub since: String,
    /// Until when at least; `null` while a call tries.
    pub until: Option<String>,
    /// When the gateway told.
    pub seen_at: String,
}

/// A model as an upstream serves it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ServedView {
    /// The public name.
    pub name: String,
    /// The name that the upstream knows it by; `null` where it is the same.
    pub sent_as: Option<String>,
}

/// What came of a test.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct TestView {
    /// What was tested.
    pub upstream: Reference,
    /// Where the call went.
    pub url: String,
    /// The model that was asked for; `null` for a mount.
    pub model: Option<String>,
    /// Whether each call passed.
    pub passed: bool,
    /// A call for each credential that is enabled, or one without any.
    pub calls: Vec<TestCallView>,
}

/// What came of one call of a test.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct TestCallView {
    /// The credential, by name; `null` for none.
    pub credential: Option<String>,
    /// Whether the upstream answered as it should.
    pub passed: bool,
    /// The status of its answer; `null` where there was none.
    pub status: Option<u16>,
    /// How long the answer took, in milliseconds.
    pub latency_ms: u64,
    /// What went wrong, at most 200 characters; `null` where it passed.
    pub problem: Option<String>,
}

impl UpstreamView {
    pub(crate) fn new(
        stored: &StoredUpstream,
        groups: &[GroupView],
        states: &[StoredState],
    ) -> Self {
        let (upstream, reach) = (&stored.upstream, &stored.reach);
        let pair = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        let headers = reach.headers.iter();
        let parameters = reach.parameters.iter();
        let put_aside = states.iter().filter(|one| one.seen.upstream == upstream.id);
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
            credentials: stored.credentials.iter().map(CredentialView::new).collect(),
            enabled: upstream.enabled,
            priority: upstream.priority,
            weight: upstream.weight,
            models,
            mount,
            price: upstream.price.map(|price| price.to_string()),
            groups: served_groups,
            sticky: upstream.sticky,
            headers: headers.map(|one| pair(one.name(), one.value())).collect(),
            parameters: parameters.map(|one| pair(one.name(), one.json())).collect(),
            own_ca: reach.ca.is_some(),
            proxy: stored.proxy.clone(),
            allow_private: reach.allow_private,
            http2: reach.http2.name().to_owned(),
            retry_on: reach.retry_on.to_string(),
            put_aside: put_aside.map(|one| AsideView::new(one, stored)).collect(),
            note: stored.note.clone(),
            created_at: stored.created_at.to_string(),
            updated_at: stored.updated_at.to_string(),
            version: stored.version,
            warnings: warnings(stored),
        }
    }
}

impl CredentialView {
    fn new(stored: &StoredCredential) -> Self {
        Self {
            id: stored.id.to_string(),
            name: stored.name.to_string(),
            variable: match &stored.kept {
                CredentialKept::Env(variable) => Some(variable.clone()),
                CredentialKept::Sealed => None,
            },
            enabled: stored.enabled,
            created_at: stored.created_at.to_string(),
        }
    }
}

impl AsideView {
    fn new(state: &StoredState, stored: &StoredUpstream) -> Self {
        let seen = &state.seen;
        let name = |id: Option<CredentialId>| {
            let mut all = stored.credentials.iter();
            let found = id.and_then(|id| all.find(|one| one.id == id));
            match (found, id) {
                (Some(one), _) => one.name.to_string(),
                (None, Some(id)) => id.to_string(),
                (None, None) => "none".to_owned(),
            }
        };
        let gateway = state.gateway.iter().map(|byte| format!("{byte:02x}"));
        Self {
            gateway: gateway.collect(),
            credential: seen.credential.map(name),
            state: seen.state.clone(),
            reason: seen.cause.to_string(),
            since: seen.since.to_string(),
            until: seen.until.map(|until| until.to_string()),
            seen_at: state.seen_at.to_string(),
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

fn warnings(stored: &StoredUpstream) -> Vec<String> {
    let mut warnings = Vec::new();
    let url = &stored.base_url;
    if url.scheme() == "http" && !is_loopback(url) {
        let what = if stored.credentials.is_empty() {
            "prompts and answers travel"
        } else {
            "the credential, prompts and answers travel"
        };
        warnings.push(format!("{what} unencrypted: use an https address"));
    }
    if !stored.upstream.has_credentials() {
        warnings.push("all its credentials are disabled, so it takes no calls".to_owned());
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
