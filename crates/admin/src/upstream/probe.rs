//! One small real call to an upstream. Redirects are never followed: they would take the credential.

use std::time::Duration;

use bytes::Bytes;
use http::{HeaderName, HeaderValue, Method, Request, Response};
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper_rustls::HttpsConnectorBuilder;
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use serde_json::json;
use tokio::time::{Instant, timeout};
use tollgate_policy::endpoint::Dialect;
use tollgate_policy::upstream::Serves;
use tollgate_rights::source::{Access, Carrier, UpstreamSecret};
use tollgate_store::upstream::{CredentialKept, StoredUpstream};
use url::Url;

use super::{find, reference};
use crate::context::Context;
use crate::error::AdminError;
use crate::input::period;
use crate::view::upstream::TestView;

const CONNECT: Duration = Duration::from_secs(5);
const WHOLE: Duration = Duration::from_secs(30);
const LONGEST: Duration = Duration::from_secs(600);
/// How much of a failing answer is read, in bytes, and shown, in characters.
const READ: usize = 4096;
const SHOWN: usize = 200;

/// How to test an upstream, as it is written.
#[derive(Debug, Clone, Default, serde::Deserialize)]
#[serde(default)]
pub struct TestInput {
    /// The model to ask for, by its public name; the first one that it serves if missing.
    pub model: Option<String>,
    /// How long to wait for the whole answer, at most `10m`; `30s` if missing.
    pub timeout: Option<String>,
}

/// Makes one small real call, which the vendor may charge for. A failure is an answer, not an error.
///
/// # Errors
/// Where the upstream is not there, or an input cannot be used.
pub async fn test(
    context: &Context,
    which: &str,
    input: &TestInput,
) -> Result<TestView, AdminError> {
    let stored = find(context, which).await?;
    let limit = limit(input.timeout.as_deref())?;
    let call = Call::new(&stored, input.model.as_deref())?;
    let access = context.store().upstream_access(stored.upstream.id).await?;
    let secret = access
        .credentials
        .first()
        .and_then(|one| one.secret.as_ref());
    let begun = Instant::now();
    let unset = stored.credentials.iter().find(|one| one.enabled);
    let outcome = match (unset.map(|one| &one.kept), secret) {
        (Some(CredentialKept::Env(name)), None) => {
            Err(format!("the environment variable `{name}` is not set here"))
        }
        _ => timeout(limit, call.send(&access, stored.upstream.dialect))
            .await
            .unwrap_or_else(|_| Err(format!("no answer within {} s", limit.as_secs_f32()))),
    };
    let latency = begun.elapsed();
    let (status, problem) = match outcome {
        Ok(answered) => (Some(answered.status), answered.problem),
        Err(problem) => (None, Some(problem)),
    };
    Ok(TestView {
        upstream: reference(&stored),
        url: target(&access.base_url, &call.path),
        model: call.model,
        passed: problem.is_none(),
        status,
        latency_ms: u64::try_from(latency.as_millis()).unwrap_or(u64::MAX),
        problem: problem.map(|text| shown(&text, secret)),
    })
}

fn limit(text: Option<&str>) -> Result<Duration, AdminError> {
    let limit = text.map_or(Ok(WHOLE), |text| period::duration("timeout", text))?;
    if limit.is_zero() || limit > LONGEST {
        let problem = "a test may take more than `0s` and at most `10m`";
        return Err(AdminError::invalid("timeout", problem));
    }
    Ok(limit)
}

/// The call that is made.
struct Call {
    method: Method,
    path: String,
    body: String,
    model: Option<String>,
}

struct Answered {
    status: u16,
    problem: Option<String>,
}

impl Call {
    fn new(stored: &StoredUpstream, model: Option<&str>) -> Result<Self, AdminError> {
        let Serves::Models(models) = &stored.upstream.serves else {
            return Ok(Self {
                method: Method::GET,
                path: "/".to_owned(),
                body: String::new(),
                model: None,
            });
        };
        let mut served = models.iter();
        let found = match model {
            Some(name) => served.find(|one| one.name.as_str() == name),
            None => served.next(),
        };
        let found = found.ok_or_else(|| {
            let problem = "the upstream serves no such model: name one that it serves";
            AdminError::invalid("model", problem)
        })?;
        let sent = found.sent_as.as_ref().unwrap_or(&found.name).as_str();
        let (path, body) = minimal(stored.upstream.dialect, sent);
        Ok(Self {
            method: Method::POST,
            path,
            body: body.to_string(),
            model: Some(found.name.to_string()),
        })
    }

    async fn send(&self, access: &Access, dialect: Dialect) -> Result<Answered, String> {
        let body = Full::new(Bytes::from(self.body.clone()));
        let mut request = Request::new(body);
        *request.method_mut() = self.method.clone();
        *request.uri_mut() = target(&access.base_url, &self.path)
            .parse()
            .map_err(|_| "its address makes no target".to_owned())?;
        let headers = request.headers_mut();
        headers.insert("accept", HeaderValue::from_static("application/json"));
        headers.insert("user-agent", HeaderValue::from_static("tollgate-admin"));
        if self.method == Method::POST {
            headers.insert("content-type", HeaderValue::from_static("application/json"));
        }
        if dialect == Dialect::Anthropic {
            headers.insert("anthropic-version", HeaderValue::from_static("2023-06-01"));
        }
        if let Some(secret) = access
            .credentials
            .first()
            .and_then(|one| one.secret.as_ref())
        {
            let (name, value) = credential(access.carrier, secret)?;
            headers.insert(name, value);
        }
        let response = client()?.request(request).await;
        let response = response.map_err(|error| chain(&error))?;
        Ok(judged(response, dialect).await)
    }
}

