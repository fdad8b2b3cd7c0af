//! The attempts of a plan, in order, until one upstream begins to answer.

use bytes::Bytes;
use http::header::ACCEPT_ENCODING;
use http::request::Parts;
use http::{HeaderValue, Request, Response, StatusCode};
use http_body_util::{Either, Full};
use hyper::body::Incoming;
use tollgate_policy::cap::CapField;
use tollgate_policy::endpoint::Endpoint;
use tollgate_policy::plan::{Attempt, Plan};
use tollgate_rights::source::{Access, Snapshot};
use tollgate_wire::Edits;
use tollgate_wire::peek::IncludeUsage;

use crate::bounded::{BodyError, BoundedBody};
use crate::call::Call;
use crate::intake::Intake;
use crate::rewrite;
use crate::stop::{Stop, Unanswered};
use crate::upstream::{RequestBody, UpstreamError, Upstreams};

/// What is sent on.
pub(crate) enum Outgoing<'a> {
    /// A body that was read, and can be sent to another upstream if one cannot be reached.
    Read(ModelCall),
    /// A body that passes through, to a path of the upstream's own.
    Through { body: BoundedBody, path: &'a str },
}

/// A call of a model, whose body can be edited for the upstream.
pub(crate) struct ModelCall {
    pub(crate) intake: Intake,
    pub(crate) endpoint: Endpoint,
    /// The field by which the output is capped where the client sets no cap.
    pub(crate) cap_field: Option<CapField>,
}

/// A response that has begun, and the call that it answers.
pub(crate) struct Upstreamed {
    pub(crate) response: Response<Incoming>,
    pub(crate) call: Call,
    /// Whether we asked for the usage of a stream, and the client did not.
    pub(crate) asked_for_usage: bool,
}

