//! What all requests share: the store, the clock, and how the console is set up.

use std::sync::Arc;

use http::HeaderMap;
use http::header;
use tollgate_admin_core::openid::OpenId;
use tollgate_admin_core::session::Terms;
use tollgate_admin_core::{Context, SealingKeys, Store};
use tollgate_listen::Peer;
use tollgate_policy::network::Network;
use tollgate_policy::time::Timestamp;

/// How a console is set up.
#[derive(Debug, Clone)]
pub struct Settings {
    /// The origin under which browsers reach the console where a proxy is in front of it, such as
    /// `https://console.example.com`; what a browser says in `Host` if missing.
    pub origin: Option<String>,
    /// The proxies in front of the console whose word on the browser's address counts: that
    /// address is what tries at sign-in are counted by, and what the audit log has.
    pub trusted_proxies: Vec<Network>,
    /// The base URL of the gateway, which snippets name, such as `https://llm.example.com`.
    pub gateway: String,
    /// The keys under which secrets of tokens are kept so that they can be copied again; without
    /// any, only hashes are kept.
    pub sealing: Option<SealingKeys>,
    /// The OpenID Connect issuer that signs members in, besides their passwords.
    pub openid: Option<OpenId>,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            origin: None,
            trusted_proxies: Vec::new(),
            gateway: "http://127.0.0.1:8080".to_owned(),
            sealing: None,
            openid: None,
        }
    }
}

/// What all requests share. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Site(Arc<Shared>);

struct Shared {
    store: Store,
    now: fn() -> Timestamp,
    settings: Settings,
    terms: Terms,
}

impl Site {
    pub(crate) fn new(store: Store, now: fn() -> Timestamp, settings: Settings) -> Self {
        let terms = Terms::default();
        Self(Arc::new(Shared {
            store,
            now,
            settings,
            terms,
        }))
    }

    /// A context for somebody who has not said who they are.
    pub(crate) fn nobody(&self, peer: &Peer) -> Context {
        let origin = peer.address.to_string();
        Context::nobody(self.0.store.clone(), origin, self.0.now)
            .with_sealing(self.0.settings.sealing.clone())
    }

    pub(crate) fn settings(&self) -> &Settings {
        &self.0.settings
    }

    pub(crate) fn terms(&self) -> Terms {
        self.0.terms
    }

    /// The origin under which a browser reaches the console, as far as it is known.
    pub(crate) fn origin(&self, peer: &Peer, headers: &HeaderMap) -> Option<String> {
        if let Some(origin) = &self.0.settings.origin {
            return Some(origin.trim_end_matches('/').to_owned());
        }
        let host = headers.get(header::HOST)?.to_str().ok()?;
        let scheme = if peer.tls { "https" } else { "http" };
        Some(format!("{scheme}://{host}"))
    }

    /// Whether browsers reach the console under TLS, here or at a proxy in front of it.
    pub(crate) fn is_secure(&self, peer: &Peer) -> bool {
        let origin = self.0.settings.origin.as_deref();
        origin.map_or(peer.tls, |origin| origin.starts_with("https://"))
    }
}
