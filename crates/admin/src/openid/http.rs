//! Requests to an issuer, by the same way as calls to upstreams: checked addresses, bounded answers,
//! no redirects.

use std::time::Duration;

use bytes::Bytes;
use futures_util::future::BoxFuture;
use http_body_util::{BodyExt, Full, Limited};
use openidconnect::{AsyncHttpClient, HttpRequest, HttpResponse};
use tokio::time::timeout;
use tollgate_connect::{Connections, Destination, Http2, Options, Roots};
use url::Url;

use super::settings::{Settings, SettingsError};

/// The largest answer, in bytes: key sets of large issuers are some tens of kilobytes.
const MOST: usize = 512 << 10;
const WHOLE: Duration = Duration::from_secs(10);

/// How requests are sent to an issuer.
pub(super) struct Client {
    options: Options,
}

/// Why a request was not answered.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub(super) struct HttpError(String);

impl Client {
    pub(super) fn new(settings: &Settings) -> Result<Self, SettingsError> {
        let address = Url::parse(&settings.issuer);
        let address = address.map_err(|error| SettingsError::Issuer(error.to_string()))?;
        let options = Options {
            roots: match &settings.ca {
                Some(pem) => Roots::Also(pem.clone().into_bytes()),
                None => Roots::default(),
            },
            private: settings.allow_private,
            http2: Http2::Never,
            ..Options::default()
        };
        let tried = Destination::new(&address, options.clone());
        tried.map_err(|error| SettingsError::Issuer(error.to_string()))?;
        let secure = address.scheme() == "https" || settings.allow_private;
        if !secure {
            let problem = "it has no TLS, which is only for one on a private network";
            return Err(SettingsError::Issuer(problem.to_owned()));
        }
        Ok(Self { options })
    }

    async fn send(&self, request: HttpRequest) -> Result<HttpResponse, HttpError> {
        let (mut head, body) = request.into_parts();
        let address = Url::parse(&head.uri.to_string()).map_err(failed)?;
        let to = Destination::new(&address, self.options.clone()).map_err(failed)?;
        let target = match address.query() {
            Some(query) => format!("{}?{query}", address.path()),
            None => address.path().to_owned(),
        };
        head.uri = target.parse().map_err(failed)?;
        let request = http::Request::from_parts(head, Full::new(Bytes::from(body)));
        let connections = Connections::<Full<Bytes>>::new(tollgate_connect::Settings::default());
        let answer = connections.send(&to, request).await.map_err(failed)?;
        let (head, body) = answer.into_parts();
        let body = Limited::new(body, MOST).collect().await.map_err(failed)?;
        Ok(HttpResponse::from_parts(head, body.to_bytes().to_vec()))
    }
}

impl<'c> AsyncHttpClient<'c> for Client {
    type Error = HttpError;
    type Future = BoxFuture<'c, Result<HttpResponse, HttpError>>;

    fn call(&'c self, request: HttpRequest) -> Self::Future {
        Box::pin(async move {
            let late = || HttpError(format!("no answer within {} s", WHOLE.as_secs()));
            timeout(WHOLE, self.send(request))
                .await
                .unwrap_or_else(|_| Err(late()))
        })
    }
}

/// The error with its causes: the library that is given it prints only the first.
fn failed(error: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> HttpError {
    let error = error.into();
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(one) = cause {
        text = format!("{text}: {one}");
        cause = one.source();
    }
    HttpError(text)
}
