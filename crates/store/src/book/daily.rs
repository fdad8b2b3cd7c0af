//! What new receipts add to the sums of each day.

use std::collections::BTreeMap;

use tollgate_ledger::receipt::{Ending, Receipt};

const DAY: i64 = 86_400_000_000;
/// The largest sum, 2^53: a provider that counts nonsense must keep neither receipts from being
/// settled nor reports from being made.
const MOST: i64 = 9_007_199_254_740_992;
/// Stands for no upstream, because a primary key has no missing columns.
const NO_UPSTREAM: i64 = -1;

/// What receipts are summed up by: the primary key of the table, in its order, which is also the
/// order in which all gateways take their locks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Group<'a> {
    /// Days since 1970-01-01 (UTC).
    pub(super) day: i64,
    pub(super) token: i64,
    pub(super) model: &'a str,
    pub(super) upstream: i64,
    pub(super) group: i64,
    pub(super) account: i64,
}

/// What is summed up, in the order of the table's columns: requests, failed, estimated, input,
/// cached and output tokens, cost, uncovered.
pub(super) type Measures = [i64; MEASURES];
pub(super) const MEASURES: usize = 8;

/// The sums of these receipts.
pub(super) fn sums<'a>(receipts: &[&'a Receipt]) -> BTreeMap<Group<'a>, Measures> {
    let mut sums: BTreeMap<Group<'a>, Measures> = BTreeMap::new();
    for receipt in receipts {
        let sum = sums.entry(group(receipt)).or_default();
        for (total, part) in sum.iter_mut().zip(measures(receipt)) {
            *total = total.saturating_add(part).min(MOST);
        }
    }
    sums
}

fn group(receipt: &Receipt) -> Group<'_> {
    // PostgreSQL takes no NUL, and no model has one.
    let model = receipt.model.as_deref().filter(|name| !name.contains('\0'));
    Group {
        day: receipt.started.as_micros().div_euclid(DAY),
        token: receipt.payer.token.raw(),
        model: model.unwrap_or_default(),
        upstream: receipt.upstream.map_or(NO_UPSTREAM, |id| id.raw()),
        group: receipt.group.raw(),
        account: receipt.payer.account.raw(),
    }
}

fn measures(receipt: &Receipt) -> Measures {
    let count = |number: u64| i64::try_from(number).unwrap_or(MOST).min(MOST);
    let usage = &receipt.usage;
    [
        1,
        i64::from(failed(receipt.ending)),
        i64::from(receipt.estimated),
        count(usage.input_tokens()),
        count(usage.cached_input),
        count(usage.output_tokens()),
        receipt.cost.as_micros().clamp(0, MOST),
        receipt.uncovered.as_micros().clamp(0, MOST),
    ]
}

/// Whether the upstream's side did not do its part.
const fn failed(ending: Ending) -> bool {
    matches!(
        ending,
        Ending::Failed | Ending::Unanswered | Ending::UpstreamBroke | Ending::UpstreamSilent
    )
}

macro_rules! insert {
    () => {
        "INSERT INTO usage_daily (day, token_id, upstream_id, group_id, \
    account_id, requests, failed, estimated, input_tokens, cached_tokens, output_tokens, cost, \
    uncovered, model, creator) "
    };
}

macro_rules! add {
    () => {
        " ON CONFLICT (day, token_id, model, upstream_id, group_id, account_id) \
    DO UPDATE SET requests = usage_daily.requests + excluded.requests, \
    failed = usage_daily.failed + excluded.failed, \
    estimated = usage_daily.estimated + excluded.estimated, \
    input_tokens = CASE WHEN usage_daily.input_tokens > 9007199254740992 - excluded.input_tokens \
        THEN 9007199254740992 ELSE usage_daily.input_tokens + excluded.input_tokens END, \
    cached_tokens = CASE WHEN usage_daily.cached_tokens > 9007199254740992 - excluded.cached_tokens \
        THEN 9007199254740992 ELSE usage_daily.cached_tokens + excluded.cached_tokens END, \
    output_tokens = CASE WHEN usage_daily.output_tokens > 9007199254740992 - excluded.output_tokens \
        THEN 9007199254740992 ELSE usage_daily.output_tokens + excluded.output_tokens END, \
    cost = CASE WHEN usage_daily.cost > 9007199254740992 - excluded.cost \
        THEN 9007199254740992 ELSE usage_daily.cost + excluded.cost END, \
    uncovered = CASE WHEN usage_daily.uncovered > 9007199254740992 - excluded.uncovered \
        THEN 9007199254740992 ELSE usage_daily.uncovered + excluded.uncovered END"
    };
}

/// The beginning of the statement that adds sums to those that are there.
pub(crate) const INSERT: &str = insert!();
/// Its end. `MOST` stands in it.
pub(crate) const ADD: &str = add!();
/// The statement for one sum.
pub(super) const UPSERT: &str = concat!(
    insert!(),
    "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
    add!()
);
