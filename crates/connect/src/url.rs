//! Which addresses an operator may save for an upstream. What a name leads to is judged when a
//! connection is made, by [`crate::address`]; here nothing is looked up.

use std::net::IpAddr;

use ::url::{Host, Url};

use crate::address;

/// Why an address cannot be an upstream's.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum UrlError {
    /// Neither `http` nor `https`.
    #[error("`{0}` is no scheme of an upstream: write `https://` or `http://`")]
    Scheme(String),
    /// A user or a password, which would be kept and shown in clear.
    #[error("the address has a user or a password in it")]
    UserInfo,
    /// A fragment, which is never sent.
    #[error("the address has a fragment")]
    Fragment,
    /// No host, or none that a name server could know.
    #[error("`{0}` is no host")]
    Host(String),
    /// Port 0.
    #[error("port 0 cannot be connected to")]
    Port,
    /// An address that no upstream can have, or a private one without the opt-in.
    #[error("the address {0} is not allowed")]
    Address(IpAddr),
    /// A name of this machine or of a private network, without the opt-in.
    #[error("`{0}` is a name of a private network, which was not allowed")]
    PrivateName(String),
}

/// Ends of names that only a private network or this machine resolves (RFC 6761, 6762, 8375, 9476,
/// and what home routers and clouds use).
const PRIVATE_ENDS: [&str; 11] = [
    "localhost",
    "localdomain",
    "local",
    "internal",
    "intranet",
    "private",
    "corp",
    "home",
    "lan",
    "home.arpa",
    "alt",
];

/// Checks an address before it is saved. With `private`, hosts of private networks pass too.
///
/// # Errors
/// Where nothing could be connected to, or something that must not be.
pub fn check(url: &Url, private: bool) -> Result<(), UrlError> {
    if !matches!(url.scheme(), "http" | "https") {
        return Err(UrlError::Scheme(shown(url.scheme())));
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err(UrlError::UserInfo);
    }
    if url.fragment().is_some() {
        return Err(UrlError::Fragment);
    }
    if url.port() == Some(0) {
        return Err(UrlError::Port);
    }
    host(url.host(), private)
}

/// Checks a host, whatever the rest of the address is.
pub(crate) fn host(host: Option<Host<&str>>, private: bool) -> Result<(), UrlError> {
    match host {
        None => Err(UrlError::Host(String::new())),
        Some(Host::Ipv4(found)) => literal(found.into(), private),
        Some(Host::Ipv6(found)) => literal(found.into(), private),
        Some(Host::Domain(domain)) => name(domain, private),
    }
}

fn literal(found: IpAddr, private: bool) -> Result<(), UrlError> {
    if address::allowed(found, private) {
        Ok(())
    } else {
        Err(UrlError::Address(found))
    }
}

fn name(domain: &str, private: bool) -> Result<(), UrlError> {
    let name = domain.strip_suffix('.').unwrap_or(domain);
    let labels = || name.split('.');
    let is_name = name.len() <= 253 && labels().all(|label| (1..=63).contains(&label.len()));
    if !is_name {
        return Err(UrlError::Host(shown(domain)));
    }
    // A single label is completed by the resolver's search list, so it is never a public name.
    if !private && (!name.contains('.') || ends_privately(name)) {
        return Err(UrlError::PrivateName(shown(domain)));
    }
    Ok(())
}

fn ends_privately(name: &str) -> bool {
    let ends_with = |end: &&str| {
        let Some(split) = name.len().checked_sub(end.len()) else {
            return false;
        };
        let (Some(before), Some(after)) = (name.get(..split), name.get(split..)) else {
            return false;
        };
        after.eq_ignore_ascii_case(end) && (before.is_empty() || before.ends_with('.'))
    };
    PRIVATE_ENDS.iter().any(ends_with)
}

/// As much of a text as an error shows.
fn shown(text: &str) -> String {
    text.chars().take(60).collect()
}

#[cfg(test)]
mod tests;
