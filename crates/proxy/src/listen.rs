//! Listening: sockets are accepted under a bound, until the gateway is told to end.

use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use hyper_util::server::graceful::GracefulShutdown;
use tokio::net::TcpListener;
use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep, timeout_at};

use crate::Proxy;
use crate::connection;

/// A pause after a failed accept: the usual cause is that no file descriptor is left.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);

/// How a listener ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Drained {
    /// Every request that was running ended by itself.
    Complete,
    /// Requests were still running when the time was up.
    CutOff,
}

/// Binds a listener.
///
/// # Errors
/// Where the address cannot be bound.
pub async fn bind(address: SocketAddr) -> io::Result<TcpListener> {
    TcpListener::bind(address).await
}

/// Serves requests until `ended` is ready, and then lets those that run finish, for a bounded time.
pub async fn serve(
    proxy: Arc<Proxy>,
    listener: TcpListener,
    ended: impl Future<Output = ()>,
) -> Drained {
    let places = Arc::new(Semaphore::new(proxy.settings.connections));
    let protocol = Arc::new(connection::protocol(&proxy.settings));
    let graceful = GracefulShutdown::new();
    let mut connections = JoinSet::new();
    let accepting = async {
        loop {
            // The place is taken before the socket: those without one wait in the backlog.
            let Ok(place) = Arc::clone(&places).acquire_owned().await else {
                return;
            };
            match listener.accept().await {
                Ok((stream, peer)) => {
                    let (proxy, protocol) = (Arc::clone(&proxy), Arc::clone(&protocol));
                    let watcher = graceful.watcher();
                    // Those that ended are taken out, so that the set holds no more than are open.
                    while connections.try_join_next().is_some() {}
                    connections.spawn(async move {
                        connection::serve(proxy, protocol, stream, peer.ip(), watcher).await;
                        drop(place);
                    });
                }
                Err(error) => {
                    tracing::warn!(
                        error = &error as &dyn std::error::Error,
                        "a connection cannot be accepted"
                    );
                    sleep(ACCEPT_PAUSE).await;
                }
            }
        }
    };
    tokio::select! {
        () = accepting => {}
        () = ended => {}
    }
    drop(listener);
    tracing::info!(running = graceful.count(), "draining");
    let until = Instant::now() + proxy.settings.drain;
    let graceful = timeout_at(until, graceful.shutdown()).await;
    if graceful.is_err() {
        connections.shutdown().await;
    }
    // Clients that left do not wait for anything, but what they used is still being counted.
    let left = until.saturating_duration_since(Instant::now());
    let counted = proxy.drains.end(left).await;
    if graceful.is_ok() && counted {
        Drained::Complete
    } else {
        Drained::CutOff
    }
}
