//! From a hash to a permit: who calls, and whether they may.

use std::borrow::Cow;
use std::sync::Arc;

use tollgate_ledger::Windows;
use tollgate_policy::endpoint::Endpoint;
use tollgate_policy::secret::SecretHash;
use tollgate_policy::{Asked, Permit, Target, Verdict, evaluate};
use tollgate_rights::Rights;
use tollgate_rights::entry::Entry;
use tollgate_rights::source::Snapshot;
use tollgate_wire::answer::Fault;

use crate::call::Subject;
use crate::exchange::Exchange;
use crate::stop::Stop;

/// Finds whose secret it is.
pub(crate) async fn principal(rights: &Rights, hash: &SecretHash) -> Result<Arc<Entry>, Stop> {
    match rights.credential(hash).await {
        Ok(Some(entry)) => Ok(entry),
        Ok(None) => Err(Fault::UnknownCredential.into()),
        Err(error) => Err(Stop::Rights(error)),
    }
}

/// Has policy judge what does not depend on the model, before a body is read for it: a caller who is
/// refused anyway is not let to upload.
pub(crate) fn check_caller(
    exchange: &Exchange,
    snapshot: &Snapshot,
    entry: &Entry,
    endpoint: Endpoint,
) -> Result<(), Stop> {
    decide(exchange, snapshot, entry, Target::Gateway { endpoint }).map(drop)
}

/// Has policy decide.
pub(crate) fn decide<'a>(
    exchange: &Exchange,
    snapshot: &'a Snapshot,
    entry: &'a Entry,
    target: Target<'_>,
) -> Result<Permit<'a>, Stop> {
    let credential = entry.credential();
    let asked = Asked {
        target,
        address: exchange.client,
        secret_valid_until: credential.valid_until,
    };
    match evaluate(
        &snapshot.catalog,
        &credential.principal,
        &asked,
        exchange.now,
    ) {
        Verdict::Permit(permit) => Ok(permit),
        Verdict::Refuse(refusal) => Err(Stop::Refused {
            refusal: Box::new(refusal),
            subject: subject(target),
            windows: Windows::default(),
        }),
    }
}

/// What is asked for, by the names that records use.
pub(crate) fn subject(target: Target<'_>) -> Subject {
    let model = match target {
        Target::Model { model, .. } => Some(model.to_owned()),
        Target::Mount { .. } | Target::Gateway { .. } => None,
    };
    Subject {
        endpoint: target.endpoint().map_or_else(
            || Cow::Owned(target.to_string()),
            |one| Cow::Borrowed(one.name()),
        ),
        model,
    }
}
