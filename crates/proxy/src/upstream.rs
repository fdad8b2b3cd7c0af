//! Connections to upstreams, pooled and under deadlines.

use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use http::{Request, Response, Uri};
use http_body_util::{Either, Full};
use hyper::body::Incoming;
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::client::legacy::{Client, Error};
use hyper_util::rt::{TokioExecutor, TokioTimer};
use tokio::time::timeout;
use tollgate_upkeep::watch::UpstreamWatch;
use tower_service::Service;

use crate::bounded::BoundedBody;
use crate::settings::Settings;

/// A body that was read whole and can be sent again, or one that passes through once.
pub(crate) type RequestBody = Either<Full<Bytes>, BoundedBody>;

/// Servers close connections that nobody uses, so those that were idle for long are not trusted.
const POOL_IDLE: Duration = Duration::from_secs(30);

/// All connections to upstreams.
pub(crate) struct Upstreams {
    client: Client<Timed<HttpsConnector<HttpConnector>>, RequestBody>,
    response_timeout: Duration,
    pub(crate) watch: UpstreamWatch,
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
    /// The upstream answered that it does not accept our credential, or our payment.
    #[error("the upstream refused our credential with status {0}")]
    Credential(u16),
    /// The upstream answered that it failed, or sent us elsewhere.
    #[error("the upstream failed with status {0}")]
    Status(u16),
    /// The upstream's credential cannot stand in a header, so nothing was sent.
    #[error("the upstream's credential has characters that no header can carry")]
    CredentialForm,
    /// The upstream's address and the route make no target, so nothing was sent.
    #[error("the upstream has no usable address")]
    Address,
    /// The plan has no attempt left.
    #[error("no upstream is left to try")]
    NoneLeft,
}

impl Upstreams {
    pub(crate) fn new(settings: &Settings, watch: UpstreamWatch) -> Self {
        let mut connector = HttpConnector::new();
        connector.set_nodelay(true);
        connector.enforce_http(false);
        connector.set_keepalive(Some(Duration::from_secs(60)));
        let connector = HttpsConnectorBuilder::new()
            .with_webpki_roots()
            .https_or_http()
            .enable_http1()
            .wrap_connector(connector);
        let limit = settings.connect_timeout;
        let client = Client::builder(TokioExecutor::new())
            .pool_timer(TokioTimer::new())
            .pool_idle_timeout(POOL_IDLE)
            .timer(TokioTimer::new())
            .http1_max_buf_size(64 << 10)
            .build(Timed { connector, limit });
        Self {
            client,
            response_timeout: settings.response_timeout,
            watch,
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
        matches!(
            self,
            Self::Connect(_) | Self::CredentialForm | Self::Address
        )
    }
}

/// A connector whose whole work is under one deadline: name look-up, TCP and TLS.
#[derive(Clone)]
struct Timed<C> {
    connector: C,
    limit: Duration,
}

type BoxError = Box<dyn std::error::Error + Send + Sync>;

impl<C> Service<Uri> for Timed<C>
where
    C: Service<Uri, Error = BoxError>,
    C::Future: Send + 'static,
    C::Response: 'static,
{
    type Response = C::Response;
    type Error = BoxError;
    type Future = Pin<Box<dyn Future<Output = Result<C::Response, BoxError>> + Send>>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        self.connector.poll_ready(cx)
    }

    fn call(&mut self, uri: Uri) -> Self::Future {
        let connecting = timeout(self.limit, self.connector.call(uri));
        Box::pin(async move { connecting.await.map_err(BoxError::from)? })
    }
}
