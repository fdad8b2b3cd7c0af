//! What gateways count of tokens and accounts, in tables of its own. What a turn does to it is not
//! known here.
//!
//! INVARIANT: whoever changes a limit holds the lock on the row of its spend, and whoever leases
//! reads limits after taking that lock.

use diesel::prelude::{Queryable, QueryableByName, Selectable};
use diesel::{ExpressionMethods, QueryDsl};
use diesel_async::RunQueryDsl;
use tollgate_policy::credits::Credits;
use tollgate_policy::quota::{Quota, Standing};

use crate::backend::{Conn, on_backend};
use crate::columns::spent_columns;
use crate::error::StoreError;
use crate::schema::{account_spend, token_spend};

/// What a token has spent. Without a row, nothing.
#[derive(Debug, Default, Queryable, QueryableByName, Selectable)]
#[diesel(table_name = token_spend)]
#[diesel(check_for_backend(diesel::pg::Pg, diesel::sqlite::Sqlite))]
pub(crate) struct TokenSpend {
    pub(crate) used: i64,
    held: i64,
    period_begin: Option<i64>,
    period_used: i64,
    period_held: i64,
}

/// What an account has spent. Without a row, nothing.
#[derive(Debug, Default, Queryable, Selectable)]
#[diesel(table_name = account_spend)]
#[diesel(check_for_backend(diesel::pg::Pg, diesel::sqlite::Sqlite))]
pub(crate) struct AccountSpend {
    used: i64,
    held: i64,
    period_begin: Option<i64>,
    period_used: i64,
    period_held: i64,
}

impl TokenSpend {
    pub(crate) fn standing(&self) -> Standing {
        spent_columns!(self).standing()
    }
}

impl AccountSpend {
    pub(crate) fn standing(&self) -> Standing {
        spent_columns!(self).standing()
    }
}

/// What was used on a logarithmic scale with eight steps from each power of two to the next; a
/// greater use is never less. The migration has the same formula.
pub(crate) fn magnitude(used: i64) -> i64 {
    let used = used.max(0);
    let bits = i64::from(i64::BITS - used.leading_zeros());
    let shift = (bits - 4).max(0);
    shift * 8 + (used >> shift)
}

/// Whether a token's limits are used up, by counts of whichever period.
pub(crate) fn used_up(quota: &Quota, spent: &Standing) -> bool {
    let reached = |limit: Option<Credits>, used| limit.is_some_and(|limit| used >= limit);
    let periodic = spent
        .periodic
        .map_or(Credits::ZERO, |(_, spent)| spent.used);
    reached(quota.lifetime, spent.lifetime.used)
        || reached(quota.periodic.as_ref().map(|one| one.limit), periodic)
}

/// Makes the row of a token that is there, if it has none, and locks it.
pub(crate) async fn lock_token(conn: &mut Conn, id: i64) -> Result<(), StoreError> {
    on_backend!(conn, c => diesel::insert_into(token_spend::table)
        .values(token_spend::token_id.eq(id))
        .on_conflict(token_spend::token_id)
        .do_nothing()
        .execute(c)
        .await)?;
    // SQLite has one writer.
    if let Conn::Postgres(c) = conn {
        let row = token_spend::table.find(id).select(token_spend::token_id);
        let row = row.for_no_key_update();
        row.load::<i64>(&mut ***c).await?;
    }
    Ok(())
}

/// Makes the row of an account that is there, if it has none, and locks it.
pub(crate) async fn lock_account(conn: &mut Conn, id: i64) -> Result<(), StoreError> {
    on_backend!(conn, c => diesel::insert_into(account_spend::table)
        .values(account_spend::account_id.eq(id))
        .on_conflict(account_spend::account_id)
        .do_nothing()
        .execute(c)
        .await)?;
    // SQLite has one writer.
    if let Conn::Postgres(c) = conn {
        let row = account_spend::table.find(id);
        let row = row.select(account_spend::account_id).for_no_key_update();
        row.load::<i64>(&mut ***c).await?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn magnitudes_follow_each_other() {
        let mut last = magnitude(-1);
        for used in 0..100_000 {
            let next = magnitude(used);
            assert!((last..=last + 1).contains(&next), "{used}");
            last = next;
        }
        assert_eq!((magnitude(7), magnitude(8), magnitude(17)), (7, 8, 16));
        assert_eq!(magnitude(i64::MAX), 59 * 8 + 15);
    }

    proptest! {
        #[test]
        fn a_greater_use_has_no_less_a_magnitude(a: i64, b: i64) {
            prop_assert!(magnitude(a.min(b)) <= magnitude(a.max(b)));
        }
    }
}
