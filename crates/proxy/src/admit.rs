//! From a hash to a permit: who calls, and whether they may.

use std::net::IpAddr;
use std::sync::Arc;

use tollgate_policy::plan::Plan;
use tollgate_policy::secret::SecretHash;
use tollgate_policy::time::Timestamp;
use tollgate_policy::{Asked, Target, Verdict, evaluate};
use tollgate_rights::Rights;
use tollgate_rights::entry::Entry;
use tollgate_rights::source::Snapshot;
use tollgate_wire::answer::Fault;

use crate::stop::Stop;

/// Finds whose secret it is.
pub(crate) async fn principal(rights: &Rights, hash: &SecretHash) -> Result<Arc<Entry>, Stop> {
    match rights.credential(hash).await {
        Ok(Some(entry)) => Ok(entry),
        Ok(None) => Err(Fault::UnknownCredential.into()),
        Err(error) => Err(Stop::Rights(error)),
    }
}

/// Has policy decide. What a permit allows is returned as a plan, empty if the gateway answers.
pub(crate) fn decide(
    snapshot: &Snapshot,
    entry: &Entry,
    target: Target<'_>,
    address: IpAddr,
    now: Timestamp,
    seed: u64,
) -> Result<Plan, Stop> {
    let credential = entry.credential();
    let asked = Asked {
        target,
        address,
        secret_valid_until: credential.valid_until,
    };
    match evaluate(&snapshot.catalog, &credential.principal, &asked, now) {
        Verdict::Permit(permit) => Ok(Plan::draw(&permit, seed)),
        Verdict::Refuse(refusal) => {
            let model = match target {
                Target::Model { model, .. } => Some(model.to_owned()),
                Target::Mount { .. } | Target::Gateway { .. } => None,
            };
            Err(Stop::Refused { refusal, model })
        }
    }
}
