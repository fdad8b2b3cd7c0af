//! Reports as they are shown.

use serde::Serialize;
use tollgate_store::usage::{Day, Dimension, Named, Sums, UsageRow};

use super::Reference;

/// What was used.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ReportView {
    /// By what it is summed up.
    pub by: Vec<String>,
    /// The first day (UTC), where one was asked for.
    pub from: Option<String>,
    /// The last day, where one was asked for.
    pub to: Option<String>,
    /// One row for each combination that there is.
    pub rows: Vec<UsageRowView>,
}

/// A row of a report. What it was not summed up by is `null`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct UsageRowView {
    /// The day (UTC); old days stand under the first of their month.
    pub day: Option<String>,
    /// The first day of the month.
    pub month: Option<String>,
    /// The token.
    pub token: Option<Reference>,
    /// The account.
    pub account: Option<Reference>,
    /// The group.
    pub group: Option<Reference>,
    /// The model; empty for mounted APIs.
    pub model: Option<String>,
    /// The upstream; also `null` for calls that none answered.
    pub upstream: Option<Reference>,
    /// Who made the tokens.
    pub creator: Option<String>,
    /// Calls that were admitted.
    pub requests: u64,
    /// Those that the upstream failed, or broke off.
    pub failed: u64,
    /// Those whose usage is an estimate.
    pub estimated: u64,
    /// Tokens read, cached ones too.
    pub input_tokens: u64,
    /// Tokens read from the provider's cache.
    pub cached_tokens: u64,
    /// Tokens generated.
    pub output_tokens: u64,
    /// What the calls cost, in credits.
    pub cost: String,
    /// The part of it that nobody paid, in credits.
    pub uncovered: String,
}

/// What came of pruning.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct PrunedView {
    /// How many receipts were deleted.
    pub receipts: u64,
    /// How many sums of days were added to those of their months.
    pub days: u64,
}

impl ReportView {
    pub(crate) fn new(
        by: &[Dimension],
        (from, to): (Option<Day>, Option<Day>),
        rows: &[UsageRow],
    ) -> Self {
        Self {
            by: by.iter().map(|one| one.name().to_owned()).collect(),
            from: from.map(|day| day.to_string()),
            to: to.map(|day| day.to_string()),
            rows: rows.iter().map(UsageRowView::new).collect(),
        }
    }
}

impl UsageRowView {
    fn new(row: &UsageRow) -> Self {
        let Sums {
            requests,
            failed,
            estimated,
            input_tokens,
            cached_tokens,
            output_tokens,
            cost,
            uncovered,
        } = row.sums;
        Self {
            day: row.day.map(|day| day.to_string()),
            month: row.month.map(|day| day.to_string()),
            token: row.token.as_ref().map(reference),
            account: row.account.as_ref().map(reference),
            group: row.group.as_ref().map(reference),
            model: row.model.clone(),
            upstream: row.upstream.as_ref().map(reference),
            creator: row.creator.clone(),
            requests,
            failed,
            estimated,
            input_tokens,
            cached_tokens,
            output_tokens,
            cost: cost.to_string(),
            uncovered: uncovered.to_string(),
        }
    }
}

/// The name may be gone; the id is still right.
fn reference<T: ToString>(named: &Named<T>) -> Reference {
    let id = named.id.to_string();
    Reference {
        name: named.name.clone().unwrap_or_else(|| id.clone()),
        id,
    }
}
