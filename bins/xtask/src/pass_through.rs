//! The least that a proxy on hyper does: a request is read, sent on by the client of hyper-util,
//! and its answer is passed back. What the gateway costs is told as a multiple of this.

use std::net::SocketAddr;

use clap::Args;
use http::uri::{Authority, Scheme};
use http::{Request, Response, StatusCode, Uri};
use http_body_util::{BodyExt, Empty, combinators::BoxBody};
use hyper::body::{Bytes, Incoming};
use hyper::service::service_fn;
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::{TokioExecutor, TokioIo};
use tokio::net::TcpListener;

use crate::Failure;

/// What the pass-through is told.
#[derive(Args)]
pub(crate) struct Options {
    /// Where to listen.
    #[arg(long)]
    listen: SocketAddr,
    /// Where calls go.
    #[arg(long)]
    upstream: SocketAddr,
}

type Through = Client<HttpConnector, Incoming>;

pub(crate) fn run(options: &Options) -> Result<(), Failure> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    runtime.block_on(serve(options))
}

async fn serve(options: &Options) -> Result<(), Failure> {
    let authority = Authority::try_from(options.upstream.to_string())?;
    let mut connector = HttpConnector::new();
    connector.set_nodelay(true);
    let client: Through = Client::builder(TokioExecutor::new())
        .pool_max_idle_per_host(usize::MAX)
        .build(connector);
    let listener = TcpListener::bind(options.listen).await?;
    loop {
        let (socket, _) = listener.accept().await?;
        socket.set_nodelay(true)?;
        let (client, authority) = (client.clone(), authority.clone());
        tokio::spawn(async move {
            let service =
                service_fn(move |request| pass(client.clone(), authority.clone(), request));
            let connection = hyper::server::conn::http1::Builder::new();
            // A client that leaves is no failure.
            let _ = connection
                .serve_connection(TokioIo::new(socket), service)
                .await;
        });
    }
}

async fn pass(
    client: Through,
    authority: Authority,
    mut request: Request<Incoming>,
) -> Result<Response<BoxBody<Bytes, hyper::Error>>, http::Error> {
    let mut parts = std::mem::take(request.uri_mut()).into_parts();
    (parts.scheme, parts.authority) = (Some(Scheme::HTTP), Some(authority));
    *request.uri_mut() = Uri::from_parts(parts)?;
    match client.request(request).await {
        Ok(answer) => Ok(answer.map(BodyExt::boxed)),
        Err(_) => Response::builder()
            .status(StatusCode::BAD_GATEWAY)
            .body(Empty::new().map_err(|never| match never {}).boxed()),
    }
}
