//! Why an upstream gave no answer.

use std::io;
use std::net::IpAddr;

use crate::request::BoxError;

/// Why a request was not answered. Only a [`SendError::is_unsent`] one may be sent elsewhere without
/// the risk that it is done twice.
#[derive(Debug, thiserror::Error)]
pub enum SendError {
    /// The request cannot be put on the wire as it is.
    #[error("the request's `{0}` cannot be sent")]
    Request(&'static str),
    /// The name has no address.
    #[error("the upstream's name cannot be resolved")]
    Resolve(#[source] io::Error),
    /// The name leads to an address that upstreams must not have.
    #[error("the upstream's address {0} is not allowed")]
    Forbidden(IpAddr),
    /// No connection to any of its addresses.
    #[error("the upstream cannot be reached")]
    Refused(#[source] io::Error),
    /// Name look-up, TCP, proxy and TLS together took too long.
    #[error("the upstream cannot be reached in time")]
    ConnectTimeout,
    /// The handshake failed, or the upstream's certificate is not trusted.
    #[error("no secure connection to the upstream")]
    Tls(#[source] io::Error),
    /// The proxy does not lead to the upstream.
    #[error("the proxy does not lead to the upstream")]
    Proxy(#[source] BoxError),
    /// As many connections are open as the settings allow.
    #[error("too many connections to upstreams are open")]
    Full,
    /// The upstream closed the connection, or told that it did not look at the request.
    #[error("the upstream did not take the request")]
    Unsent(#[source] hyper::Error),
    /// The body that was to be sent failed; its own error is the source.
    #[error("the request's body broke off")]
    Body(#[source] BoxError),
    /// The connection broke while an answer was awaited.
    #[error("the upstream broke off")]
    Broken(#[source] hyper::Error),
    /// What came is no HTTP, or too large a head.
    #[error("the upstream's answer is malformed")]
    Malformed(#[source] hyper::Error),
    /// The answer can be read in more than one way.
    #[error("the upstream's answer is ambiguous: {0}")]
    Framing(&'static str),
    /// No answer began in time.
    #[error("the upstream did not answer in time")]
    ResponseTimeout,
}

impl SendError {
    /// Whether the upstream cannot have begun to serve the request.
    pub fn is_unsent(&self) -> bool {
        matches!(
            self,
            Self::Request(_)
                | Self::Resolve(_)
                | Self::Forbidden(_)
                | Self::Refused(_)
                | Self::ConnectTimeout
                | Self::Tls(_)
                | Self::Proxy(_)
                | Self::Full
                | Self::Unsent(_)
        )
    }

    /// Whether it was a deadline that passed.
    pub fn is_timeout(&self) -> bool {
        matches!(self, Self::ConnectTimeout | Self::ResponseTimeout)
    }

    /// What an error of a connection that had the request means.
    pub(crate) fn of_exchange(error: hyper::Error) -> Self {
        if error.is_user() || error.is_body_write_aborted() {
            Self::Body(error.into())
        } else if error.is_parse() || error.is_parse_too_large() {
            Self::Malformed(error)
        } else {
            Self::Broken(error)
        }
    }
}
