//! Where alerts are sent: an address that may be trusted with them, and the secret that signs them.
//! Neither is ever shown: the path of an address is often a secret, too.

mod answer;
mod client;
mod payload;
mod signature;

use std::fmt;

use http::Uri;
use url::{Host, Url};
use zeroize::Zeroizing;

use client::Client;
pub(crate) use client::Outcome;
use signature::Signer;

/// The shortest secret, in bytes.
pub const SHORTEST_SECRET: usize = 16;

/// A receiver of alerts.
pub struct Webhook {
    address: Uri,
    origin: String,
    secret: Zeroizing<String>,
    signer: Signer,
    client: Client,
}

/// Where alerts may go.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Reach {
    /// To public addresses alone, encrypted.
    #[default]
    Public,
    /// Also to private networks and to this machine, the last of them without encryption as well.
    Private,
}

/// Why a webhook cannot be used. The address is not repeated: it may hold a secret.
#[derive(Debug, thiserror::Error)]
pub enum WebhookError {
    /// The address is no URL with a host.
    #[error("the webhook's address is no URL like `https://example.com/hook`")]
    Address,
    /// The address has another scheme, or plain HTTP to another machine.
    #[error("the webhook's address must begin with `https://`; `http://` is for this machine only")]
    Scheme,
    /// The address has a user or a password in it.
    #[error("the webhook's address must not have a user or a password in it")]
    UserInfo,
    /// The secret is too short to sign with.
    #[error("the webhook's secret has {0} bytes, and needs at least {SHORTEST_SECRET}")]
    Secret(usize),
    /// The address is on a private network or on this machine.
    #[error("the webhook's address is on a private network or this machine, which was not allowed")]
    Private,
}

impl Webhook {
    /// A receiver at an address, with the secret that it shares with this gateway.
    ///
    /// # Errors
    /// Where the address or the secret cannot be used; white space around a secret does not count.
    pub fn new(
        address: &str,
        secret: Zeroizing<String>,
        reach: Reach,
    ) -> Result<Self, WebhookError> {
        let length = secret.trim().len();
        if length < SHORTEST_SECRET {
            return Err(WebhookError::Secret(length));
        }
        let url = checked(address)?;
        let signer = Signer::new(secret.as_bytes()).ok_or(WebhookError::Secret(length))?;
        Ok(Self {
            address: Uri::try_from(url.as_str()).map_err(|_| WebhookError::Address)?,
            origin: url.origin().ascii_serialization(),
            secret,
            signer,
            client: Client::new(&url, reach)?,
        })
    }

    /// The scheme, host and port of the address, which may be shown.
    pub fn origin(&self) -> &str {
        &self.origin
    }
}

fn checked(address: &str) -> Result<Url, WebhookError> {
    let mut url = Url::parse(address.trim()).map_err(|_| WebhookError::Address)?;
    let there = url.host().ok_or(WebhookError::Address)?;
    match url.scheme() {
        "https" => {}
        "http" if is_loopback(&there) => {}
        _ => return Err(WebhookError::Scheme),
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err(WebhookError::UserInfo);
    }
    url.set_fragment(None);
    Ok(url)
}

fn is_loopback(host: &Host<&str>) -> bool {
    match host {
        Host::Domain(name) => *name == "localhost",
        Host::Ipv4(address) => address.is_loopback(),
        Host::Ipv6(address) => address.is_loopback(),
    }
}

/// Shows neither the secret nor the path.
impl fmt::Debug for Webhook {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Webhook")
            .field("origin", &self.origin)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
