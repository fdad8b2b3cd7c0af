//! Limits as they are shown: `used + held + remaining` is the limit.

use serde::Serialize;
use tollgate_policy::limit::{Limits, Rate};
use tollgate_policy::quota::{Quota, Standing};
use tollgate_policy::time::Timestamp;

/// A limit of the present period, in credits, with what was spent of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct PeriodView {
    /// What may be spent in one period.
    pub limit: String,
    /// `hour`, `day`, `week` or `month`.
    pub unit: String,
    /// The time zone whose clocks count.
    pub zone: String,
    /// What was spent in the present period.
    pub used: String,
    /// What is held in it for calls that have not ended.
    pub held: String,
    /// What is left of it; below zero where the limit was lowered.
    pub remaining: String,
    /// When it began.
    pub begins_at: String,
    /// When the next one begins.
    pub resets_at: String,
}

/// Limits of a minute, and of calls at once; `null` where there is none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct LimitsView {
    /// Calls a minute.
    pub rpm: Option<u32>,
    /// Tokens of input and output a minute.
    pub tpm: Option<u32>,
    /// Calls at the same time.
    pub concurrency: Option<u32>,
}

impl PeriodView {
    pub(crate) fn new(quota: &Quota, spent: &Standing, now: Timestamp) -> Option<Self> {
        let period = &quota.periodic.as_ref()?.period;
        let (balance, span) = quota.periodic_balance(spent, now)?;
        Some(Self {
            limit: balance.limit.to_string(),
            unit: period.unit.to_string(),
            zone: period.zone.to_string(),
            used: balance.spent.used.to_string(),
            held: balance.spent.held.to_string(),
            remaining: balance.remaining().to_string(),
            begins_at: span.begin.to_string(),
            resets_at: span.end.to_string(),
        })
    }
}

impl LimitsView {
    pub(crate) fn new(limits: &Limits) -> Self {
        Self {
            rpm: limits.requests.map(Rate::per_minute),
            tpm: limits.tokens.map(Rate::per_minute),
            concurrency: limits.concurrency,
        }
    }
}
