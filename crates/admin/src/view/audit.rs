//! The audit log as it is shown.

use serde::Serialize;
use serde_json::Value;
use tollgate_store::audit::{AuditEntry, AuditVerdict};

/// One change.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ChangeView {
    /// Its number: 1 and up, without gaps.
    pub seq: i64,
    /// When.
    pub at: String,
    /// Who.
    pub actor: String,
    /// From where.
    pub origin: String,
    /// What was done, such as `token.create`.
    pub action: String,
    /// What was changed: `token`, `account`, `group`, `model`, `upstream`, `member`, `session`,
    /// `api-credential`, `setting` or `usage`.
    pub kind: String,
    /// The id of what was changed; empty for a setting and for usage, which have none.
    pub subject: String,
    /// What it was before; `null` where it was created.
    pub before: Option<Value>,
    /// What it was after; `null` where it was deleted.
    pub after: Option<Value>,
}

/// What the check of the log found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct LogView {
    /// Whether every row is as it was written.
    pub whole: bool,
    /// How many rows there are; `null` where the log is not whole.
    pub rows: Option<i64>,
    /// The hash of the last row: kept elsewhere, it also shows a log that was written anew.
    pub head: Option<String>,
    /// The number of the first row that is not as it was written; `null` where the log is whole.
    pub bad_row: Option<i64>,
    /// What is wrong with it.
    pub problem: Option<String>,
}

impl ChangeView {
    pub(crate) fn new(entry: AuditEntry) -> Self {
        Self {
            seq: entry.seq,
            at: entry.at.to_string(),
            actor: entry.actor,
            origin: entry.origin,
            action: entry.action,
            kind: entry.kind.name().to_owned(),
            subject: entry.subject,
            before: entry.before.map(json),
            after: entry.after.map(json),
        }
    }
}

impl LogView {
    pub(crate) fn new(verdict: &AuditVerdict) -> Self {
        let (mut rows, mut head, mut bad_row, mut problem) = (None, None, None, None);
        match verdict {
            AuditVerdict::Whole {
                rows: count,
                head: hash,
            } => {
                (rows, head) = (Some(*count), Some(hash.clone()));
            }
            AuditVerdict::Bad { seq, why } => {
                (bad_row, problem) = (Some(*seq), Some((*why).to_owned()));
            }
        }
        Self {
            whole: bad_row.is_none(),
            rows,
            head,
            bad_row,
            problem,
        }
    }
}

/// A record that was tampered with may be no JSON: it is shown as the text that it is.
fn json(text: String) -> Value {
    serde_json::from_str(&text).unwrap_or(Value::String(text))
}
