//! Proxies between the gateway and an upstream: HTTP CONNECT and SOCKS5.
//!
//! The upstream's name is resolved by the proxy, so what it leads to is the proxy's business; the
//! guard holds for addresses that are written out and for the proxy's own address.

use std::fmt;
use std::future::{Ready, ready};
use std::io;
use std::sync::Arc;
use std::task::{Context, Poll};

use ::url::{Host, Url};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use http::{HeaderValue, Uri};
use hyper_util::client::legacy::connect::proxy::{SocksV5, Tunnel};
use hyper_util::rt::TokioIo;
use percent_encoding::percent_decode_str;
use tokio::net::TcpStream;
use tower_service::Service;

use crate::destination::Destination;
use crate::dial;
use crate::error::SendError;
use crate::url::{self, UrlError};

/// Why an address cannot be a proxy's.
#[derive(Debug, thiserror::Error)]
pub enum ViaError {
    /// None of the schemes that are spoken.
    #[error("`{0}` is no scheme of a proxy: write `http://`, `socks5://` or `socks5h://`")]
    Scheme(String),
    /// More than a host, a port and credentials.
    #[error("a proxy's address has no path, query or fragment")]
    Rest,
    /// The user or the password has a form that the protocol cannot carry.
    #[error("the proxy's user or password cannot be sent")]
    Credentials,
    /// The host.
    #[error(transparent)]
    Host(#[from] UrlError),
}

/// A proxy, and what it wants to know of us. Its credentials are in no output.
#[derive(Clone)]
pub struct Via(Arc<Proxy>);

struct Proxy {
    host: Host,
    port: u16,
    private: bool,
    protocol: Protocol,
}

enum Protocol {
    Connect(Option<HeaderValue>),
    Socks5(Option<(String, String)>),
}

impl Via {
    /// Reads `http://user:password@host:port`, or the same with `socks5` or `socks5h`, which mean
    /// one thing here: the proxy resolves names. `private` says whether the proxy itself may be on
    /// a private network.
    ///
    /// # Errors
    /// Where it is no proxy's address, or one that must not be connected to.
    pub fn new(address: &Url, private: bool) -> Result<Self, ViaError> {
        let is_bare = matches!(address.path(), "" | "/") && address.query().is_none();
        if !is_bare || address.fragment().is_some() {
            return Err(ViaError::Rest);
        }
        let credentials = credentials(address)?;
        let (protocol, port) = match address.scheme() {
            "http" => (Protocol::Connect(credentials.map(basic).transpose()?), 80),
            "socks5" | "socks5h" => (Protocol::Socks5(credentials.map(socks).transpose()?), 1080),
            other => return Err(ViaError::Scheme(other.chars().take(60).collect())),
        };
        let port = address.port().unwrap_or(port);
        if port == 0 {
            return Err(UrlError::Port.into());
        }
        // Of schemes that it does not know, the URL standard leaves hosts as they are.
        let host = address.host_str().unwrap_or_default();
        let no_host = || UrlError::Host(host.chars().take(60).collect());
        let host = Host::parse(host).map_err(|_| no_host())?;
        url::host(Some(as_ref(&host)), private)?;
        Ok(Self(Arc::new(Proxy {
            host,
            port,
            private,
            protocol,
        })))
    }

    /// A connection through the proxy, as if it were to the upstream itself.
    pub(crate) async fn tunnel(&self, to: &Destination) -> Result<TcpStream, SendError> {
        let proxy = &self.0;
        let tcp = dial::tcp(&proxy.host, proxy.port, proxy.private).await;
        let tcp = tcp.map_err(|error| SendError::Proxy(error.into()))?;
        let target = Uri::builder()
            .scheme("http")
            .authority(format!("{}:{}", to.host(), to.port()))
            .path_and_query("/")
            .build()
            .map_err(|error| SendError::Proxy(error.into()))?;
        let connected = Connected(Some(TokioIo::new(tcp)));
        // Neither looks at the address of a proxy that is connected already.
        let unused = Uri::from_static("http://proxy");
        let tunnelled = match &proxy.protocol {
            Protocol::Connect(authorization) => {
                let mut tunnel = Tunnel::new(unused, connected);
                if let Some(authorization) = authorization {
                    tunnel = tunnel.with_auth(authorization.clone());
                }
                tunnel.call(target).await.map_err(Into::into)
            }
            Protocol::Socks5(credentials) => {
                let mut socks = SocksV5::new(unused, connected);
                if let Some((user, password)) = credentials {
                    socks = socks.with_auth(user.clone(), password.clone());
                }
                socks.call(target).await.map_err(Into::into)
            }
        };
        tunnelled.map(TokioIo::into_inner).map_err(SendError::Proxy)
    }
}

impl fmt::Debug for Via {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Via")
            .field("host", &self.0.host)
            .field("port", &self.0.port)
            .finish_non_exhaustive()
    }
}

/// A connector that gives the connection that was made before.
struct Connected(Option<TokioIo<TcpStream>>);

impl Service<Uri> for Connected {
    type Response = TokioIo<TcpStream>;
    type Error = io::Error;
    type Future = Ready<io::Result<Self::Response>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, _: Uri) -> Self::Future {
        let used = || io::Error::other("the connection was taken before");
        ready(self.0.take().ok_or_else(used))
    }
}

fn as_ref(host: &Host) -> Host<&str> {
    match host {
        Host::Domain(name) => Host::Domain(name),
        Host::Ipv4(address) => Host::Ipv4(*address),
        Host::Ipv6(address) => Host::Ipv6(*address),
    }
}

fn credentials(address: &Url) -> Result<Option<(String, String)>, ViaError> {
    if address.username().is_empty() && address.password().is_none() {
        return Ok(None);
    }
    let decoded = |text| {
        let text = percent_decode_str(text).decode_utf8();
        text.map(String::from).map_err(|_| ViaError::Credentials)
    };
    let password = decoded(address.password().unwrap_or_default())?;
    Ok(Some((decoded(address.username())?, password)))
}

fn basic((user, password): (String, String)) -> Result<HeaderValue, ViaError> {
    if user.contains(':') {
        return Err(ViaError::Credentials);
    }
    let encoded = STANDARD.encode(format!("{user}:{password}"));
    let mut value =
        HeaderValue::try_from(format!("Basic {encoded}")).map_err(|_| ViaError::Credentials)?;
    value.set_sensitive(true);
    Ok(value)
}

/// RFC 1929 has one byte for each length.
fn socks((user, password): (String, String)) -> Result<(String, String), ViaError> {
    let fits = |text: &str| (1..=255).contains(&text.len());
    if fits(&user) && fits(&password) {
        Ok((user, password))
    } else {
        Err(ViaError::Credentials)
    }
}
