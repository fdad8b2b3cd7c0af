//! What operators are told when a quota is nearly or wholly used up.

use serde_json::json;
use tollgate_policy::id::{AccountId, TokenId};
use tollgate_policy::time::Timestamp;

use super::pot::{Key, Owner};
use super::purse::{Counts, Purse};
use crate::alert::{NewAlert, Subject};

/// The parts of a limit that are told of, in percent, with the kinds of their alerts.
const MARKS: [(i128, &str); 2] = [(80, "quota_80"), (100, "quota_100")];

/// The alerts for the marks that a pot was taken across.
///
/// The key names the limit too, so that a limit that was raised is told of again.
pub(super) fn crossed(key: Key, purse: &Purse, before: i64, after: Counts) -> Vec<NewAlert> {
    let Some(limit) = after.limit.filter(|limit| *limit > 0) else {
        return Vec::new();
    };
    let below = |used: i64, mark: i128| i128::from(used) * 100 < i128::from(limit) * mark;
    let Some(subject) = subject(key.owner) else {
        return Vec::new();
    };
    MARKS
        .into_iter()
        .filter(|(mark, _)| below(before, *mark) && !below(after.used, *mark))
        .map(|(mark, kind)| NewAlert {
            key: format!("quota:{}:{limit}:{mark}", name(key, subject)),
            kind: kind.to_owned(),
            subject,
            body: body(key, purse, limit, after),
        })
        .collect()
}

fn subject(owner: Owner) -> Option<Subject> {
    match owner {
        Owner::Account(id) => AccountId::from_raw(id).map(Subject::Account),
        Owner::Token(id) => TokenId::from_raw(id).map(Subject::Token),
    }
}

/// `token:tok_…`, with the begin of a period behind it.
fn name(key: Key, subject: Subject) -> String {
    let owner = format!("{}:{subject}", subject.kind());
    match key.begin {
        Some(begin) => format!("{owner}:{}", Timestamp::from_micros(begin)),
        None => owner,
    }
}

/// Money is in micro-credits.
fn body(key: Key, purse: &Purse, limit: i64, after: Counts) -> serde_json::Value {
    let resets = purse.end.filter(|_| key.begin.is_some());
    json!({
        "pot": key.columns().pot,
        "name": purse.name,
        "limit": limit,
        "used": after.used,
        "remaining": limit.saturating_sub(after.used),
        "resets": resets.map(|end| Timestamp::from_micros(end).to_string()),
    })
}
