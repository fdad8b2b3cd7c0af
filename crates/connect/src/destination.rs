//! Where requests go: an upstream's host and port, and how it is reached.

use std::fmt;
use std::hash::{Hash, Hasher};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use ::url::{Host, Url};
use http::HeaderValue;
use rustls::pki_types::ServerName;

use crate::tls::{self, Roots, RootsError};
use crate::url::{self, UrlError};
use crate::via::Via;

/// Whether HTTP/2 is spoken.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Http2 {
    /// HTTP/1.1 only.
    #[default]
    Never,
    /// Where the upstream agrees to it in the TLS handshake; HTTP/1.1 otherwise.
    WhereOffered,
    /// Always, without asking; also without TLS.
    PriorKnowledge,
}

/// How a destination is reached.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// Whose certificates are trusted.
    pub roots: Roots,
    /// The proxy that leads there; none by default, whatever the environment says.
    pub via: Option<Via>,
    /// Whether the host may be on a private network or this machine.
    pub private: bool,
    /// Whether HTTP/2 is spoken.
    pub http2: Http2,
}

/// Why no destination can be made of an address.
#[derive(Debug, thiserror::Error)]
pub enum DestinationError {
    /// The address itself.
    #[error(transparent)]
    Url(#[from] UrlError),
    /// The certificates to trust.
    #[error(transparent)]
    Roots(#[from] RootsError),
    /// The host cannot stand in a header or in a TLS handshake.
    #[error("`{0}` is no host")]
    Host(String),
}

/// One upstream's host, port and how it is reached.
///
/// Made once per configuration of an upstream: connections are kept for this value and its clones,
/// and two that were made apart share none, even where they were made of the same address.
#[derive(Clone)]
pub struct Destination(Arc<Inner>);

struct Inner {
    id: u64,
    host: Host,
    port: u16,
    /// Without the port where it is the scheme's own.
    host_header: HeaderValue,
    tls: Option<tls::Client>,
    options: Options,
}

static NEXT: AtomicU64 = AtomicU64::new(0);

impl Destination {
    /// Of the address's scheme, host and port; the rest of it is the caller's business.
    ///
    /// # Errors
    /// Where the address is none that [`crate::url::check`] lets pass, or the certificates to trust
    /// cannot be read.
    pub fn new(address: &Url, options: Options) -> Result<Self, DestinationError> {
        url::check(address, options.private)?;
        let unusable = || DestinationError::Host(address.to_string().chars().take(60).collect());
        let host = address.host().ok_or_else(unusable)?.to_owned();
        let port = address.port_or_known_default().ok_or_else(unusable)?;
        let host_header = match address.port() {
            Some(port) => format!("{host}:{port}"),
            None => host.to_string(),
        };
        let host_header = HeaderValue::try_from(host_header).map_err(|_| unusable())?;
        let tls = if address.scheme() == "https" {
            let name = server_name(&host).ok_or_else(unusable)?;
            Some(tls::Client::new(name, &options.roots, options.http2)?)
        } else {
            None
        };
        Ok(Self(Arc::new(Inner {
            id: NEXT.fetch_add(1, Ordering::Relaxed),
            host,
            port,
            host_header,
            tls,
            options,
        })))
    }

    pub(crate) fn id(&self) -> u64 {
        self.0.id
    }

    pub(crate) fn host(&self) -> &Host {
        &self.0.host
    }

    pub(crate) fn port(&self) -> u16 {
        self.0.port
    }

    pub(crate) fn host_header(&self) -> &HeaderValue {
        &self.0.host_header
    }

    pub(crate) fn tls(&self) -> Option<&tls::Client> {
        self.0.tls.as_ref()
    }

    pub(crate) fn via(&self) -> Option<&Via> {
        self.0.options.via.as_ref()
    }

    pub(crate) fn http2(&self) -> Http2 {
        match self.0.options.http2 {
            // Without TLS nothing is offered.
            Http2::WhereOffered if self.0.tls.is_none() => Http2::Never,
            http2 => http2,
        }
    }

    pub(crate) fn private(&self) -> bool {
        self.0.options.private
    }

    /// Whether nobody but the pool knows it any more.
    pub(crate) fn is_forgotten(&self) -> bool {
        Arc::strong_count(&self.0) == 1
    }
}

fn server_name(host: &Host) -> Option<ServerName<'static>> {
    match host {
        Host::Domain(name) => {
            let name = name.strip_suffix('.').unwrap_or(name).to_owned();
            ServerName::try_from(name).ok()
        }
        Host::Ipv4(address) => Some(ServerName::from(std::net::IpAddr::from(*address))),
        Host::Ipv6(address) => Some(ServerName::from(std::net::IpAddr::from(*address))),
    }
}

impl PartialEq for Destination {
    fn eq(&self, other: &Self) -> bool {
        self.0.id == other.0.id
    }
}

impl Eq for Destination {}

impl Hash for Destination {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.0.id.hash(state);
    }
}

impl fmt::Debug for Destination {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Destination")
            .field("host", &self.0.host)
            .field("port", &self.0.port)
            .field("tls", &self.0.tls.is_some())
            .finish_non_exhaustive()
    }
}
