//! Why a request is answered before anybody else has seen it.

use std::fmt;

use bytes::Bytes;

/// Why no request was made of what a client sent. The service makes an answer of it, in its own way
/// or by [`Rejected::to_plain_answer`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Reason {
    /// Not of the one plain form that every server reads alike (400). The text is a sentence for the
    /// client without a full stop.
    #[error("{0}")]
    Malformed(&'static str),
    /// `TRACE` and `CONNECT` (405).
    #[error("the method is not served")]
    Method,
    /// `Expect` with something else than `100-continue` (417).
    #[error("the only expectation that is met is `100-continue`")]
    Expectation,
    /// A head of too many bytes (431).
    #[error("the head of the request is too large")]
    HeadTooLarge,
    /// Too many header fields (431).
    #[error("the request has too many header fields")]
    TooManyHeaders,
    /// The head was begun, and did not end in time (408).
    #[error("the head of the request took too long")]
    HeadTimeout,
    /// All places for connections are taken (503).
    #[error("all places for connections are taken")]
    Overloaded,
}

/// What is refused, and as much as is known of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rejected<'a> {
    /// Why.
    pub reason: Reason,
    /// The path of the request, without its query, where a request line was read: visible ASCII.
    pub path: Option<&'a str>,
}

impl fmt::Display for Rejected<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.reason.fmt(f)
    }
}

impl Rejected<'_> {
    /// A whole HTTP/1.1 answer for people: the status, and the reason as plain text.
    pub fn to_plain_answer(&self) -> Bytes {
        let status = match self.reason {
            Reason::Malformed(_) => "400 Bad Request",
            Reason::Method => "405 Method Not Allowed",
            Reason::Expectation => "417 Expectation Failed",
            Reason::HeadTooLarge | Reason::TooManyHeaders => "431 Request Header Fields Too Large",
            Reason::HeadTimeout => "408 Request Timeout",
            Reason::Overloaded => "503 Service Unavailable",
        };
        let text = format!("{self}\n");
        let length = text.len();
        Bytes::from(format!(
            "HTTP/1.1 {status}\r\nconnection: close\r\ncache-control: no-store\r\ncontent-type: text/plain; charset=utf-8\r\ncontent-length: {length}\r\n\r\n{text}"
        ))
    }
}
