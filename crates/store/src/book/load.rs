//! The columns of tokens and accounts that a turn reads.

use diesel::prelude::{Queryable, Selectable};

use super::calendar::Rules;
use super::pot::Owner;
use super::purse::{Counts, Purse};
use crate::schema::{accounts, tokens};

#[derive(Queryable, Selectable)]
#[diesel(table_name = tokens)]
#[diesel(check_for_backend(diesel::pg::Pg, diesel::sqlite::Sqlite))]
pub(super) struct TokenPurse {
    id: i64,
    name: String,
    creator: String,
    quota: Option<i64>,
    used: i64,
    held: i64,
    period_limit: Option<i64>,
    period_unit: Option<String>,
    period_zone: Option<String>,
    period_begin: Option<i64>,
    period_end: Option<i64>,
    period_used: i64,
    period_held: i64,
}

#[derive(Queryable, Selectable)]
#[diesel(table_name = accounts)]
#[diesel(check_for_backend(diesel::pg::Pg, diesel::sqlite::Sqlite))]
pub(super) struct AccountPurse {
    id: i64,
    name: String,
    credited: Option<i64>,
    credit_line: i64,
    used: i64,
    held: i64,
    period_limit: Option<i64>,
    period_unit: Option<String>,
    period_zone: Option<String>,
    period_begin: Option<i64>,
    period_end: Option<i64>,
    period_used: i64,
    period_held: i64,
}

/// Both rows have the same columns for these.
macro_rules! purse {
    ($row:expr, $creator:expr, $limit:expr) => {
        Purse {
            name: $row.name,
            creator: $creator,
            lifetime: Counts {
                limit: $limit,
                used: $row.used,
                held: $row.held,
            },
            periodic: Counts {
                limit: $row.period_limit,
                used: $row.period_used,
                held: $row.period_held,
            },
            // A limit whose period cannot be read lets nothing pass.
            rules: $row.period_limit.map(|_| Rules {
                unit: $row.period_unit.unwrap_or_default(),
                zone: $row.period_zone.unwrap_or_default(),
            }),
            begin: $row.period_begin,
            end: $row.period_end,
            changed: false,
        }
    };
}

impl TokenPurse {
    pub(super) fn read(self) -> (Owner, Purse) {
        let limit = self.quota;
        (Owner::Token(self.id), purse!(self, self.creator, limit))
    }
}

impl AccountPurse {
    pub(super) fn read(self) -> (Owner, Purse) {
        let line = self.credit_line;
        let limit = self.credited.map(|credited| credited.saturating_add(line));
        (Owner::Account(self.id), purse!(self, String::new(), limit))
    }
}
