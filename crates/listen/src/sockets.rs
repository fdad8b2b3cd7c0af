//! Listening sockets: bound alone, bound beside another process, or taken over from a supervisor.

use std::io;
use std::net::{self, SocketAddr};
use std::time::Duration;

use futures_util::FutureExt;
use listenfd::ListenFd;
#[cfg(target_os = "linux")]
use socket2::SockFilter;
use socket2::{Domain, Protocol, SockRef, Socket, TcpKeepalive, Type};
use tokio::net::{TcpListener, TcpStream};
#[cfg(target_os = "linux")]
use tokio::time::{Instant, timeout_at};

/// Connections that wait to be accepted; the system may allow fewer.
const BACKLOG: i32 = 4096;
/// A client that is gone without a word is noticed after two minutes.
const KEEPALIVE: Duration = Duration::from_secs(60);
const KEEPALIVE_AGAIN: Duration = Duration::from_secs(15);
#[cfg(target_os = "linux")]
const GONE: Duration = Duration::from_secs(120);

/// What the system takes of an answer beyond what is on its way to the client, in bytes. It would take
/// megabytes, which nobody counts, for each client that does not read.
#[cfg(target_os = "linux")]
const UNSENT: u32 = 128 << 10;

/// How long handshakes that had begun may take to end, where a successor takes over.
#[cfg(target_os = "linux")]
const HANDSHAKES: Duration = Duration::from_millis(200);

/// A socket that listens, and how it came to.
#[derive(Debug)]
pub struct Listener {
    socket: TcpListener,
    shared: bool,
}

/// Binds a listener of its own. Needs a tokio runtime.
///
/// # Errors
/// Where the address cannot be bound.
pub fn bind(address: SocketAddr) -> io::Result<Listener> {
    bound(address, false)
}

/// Binds a listener beside others on the same address, of this process or of the next one that takes
/// over from it (`SO_REUSEPORT`). The system shares new connections out among them. Needs a tokio
/// runtime.
///
/// # Errors
/// Where the address cannot be bound, also because a listener there was not bound like this.
pub fn bind_shared(address: SocketAddr) -> io::Result<Listener> {
    bound(address, true)
}

/// Whether another process, or this one, listens on an address already. Where the socket there was
/// bound by [`bind_shared`], one that is bound so now takes a part of its connections.
pub fn is_taken(address: SocketAddr) -> bool {
    let domain = Domain::for_address(address);
    let taken = Socket::new(domain, Type::STREAM, Some(Protocol::TCP)).and_then(|socket| {
        socket.set_reuse_address(true)?;
        socket.bind(&address.into())
    });
    taken.is_err_and(|error| error.kind() == io::ErrorKind::AddrInUse)
}

/// The listening sockets that a supervisor handed over in `LISTEN_FDS`, in its order; none where
/// there is no supervisor. They stay open in the supervisor, so a restart refuses no connection.
/// They are the system's own, so that several runtimes can share one; they do not block.
///
/// Call it once, early: the file descriptors belong to whoever takes them first.
///
/// # Errors
/// Where what was handed over is no TCP socket that listens.
pub fn from_supervisor() -> io::Result<Vec<net::TcpListener>> {
    let mut handed = ListenFd::from_env();
    let mut sockets = Vec::new();
    for index in 0..handed.len() {
        if let Some(socket) = handed.take_tcp_listener(index)? {
            socket.set_nonblocking(true)?;
            sockets.push(socket);
        }
    }
    Ok(sockets)
}

impl Listener {
    /// The address that it is bound to.
    ///
    /// # Errors
    /// Where the system does not tell.
    pub fn local_addr(&self) -> io::Result<SocketAddr> {
        self.socket.local_addr()
    }

    pub(crate) async fn accept(&self) -> io::Result<(TcpStream, SocketAddr)> {
        self.socket.accept().await
    }

    /// Sets what accepted sockets inherit: small writes leave at once, silent peers are looked for, and
    /// little is kept for those that do not read.
    pub(crate) fn tune(&self) -> io::Result<()> {
        let socket = SockRef::from(&self.socket);
        socket.set_tcp_nodelay(true)?;
        let keepalive = TcpKeepalive::new()
            .with_time(KEEPALIVE)
            .with_interval(KEEPALIVE_AGAIN)
            .with_retries(4);
        socket.set_tcp_keepalive(&keepalive)?;
        #[cfg(target_os = "linux")]
        socket.set_tcp_notsent_lowat(UNSENT)?;
        Ok(())
    }

