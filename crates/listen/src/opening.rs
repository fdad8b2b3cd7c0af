//! The first steps of a connection: who it is, TLS, and which protocol it speaks.

use std::io;
use std::net::IpAddr;
use std::time::Duration;

use bytes::Bytes;
use tokio::io::AsyncReadExt;
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::TlsAcceptor;
use tollgate_policy::network::canonical;

use crate::flood::PREFACE;
use crate::gate::Gate;
use crate::proxy_header::{Header, parse};
use crate::service::{Ending, Peer};
use crate::stream::Stream;

/// How much is read to tell the protocol, and the first request with it as a rule.
const FIRST: usize = 2048;

/// How long each step may take.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Patience {
    pub(crate) handshake: Duration,
    pub(crate) first: Duration,
}

/// A connection about which all is known but its requests.
pub(crate) struct Opened {
    pub(crate) stream: Stream,
    pub(crate) peer: Peer,
    pub(crate) protocol: Protocol,
    /// What was read of it already.
    pub(crate) first: Vec<u8>,
}

/// The protocols that are spoken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Protocol {
    Http1,
    Http2,
}

/// Takes the first steps. An error is how the connection ended with one.
pub(crate) async fn open(
    gate: &Gate,
    mut socket: TcpStream,
    remote: IpAddr,
    patience: Patience,
) -> Result<Opened, Ending> {
    let mut address = canonical(remote);
    if gate.proxies.iter().any(|network| network.contains(address)) {
        let told = timeout(patience.handshake, told_source(&mut socket)).await;
        let told = told
            .ok()
            .and_then(Result::ok)
            .ok_or(Ending::NoProxyHeader)?;
        address = told.unwrap_or(address);
    }
    match &gate.certificates {
        Some(certificates) => {
            let acceptor = TlsAcceptor::from(certificates.current());
            let shaken = timeout(patience.handshake, acceptor.accept(socket)).await;
            let shaken = shaken.ok().and_then(Result::ok);
            let stream = shaken.ok_or(Ending::Handshake)?;
            let session = stream.get_ref().1;
            let protocol = match session.alpn_protocol() {
                Some(b"h2") => Protocol::Http2,
                _ => Protocol::Http1,
            };
            let chain = session.peer_certificates();
            let own = chain.and_then(<[_]>::first);
            let peer = Peer {
                address,
                tls: true,
                client_certificate: own.map(|own| Bytes::copy_from_slice(own)),
            };
            Ok(Opened {
                stream: Stream::Tls(Box::new(stream)),
                peer,
                protocol,
                first: Vec::new(),
            })
        }
        None => {
            let greeted = timeout(patience.first, greeting(&mut socket)).await;
            let first = greeted.map_err(|_| Ending::Expired)?;
            let first = first.map_err(|_| Ending::Broken)?;
            if first.is_empty() {
                return Err(Ending::Complete);
            }
            let protocol = if first.starts_with(PREFACE) {
                Protocol::Http2
            } else {
                Protocol::Http1
            };
            let peer = Peer {
                address,
                tls: false,
                client_certificate: None,
            };
            Ok(Opened {
                stream: Stream::Plain(socket),
                peer,
                protocol,
                first,
            })
        }
    }
}

/// The first bytes, as many as it takes to tell the protocols apart. None at all is the end.
async fn greeting(socket: &mut TcpStream) -> io::Result<Vec<u8>> {
    let mut first = Vec::with_capacity(FIRST);
    loop {
        let read = socket.read_buf(&mut first).await?;
        let may_be_http2 = first.len() < PREFACE.len() && PREFACE.starts_with(&first);
        if read == 0 || !may_be_http2 {
            return Ok(first);
        }
    }
}

/// Reads the header of the PROXY protocol and not a byte more: TLS may follow.
async fn told_source(socket: &mut TcpStream) -> io::Result<Option<IpAddr>> {
    let mut header = Vec::new();
    let mut seen = [0; 256];
    loop {
        let count = socket.peek(&mut seen).await?;
        if count == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        let consumed = header.len();
        header.extend_from_slice(seen.get(..count).unwrap_or_default());
        let (end, source) = match parse(&header).map_err(io::Error::other)? {
            Header::Partial => (header.len(), None),
            Header::Complete { bytes, source } => (bytes, Some(source)),
        };
        let belongs = seen
            .get_mut(..end.saturating_sub(consumed))
            .unwrap_or_default();
        socket.read_exact(belongs).await?;
        if let Some(source) = source {
            return Ok(source);
        }
    }
}
