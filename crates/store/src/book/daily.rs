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
        add(sums.entry(group(receipt)).or_default(), &measures(receipt));
    }
    sums
}

/// The same, without regard to tokens: the primary key of that table, in its order. All gateways
/// that add to one of its rows hold the lock on what its account has spent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Total<'a> {
    pub(super) day: i64,
    pub(super) account: i64,
    pub(super) model: &'a str,
    pub(super) upstream: i64,
    pub(super) group: i64,
}

/// The sums of these sums.
pub(super) fn totals<'a>(sums: &BTreeMap<Group<'a>, Measures>) -> BTreeMap<Total<'a>, Measures> {
    let mut totals: BTreeMap<Total<'a>, Measures> = BTreeMap::new();
    for (group, parts) in sums {
        let key = Total {
            day: group.day,
            account: group.account,
            model: group.model,
            upstream: group.upstream,
            group: group.group,
        };
        add(totals.entry(key).or_default(), parts);
    }
    totals
}

fn add(totals: &mut Measures, parts: &Measures) {
    for (total, part) in totals.iter_mut().zip(parts) {
        *total = total.saturating_add(*part).min(MOST);
    }
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
    ($table:literal, $owner:literal, $creator:literal) => {
        concat!(
            "INSERT INTO ",
            $table,
            " (day, ",
            $owner,
            "upstream_id, group_id, account_id, requests, failed, estimated, input_tokens, \
            cached_tokens, output_tokens, cost, uncovered, model",
            $creator,
            ") "
        )
    };
}

macro_rules! capped {
    ($table:literal, $column:literal) => {
        concat!(
            $column,
            " = CASE WHEN ",
            $table,
            ".",
            $column,
            " > 9007199254740992 - excluded.",
            $column,
            " THEN 9007199254740992 ELSE ",
            $table,
            ".",
            $column,
            " + excluded.",
            $column,
            " END"
        )
    };
}

macro_rules! add {
    ($table:literal, $key:literal) => {
        concat!(
            " ON CONFLICT (",
            $key,
            ") DO UPDATE SET requests = ",
            $table,
            ".requests + excluded.requests, failed = ",
            $table,
            ".failed + excluded.failed, estimated = ",
            $table,
            ".estimated + excluded.estimated, ",
            capped!($table, "input_tokens"),
            ", ",
            capped!($table, "cached_tokens"),
            ", ",
            capped!($table, "output_tokens"),
            ", ",
            capped!($table, "cost"),
            ", ",
            capped!($table, "uncovered")
        )
    };
}

macro_rules! daily {
    (insert) => {
        insert!("usage_daily", "token_id, ", ", creator")
    };
    (add) => {
        add!(
            "usage_daily",
            "day, token_id, model, upstream_id, group_id, account_id"
        )
    };
}

macro_rules! total {
    (insert) => {
        insert!("usage_totals", "", "")
    };
    (add) => {
        add!(
            "usage_totals",
            "day, account_id, model, upstream_id, group_id"
        )
    };
}

/// The beginning of the statement that adds sums to those that are there.
pub(crate) const INSERT: &str = daily!(insert);
/// Its end. `MOST` stands in it.
pub(crate) const ADD: &str = daily!(add);
/// The statement for one sum.
pub(super) const UPSERT: &str = concat!(
    daily!(insert),
    "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
    daily!(add)
);

/// As [`INSERT`], for sums of all tokens.
pub(crate) const INSERT_TOTAL: &str = total!(insert);
/// As [`ADD`], for sums of all tokens.
pub(crate) const ADD_TOTAL: &str = total!(add);
/// As [`UPSERT`], for sums of all tokens.
pub(super) const UPSERT_TOTAL: &str = concat!(
    total!(insert),
    "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
    total!(add)
);