    /// Gives the last connections before it is closed.
    ///
    /// Closing resets those that the system has accepted, or is about to. So new clients are not
    /// answered any more where others listen on the same address: they try again a second later, and
    /// find one of those. Handshakes that had begun may end.
    pub(crate) async fn last(self, mut admit: impl FnMut(TcpStream, SocketAddr)) {
        #[cfg(target_os = "linux")]
        if self.shared && SockRef::from(&self.socket).attach_filter(&NO_SYN).is_ok() {
            let until = Instant::now() + HANDSHAKES;
            while let Ok(accepted) = timeout_at(until, self.accept()).await {
                if let Ok((socket, remote)) = accepted {
                    admit(socket, remote);
                }
            }
        }
        while let Some(Ok((socket, remote))) = self.accept().now_or_never() {
            admit(socket, remote);
        }
    }
}

/// Has the system look for a silent peer also while something was sent that is not acknowledged. It
/// takes one that reads nothing for silent, so it does not where that may take longer.
#[cfg(target_os = "linux")]
pub(crate) fn look_for(socket: &TcpStream, stall: Duration) -> io::Result<()> {
    match stall <= GONE {
        true => SockRef::from(socket).set_tcp_user_timeout(Some(GONE)),
        false => Ok(()),
    }
}

impl From<TcpListener> for Listener {
    fn from(socket: TcpListener) -> Self {
        Self {
            socket,
            shared: false,
        }
    }
}

/// Lets everything pass but the first packet of a connection: SYN without ACK, in the 14th byte of
/// the TCP header (classic BPF, as in `linux/filter.h`).
#[cfg(target_os = "linux")]
const NO_SYN: [SockFilter; 5] = [
    SockFilter::new(0x30, 0, 0, 13),       // load the byte
    SockFilter::new(0x54, 0, 0, 0x12),     // SYN and ACK of it
    SockFilter::new(0x15, 0, 1, 0x02),     // SYN alone?
    SockFilter::new(0x06, 0, 0, 0),        // nothing passes
    SockFilter::new(0x06, 0, 0, u32::MAX), // all passes
];

fn bound(address: SocketAddr, shared: bool) -> io::Result<Listener> {
    let domain = Domain::for_address(address);
    let socket = Socket::new(domain, Type::STREAM, Some(Protocol::TCP))?;
    // A restart need not wait for connections of its predecessor to be forgotten.
    socket.set_reuse_address(true)?;
    #[cfg(unix)]
    socket.set_reuse_port(shared)?;
    socket.set_nonblocking(true)?;
    socket.bind(&address.into())?;
    socket.listen(BACKLOG)?;
    let socket = TcpListener::from_std(socket.into())?;
    Ok(Listener { socket, shared })
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_silent_peer_is_looked_for_unless_its_silence_is_allowed_for_longer() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let socket = TcpStream::connect(listener.local_addr().unwrap())
            .await
            .unwrap();
        let found = || SockRef::from(&socket).tcp_user_timeout().unwrap();
        look_for(&socket, GONE + Duration::from_secs(1)).unwrap();
        assert_eq!(found(), None);
        look_for(&socket, GONE).unwrap();
        assert_eq!(found(), Some(GONE));
    }

    #[tokio::test]
    async fn the_system_takes_little_for_a_client_that_does_not_read() {
        let listener = bind(SocketAddr::from(([127, 0, 0, 1], 0))).unwrap();
        listener.tune().unwrap();
        let _client = TcpStream::connect(listener.local_addr().unwrap())
            .await
            .unwrap();
        let (socket, _) = listener.accept().await.unwrap();
        let mut taken = 0;
        let piece = vec![0; 64 << 10];
        loop {
            socket.writable().await.unwrap();
            match socket.try_write(&piece) {
                Ok(bytes) => taken += bytes,
                Err(error) => {
                    assert_eq!(error.kind(), io::ErrorKind::WouldBlock);
                    break;
                }
            }
        }
        // Besides what is unsent, the client's own system takes what it has room for.
        assert!(taken < 1 << 20, "{taken} bytes");
    }
}
