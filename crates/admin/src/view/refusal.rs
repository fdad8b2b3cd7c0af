//! Refused calls as they are shown.

use std::collections::BTreeMap;

use serde::Serialize;
use tollgate_policy::id::TokenId;
use tollgate_policy::time::Timestamp;
use tollgate_policy::verdict::ReasonKind;
use tollgate_store::report::{RefusalCount, StoredRefusal};

use super::Reference;

/// Codes of calls that failed for what is the operator's: their reasons are errors of connections.
const OPERATORS_CODES: [&str; 4] = [
    "upstream_error",
    "upstream_timeout",
    "store_unavailable",
    "internal_error",
];

/// A call that was refused, or that failed before an upstream answered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct RefusalView {
    /// The request id, as it stands in the call's answer and in the log.
    pub request: String,
    /// When the call came.
    pub at: String,
    /// Who called.
    pub token: Reference,
    /// The code of the answer, such as `model_not_found`.
    pub code: String,
    /// Every reason; empty where the code says all.
    pub reasons: String,
    /// What was asked for: an endpoint such as `chat.completions`, or `mount/` and a prefix; `null`
    /// where it was not known yet.
    pub endpoint: Option<String>,
    /// The model as the client named it; `null` where it was not known yet, or for a mounted API.
    pub model: Option<String>,
    /// The client's address.
    pub client: String,
}

/// How often calls were refused.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct RefusalsView {
    /// By time and code, in that order.
    pub rows: Vec<RefusalCountView>,
}

/// How often calls were refused for one reason in one hour, or on one day.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct RefusalCountView {
    /// Its first moment.
    pub from: String,
    /// The code of the answers.
    pub code: String,
    /// How often.
    pub calls: u64,
}

impl RefusalView {
    pub(crate) fn new(stored: StoredRefusal, names: &BTreeMap<TokenId, String>) -> Self {
        let id = stored.token.to_string();
        let name = names.get(&stored.token);
        Self {
            request: stored.request.to_string(),
            at: stored.at.to_string(),
            token: Reference {
                name: name.cloned().unwrap_or_else(|| id.clone()),
                id,
            },
            code: stored.code,
            reasons: stored.reasons,
            endpoint: stored.endpoint,
            model: stored.model,
            client: stored.client.to_string(),
        }
    }

    /// Leaves out what names upstreams, their addresses or the store's.
    pub(crate) fn hide_upstreams(&mut self) {
        if OPERATORS_CODES.contains(&self.code.as_str()) {
            self.reasons.clear();
        }
        let hidden = [ReasonKind::NoUpstream, ReasonKind::PriceUnknown].map(ReasonKind::name);
        let mut shown = Vec::new();
        for reason in self.reasons.split("; ") {
            let kind = reason.split_once(": ").map(|(kind, _)| kind);
            shown.push(kind.filter(|kind| hidden.contains(kind)).unwrap_or(reason));
        }
        self.reasons = shown.join("; ");
    }
}

impl RefusalsView {
    /// Sums up the counts of hours by what each hour belongs to.
    pub(crate) fn new(counts: Vec<RefusalCount>, of: impl Fn(Timestamp) -> Timestamp) -> Self {
        let mut sums: BTreeMap<(Timestamp, String), u64> = BTreeMap::new();
        for one in counts {
            let sum = sums.entry((of(one.hour), one.code)).or_default();
            *sum = sum.saturating_add(one.calls);
        }
        let rows = sums.into_iter();
        let rows = rows.map(|((from, code), calls)| RefusalCountView {
            from: from.to_string(),
            code,
            calls,
        });
        Self {
            rows: rows.collect(),
        }
    }
}
