//! What a client is told of a refusal: its first reason, and of that only the condition.

use tollgate_policy::Refusal;
use tollgate_policy::verdict::ReasonKind;

use super::Fault;

/// The condition that the first reason of a refusal comes to, with the model that was asked for,
/// if one was. What a restriction would have let through stays untold.
pub fn from_refusal<'a>(refusal: &Refusal, model: Option<&'a str>) -> Fault<'a> {
    from_reason(refusal.first().kind, model)
}

pub(super) fn from_reason(kind: ReasonKind, model: Option<&str>) -> Fault<'_> {
    match kind {
        ReasonKind::SecretRetired | ReasonKind::TokenRevoked => Fault::UnknownCredential,
        ReasonKind::TokenDisabled | ReasonKind::AccountDisabled => Fault::TokenDisabled,
        ReasonKind::TokenExpired => Fault::TokenExpired,
        ReasonKind::AddressNotAllowed => Fault::AddressNotAllowed,
        ReasonKind::GroupUnknown | ReasonKind::EndpointNotAllowed => Fault::EndpointNotAllowed,
        ReasonKind::MountUnknown => Fault::RouteNotFound,
        ReasonKind::ModelUnknown
        | ReasonKind::ModelNotAllowed
        | ReasonKind::ProviderNotAllowed
        | ReasonKind::NoUpstream => model.map_or(Fault::EndpointNotAllowed, Fault::ModelNotFound),
        ReasonKind::QuotaExhausted => Fault::QuotaExhausted { resets: None },
    }
}
