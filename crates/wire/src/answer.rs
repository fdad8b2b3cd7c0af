//! The one place where a condition becomes status, headers and body for the client.
//! Which condition holds is decided elsewhere; nothing here knows rules or sockets.

use std::borrow::Cow;

use http::header::{
    ALLOW, CACHE_CONTROL, CONTENT_TYPE, RETRY_AFTER, SEC_WEBSOCKET_VERSION, UPGRADE,
    WWW_AUTHENTICATE,
};
use http::{HeaderName, HeaderValue};
use tollgate_policy::endpoint::Dialect;

mod body;
mod fault;
mod limits;
mod refusal;
mod saying;
mod status;

pub use fault::{Fault, LimitKind, code};
pub use limits::{LimitHeader, LimitValue, RateLimits, Window, limit_headers};
pub use refusal::{from_refusal, from_refusal_at};

/// The longest wait that is asked of a client. SDKs disregard longer ones.
const LONGEST_WAIT_SECONDS: u64 = 60;

const REQUEST_ID: HeaderName = HeaderName::from_static("request-id");
const X_REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
const X_SHOULD_RETRY: HeaderName = HeaderName::from_static("x-should-retry");
const RETRY_AFTER_MS: HeaderName = HeaderName::from_static("retry-after-ms");

/// As many headers as most answers have at most.
const USUAL_HEADERS: usize = 5;

/// What the client is answered. The body of an answer to `HEAD` is for the caller to drop.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// The HTTP status.
    pub status: u16,
    /// Those of [`limit_headers`] are not among them.
    pub headers: Vec<(HeaderName, HeaderValue)>,
    /// A JSON document in the caller's dialect.
    pub body: Vec<u8>,
    /// Whether the connection must be closed afterwards, because the rest of the request is unread.
    pub close: bool,
}

/// The answer to a fault, in a dialect.
///
/// The request id must be fit for a header value: visible ASCII.
pub fn answer(fault: &Fault<'_>, dialect: Dialect, request_id: &str) -> Answer {
    let status = status::of(fault, dialect);
    Answer {
        status: status.number,
        headers: headers(fault, dialect, status.number, request_id),
        body: body::of(fault, dialect, status, request_id),
        close: closes(fault),
    }
}

/// What a fault says to a person, for where there is no HTTP answer to say it in.
pub fn message(fault: &Fault<'_>) -> Cow<'static, str> {
    saying::of(fault)
}

/// Where a dialect's clients look for the id of their request.
pub const fn request_id_header(dialect: Dialect) -> HeaderName {
    match dialect {
        Dialect::Anthropic => REQUEST_ID,
        Dialect::OpenAi | Dialect::Gemini | Dialect::Plain => X_REQUEST_ID,
    }
}

fn headers(
    fault: &Fault<'_>,
    dialect: Dialect,
    status: u16,
    request_id: &str,
) -> Vec<(HeaderName, HeaderValue)> {
    let fixed = HeaderValue::from_static;
    let mut headers = Vec::with_capacity(USUAL_HEADERS);
    headers.push((CONTENT_TYPE, fixed(content_type(dialect))));
    if let Ok(id) = HeaderValue::from_str(request_id) {
        headers.push((request_id_header(dialect), id));
    }
    if status == 401 {
        headers.push((WWW_AUTHENTICATE, fixed(challenge(fault))));
        headers.push((CACHE_CONTROL, fixed("no-store")));
    }
    if is_final(fault) {
        headers.push((X_SHOULD_RETRY, fixed("false")));
    }
    if let Some(milliseconds) = wait(fault) {
        headers.push((RETRY_AFTER, seconds(milliseconds).into()));
    }
    match fault {
        Fault::RateLimited { retry_after_ms, .. } => {
            headers.push((RETRY_AFTER_MS, bounded(*retry_after_ms).into()));
        }
        Fault::MethodNotAllowed { allow } => headers.push((ALLOW, fixed(allow))),
        Fault::NoWebSocket => headers.push((UPGRADE, fixed("HTTP/1.1"))),
        Fault::UpgradeRequired => {
            headers.push((UPGRADE, fixed("websocket")));
            headers.push((SEC_WEBSOCKET_VERSION, fixed("13")));
        }
        _ => {}
    }
    headers
}

const fn content_type(dialect: Dialect) -> &'static str {
    match dialect {
        Dialect::OpenAi | Dialect::Anthropic => "application/json",
        Dialect::Gemini => "application/json; charset=UTF-8",
        Dialect::Plain => "application/problem+json",
    }
}

/// RFC 6750 3.1: no error is named to a caller who sent no credential. Nor where the credential is
/// in order and the address is not.
const fn challenge(fault: &Fault<'_>) -> &'static str {
    match fault {
        Fault::MissingCredential | Fault::AddressNotAllowed => r#"Bearer realm="tollgate""#,
        _ => r#"Bearer realm="tollgate", error="invalid_token""#,
    }
}

/// Conditions that waiting does not mend, under statuses that clients would try again on.
const fn is_final(fault: &Fault<'_>) -> bool {
    matches!(
        fault,
        Fault::MissingCredential
            | Fault::UnknownCredential
            | Fault::OperatorCredential
            | Fault::TokenDisabled
            | Fault::TokenExpired
            | Fault::AddressNotAllowed
            | Fault::EndpointNotAllowed
            | Fault::QuotaExhausted { .. }
    )
}

const fn closes(fault: &Fault<'_>) -> bool {
    matches!(
        fault,
        Fault::BodyTooLarge { .. }
            | Fault::HeadersTooLarge
            | Fault::RequestTimeout
            | Fault::ExpectationFailed
    )
}

/// How long to wait, in milliseconds, where waiting helps.
fn wait(fault: &Fault<'_>) -> Option<u64> {
    match fault {
        Fault::RateLimited { retry_after_ms, .. } => Some(bounded(*retry_after_ms)),
        Fault::Overloaded { retry_after_s } => Some(bounded(retry_after_s.saturating_mul(1000))),
        // Long enough for a restart of a database, short enough for a person to wait.
        Fault::StoreUnavailable => Some(2000),
        _ => None,
    }
}

/// Zero makes SDKs fall back to their own backoff, which starts too early.
fn bounded(milliseconds: u64) -> u64 {
    milliseconds.clamp(1, LONGEST_WAIT_SECONDS.saturating_mul(1000))
}

fn seconds(milliseconds: u64) -> u64 {
    milliseconds.div_ceil(1000)
}

#[cfg(test)]
mod tests;
