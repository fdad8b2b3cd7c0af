//! Alerts as they are shown.

use serde::Serialize;
use serde_json::Value;
use tollgate_store::alert::StoredAlert;

use super::moment;

/// Something that operators are told once.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct AlertView {
    /// Its number: later alerts have higher ones.
    pub number: i64,
    /// What happened, such as `quota_80`.
    pub kind: String,
    /// The id of what it is about.
    pub subject: String,
    /// What else is told.
    pub body: Value,
    /// When it was raised.
    pub at: String,
    /// How often its delivery failed.
    pub attempts: u32,
    /// When it is to be delivered next; `null` once it was.
    pub next_at: Option<String>,
    /// When it was delivered; `null` until it is.
    pub delivered_at: Option<String>,
}

impl AlertView {
    pub(crate) fn new(stored: StoredAlert) -> Self {
        let waits = stored.delivered_at.is_none();
        Self {
            number: stored.id,
            kind: stored.alert.kind,
            subject: stored.alert.subject.to_string(),
            body: stored.alert.body,
            at: stored.at.to_string(),
            attempts: stored.attempts,
            next_at: waits.then(|| stored.next_at.to_string()),
            delivered_at: moment(stored.delivered_at),
        }
    }
}
