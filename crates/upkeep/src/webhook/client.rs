//! One attempt to deliver: a single POST on a connection of its own, within its deadlines.
//! Redirects are not followed: they would take an alert where nobody said that it may go.

use std::time::Duration;

use bytes::Bytes;
use http::header::{CONTENT_TYPE, USER_AGENT};
use http::{HeaderName, HeaderValue, Method, Request, StatusCode};
use http_body_util::Full;
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use tokio::time::timeout;
use tollgate_policy::time::Timestamp;

use super::Webhook;
use super::answer::{beginning, retry_after, shown};
use super::payload::payload;
use crate::port::Alert;

const CONNECT: Duration = Duration::from_secs(5);
/// From the connection to the end of what is read of the answer.
const WHOLE: Duration = Duration::from_secs(10);

const ID: HeaderName = HeaderName::from_static("tollgate-id");
const SIGNATURE: HeaderName = HeaderName::from_static("tollgate-signature");
const AGENT: &str = concat!("tollgate/", env!("CARGO_PKG_VERSION"));

pub(super) type HttpsClient = Client<HttpsConnector<HttpConnector>, Full<Bytes>>;

/// What became of an attempt.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// The receiver said that it has the alert.
    Taken,
    /// It did not.
    Failed {
        /// For the log; without secrets.
        reason: String,
        /// How long the receiver wants to be left alone.
        retry_after: Option<Duration>,
    },
}

pub(super) fn build() -> Result<HttpsClient, rustls::Error> {
    let mut tcp = HttpConnector::new();
    tcp.enforce_http(false);
    tcp.set_connect_timeout(Some(CONNECT));
    let provider = rustls::crypto::ring::default_provider();
    let https = HttpsConnectorBuilder::new()
        .with_provider_and_webpki_roots(provider)?
        .https_or_http()
        .enable_http1()
        .wrap_connector(tcp);
    // Alerts are rare: no connection is worth keeping.
    let client = Client::builder(TokioExecutor::new())
        .pool_max_idle_per_host(0)
        .build(https);
    Ok(client)
}

impl Webhook {
    /// Sends an alert once. It is signed anew each time, with the moment `now`.
    pub(crate) async fn send(&self, alert: &Alert, now: Timestamp) -> Outcome {
        let attempt = timeout(WHOLE, self.attempt(alert, now)).await;
        attempt
            .unwrap_or_else(|_| Err(format!("no answer within {} s", WHOLE.as_secs())))
            .unwrap_or_else(|reason| self.failed(&reason, None))
    }

    async fn attempt(&self, alert: &Alert, now: Timestamp) -> Result<Outcome, String> {
        let request = self.request(alert, now).map_err(|error| chain(&error))?;
        let response = self.client.request(request).await;
        let response = response.map_err(|error| chain(&error))?;
        let status = response.status();
        if status.is_success() {
            return Ok(Outcome::Taken);
        }
        let after = retry_after(response.headers(), now);
        let said = beginning(response.into_body()).await;
        Ok(self.failed(&refusal(status, &said), after))
    }

    fn request(&self, alert: &Alert, now: Timestamp) -> Result<Request<Full<Bytes>>, http::Error> {
        let body = payload(alert);
        let seconds = now.as_micros().div_euclid(1_000_000);
        Request::builder()
            .method(Method::POST)
            .uri(self.address.clone())
            .header(CONTENT_TYPE, HeaderValue::from_static("application/json"))
            .header(USER_AGENT, HeaderValue::from_static(AGENT))
            .header(ID, HeaderValue::from(alert.id))
            .header(SIGNATURE, self.signer.header(seconds, &body))
            .body(Full::new(body))
    }

    fn failed(&self, reason: &str, retry_after: Option<Duration>) -> Outcome {
        Outcome::Failed {
            reason: shown(reason, &self.secret),
            retry_after,
        }
    }
}

fn refusal(status: StatusCode, said: &str) -> String {
    if status.is_redirection() {
        return format!("{status}: redirects are not followed");
    }
    match said {
        "" => status.to_string(),
        said => format!("{status}: {said}"),
    }
}

fn chain(error: &dyn std::error::Error) -> String {
    let causes = std::iter::successors(Some(error), |error| error.source());
    let causes: Vec<_> = causes.map(ToString::to_string).collect();
    causes.join(": ")
}
