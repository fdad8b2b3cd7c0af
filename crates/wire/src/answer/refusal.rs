//! What a client is told of a refusal: its first reason, and of that only the condition.

use tollgate_policy::Refusal;
use tollgate_policy::time::Timestamp;
use tollgate_policy::verdict::{Reason, ReasonKind};

use super::{Fault, LimitKind};

/// How long to wait where nobody knows: until a call ends that takes up the room, for example.
const UNKNOWN_WAIT_MS: u64 = 1000;

/// The condition that the first reason of a refusal comes to, with the model that was asked for,
/// if one was. What a restriction would have let through stays untold.
///
/// Of a limit, the time to wait is not told truly: [`from_refusal_at`] does.
pub fn from_refusal<'a>(refusal: &Refusal, model: Option<&'a str>) -> Fault<'a> {
    let reason = refusal.first();
    from_reason(reason.kind, reason.until, UNKNOWN_WAIT_MS, model)
}

/// As [`from_refusal`], at a moment: a client that ran into a limit learns how long to wait.
pub fn from_refusal_at<'a>(refusal: &Refusal, model: Option<&'a str>, now: Timestamp) -> Fault<'a> {
    let Reason { kind, until, .. } = refusal.first();
    let wait = until.map_or(UNKNOWN_WAIT_MS, |until| milliseconds(until, now));
    from_reason(*kind, *until, wait, model)
}

/// Rounded up, so that there is room when the wait is over.
fn milliseconds(until: Timestamp, now: Timestamp) -> u64 {
    let wait = until.since(now).as_micros().div_ceil(1000);
    u64::try_from(wait).unwrap_or(u64::MAX)
}

pub(super) fn from_reason(
    kind: ReasonKind,
    until: Option<Timestamp>,
    retry_after_ms: u64,
    model: Option<&str>,
) -> Fault<'_> {
    let limited = |kind| Fault::RateLimited {
        kind,
        retry_after_ms,
    };
    match kind {
        ReasonKind::SecretRetired | ReasonKind::TokenRevoked => Fault::UnknownCredential,
        ReasonKind::TokenDisabled | ReasonKind::AccountDisabled => Fault::TokenDisabled,
        ReasonKind::TokenExpired => Fault::TokenExpired,
        ReasonKind::AddressNotAllowed => Fault::AddressNotAllowed,
        ReasonKind::GroupUnknown | ReasonKind::EndpointNotAllowed => Fault::EndpointNotAllowed,
        ReasonKind::MountUnknown => Fault::RouteNotFound,
        // That a price is missing is the operator's to know.
        ReasonKind::ModelUnknown
        | ReasonKind::ModelNotAllowed
        | ReasonKind::ProviderNotAllowed
        | ReasonKind::NoUpstream
        | ReasonKind::PriceUnknown => model.map_or(Fault::EndpointNotAllowed, Fault::ModelNotFound),
        ReasonKind::QuotaExhausted | ReasonKind::PeriodExhausted | ReasonKind::QuotaShort => {
            Fault::QuotaExhausted { resets: until }
        }
        ReasonKind::RequestLimit => limited(LimitKind::Requests),
        ReasonKind::TokenLimit => limited(LimitKind::Tokens),
        ReasonKind::ConcurrencyLimit => limited(LimitKind::Concurrency),
    }
}
