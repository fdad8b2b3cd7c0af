//! What a listener asks of the data plane: to answer requests, and what never became one.

use bytes::Bytes;
use http::{Request, Response, StatusCode};
use hyper::body::Incoming;
use tollgate_ledger::request_id::RequestId;
use tollgate_listen::{Ending, Notice, Peer, Reason, Rejected, Service};
use tollgate_wire::answer::{Answer, Fault, answer, code};
use tollgate_wire::route::dialect_of;

use crate::answer::ReplyBody;
use crate::data_plane::Proxy;
use crate::exchange::start;

impl Service for Proxy {
    type Body = ReplyBody;

    fn answer(
        &self,
        peer: Peer,
        request: Request<Incoming>,
    ) -> impl Future<Output = Response<ReplyBody>> + Send {
        self.handle(peer.address, request)
    }

    fn refuse(&self, peer: &Peer, rejected: Rejected<'_>) -> Bytes {
        let fault = fault(rejected.reason);
        let id = RequestId::new(self.now(), rand::random());
        let dialect = dialect_of(rejected.path.unwrap_or("/"));
        let answer = answer(&fault, dialect, &id.to_string());
        self.metrics().refused(code(&fault), answer.status);
        tracing::info!(
            target: "access",
            request_id = %id,
            client = %peer.address,
            path = rejected.path.map(start),
            status = answer.status,
            code = code(&fault),
            reasons = %rejected,
            "refused"
        );
        written(&answer)
    }

    fn noticed(&self, notice: Notice) {
        let metrics = self.metrics();
        match notice {
            Notice::Opened => metrics.connection_began(),
            Notice::Ended(ending) => metrics.connection_ended(ending == Ending::Complete),
            Notice::Draining => self.drains.begin(self.settings().drain),
            Notice::Overloaded { .. } => metrics.connection_shed(),
        }
    }
}

/// What the client is told of a request that was refused by its form, or for want of a place.
pub(crate) fn fault(reason: Reason) -> Fault<'static> {
    match reason {
        Reason::Malformed(sentence) => Fault::BadRequest(sentence),
        Reason::Method => Fault::MethodNotAllowed {
            allow: "GET, HEAD, POST",
        },
        Reason::Expectation => Fault::ExpectationFailed,
        Reason::HeadTooLarge | Reason::TooManyHeaders => Fault::HeadersTooLarge,
        Reason::HeadTimeout => Fault::RequestTimeout,
        Reason::Overloaded => Fault::Overloaded { retry_after_s: 1 },
    }
}

/// An answer as HTTP/1.1 writes it, for a connection that hyper has not taken over.
fn written(answer: &Answer) -> Bytes {
    let status = StatusCode::from_u16(answer.status).unwrap_or(StatusCode::BAD_REQUEST);
    let reason = status.canonical_reason().unwrap_or("Refused");
    let mut bytes = format!("HTTP/1.1 {} {reason}\r\n", status.as_u16()).into_bytes();
    for (name, value) in &answer.headers {
        for part in [name.as_str().as_bytes(), b": ", value.as_bytes(), b"\r\n"] {
            bytes.extend_from_slice(part);
        }
    }
    let length = answer.body.len();
    let end = format!("connection: close\r\ncontent-length: {length}\r\n\r\n");
    bytes.extend_from_slice(end.as_bytes());
    bytes.extend_from_slice(&answer.body);
    Bytes::from(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use tollgate_policy::endpoint::Dialect;

    #[test]
    fn a_refusal_is_a_whole_http_message() {
        let fault = fault(Reason::HeadTooLarge);
        let written = written(&answer(&fault, Dialect::OpenAi, "req_1"));
        let text = String::from_utf8(written.to_vec()).unwrap();
        let (head, body) = text.split_once("\r\n\r\n").unwrap();
        assert!(
            head.starts_with("HTTP/1.1 431 Request Header Fields Too Large\r\n"),
            "{head}"
        );
        assert!(
            head.ends_with(&format!("content-length: {}", body.len())),
            "{head}"
        );
        assert_eq!(head.matches("connection: close").count(), 1, "{head}");
        assert!(body.contains("headers_too_large"), "{body}");
    }
}
