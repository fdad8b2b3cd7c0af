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
use crate::pulse::{Pulse, Socket};
use crate::settings::Settings;

/// How connections are served: bounds on heads and streams.
pub(crate) fn protocol(settings: &Settings) -> auto::Builder<TokioExecutor> {
    let mut builder = auto::Builder::new(TokioExecutor::new());
    builder
        .http1()
        .timer(TokioTimer::new())
        // Its clock also runs between requests; `pulse` knows the difference.
        .header_read_timeout(None)
        .max_headers(settings.headers)
        .max_buf_size(settings.head_bytes);
    builder
        .http2()
        .timer(TokioTimer::new())
        .max_concurrent_streams(settings.streams)
        .max_header_list_size(u32::try_from(settings.head_bytes).unwrap_or(u32::MAX))
        .initial_stream_window_size(64 << 10)
        .initial_connection_window_size(1 << 20)
        .max_send_buf_size(64 << 10)
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
    let _open = proxy.metrics().connection();
    let pulse = Pulse::new(&proxy.settings);
    let (served, beating) = (Arc::clone(&proxy), Arc::clone(&pulse));
    let service = service_fn(move |request| {
        let (proxy, running) = (Arc::clone(&served), beating.request());
        async move {
            let response = proxy.handle(peer, request).await;
            Ok::<_, Infallible>(response.map(|body| running.until(body)))
        }
    });
    let socket = TokioIo::new(Socket::new(stream, Arc::clone(&pulse)));
    let connection = drain.watch(protocol.serve_connection(socket, service));
    tokio::select! {
        served = connection => if let Err(error) = served {
            // Strangers can cause this at will, so it is counted and worth no more than a debug line.
            proxy.metrics().connection_broke();
            tracing::debug!(%peer, error, "a connection broke off");
        },
        () = pulse.expired() => {
            proxy.metrics().connection_broke();
            tracing::debug!(%peer, "a connection was idle or slow for too long");
        }
    }
}
