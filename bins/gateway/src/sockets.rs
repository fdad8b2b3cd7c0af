//! Listening sockets: handed over by a service manager, or bound so that a successor can bind them
//! too before this process ends.

use std::io;
use std::net::{self, SocketAddr};

use listenfd::ListenFd;
use socket2::{Domain, Protocol, Socket, Type};
use tokio::net::TcpListener;

use crate::failure::Failure;

/// Connections to the observing listener that wait.
const BACKLOG: i32 = 128;

/// The sockets that a service manager holds for calls (`LISTEN_FDS`); none where there is none.
///
/// # Errors
/// Where one is not a TCP socket that listens.
pub(crate) fn handed_over() -> Result<Vec<net::TcpListener>, Failure> {
    let failed = |error: io::Error| {
        let what = "what the service manager handed over is no TCP socket that listens";
        Failure::start(what, error)
    };
    let mut handed = ListenFd::from_env();
    let mut sockets = Vec::new();
    for index in 0..handed.len() {
        if let Some(socket) = handed.take_tcp_listener(index).map_err(failed)? {
            socket.set_nonblocking(true).map_err(failed)?;
            sockets.push(socket);
        }
    }
    Ok(sockets)
}

/// A listener for health and metrics.
pub(crate) fn observing(address: SocketAddr) -> io::Result<TcpListener> {
    let domain = Domain::for_address(address);
    let socket = Socket::new(domain, Type::STREAM, Some(Protocol::TCP))?;
    socket.set_reuse_address(true)?;
    socket.set_reuse_port(true)?;
    socket.set_nonblocking(true)?;
    socket.bind(&address.into())?;
    socket.listen(BACKLOG)?;
    TcpListener::from_std(socket.into())
}
