//! What the audit log keeps of limits, prices and entries of statements.

use serde::Serialize;
use tollgate_policy::credits::Credits;
use tollgate_policy::limit;
use tollgate_policy::quota::PeriodicLimit;
use tollgate_policy::upstream::PriceOverride;

/// The limit is in micro-credits.
#[derive(Serialize)]
pub(super) struct Periodic {
    limit: i64,
    unit: &'static str,
    zone: &'static str,
}

#[derive(Serialize)]
pub(super) struct Limits {
    rpm: Option<u32>,
    tpm: Option<u32>,
    concurrency: Option<u32>,
}

/// A price list that applies to a vendor or a group only.
#[derive(Serialize)]
pub(super) struct PriceFor {
    provider: Option<String>,
    group: Option<String>,
    price: String,
}

/// The amount is in micro-credits.
#[derive(Serialize)]
pub(super) struct Entry {
    amount: i64,
    note: String,
}

impl Entry {
    pub(super) fn new(amount: Credits, note: String) -> Self {
        let amount = amount.as_micros();
        Self { amount, note }
    }
}

impl From<&PeriodicLimit> for Periodic {
    fn from(periodic: &PeriodicLimit) -> Self {
        Self {
            limit: periodic.limit.as_micros(),
            unit: periodic.period.unit.name(),
            zone: periodic.period.zone.name(),
        }
    }
}

impl From<&limit::Limits> for Limits {
    fn from(limits: &limit::Limits) -> Self {
        Self {
            rpm: limits.requests.map(limit::Rate::per_minute),
            tpm: limits.tokens.map(limit::Rate::per_minute),
            concurrency: limits.concurrency,
        }
    }
}

impl From<&PriceOverride> for PriceFor {
    fn from(one: &PriceOverride) -> Self {
        Self {
            provider: one.provider.as_ref().map(ToString::to_string),
            group: one.group.map(|group| group.to_string()),
            price: one.price.to_string(),
        }
    }
}
