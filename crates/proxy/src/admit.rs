//! From a hash to a permit: who calls, and whether they may, also after they took their time.

use std::borrow::Cow;
use std::sync::Arc;

use tollgate_ledger::Windows;
use tollgate_policy::endpoint::Endpoint;
use tollgate_policy::secret::SecretHash;
use tollgate_policy::{Asked, Permit, Target, Verdict, evaluate};
use tollgate_rights::Rights;
use tollgate_rights::entry::Entry;
use tollgate_rights::source::{Revision, Snapshot};
use tollgate_wire::answer::Fault;

use crate::call::Subject;
use crate::exchange::{Exchange, start};
use crate::stop::Stop;

/// Who calls, as they were found.
#[derive(Clone)]
pub(crate) struct Caller {
    secret: SecretHash,
    pub(crate) entry: Arc<Entry>,
    /// What was in force before that.
    revision: Revision,
}

impl Caller {
    pub(crate) async fn find(rights: &Rights, secret: SecretHash) -> Result<Self, Stop> {
        let revision = rights.revision();
        let entry = principal(rights, &secret).await?;
        Ok(Self {
            secret,
            entry,
            revision,
        })
    }

    /// Finds them anew where anything was changed since, and gives what is in force now: who sends a
    /// body for hours has the rights of the end of it.
    pub(crate) async fn renew(&mut self, rights: &Rights) -> Result<Option<Arc<Snapshot>>, Stop> {
        if !self.is_outdated(rights) {
            return Ok(None);
        }
        *self = Self::find(rights, self.secret).await?;
        Ok(Some(rights.snapshot()))
    }

    /// Whether anything was changed since they were found, theirs or not.
    pub(crate) fn is_outdated(&self, rights: &Rights) -> bool {
        rights.revision() != self.revision
    }

    /// Refuses where they may not any more: who waits for credits has the rights of the end of it.
    pub(crate) async fn confirm(
        &self,
        rights: &Rights,
        exchange: &Exchange,
        target: Target<'_>,
    ) -> Result<(), Stop> {
        if !self.is_outdated(rights) {
            return Ok(());
        }
        let entry = principal(rights, &self.secret).await?;
        decide(exchange, &rights.snapshot(), &entry, target).map(drop)
    }
}

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
        exchange.moment(),
    ) {
        Verdict::Permit(permit) => Ok(permit),
        Verdict::Refuse(refusal) => Err(Stop::Refused {
            refusal: Box::new(refusal),
            subject: subject(target),
            windows: Windows::default(),
        }),
    }
}

/// What is asked for, by the names that records use; of a model's name that is made up, the start.
pub(crate) fn subject(target: Target<'_>) -> Subject {
    let model = match target {
        Target::Model { model, .. } => Some(start(model).to_owned()),
        Target::Mount { .. } | Target::Gateway { .. } | Target::Statement => None,
    };
    Subject {
        endpoint: target.endpoint().map_or_else(
            || Cow::Owned(target.to_string()),
            |one| Cow::Borrowed(one.name()),
        ),
        model,
    }
}
