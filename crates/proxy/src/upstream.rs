//! Connections to upstreams, pooled and under deadlines.

use bytes::Bytes;
use http::{Request, Response};
use http_body_util::{Either, Full};
use hyper::body::Incoming;
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::client::legacy::{Client, Error};
use hyper_util::rt::{TokioExecutor, TokioTimer};
use std::time::Duration;
use tokio::time::timeout;

use crate::settings::Settings;

/// A body that was read whole and can be sent again, or one that passes through once.
pub(crate) type RequestBody = Either<Full<Bytes>, Incoming>;

/// All connections to upstreams.
pub(crate) struct Upstreams {
    client: Client<HttpsConnector<HttpConnector>, RequestBody>,
    response_timeout: Duration,
}

/// Why an upstream gave no response.
#[derive(Debug, thiserror::Error)]
pub(crate) enum UpstreamError {
    /// No connection could be made, so nothing was sent.
    #[error("the upstream cannot be reached")]
    Connect(#[source] Error),
    /// The connection broke before the response began.
    #[error("the upstream broke off")]
    Broken(#[source] Error),
    /// The response did not begin in time.
    #[error("the upstream did not answer in time")]
    Timeout,
    /// The upstream answered that it does not accept our credential.
    #[error("the upstream refused our credential with status {0}")]
    Credential(u16),
    /// The upstream answered that it failed.
    #[error("the upstream failed with status {0}")]
    Status(u16),
    /// The upstream's address and the route make no target.
    #[error("the upstream has no usable address")]
    Address,
    /// The plan has no attempt left.
    #[error("no upstream is left to try")]
    NoneLeft,
}

impl Upstreams {
    pub(crate) fn new(settings: &Settings) -> Self {
        let mut connector = HttpConnector::new();
        connector.set_nodelay(true);
        connector.enforce_http(false);
        connector.set_connect_timeout(Some(settings.connect_timeout));
        connector.set_keepalive(Some(Duration::from_secs(60)));
        let connector = HttpsConnectorBuilder::new()
            .with_webpki_roots()
            .https_or_http()
            .enable_http1()
            .wrap_connector(connector);
        let client = Client::builder(TokioExecutor::new())
            .pool_timer(TokioTimer::new())
            .pool_idle_timeout(Duration::from_secs(60))
            .timer(TokioTimer::new())
            .build(connector);
        Self {
            client,
            response_timeout: settings.response_timeout,
        }
    }

    /// Sends a request and waits for the head of its response.
    pub(crate) async fn send(
        &self,
        request: Request<RequestBody>,
    ) -> Result<Response<Incoming>, UpstreamError> {
        match timeout(self.response_timeout, self.client.request(request)).await {
            Err(_) => Err(UpstreamError::Timeout),
            Ok(Err(error)) if error.is_connect() => Err(UpstreamError::Connect(error)),
            Ok(Err(error)) => Err(UpstreamError::Broken(error)),
            Ok(Ok(response)) => Ok(response),
        }
    }
}

impl UpstreamError {
    /// Whether nothing was sent, so that another attempt cannot make the call happen twice.
    pub(crate) fn is_unsent(&self) -> bool {
        matches!(self, Self::Connect(_) | Self::Address)
    }
}