/// The least that a dialect can be asked for.
fn minimal(dialect: Dialect, model: &str) -> (String, serde_json::Value) {
    let messages = json!([{ "role": "user", "content": "ping" }]);
    match dialect {
        Dialect::Anthropic => (
            "/v1/messages".to_owned(),
            json!({ "model": model, "max_tokens": 1, "messages": messages }),
        ),
        Dialect::Gemini => (
            format!("/v1beta/models/{model}:generateContent"),
            json!({
                "contents": [{ "parts": [{ "text": "ping" }] }],
                "generationConfig": { "maxOutputTokens": 1 },
            }),
        ),
        Dialect::OpenAi | Dialect::Plain => (
            "/v1/chat/completions".to_owned(),
            json!({ "model": model, "max_tokens": 1, "messages": messages }),
        ),
    }
}

/// The address of a route, joined as the gateway joins it: a `/v1` that both have is written once.
fn target(base: &Url, path: &str) -> String {
    let base = base.as_str().trim_end_matches('/');
    match path.strip_prefix("/v1/") {
        Some(rest) if base.ends_with("/v1") => format!("{base}/{rest}"),
        _ => format!("{base}{path}"),
    }
}

fn credential(
    carrier: Carrier,
    secret: &UpstreamSecret,
) -> Result<(HeaderName, HeaderValue), String> {
    let text = match carrier {
        Carrier::Bearer => format!("Bearer {}", secret.reveal()),
        Carrier::ApiKeyScheme => format!("ApiKey {}", secret.reveal()),
        Carrier::XApiKey | Carrier::ApiKey | Carrier::XGoogApiKey => secret.reveal().to_owned(),
    };
    let name = match carrier {
        Carrier::Bearer | Carrier::ApiKeyScheme => http::header::AUTHORIZATION,
        Carrier::XApiKey | Carrier::ApiKey | Carrier::XGoogApiKey => {
            HeaderName::from_static(carrier.name())
        }
    };
    let mut value = HeaderValue::try_from(text)
        .map_err(|_| "its credential cannot stand in a header: set it anew".to_owned())?;
    value.set_sensitive(true);
    Ok((name, value))
}

type HttpsClient = Client<hyper_rustls::HttpsConnector<HttpConnector>, Full<Bytes>>;

fn client() -> Result<HttpsClient, String> {
    let mut tcp = HttpConnector::new();
    tcp.enforce_http(false);
    tcp.set_connect_timeout(Some(CONNECT));
    let provider = rustls::crypto::ring::default_provider();
    let https = HttpsConnectorBuilder::new()
        .with_provider_and_webpki_roots(provider)
        .map_err(|error| error.to_string())?
        .https_or_http()
        .enable_http1()
        .wrap_connector(tcp);
    Ok(Client::builder(TokioExecutor::new()).build(https))
}

/// A plain API may have nothing at its root; it must only be there and take the credential.
async fn judged(response: Response<Incoming>, dialect: Dialect) -> Answered {
    let status = response.status();
    let there = status.is_client_error() && !matches!(status.as_u16(), 401 | 403 | 407);
    if status.is_success() || (dialect == Dialect::Plain && there) {
        return Answered {
            status: status.as_u16(),
            problem: None,
        };
    }
    let problem = if status.is_redirection() {
        let to = response.headers().get(http::header::LOCATION);
        let to = to.and_then(|to| to.to_str().ok()).unwrap_or("nowhere");
        format!("it redirects to {to}, which is not followed: change its base URL")
    } else {
        beginning(response.into_body()).await
    };
    Answered {
        status: status.as_u16(),
        problem: Some(problem),
    }
}

async fn beginning(mut body: Incoming) -> String {
    let mut read = Vec::new();
    while read.len() < READ
        && let Some(Ok(frame)) = body.frame().await
    {
        if let Ok(data) = frame.into_data() {
            read.extend_from_slice(&data);
        }
    }
    String::from_utf8_lossy(&read).trim().to_owned()
}

/// Some upstreams repeat the credential in their errors. It is taken out before anything is cut.
fn shown(text: &str, credential: Option<&UpstreamSecret>) -> String {
    let text = match credential {
        Some(secret) if !secret.reveal().is_empty() => text.replace(secret.reveal(), "…"),
        _ => text.to_owned(),
    };
    match text.char_indices().nth(SHOWN) {
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or_default()),
        None => text,
    }
}

fn chain(error: &dyn std::error::Error) -> String {
    let causes = std::iter::successors(Some(error), |error| error.source());
    causes
        .map(ToString::to_string)
        .collect::<Vec<_>>()
        .join(": ")
}

#[cfg(test)]
mod tests;
