//! The audit log: who changed what, when, from where. It is the feed of changes too.

mod chain;
pub(crate) mod head;
mod list;
mod verify;

use serde::Serialize;
use tollgate_policy::time::Timestamp;

use crate::error::{Kind, StoreError};

pub use verify::AuditVerdict;

/// One row of the audit log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditEntry {
    /// Its number: 1 and up, without gaps, in the order of the changes.
    pub seq: i64,
    /// When.
    pub at: Timestamp,
    /// Who.
    pub actor: String,
    /// From where.
    pub origin: String,
    /// What was done, such as `token.create`.
    pub action: String,
    /// What kind of thing was changed.
    pub kind: Kind,
    /// The id of the thing, such as `tok_…`.
    pub subject: String,
    /// The thing before the change as JSON; `None` where it was created.
    pub before: Option<String>,
    /// The thing after the change as JSON; `None` where it was deleted.
    pub after: Option<String>,
}

/// Which rows of the audit log to list, newest first.
#[derive(Debug, Clone, Default)]
pub struct AuditQuery {
    /// Only rows before this number: the last one of the page before.
    pub before: Option<i64>,
    /// Only changes by this actor.
    pub actor: Option<String>,
    /// Only this action.
    pub action: Option<String>,
    /// Only changes of this thing: its kind and its id as a number.
    pub subject: Option<(Kind, i64)>,
    /// Only changes at or after this moment.
    pub from: Option<Timestamp>,
    /// Only changes before this moment.
    pub until: Option<Timestamp>,
    /// How many rows at most, 1 to 1,000; 0 means 50.
    pub limit: u32,
}

/// What a change does to a thing, as the audit log keeps it.
pub(crate) struct Change {
    action: String,
    kind: Kind,
    id: i64,
    before: Option<String>,
    after: Option<String>,
}

impl Change {
    /// A change from one record to another; one of them may be missing.
    pub(crate) fn new<T: Serialize>(
        kind: Kind,
        verb: &'static str,
        id: i64,
        before: Option<&T>,
        after: Option<&T>,
    ) -> Result<Self, StoreError> {
        let json = |record: &T| serde_json::to_string(record).map_err(StoreError::unavailable);
        Ok(Self {
            action: format!("{kind}.{verb}"),
            kind,
            id,
            before: before.map(json).transpose()?,
            after: after.map(json).transpose()?,
        })
    }
}
