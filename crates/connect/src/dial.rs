//! From a destination to a connected stream: names are looked up once, each address is checked, and
//! the address that was checked is the one that is connected to.

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use ::url::Host;
use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;
use socket2::{SockRef, TcpKeepalive};
use tokio::net::{TcpStream, lookup_host};
use tokio::time::sleep;

use crate::address;
use crate::destination::Destination;
use crate::error::SendError;
use crate::stream::Stream;

/// How long an address is tried before the next one is tried beside it (RFC 8305, section 5).
const NEXT_ADDRESS: Duration = Duration::from_millis(250);
/// The silence after which the kernel asks whether the other side is still there.
const KEEP_ALIVE: Duration = Duration::from_secs(60);

/// Connects, proxy and TLS included. Without a deadline of its own.
pub(crate) async fn dial(to: &Destination, offers_http2: bool) -> Result<Stream, SendError> {
    let tcp = match to.via() {
        None => tcp(to.host(), to.port(), to.private()).await?,
        Some(via) => via.tunnel(to).await?,
    };
    match to.tls() {
        None => Ok(Stream::Plain(tcp)),
        Some(tls) => {
            let tls = tls
                .connect(tcp, offers_http2)
                .await
                .map_err(SendError::Tls)?;
            Ok(Stream::Tls(Box::new(tls)))
        }
    }
}

/// A TCP connection to an address of the host that upstreams may have.
pub(crate) async fn tcp(host: &Host, port: u16, private: bool) -> Result<TcpStream, SendError> {
    let addresses = addresses(host, port, private).await?;
    let stream = first_of(addresses).await.map_err(SendError::Refused)?;
    ready(&stream).map_err(SendError::Refused)?;
    Ok(stream)
}

/// Every address of the host. One that is not allowed spoils them all: a name that leads to both
/// sides of a wall is no honest one.
async fn addresses(host: &Host, port: u16, private: bool) -> Result<Vec<SocketAddr>, SendError> {
    let found: Vec<SocketAddr> = match host {
        Host::Ipv4(address) => vec![SocketAddr::from((*address, port))],
        Host::Ipv6(address) => vec![SocketAddr::from((*address, port))],
        Host::Domain(name) => lookup_host((name.as_str(), port))
            .await
            .map_err(SendError::Resolve)?
            .collect(),
    };
    let forbidden = found
        .iter()
        .find(|found| !address::allowed(found.ip(), private));
    match forbidden {
        Some(forbidden) => Err(SendError::Forbidden(forbidden.ip())),
        None => Ok(found),
    }
}

/// The first connection that comes about. Addresses are tried one after the other, the next one as
/// soon as one fails or takes long.
async fn first_of(addresses: Vec<SocketAddr>) -> io::Result<TcpStream> {
    let mut left = alternating(addresses).into_iter();
    let mut trying = FuturesUnordered::new();
    let mut failed = io::Error::new(io::ErrorKind::NotFound, "the name has no address");
    trying.extend(left.next().map(TcpStream::connect));
    loop {
        if left.len() == 0 {
            match trying.next().await {
                Some(Ok(stream)) => return Ok(stream),
                Some(Err(error)) => failed = error,
                None => return Err(failed),
            }
            continue;
        }
        tokio::select! {
            Some(tried) = trying.next() => match tried {
                Ok(stream) => return Ok(stream),
                Err(error) => failed = error,
            },
            () = sleep(NEXT_ADDRESS) => {}
        }
        trying.extend(left.next().map(TcpStream::connect));
    }
}

/// The addresses with the families taking turns, so that a network without one of them is no
/// obstacle (RFC 8305, section 4).
fn alternating(addresses: Vec<SocketAddr>) -> Vec<SocketAddr> {
    let first = addresses.first().map(|first| first.is_ipv6());
    let (one, other): (Vec<_>, Vec<_>) = addresses
        .into_iter()
        .partition(|address| Some(address.is_ipv6()) == first);
    let mut other = other.into_iter();
    let mut ordered = Vec::with_capacity(one.len() + other.len());
    for address in one {
        ordered.push(address);
        ordered.extend(other.next());
    }
    ordered.extend(other);
    ordered
}

fn ready(stream: &TcpStream) -> io::Result<()> {
    stream.set_nodelay(true)?;
    let keep_alive = TcpKeepalive::new()
        .with_time(KEEP_ALIVE)
        .with_interval(Duration::from_secs(15));
    SockRef::from(stream).set_tcp_keepalive(&keep_alive)
}

#[cfg(test)]
mod tests;
