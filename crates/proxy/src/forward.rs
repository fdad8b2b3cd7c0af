//! The attempts of a plan, in order, until one upstream begins to answer.

mod account;
mod form;
mod outgoing;
mod verdict;

use std::sync::Arc;

use http::request::Parts;
use http::{Request, Response};
use tokio::time::Instant;
use tollgate_connect::SendError;
use tollgate_policy::breaker::Blame;
use tollgate_policy::plan::{Attempt, MOST_ATTEMPTS, Plan};
use tollgate_policy::time::Timestamp;
use tollgate_rights::source::{Access, Snapshot};

use crate::bounded::BodyError;
use crate::call::Call;
use crate::health::Health;
use crate::request_body::RequestBody;
use crate::stop::{Stop, Unanswered};
use crate::upstream::{Answer, UpstreamError, Upstreams};

pub(crate) use form::FormCall;
pub(crate) use outgoing::{ModelCall, Outgoing, Through, Upgrade};

/// When to try again once a connection may have ended, in seconds.
const RETRY_AFTER: u64 = 1;

/// A response that has begun, and the call that it answers.
pub(crate) struct Upstreamed {
    pub(crate) response: Response<Answer>,
    pub(crate) call: Box<Call>,
    /// Whether we asked for the usage of a stream, and the client did not.
    pub(crate) asked_for_usage: bool,
}

type Answered = Result<Response<Answer>, UpstreamError>;

/// Where a call may go, and how those who serve it do.
#[derive(Clone, Copy)]
pub(crate) struct Way<'a> {
    pub(crate) upstreams: &'a Upstreams,
    pub(crate) health: &'a Health,
    pub(crate) snapshot: &'a Snapshot,
    pub(crate) plan: &'a Plan<'a>,
}

/// Tries the upstreams of the plan, until one answers. Another one is tried only where nothing was
/// sent to the last, or it answered with a status upon which that is wished.
///
/// CANCEL: dropped with the client; the call then records that the client left.
pub(crate) async fn forward(
    way: Way<'_>,
    head: &Parts,
    mut outgoing: Outgoing<'_>,
    mut call: Box<Call>,
) -> Result<Upstreamed, Stop> {
    match attempts(way, head, &mut outgoing, &mut call).await {
        Ok(response) => Ok(Upstreamed {
            response,
            call,
            asked_for_usage: outgoing.asks_for_usage(),
        }),
        Err(error) => {
            let (upstream, now) = (call.upstream(), call.at(Instant::now()));
            let subject = call.abandon();
            // A client whose body fails is answered for that, whatever it did to the upstream.
            if let Some(body) = BodyError::behind(&error) {
                return Err(body.stop());
            }
            Err(match error {
                UpstreamError::NoneLeft => {
                    let left = way.health.view(now).wait(&way.plan.attempts);
                    Stop::put_aside(left, subject)
                }
                UpstreamError::Send(SendError::Full) => Stop::Overloaded {
                    retry_after_s: RETRY_AFTER,
                    why: "too many connections to upstreams are open",
                    subject,
                },
                error => Stop::Upstream(Box::new(Unanswered {
                    upstream,
                    error,
                    subject,
                })),
            })
        }
    }
}

/// A request until a connection takes it. Where none did, even as the client left meanwhile, nothing
/// of the call reached the upstream.
struct Unsent<'a> {
    request: Option<Request<RequestBody>>,
    call: &'a mut Call,
}

impl Drop for Unsent<'_> {
    fn drop(&mut self) {
        if self.request.is_some() {
            self.call.unserved();
        }
    }
}

async fn attempts(
    way: Way<'_>,
    head: &Parts,
    outgoing: &mut Outgoing<'_>,
    call: &mut Call,
) -> Answered {
    let patience = call.exchange.settings.patience();
    let mut failed = UpstreamError::NoneLeft;
    // Whether an attempt was left to make after it, and was put aside.
    let mut passed_over = false;
    let mut walk = way.plan.walk(MOST_ATTEMPTS);
    while let Some(attempt) = walk.next() {
        let is_last = walk.clone().next().is_none();
        let access = access(way.snapshot, attempt)?;
        let Some(mut in_flight) = way.health.begin(attempt, call.at(Instant::now())) else {
            // It was put aside since the plan was drawn.
            walk.not_made();
            passed_over = true;
            continue;
        };
        call.sending(attempt);
        let answered = async {
            let mut request = outgoing.request(attempt, access, head, call)?;
            if let Some(trace) = call.exchange.trace.get() {
                trace.pass_on(request.headers_mut());
            }
            call.handed_over();
            let mut unsent = Unsent {
                request: Some(request),
                call: &mut *call,
            };
            let response = way
                .upstreams
                .send(attempt.upstream, access, patience, &mut unsent.request)
                .await?;
            drop(unsent);
            let response = account::look(response, outgoing, call).await?;
            let may_repeat = !is_last && outgoing.can_be_repeated();
            verdict::accept(response, (outgoing, attempt), &access.retry_on, may_repeat)
        };
        let answered: Answered = answered.await;
        let now = Instant::now();
        let at = call.at(now);
        let report = verdict::report(&answered);
        watch(way, attempt, &answered, report.blame(), at);
        in_flight.outcome(report, at);
        let error = match answered {
            Ok(response) => {
                call.answered(response.status().as_u16(), now);
                call.served_by(in_flight);
                return Ok(response);
            }
            Err(error) => error,
        };
        walk.failed(verdict::blame(&error, &report));
        if error.is_unsent() {
            call.unserved();
        }
        if !outgoing.can_be_repeated() || !verdict::may_go_elsewhere(&error, &access.retry_on) {
            return Err(error);
        }
        if !is_last {
            tracing::warn!(
                request_id = %call.exchange.id,
                upstream = %attempt.upstream,
                error = &error as &dyn std::error::Error,
                "an upstream did not serve a call: another one is tried"
            );
        }
        (failed, passed_over) = (error, false);
    }
    // Its answer was let go for an attempt that could not be made then.
    if passed_over && verdict::asks_to_wait(&failed) {
        return Err(UpstreamError::NoneLeft);
    }
    Err(failed)
}

fn access<'a>(
    snapshot: &'a Snapshot,
    attempt: &Attempt<'_>,
) -> Result<&'a Arc<Access>, UpstreamError> {
    let access = snapshot.access.get(&attempt.upstream);
    access.ok_or(UpstreamError::Address(None))
}

/// Tells who looks after upstreams how this one did. One that takes no credential of ours is of no
/// more use than one that does not answer; what else it says, of a call or of too many, is an answer.
fn watch(way: Way<'_>, attempt: &Attempt<'_>, answered: &Answered, blame: Blame, now: Timestamp) {
    let (watch, id) = (&way.upstreams.watch, attempt.upstream);
    match (answered, blame) {
        (Err(error), Blame::Upstream(_))
        | (Err(error @ (UpstreamError::Credential(_) | UpstreamError::CredentialForm)), _) => {
            let known = way.snapshot.catalog.upstream(id);
            let name = known.map_or_else(|| id.to_string(), |known| known.name.to_string());
            watch.failed(id, &name, &error.to_string(), now);
        }
        (Err(_), Blame::Unknown) => {}
        _ => watch.answered(id, now),
    }
}
