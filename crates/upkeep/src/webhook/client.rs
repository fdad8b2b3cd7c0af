//! One attempt to deliver: a single POST on a connection of its own, within its deadlines.
//! Redirects are not followed: they would take an alert where nobody said that it may go.

use std::time::Duration;

use bytes::Bytes;
use http::header::{CONTENT_TYPE, USER_AGENT};
use http::{HeaderName, HeaderValue, Method, Request, StatusCode};
use http_body_util::Full;
use tokio::time::timeout;
use tollgate_connect::url::UrlError;
use tollgate_connect::{Connections, Destination, DestinationError, Options, Settings};
use tollgate_policy::time::Timestamp;
use url::Url;

use super::answer::{beginning, retry_after, shown};
use super::payload::payload;
use super::{Reach, Webhook, WebhookError};
use crate::port::Alert;

const CONNECT: Duration = Duration::from_secs(5);
/// From the connection to the end of what is read of the answer.
const WHOLE: Duration = Duration::from_secs(10);

const ID: HeaderName = HeaderName::from_static("tollgate-id");
const SIGNATURE: HeaderName = HeaderName::from_static("tollgate-signature");
const AGENT: &str = concat!("tollgate/", env!("CARGO_PKG_VERSION"));

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

/// The way to one receiver, by the connections that calls go by, too: a name is looked up at each
/// attempt, and what it leads to is checked then.
pub(super) struct Client {
    connections: Connections<Full<Bytes>>,
    receiver: Destination,
}

impl Client {
    pub(super) fn new(address: &Url, reach: Reach) -> Result<Self, WebhookError> {
        let options = Options {
            private: reach == Reach::Private,
            ..Options::default()
        };
        let receiver = Destination::new(address, options).map_err(|error| match error {
            DestinationError::Url(UrlError::Address(_) | UrlError::PrivateName(_)) => {
                WebhookError::Private
            }
            _ => WebhookError::Address,
        })?;
        let settings = Settings {
            connect_timeout: CONNECT,
            response_timeout: WHOLE,
            // Alerts are rare: no connection is worth keeping.
            idle_per_destination: 0,
            ..Settings::default()
        };
        Ok(Self {
            connections: Connections::new(settings),
            receiver,
        })
    }
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
        let Client {
            connections,
            receiver,
        } = &self.client;
        let response = connections.send(receiver, request).await;
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
