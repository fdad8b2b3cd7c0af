//! The attempts of a plan, in order, until one upstream begins to answer.

use bytes::Bytes;
use http::request::Parts;
use http::{Request, Response, StatusCode};
use http_body_util::{Either, Full};
use hyper::body::Incoming;
use tollgate_policy::id::UpstreamId;
use tollgate_policy::plan::{Attempt, Plan};
use tollgate_rights::source::{Access, Snapshot};
use tollgate_wire::peek::replace_model;

use crate::intake::Intake;
use crate::rewrite;
use crate::stop::Stop;
use crate::upstream::{RequestBody, UpstreamError, Upstreams};

/// What is sent on.
pub(crate) enum Outgoing {
    /// A body that was read, and can be sent to another upstream if one cannot be reached.
    Read(Intake),
    /// A body that passes through, to a path of the upstream's own.
    Through { body: Incoming, path: String },
}

/// A response that has begun, and who gave it.
pub(crate) struct Upstreamed {
    pub(crate) response: Response<Incoming>,
    pub(crate) upstream: UpstreamId,
}

/// Tries the upstreams of the plan. Another one is tried only if nothing was sent to the last.
pub(crate) async fn forward(
    upstreams: &Upstreams,
    snapshot: &Snapshot,
    plan: &Plan,
    head: &Parts,
    outgoing: Outgoing,
) -> Result<Upstreamed, Stop> {
    match outgoing {
        Outgoing::Through { body, path } => {
            let attempt = plan.attempts.first().ok_or(UpstreamError::NoneLeft)?;
            let send = Either::Right(body);
            let access = access(snapshot, attempt)?;
            let request = request(head, access, &path, send, None)?;
            let response = upstreams.send(request).await?;
            accept(response, attempt.upstream)
        }
        Outgoing::Read(intake) => {
            let mut last = UpstreamError::NoneLeft;
            for attempt in &plan.attempts {
                match attempt_once(upstreams, snapshot, attempt, head, &intake).await {
                    Ok(response) => return accept(response, attempt.upstream),
                    Err(error) if error.is_unsent() => {
                        tracing::warn!(
                            upstream = %attempt.upstream,
                            error = &error as &dyn std::error::Error,
                            "an upstream cannot be reached"
                        );
                        last = error;
                    }
                    Err(error) => return Err(error.into()),
                }
            }
            Err(last.into())
        }
    }
}

async fn attempt_once(
    upstreams: &Upstreams,
    snapshot: &Snapshot,
    attempt: &Attempt,
    head: &Parts,
    intake: &Intake,
) -> Result<Response<Incoming>, UpstreamError> {
    let access = access(snapshot, attempt)?;
    let body = match &attempt.sent_as {
        Some(name) => Bytes::from(replace_model(
            &intake.body,
            intake.model_span.clone(),
            name.as_str(),
        )),
        None => intake.body.clone(),
    };
    let length = body.len();
    let send = Either::Left(Full::new(body));
    let request = request(head, access, head.uri.path(), send, Some(length))?;
    upstreams.send(request).await
}

fn access<'a>(snapshot: &'a Snapshot, attempt: &Attempt) -> Result<&'a Access, UpstreamError> {
    let access = snapshot.access.get(&attempt.upstream);
    access.map(AsRef::as_ref).ok_or(UpstreamError::Address)
}

fn request(
    head: &Parts,
    access: &Access,
    path: &str,
    body: RequestBody,
    length: Option<usize>,
) -> Result<Request<RequestBody>, UpstreamError> {
    let mut request = Request::new(body);
    *request.method_mut() = head.method.clone();
    *request.uri_mut() =
        rewrite::target(&access.base_url, path, head.uri.query()).ok_or(UpstreamError::Address)?;
    *request.headers_mut() = head.headers.clone();
    rewrite::request_headers(request.headers_mut(), access, length);
    Ok(request)
}

/// An upstream that does not accept our credential, or fails, has not answered the client's call.
fn accept(response: Response<Incoming>, upstream: UpstreamId) -> Result<Upstreamed, Stop> {
    let status = response.status();
    if status == StatusCode::UNAUTHORIZED || status == StatusCode::FORBIDDEN {
        return Err(UpstreamError::Credential(status.as_u16()).into());
    }
    if status.is_server_error() {
        return Err(UpstreamError::Status(status.as_u16()).into());
    }
    Ok(Upstreamed { response, upstream })
}

impl From<UpstreamError> for Stop {
    fn from(error: UpstreamError) -> Self {
        Self::Upstream(error)
    }
}
