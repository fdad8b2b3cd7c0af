//! Testing an upstream: one small real call with each of its credentials, the way that the gateway
//! makes calls.
//!
//! It tells whether the address is right, whether something answers there, and which credentials it
//! takes.

mod answer;
mod request;
mod way;

use std::time::Duration;

use bytes::Bytes;
use http_body_util::Full;
use tokio::time::{Instant, timeout};
use tollgate_connect::{Connections, Destination, Settings};
use tollgate_policy::endpoint::Dialect;
use tollgate_rights::source::{Access, AccessCredential, UpstreamSecret};
use tollgate_store::upstream::{CredentialKept, StoredUpstream};

use self::answer::{Answered, chain, judged, shown};
use self::request::Call;
use super::{find, reference};
use crate::access::Deed;
use crate::context::Context;
use crate::error::AdminError;
use crate::input::period;
use crate::view::upstream::{TestCallView, TestView};

const CONNECT: Duration = Duration::from_secs(5);
const WHOLE: Duration = Duration::from_secs(30);
const LONGEST: Duration = Duration::from_secs(600);

/// How to test an upstream, as it is written.
#[derive(Debug, Clone, Default, serde::Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(default)]
pub struct TestInput {
    /// The model to ask for, by its public name; the first one that it serves if missing.
    pub model: Option<String>,
    /// How long to wait for each whole answer, at most `10m`; `30s` if missing.
    pub timeout: Option<String>,
}

/// Makes one small real call with each credential that is enabled, which the vendor may charge for.
/// A failure is an answer, not an error.
///
/// # Errors
/// Where the upstream is not there, or an input cannot be used.
pub async fn test(
    context: &Context,
    which: &str,
    input: &TestInput,
) -> Result<TestView, AdminError> {
    context.allow(Deed::ChangeCatalog, None)?;
    let stored = find(context, which).await?;
    let limit = limit(input.timeout.as_deref())?;
    let call = Call::new(&stored, input.model.as_deref())?;
    let access = context.store().upstream_access(stored.upstream.id).await?;
    let calls = calls(&stored, &access, &call, limit).await;
    Ok(TestView {
        upstream: reference(&stored),
        url: call.target(&access),
        passed: calls.iter().all(|one| one.passed),
        model: call.model,
        calls,
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

/// One after the other: a vendor that limits how often it is called is not the one to hurry.
async fn calls(
    stored: &StoredUpstream,
    access: &Access,
    call: &Call,
    limit: Duration,
) -> Vec<TestCallView> {
    if access.credentials.is_empty() {
        let outcome = if stored.credentials.is_empty() {
            send(call, access, None, stored.upstream.dialect, limit).await
        } else {
            Tried::not("all its credentials are disabled".to_owned())
        };
        return vec![outcome.view(None)];
    }
    let mut calls = Vec::with_capacity(access.credentials.len());
    for one in &access.credentials {
        let outcome = match &one.secret {
            Some(secret) => send(call, access, Some(secret), stored.upstream.dialect, limit).await,
            None => Tried::not(unset(stored, one)),
        };
        calls.push(outcome.view(Some(one)));
    }
    calls
}

/// What came of one call.
struct Tried {
    outcome: Result<Answered, String>,
    latency: Duration,
}

async fn send(
    call: &Call,
    access: &Access,
    secret: Option<&UpstreamSecret>,
    dialect: Dialect,
    limit: Duration,
) -> Tried {
    let begun = Instant::now();
    let outcome = timeout(limit, attempt(call, access, secret, dialect)).await;
    Tried {
        outcome: outcome
            .unwrap_or_else(|_| Err(format!("no answer within {} s", limit.as_secs_f32()))),
        latency: begun.elapsed(),
    }
}

async fn attempt(
    call: &Call,
    access: &Access,
    secret: Option<&UpstreamSecret>,
    dialect: Dialect,
) -> Result<Answered, String> {
    let request = call.request(access, secret, dialect)?;
    let options = way::options(access).map_err(|error| chain(&error))?;
    let to = Destination::new(&access.base_url, options).map_err(|error| chain(&error))?;
    let connections = Connections::<Full<Bytes>>::new(Settings {
        connect_timeout: CONNECT,
        ..Settings::default()
    });
    let response = connections.send(&to, request).await;
    let response = response.map_err(|error| chain(&error))?;
    Ok(judged(response, dialect).await)
}

fn unset(stored: &StoredUpstream, credential: &AccessCredential) -> String {
    let mut all = stored.credentials.iter();
    match all.find(|one| one.id == credential.id).map(|one| &one.kept) {
        Some(CredentialKept::Env(name)) => {
            format!("the environment variable `{name}` is not set here")
        }
        _ => "it cannot be read".to_owned(),
    }
}

impl Tried {
    /// Nothing was sent.
    fn not(problem: String) -> Self {
        Self {
            outcome: Err(problem),
            latency: Duration::ZERO,
        }
    }

    fn view(self, credential: Option<&AccessCredential>) -> TestCallView {
        let (status, problem) = match self.outcome {
            Ok(answered) => (Some(answered.status), answered.problem),
            Err(problem) => (None, Some(problem)),
        };
        let secret = credential.and_then(|one| one.secret.as_ref());
        TestCallView {
            credential: credential.map(|one| one.name.to_string()),
            passed: problem.is_none(),
            status,
            latency_ms: u64::try_from(self.latency.as_millis()).unwrap_or(u64::MAX),
            problem: problem.map(|text| shown(&text, secret)),
        }
    }
}

#[cfg(test)]
mod tests;
