//! The columns of tokens and accounts that a turn reads: what operators say, and what is counted.

use diesel::prelude::{Queryable, Selectable};

use super::calendar::Rules;
use super::purse::{Counts, Purse};
use crate::schema::{account_spend, accounts, token_spend, tokens};

#[derive(Queryable, Selectable)]
#[diesel(table_name = tokens)]
#[diesel(check_for_backend(diesel::pg::Pg, diesel::sqlite::Sqlite))]
pub(super) struct TokenLimits {
    pub(super) id: i64,
    name: String,
    creator: String,
    quota: Option<i64>,
    period_limit: Option<i64>,
    period_unit: Option<String>,
    period_zone: Option<String>,
    used_up: bool,
}

#[derive(Queryable, Selectable)]
#[diesel(table_name = accounts)]
#[diesel(check_for_backend(diesel::pg::Pg, diesel::sqlite::Sqlite))]
pub(super) struct AccountLimits {
    pub(super) id: i64,
    name: String,
    credited: Option<i64>,
    credit_line: i64,
    period_limit: Option<i64>,
    period_unit: Option<String>,
    period_zone: Option<String>,
}

/// What is counted of a token.
#[derive(Queryable, Selectable)]
#[diesel(table_name = token_spend)]
#[diesel(check_for_backend(diesel::pg::Pg, diesel::sqlite::Sqlite))]
pub(super) struct TokenCounts {
    pub(super) token_id: i64,
    used: i64,
    held: i64,
    period_begin: Option<i64>,
    period_end: Option<i64>,
    period_used: i64,
    period_held: i64,
}

/// What is counted of an account.
#[derive(Queryable, Selectable)]
#[diesel(table_name = account_spend)]
#[diesel(check_for_backend(diesel::pg::Pg, diesel::sqlite::Sqlite))]
pub(super) struct AccountCounts {
    pub(super) account_id: i64,
    used: i64,
    held: i64,
    period_begin: Option<i64>,
    period_end: Option<i64>,
    period_used: i64,
    period_held: i64,
}

/// Counts as they stand in a row.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Counted {
    used: i64,
    held: i64,
    begin: Option<i64>,
    end: Option<i64>,
    period_used: i64,
    period_held: i64,
}

/// Both rows have the same columns for these.
macro_rules! counted {
    ($row:ident) => {
        impl From<$row> for Counted {
            fn from(row: $row) -> Self {
                Self {
                    used: row.used,
                    held: row.held,
                    begin: row.period_begin,
                    end: row.period_end,
                    period_used: row.period_used,
                    period_held: row.period_held,
                }
            }
        }
    };
}

counted!(TokenCounts);
counted!(AccountCounts);

/// What operators say, the counts, and the lifetime's limit: both kinds of rows have the same
/// columns for the rest.
macro_rules! purse {
    ($row:expr, $counted:expr, $creator:expr, $limit:expr, $used_up:expr) => {{
        let counted: Option<Counted> = $counted;
        let counts = counted.unwrap_or_default();
        Purse {
            name: $row.name,
            creator: $creator,
            lifetime: Counts {
                limit: $limit,
                used: counts.used,
                held: counts.held,
            },
            periodic: Counts {
                limit: $row.period_limit,
                used: counts.period_used,
                held: counts.period_held,
            },
            // A limit whose period cannot be read lets nothing pass.
            rules: $row.period_limit.map(|_| Rules {
                unit: $row.period_unit.unwrap_or_default(),
                zone: $row.period_zone.unwrap_or_default(),
            }),
            begin: counts.begin,
            end: counts.end,
            changed: false,
            stored: counted.map(|counted| counted.used),
            marked: $used_up,
        }
    }};
}

impl TokenLimits {
    pub(super) fn purse(self, counted: Option<Counted>) -> Purse {
        let (limit, marked) = (self.quota, self.used_up);
        purse!(self, counted, self.creator, limit, marked)
    }
}

impl AccountLimits {
    pub(super) fn purse(self, counted: Option<Counted>) -> Purse {
        let line = self.credit_line;
        let limit = self.credited.map(|credited| credited.saturating_add(line));
        purse!(self, counted, String::new(), limit, false)
    }
}
