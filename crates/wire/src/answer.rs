//! The one place where a condition becomes status, headers and body for the client.
//! Which condition holds is decided elsewhere; nothing here knows rules or sockets.

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

/// What the client is answered. The body of an answer to `HEAD` is for the caller to drop.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// The HTTP status.
    pub status: u16,
    /// Header names in lower case with their values. Those of [`limit_headers`] are not among them.
    pub headers: Vec<(&'static str, String)>,
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
pub fn message(fault: &Fault<'_>) -> String {
    saying::of(fault)
}

fn headers(
    fault: &Fault<'_>,
    dialect: Dialect,
    status: u16,
    request_id: &str,
) -> Vec<(&'static str, String)> {
    let id_header = match dialect {
        Dialect::Anthropic => "request-id",
        Dialect::OpenAi | Dialect::Gemini | Dialect::Plain => "x-request-id",
    };
    let mut headers = vec![
        ("content-type", content_type(dialect).to_owned()),
        (id_header, request_id.to_owned()),
    ];
    if status == 401 {
        headers.push(("www-authenticate", challenge(fault).to_owned()));
        headers.push(("cache-control", "no-store".to_owned()));
    }
    if is_final(fault) {
        headers.push(("x-should-retry", "false".to_owned()));
    }
    if let Some(milliseconds) = wait(fault) {
        headers.push(("retry-after", seconds(milliseconds).to_string()));
    }
    match fault {
        Fault::RateLimited { retry_after_ms, .. } => {
            let milliseconds = bounded(*retry_after_ms);
            headers.push(("retry-after-ms", milliseconds.to_string()));
        }
        Fault::MethodNotAllowed { allow } => headers.push(("allow", (*allow).to_owned())),
        Fault::NoWebSocket => headers.push(("upgrade", "HTTP/1.1".to_owned())),
        Fault::UpgradeRequired => {
            headers.push(("upgrade", "websocket".to_owned()));
            headers.push(("sec-websocket-version", "13".to_owned()));
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
