//! One client connection, served as HTTP/1.1 or HTTP/2 under deadlines.

use std::convert::Infallible;
use std::net::IpAddr;
use std::sync::Arc;

use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto;
use hyper_util::server::graceful::Watcher;
use tokio::net::TcpStream;

use crate::exchange::Proxy;
use crate::settings::Settings;

/// How connections are served: bounds on heads and streams.
pub(crate) fn protocol(settings: &Settings) -> auto::Builder<TokioExecutor> {
    let mut builder = auto::Builder::new(TokioExecutor::new());
    builder
        .http1()
        .timer(TokioTimer::new())
        .header_read_timeout(settings.head_timeout)
        .max_headers(settings.headers)
        .max_buf_size(settings.head_bytes)
        .half_close(true);
    builder
        .http2()
        .timer(TokioTimer::new())
        .max_concurrent_streams(settings.streams)
        .max_header_list_size(u32::try_from(settings.head_bytes).unwrap_or(u32::MAX))
        .initial_stream_window_size(64 << 10)
        .initial_connection_window_size(1 << 20)
        .keep_alive_interval(std::time::Duration::from_secs(30))
        .keep_alive_timeout(std::time::Duration::from_secs(20));
    builder
}

/// Serves a connection to its end. A drain lets the requests that run finish.
pub(crate) async fn serve(
    proxy: Arc<Proxy>,
    protocol: Arc<auto::Builder<TokioExecutor>>,
    stream: TcpStream,
    peer: IpAddr,
    drain: Watcher,
) {
    // A socket without this option is slower, and otherwise fine.
    let _ = stream.set_nodelay(true);
    proxy.metrics().connection_opened();
    let served = Arc::clone(&proxy);
    let service = service_fn(move |request| {
        let proxy = Arc::clone(&served);
        async move { Ok::<_, Infallible>(proxy.handle(peer, request).await) }
    });
    let connection = protocol.serve_connection(TokioIo::new(stream), service);
    if let Err(error) = drain.watch(connection).await {
        // Strangers can cause this at will, so it is not worth more than a debug line.
        tracing::debug!(%peer, error, "a connection broke off");
    }
    proxy.metrics().connection_closed();
}
