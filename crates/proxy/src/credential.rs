//! The caller's secret: taken out of every carrier, hashed, and dropped.
//!
//! Whatever carries a credential is removed from the head here, so that nothing later can forward it.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use http::header::UPGRADE;
use http::request::Parts;
use http::{HeaderName, HeaderValue};
use tollgate_policy::secret::{HashKey, PREFIX, Secret, SecretError, SecretHash, operator};
use tollgate_wire::answer::Fault;

use crate::rewrite::{remove_where, without_query_key};
use crate::stop::Stop;

const SUBPROTOCOL: HeaderName = HeaderName::from_static("sec-websocket-protocol");
const SUBPROTOCOL_PREFIX: &str = "openai-insecure-api-key.";

/// A header that may carry a credential.
#[derive(Clone, Copy)]
enum Place {
    Authorization,
    /// The header's whole value is a secret.
    Secret,
    /// What a WebSocket offers, of which one may be a secret.
    Subprotocol,
    /// Meant for somebody else, and passed on to nobody.
    NotOurs,
}

impl Place {
    fn of(name: &HeaderName) -> Option<Self> {
        match name.as_str() {
            "authorization" => Some(Self::Authorization),
            "x-api-key" | "api-key" | "x-goog-api-key" => Some(Self::Secret),
            "sec-websocket-protocol" => Some(Self::Subprotocol),
            "proxy-authorization" | "cookie" => Some(Self::NotOurs),
            _ => None,
        }
    }
}

/// Whose the parameter `key` of a query is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum QueryKey {
    /// It carries a secret, whatever it holds.
    Ours,
    /// A mounted API may have one, too: it carries a secret where it holds ours, or nothing else does.
    Shared,
}

impl QueryKey {
    /// Whether a value is a secret, beside the one that was found elsewhere.
    fn is_secret(self, value: &str, found: Option<&str>) -> bool {
        match (self, found) {
            (Self::Ours, _) | (Self::Shared, None) => true,
            // Another one of ours is one too many, and is not for the upstream either.
            (Self::Shared, Some(found)) => {
                let is_native = value.starts_with(PREFIX) || value.starts_with(operator::PREFIX);
                is_native || value == found
            }
        }
    }
}

/// Takes the one secret that the head carries, and every carrier with it.
pub(crate) fn take(
    head: &mut Parts,
    key: &HashKey,
    basic: bool,
    query: QueryKey,
) -> Result<SecretHash, Stop> {
    let mut found = Found::default();
    let mut authorizations = 0;
    for (name, value) in &head.headers {
        match Place::of(name) {
            Some(Place::Authorization) if authorizations > 0 => {
                return Err(Fault::TwoCredentials.into());
            }
            Some(Place::Authorization) => {
                authorizations += 1;
                found.add(authorization(value, basic)?)?;
            }
            Some(Place::Secret) => found.add(Some(text(value)?.trim().to_owned()))?,
            Some(Place::Subprotocol) => {
                for offered in text(value)?.split(',') {
                    let secret = offered.trim().strip_prefix(SUBPROTOCOL_PREFIX);
                    found.add(secret.map(str::to_owned))?;
                }
            }
            Some(Place::NotOurs) | None => {}
        }
    }
    let is_secret = |value: &str| query.is_secret(value, found.secret.as_deref());
    let taken = without_query_key(&head.uri, is_secret).map_err(Stop::Malformed)?;
    if let Some((uri, secrets)) = taken {
        head.uri = uri;
        for secret in secrets {
            found.add(Some(secret))?;
        }
    }
    strip(head);
    let secret = found.secret.ok_or(Fault::MissingCredential)?;
    // Malformed, mistyped and unknown secrets get one answer: nothing can be learned from it.
    let secret = Secret::parse(&secret).map_err(|error| match error {
        // What it is can be seen, whether or not it is known.
        SecretError::Operator => Fault::OperatorCredential,
        _ => Fault::UnknownCredential,
    })?;
    let hash = secret.hash(key);
    if head.headers.contains_key(UPGRADE) {
        // What goes on after the request looks it up again.
        head.extensions.insert(hash);
    }
    Ok(hash)
}

#[derive(Default)]
struct Found {
    secret: Option<String>,
}

impl Found {
    fn add(&mut self, secret: Option<String>) -> Result<(), Stop> {
        match (&self.secret, secret) {
            (_, None) => Ok(()),
            // An empty header is what SDKs send where no key was given.
            (_, Some(new)) if new.is_empty() => Ok(()),
            (None, new) => {
                self.secret = new;
                Ok(())
            }
            (Some(old), Some(new)) if *old == new => Ok(()),
            _ => Err(Fault::TwoCredentials.into()),
        }
    }
}

fn authorization(value: &HeaderValue, basic: bool) -> Result<Option<String>, Stop> {
    let line = text(value)?.trim();
    let (scheme, rest) = line.split_once(' ').unwrap_or((line, ""));
    let rest = rest.trim();
    if scheme.eq_ignore_ascii_case("bearer") || scheme.eq_ignore_ascii_case("apikey") {
        return Ok(Some(rest.to_owned()));
    }
    if basic && scheme.eq_ignore_ascii_case("basic") {
        let decoded = STANDARD
            .decode(rest)
            .ok()
            .and_then(|bytes| String::from_utf8(bytes).ok());
        let password = decoded.as_deref().and_then(|pair| pair.split_once(':'));
        return match password {
            Some((_, password)) => Ok(Some(password.to_owned())),
            None => Err(Fault::UnknownCredential.into()),
        };
    }
    // A scheme that is not understood is no credential of ours.
    Ok(None)
}

fn text(value: &HeaderValue) -> Result<&str, Stop> {
    value.to_str().map_err(|_| Fault::UnknownCredential.into())
}

fn strip(head: &mut Parts) {
    let protocols = other_protocols(head);
    remove_where(&mut head.headers, |name| Place::of(name).is_some());
    if let Some(protocols) = protocols {
        head.headers.insert(SUBPROTOCOL, protocols);
    }
}

/// The protocols that a WebSocket offers besides the one that is a secret.
fn other_protocols(head: &Parts) -> Option<HeaderValue> {
    head.headers.get(UPGRADE)?;
    let values = head.headers.get_all(SUBPROTOCOL).iter();
    let offered = values.flat_map(|value| value.to_str().unwrap_or_default().split(','));
    let others: Vec<&str> = offered
        .map(str::trim)
        .filter(|one| !one.is_empty() && !is_secret_protocol(one))
        .collect();
    HeaderValue::try_from(others.join(", "))
        .ok()
        .filter(|value| !value.is_empty())
}

/// Whatever looks like the carrier in another case is not read as a secret, and not passed on either.
fn is_secret_protocol(offered: &str) -> bool {
    let start = offered.get(..SUBPROTOCOL_PREFIX.len());
    start.is_some_and(|start| start.eq_ignore_ascii_case(SUBPROTOCOL_PREFIX))
}

#[cfg(test)]
mod tests;
