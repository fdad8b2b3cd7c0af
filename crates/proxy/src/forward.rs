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

use crate::bounded::{BodyError, BoundedBody};
use crate::call::Call;
use crate::intake::Intake;
use crate::rewrite;
use crate::stop::{Stop, Unanswered};
use crate::upstream::{RequestBody, UpstreamError, Upstreams};

/// What is sent on.
pub(crate) enum Outgoing<'a> {
    /// A body that was read, and can be sent to another upstream if one cannot be reached.
    Read(Intake),
    /// A body that passes through, to a path of the upstream's own.
    Through { body: BoundedBody, path: &'a str },
}

/// A response that has begun, and the call that it answers.
pub(crate) struct Upstreamed {
    pub(crate) response: Response<Incoming>,
    pub(crate) call: Call,
}

/// An attempt that gave no answer, and whose it was.
struct Failed {
    upstream: Option<UpstreamId>,
    error: UpstreamError,
}

/// Tries the upstreams of the plan. Another one is tried only if nothing was sent to the last.
///
/// CANCEL: dropped with the client; the call then records that the client left.
pub(crate) async fn forward(
    upstreams: &Upstreams,
    snapshot: &Snapshot,
    plan: &Plan,
    head: &Parts,
    outgoing: Outgoing<'_>,
    mut call: Call,
) -> Result<Upstreamed, Stop> {
    let answered = match outgoing {
        Outgoing::Through { body, path } => {
            through(upstreams, snapshot, plan, head, body, path).await
        }
        Outgoing::Read(intake) => attempts(upstreams, snapshot, plan, head, &intake, &call).await,
    };
    match answered {
        Ok((upstream, response)) => {
            call.answered(upstream, response.status().as_u16());
            Ok(Upstreamed { response, call })
        }
        Err(Failed { upstream, error }) => {
            let subject = call.abandon();
            // A client whose body fails is answered for that, whatever it did to the upstream.
            match BodyError::behind(&error) {
                Some(body) => Err(body.stop()),
                None => Err(Stop::Upstream(Box::new(Unanswered {
                    upstream,
                    error,
                    subject,
                }))),
            }
        }
    }
}

type Answered = Result<(UpstreamId, Response<Incoming>), Failed>;

async fn through(
    upstreams: &Upstreams,
    snapshot: &Snapshot,
    plan: &Plan,
    head: &Parts,
    body: BoundedBody,
    path: &str,
) -> Answered {
    let Some(attempt) = plan.attempts.first() else {
        return Err(Failed {
            upstream: None,
            error: UpstreamError::NoneLeft,
        });
    };
    let upstream = attempt.upstream;
    let sent = async {
        let access = access(snapshot, attempt)?;
        let uri = rewrite::mount_target(&access.base_url, path, head.uri.query());
        let request = request(head, access, uri, Either::Right(body), None)?;
        accept(upstreams.send(request).await?)
    };
    match sent.await {
        Ok(response) => Ok((upstream, response)),
        Err(error) => Err(Failed {
            upstream: Some(upstream),
            error,
        }),
    }
}

async fn attempts(
    upstreams: &Upstreams,
    snapshot: &Snapshot,
    plan: &Plan,
    head: &Parts,
    intake: &Intake,
    call: &Call,
) -> Answered {
    let mut failed = Failed {
        upstream: None,
        error: UpstreamError::NoneLeft,
    };
    for attempt in &plan.attempts {
        let upstream = attempt.upstream;
        match attempt_once(upstreams, snapshot, attempt, head, intake).await {
            Ok(response) => return Ok((upstream, response)),
            Err(error) if error.is_unsent() => {
                tracing::warn!(
                    request_id = %call.exchange.id,
                    %upstream,
                    error = &error as &dyn std::error::Error,
                    "an upstream cannot be reached"
                );
                failed = Failed {
                    upstream: Some(upstream),
                    error,
                };
            }
            Err(error) => {
                return Err(Failed {
                    upstream: Some(upstream),
                    error,
                });
            }
        }
    }
    Err(failed)
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
    let uri = rewrite::model_target(&access.base_url, head.uri.path(), head.uri.query());
    let request = request(
        head,
        access,
        uri,
        Either::Left(Full::new(body)),
        Some(length),
    )?;
    accept(upstreams.send(request).await?)
}

fn access<'a>(snapshot: &'a Snapshot, attempt: &Attempt) -> Result<&'a Access, UpstreamError> {
    let access = snapshot.access.get(&attempt.upstream);
    access.map(AsRef::as_ref).ok_or(UpstreamError::Address)
}

fn request(
    head: &Parts,
    access: &Access,
    uri: Option<http::Uri>,
    body: RequestBody,
    length: Option<usize>,
) -> Result<Request<RequestBody>, UpstreamError> {
    let mut request = Request::new(body);
    *request.method_mut() = head.method.clone();
    *request.uri_mut() = uri.ok_or(UpstreamError::Address)?;
    *request.headers_mut() = head.headers.clone();
    if rewrite::request_headers(request.headers_mut(), access, length) {
        Ok(request)
    } else {
        Err(UpstreamError::CredentialForm)
    }
}

/// An upstream that does not accept our credential or our payment, sends us elsewhere, or fails, has
/// not answered the client's call.
fn accept(response: Response<Incoming>) -> Result<Response<Incoming>, UpstreamError> {
    let status = response.status();
    match status {
        StatusCode::UNAUTHORIZED
        | StatusCode::FORBIDDEN
        | StatusCode::PAYMENT_REQUIRED
        | StatusCode::PROXY_AUTHENTICATION_REQUIRED => {
            Err(UpstreamError::Credential(status.as_u16()))
        }
        _ if status.is_server_error() || status.is_informational() => {
            Err(UpstreamError::Status(status.as_u16()))
        }
        // A 304 answers a condition that the client set; the others would lead past the gateway.
        _ if status.is_redirection() && status != StatusCode::NOT_MODIFIED => {
            Err(UpstreamError::Status(status.as_u16()))
        }
        _ => Ok(response),
    }
}
