//! Summing up the days of old months, some rows at a time: others who write need not wait long.

use diesel::sql_types::BigInt;
use diesel::{ExpressionMethods, OptionalExtension, QueryDsl, QueryResult};
use diesel::{SqliteConnection, sql_query};
use diesel_async::AsyncPgConnection;

use super::Day;
use crate::backend::{Backend, Conn, on_backend};
use crate::book::daily::{ADD, INSERT};
use crate::error::StoreError;
use crate::schema::usage_daily;
use crate::store::end;

/// About so many rows at once, always all of a token on one day.
const BATCH: i64 = 2000;

/// In the order of the statement that inserts.
const COLUMNS: &str = "token_id, upstream_id, group_id, account_id, requests, failed, estimated, \
    input_tokens, cached_tokens, output_tokens, cost, uncovered, model, creator";
/// On one day, up to a token. SQLite numbers parameters by where they come first.
const OLD: &str = "usage_daily WHERE day = $2 AND token_id <= $3";
const OLD_ALONE: &str = "usage_daily WHERE day = $1 AND token_id <= $2";

/// Before all days.
pub(super) const FIRST: Day = Day::from_number(i64::MIN);

/// Moves all days before `before` that are not the first of their month there, and says how many
/// rows that were.
pub(super) async fn run(backend: &Backend, before: Day) -> Result<u64, StoreError> {
    let mut moved: u64 = 0;
    let mut from = FIRST;
    loop {
        let (rows, next) = {
            let _turn = backend.turn().await;
            let mut conn = backend.conn().await?;
            conn.begin_write().await?;
            let done = part(&mut conn, from, before, BATCH).await;
            end(conn, done).await?
        };
        moved = moved.saturating_add(rows);
        match next {
            Some(next) => from = next,
            None => return Ok(moved),
        }
    }
}

/// Moves days from `from` on within a transaction, until about `most` rows were moved. Says how many
/// rows that were, and the day to go on from where there may be more.
pub(super) async fn part(
    conn: &mut Conn,
    from: Day,
    before: Day,
    most: i64,
) -> Result<(u64, Option<Day>), StoreError> {
    let (mut moved, mut from) = (0_i64, from);
    while moved < most {
        let Some(day) = next(conn, from, before).await? else {
            return Ok((moved.unsigned_abs(), None));
        };
        let rows = match day == day.month() {
            true => 0,
            false => batch(conn, day).await?,
        };
        moved = moved.saturating_add(i64::try_from(rows).unwrap_or(i64::MAX));
        from = if rows == 0 { day.next() } else { day };
    }
    Ok((moved.unsigned_abs(), Some(from)))
}

/// The first day from `from` on that has sums.
async fn next(conn: &mut Conn, from: Day, before: Day) -> Result<Option<Day>, StoreError> {
    use diesel_async::RunQueryDsl;
    let day = on_backend!(conn, c => usage_daily::table
        .filter(usage_daily::day.ge(from.number()))
        .filter(usage_daily::day.lt(before.number()))
        .select(diesel::dsl::min(usage_daily::day))
        .first::<Option<i64>>(c)
        .await)?;
    Ok(day.map(Day::from_number))
}

/// Moves some rows of a day to the first of its month.
async fn batch(conn: &mut Conn, day: Day) -> Result<usize, StoreError> {
    use diesel_async::RunQueryDsl;
    let last = on_backend!(conn, c => usage_daily::table
        .filter(usage_daily::day.eq(day.number()))
        .order(usage_daily::token_id)
        .offset(BATCH)
        .select(usage_daily::token_id)
        .first::<i64>(c)
        .await
        .optional())?;
    let last = last.unwrap_or(i64::MAX);
    let moved = match conn {
        Conn::Sqlite(conn) => {
            let moved = conn.spawn_blocking(move |conn| sqlite(conn, day, last));
            moved.await?
        }
        Conn::Postgres(conn) => postgres(conn, day, last).await?,
    };
    Ok(moved)
}

fn sqlite(conn: &mut SqliteConnection, day: Day, last: i64) -> QueryResult<usize> {
    use diesel::RunQueryDsl;
    sql_query(format!("{INSERT}SELECT $1, {COLUMNS} FROM {OLD}{ADD}"))
        .bind::<BigInt, _>(day.month().number())
        .bind::<BigInt, _>(day.number())
        .bind::<BigInt, _>(last)
        .execute(conn)?;
    sql_query(format!("DELETE FROM {OLD_ALONE}"))
        .bind::<BigInt, _>(day.number())
        .bind::<BigInt, _>(last)
        .execute(conn)
}

/// One statement, so that nothing that a gateway adds meanwhile is lost.
async fn postgres(conn: &mut AsyncPgConnection, day: Day, last: i64) -> QueryResult<usize> {
    use diesel_async::RunQueryDsl;
    let text = format!(
        "WITH old AS (DELETE FROM {OLD} RETURNING *) \
         {INSERT}SELECT $1, {COLUMNS} FROM old \
         ORDER BY token_id, model, upstream_id, group_id, account_id{ADD}"
    );
    sql_query(text)
        .bind::<BigInt, _>(day.month().number())
        .bind::<BigInt, _>(day.number())
        .bind::<BigInt, _>(last)
        .execute(conn)
        .await
}
