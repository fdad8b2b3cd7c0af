//! What a listener asks of whom it listens for.

use std::future::Future;
use std::net::IpAddr;

use bytes::Bytes;
use http::{Request, Response};
use hyper::body::Incoming;

use crate::rejected::{Reason, Rejected};

/// The error of a body, whatever it is.
pub type BoxError = Box<dyn std::error::Error + Send + Sync>;

/// Answers requests.
pub trait Service: Send + Sync + 'static {
    /// The body of an answer. It is dropped when it was handed over whole, or when the client left.
    type Body: http_body::Body<Data = Bytes, Error: Into<BoxError>> + Send + 'static;

    /// Answers one request. It is dropped where the client leaves before its answer begins.
    ///
    /// A head of HTTP/1 has passed [`framing::Guard`](crate::framing::Guard); one of HTTP/2 should be
    /// looked at with [`framing::check`](crate::framing::check). Where the client breaks its own
    /// framing within a body, the body fails with an [`std::io::Error`] of the kind `InvalidData` at
    /// the root of its error.
    fn answer(
        &self,
        peer: Peer,
        request: Request<Incoming>,
    ) -> impl Future<Output = Response<Self::Body>> + Send;

    /// The whole HTTP/1.1 answer, head and body and `connection: close`, to what never became a
    /// request. The connection is closed behind it.
    fn refuse(&self, peer: &Peer, rejected: Rejected<'_>) -> Bytes;

    /// Is told what becomes of connections, for metrics. It must be quick.
    fn noticed(&self, _notice: Notice) {}
}

/// Who is at the other end of a connection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Peer {
    /// The address in canonical form: that of the socket, or what the PROXY protocol says of it where
    /// its sender is trusted.
    pub address: IpAddr,
    /// Whether the connection is under TLS.
    pub tls: bool,
    /// The certificate that the client proved to own, in DER.
    pub client_certificate: Option<Bytes>,
}

/// What became of a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Notice {
    /// A connection was accepted and has a place. Exactly one `Ended` follows.
    Opened,
    /// It is over.
    Ended(Ending),
    /// A connection had no place: it was refused with an answer, or closed without one.
    Overloaded {
        /// Whether there was an answer.
        answered: bool,
    },
    /// The listener was told to end, so that connections which speak another protocol now should
    /// come to their end by themselves. Told once or twice.
    Draining,
}

/// How a connection ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ending {
    /// In order, by either side.
    Complete,
    /// The client broke off, or broke the protocol where hyper noticed.
    Broken,
    /// Something was refused before it became a request.
    Rejected(Reason),
    /// It still had a request when the listener's time to end was up.
    CutOff,
    /// It was idle or slow for too long.
    Expired,
    /// HTTP/2 control frames and nothing else.
    Flooded,
    /// The PROXY protocol's header is missing, is not one, or came too late.
    NoProxyHeader,
    /// The TLS handshake failed or took too long.
    Handshake,
}