/// Tries the upstreams of the plan. Another one is tried only if nothing was sent to the last.
///
/// CANCEL: dropped with the client; the call then records that the client left.
pub(crate) async fn forward(
    upstreams: &Upstreams,
    snapshot: &Snapshot,
    plan: &Plan<'_>,
    head: &Parts,
    outgoing: Outgoing<'_>,
    mut call: Call,
) -> Result<Upstreamed, Stop> {
    let (answered, asked_for_usage) = match outgoing {
        Outgoing::Through { body, path } => {
            let answered = through(upstreams, snapshot, plan, head, body, path, &mut call).await;
            (answered, false)
        }
        Outgoing::Read(model) => {
            let answered = attempts(upstreams, snapshot, plan, head, &model, &mut call).await;
            (answered, model.asks_for_usage())
        }
    };
    match answered {
        Ok(response) => {
            call.answered(response.status().as_u16());
            Ok(Upstreamed {
                response,
                call,
                asked_for_usage,
            })
        }
        Err(error) => {
            let upstream = call.upstream();
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

type Answered = Result<Response<Incoming>, UpstreamError>;

async fn through(
    upstreams: &Upstreams,
    snapshot: &Snapshot,
    plan: &Plan<'_>,
    head: &Parts,
    body: BoundedBody,
    path: &str,
    call: &mut Call,
) -> Answered {
    let attempt = plan.attempts.first().ok_or(UpstreamError::NoneLeft)?;
    call.sending(attempt);
    let sent = async {
        let access = access(snapshot, attempt)?;
        let uri = rewrite::mount_target(&access.base_url, path, head.uri.query());
        let request = request(head, access, attempt, uri, Either::Right(body), None)?;
        accept(upstreams.send(request).await?)
    };
    let answered = sent.await;
    watch(upstreams, attempt, &answered, call);
    if answered.as_ref().is_err_and(UpstreamError::is_unsent) {
        call.unsent();
    }
    answered
}

async fn attempts(
    upstreams: &Upstreams,
    snapshot: &Snapshot,
    plan: &Plan<'_>,
    head: &Parts,
    model: &ModelCall,
    call: &mut Call,
) -> Answered {
    let mut failed = UpstreamError::NoneLeft;
    for attempt in &plan.attempts {
        call.sending(attempt);
        let body = model.body_for(attempt, call);
        let answered = attempt_once(upstreams, snapshot, attempt, head, body).await;
        watch(upstreams, attempt, &answered, call);
        match answered {
            Err(error) if error.is_unsent() => {
                call.unsent();
                tracing::warn!(
                    request_id = %call.exchange.id,
                    upstream = %attempt.upstream,
                    error = &error as &dyn std::error::Error,
                    "an upstream cannot be reached"
                );
                failed = error;
            }
            answered => return answered,
        }
    }
    Err(failed)
}

/// Tells who looks after upstreams how this one did. What the client did wrong says nothing of it.
fn watch(upstreams: &Upstreams, attempt: &Attempt<'_>, answered: &Answered, call: &Call) {
    let now = call.exchange.now.plus(call.exchange.started.elapsed());
    match answered {
        Ok(_) => upstreams.watch.answered(attempt.upstream, now),
        Err(error) if BodyError::behind(error).is_some() => {}
        Err(error) => {
            let (name, reason) = (attempt.upstream.to_string(), error.to_string());
            upstreams
                .watch
                .failed(attempt.upstream, &name, &reason, now);
        }
    }
}

impl ModelCall {
    /// The client's text, but for what policy needs: the model's name there, the cap that keeps the
    /// output within what is held, and the usage of a stream.
    fn body_for(&self, attempt: &Attempt<'_>, call: &Call) -> Bytes {
        let Intake { body, peek } = &self.intake;
        let mut edits = Edits::new(peek, self.endpoint);
        if let Some(name) = attempt.sent_as {
            edits = edits.model(name.as_str());
        }
        if let (Some(field), Some(tokens)) = (self.cap_field, call.cap(attempt)) {
            edits = edits.cap(field, tokens);
        }
        if self.asks_for_usage() {
            edits = edits.ask_for_usage();
        }
        if edits.is_empty() {
            return body.clone();
        }
        Bytes::from(edits.apply(body))
    }

    /// Whether the usage of the stream has to be asked for, because the client does not.
    fn asks_for_usage(&self) -> bool {
        let tells_when_asked = matches!(
            self.endpoint,
            Endpoint::ChatCompletions | Endpoint::Completions
        );
        let peek = &self.intake.peek;
        tells_when_asked && peek.stream && peek.include_usage != IncludeUsage::Asked
    }
}

async fn attempt_once(
    upstreams: &Upstreams,
    snapshot: &Snapshot,
    attempt: &Attempt<'_>,
    head: &Parts,
    body: Bytes,
) -> Answered {
    let access = access(snapshot, attempt)?;
    let length = body.len();
    let uri = rewrite::model_target(&access.base_url, head.uri.path(), head.uri.query());
    let body = Either::Left(Full::new(body));
    let mut request = request(head, access, attempt, uri, body, Some(length))?;
    // What an upstream compresses cannot be metered on the way.
    let identity = HeaderValue::from_static("identity");
    request.headers_mut().insert(ACCEPT_ENCODING, identity);
    accept(upstreams.send(request).await?)
}

fn access<'a>(snapshot: &'a Snapshot, attempt: &Attempt<'_>) -> Result<&'a Access, UpstreamError> {
    let access = snapshot.access.get(&attempt.upstream);
    access.map(AsRef::as_ref).ok_or(UpstreamError::Address)
}

fn request(
    head: &Parts,
    access: &Access,
    attempt: &Attempt<'_>,
    uri: Option<http::Uri>,
    body: RequestBody,
    length: Option<usize>,
) -> Result<Request<RequestBody>, UpstreamError> {
    let secret = access.secret(attempt.credential);
    let secret = secret.map_err(|_| UpstreamError::CredentialForm)?;
    let mut request = Request::new(body);
    *request.method_mut() = head.method.clone();
    *request.uri_mut() = uri.ok_or(UpstreamError::Address)?;
    *request.headers_mut() = head.headers.clone();
    if rewrite::request_headers(request.headers_mut(), access.carrier, secret, length) {
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
