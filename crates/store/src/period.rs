//! Where the counts of a period are brought to another one, because an operator changed the period.

use diesel::{ExpressionMethods, QueryDsl};
use diesel_async::RunQueryDsl;
use tollgate_policy::id::{AccountId, TokenId};
use tollgate_policy::quota::PeriodicLimit;
use tollgate_policy::time::Timestamp;

use crate::backend::{Conn, on_backend};
use crate::error::StoreError;
use crate::schema::{account_spend, leases, token_spend};

/// Whose counts they are.
#[derive(Clone, Copy)]
pub(crate) enum Owner {
    Token(TokenId),
    Account(AccountId),
}

/// Brings the counts to the period that `at` is in, where a limit's unit or zone was changed.
///
/// Counts of a period that began at the same moment go on, whichever its end. Others begin at
/// nothing used; held is what leases of that very period hold. Another limit alone, or none,
/// changes no count: calls of the period that go on are settled in it.
///
/// The owner's spend must have been locked in this transaction, which keeps gateways from leasing
/// meanwhile.
pub(crate) async fn turn(
    conn: &mut Conn,
    owner: Owner,
    (before, after): (Option<&PeriodicLimit>, Option<&PeriodicLimit>),
    at: Timestamp,
) -> Result<(), StoreError> {
    let Some(after) = after else {
        return Ok(());
    };
    if before.is_some_and(|before| before.period == after.period) {
        return Ok(());
    }
    let span = after.period.span(at);
    let (begin, end) = (span.begin.as_micros(), span.end.as_micros());
    match owner {
        Owner::Token(id) => token(conn, id.raw(), begin, end).await,
        Owner::Account(id) => account(conn, id.raw(), begin, end).await,
    }
}

async fn token(conn: &mut Conn, id: i64, begin: i64, end: i64) -> Result<(), StoreError> {
    let row = token_spend::table.find(id);
    let same = on_backend!(conn, c => diesel::update(row.filter(token_spend::period_begin.eq(begin)))
        .set(token_spend::period_end.eq(end))
        .execute(c)
        .await)?;
    if same > 0 {
        return Ok(());
    }
    let held = leased(conn, "token_period", id, begin).await?;
    on_backend!(conn, c => diesel::update(row)
        .set((
            token_spend::period_begin.eq(begin),
            token_spend::period_end.eq(end),
            token_spend::period_used.eq(0),
            token_spend::period_held.eq(held),
        ))
        .execute(c)
        .await)?;
    Ok(())
}

async fn account(conn: &mut Conn, id: i64, begin: i64, end: i64) -> Result<(), StoreError> {
    let row = account_spend::table.find(id);
    let same = on_backend!(conn, c => diesel::update(row.filter(account_spend::period_begin.eq(begin)))
        .set(account_spend::period_end.eq(end))
        .execute(c)
        .await)?;
    if same > 0 {
        return Ok(());
    }
    let held = leased(conn, "account_period", id, begin).await?;
    on_backend!(conn, c => diesel::update(row)
        .set((
            account_spend::period_begin.eq(begin),
            account_spend::period_end.eq(end),
            account_spend::period_used.eq(0),
            account_spend::period_held.eq(held),
        ))
        .execute(c)
        .await)?;
    Ok(())
}

/// What gateways have leased of a pot in the period that began then.
async fn leased(conn: &mut Conn, pot: &str, owner: i64, begin: i64) -> Result<i64, StoreError> {
    let amounts = on_backend!(conn, c => leases::table
        .filter(leases::pot.eq(pot))
        .filter(leases::owner_id.eq(owner))
        .filter(leases::begin_at.eq(begin))
        .select(leases::amount)
        .load::<i64>(c)
        .await)?;
    Ok(amounts.into_iter().fold(0, i64::saturating_add))
}
