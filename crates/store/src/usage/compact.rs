//! Summing up the days of old months, some rows at a time: others who write need not wait long.
//!
//! INVARIANT: a day's sums of all tokens move with the last of its sums of each token, so that both
//! agree before and after.

use diesel::prelude::QueryableByName;
use diesel::sql_types::{BigInt, Nullable};
use diesel::{OptionalExtension, QueryResult, SqliteConnection, sql_query};
use diesel_async::AsyncPgConnection;

use super::Day;
use crate::backend::{Backend, Conn, on_backend};
use crate::book::daily;
use crate::error::StoreError;
use crate::store::end;

/// About so many rows at once, always all of a token, or of an account, on one day.
const BATCH: i64 = 2000;

/// Before all days.
pub(super) const FIRST: Day = Day::from_number(i64::MIN);

/// The first day of either table.
const NEXT: &str = "SELECT MIN(day) AS number FROM (\
    SELECT MIN(day) AS day FROM usage_daily WHERE day >= $1 AND day < $2 UNION ALL \
    SELECT MIN(day) AS day FROM usage_totals WHERE day >= $1 AND day < $2) AS days";

/// A table of sums.
struct Sums {
    table: &'static str,
    /// By what a day is cut into batches.
    owner: &'static str,
    /// In the order of the statement that inserts.
    columns: &'static str,
    /// The primary key without the day, in which order rows are locked.
    key: &'static str,
    insert: &'static str,
    add: &'static str,
}

const DAILY: Sums = Sums {
    table: "usage_daily",
    owner: "token_id",
    columns: "token_id, upstream_id, group_id, account_id, requests, failed, estimated, \
        input_tokens, cached_tokens, output_tokens, cost, uncovered, model, creator",
    key: "token_id, model, upstream_id, group_id, account_id",
    insert: daily::INSERT,
    add: daily::ADD,
};

const TOTALS: Sums = Sums {
    table: "usage_totals",
    owner: "account_id",
    columns: "upstream_id, group_id, account_id, requests, failed, estimated, input_tokens, \
        cached_tokens, output_tokens, cost, uncovered, model",
    key: "account_id, model, upstream_id, group_id",
    insert: daily::INSERT_TOTAL,
    add: daily::ADD_TOTAL,
};

#[derive(QueryableByName)]
struct Found {
    #[diesel(sql_type = Nullable<BigInt>)]
    number: Option<i64>,
}

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
/// sums of tokens that were, and the day to go on from where there may be more.
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
        from = day;
        if day != day.month() {
            let rows = batch(conn, &DAILY, day).await?;
            moved = moved.saturating_add(i64::try_from(rows).unwrap_or(i64::MAX));
            if has_more(conn, day).await? {
                continue;
            }
            // However many were moved: those who read meanwhile see both tables.
            while batch(conn, &TOTALS, day).await? > 0 {}
        }
        from = day.next();
    }
    Ok((moved.unsigned_abs(), Some(from)))
}

/// Whether a day has sums of tokens left.
async fn has_more(conn: &mut Conn, day: Day) -> Result<bool, StoreError> {
    let more = "SELECT MIN(day) AS number FROM usage_daily WHERE day >= $1 AND day <= $2";
    let found = number(conn, more.to_owned(), [day.number(), day.number()]).await?;
    Ok(found.is_some())
}

/// The first day from `from` on that has sums.
async fn next(conn: &mut Conn, from: Day, before: Day) -> Result<Option<Day>, StoreError> {
    let found = number(conn, NEXT.to_owned(), [from.number(), before.number()]).await?;
    Ok(found.map(Day::from_number))
}

/// What a query with two values finds.
async fn number(
    conn: &mut Conn,
    text: String,
    [first, second]: [i64; 2],
) -> Result<Option<i64>, StoreError> {
    use diesel_async::RunQueryDsl;
    let found = on_backend!(conn, c => sql_query(text)
        .bind::<BigInt, _>(first)
        .bind::<BigInt, _>(second)
        .get_result::<Found>(c)
        .await
        .optional())?;
    Ok(found.and_then(|found| found.number))
}

/// Moves some rows of a day to the first of its month.
async fn batch(conn: &mut Conn, sums: &'static Sums, day: Day) -> Result<usize, StoreError> {
    let Sums { table, owner, .. } = sums;
    let last = format!(
        "SELECT {owner} AS number FROM {table} WHERE day = $1 ORDER BY {owner} LIMIT 1 OFFSET $2"
    );
    let last = number(conn, last, [day.number(), BATCH]).await?;
    let last = last.unwrap_or(i64::MAX);
    let moved = match conn {
        Conn::Sqlite(conn) => {
            let moved = conn.spawn_blocking(move |conn| sqlite(conn, sums, day, last));
            moved.await?
        }
        Conn::Postgres(conn) => postgres(conn, sums, day, last).await?,
    };
    Ok(moved)
}

fn sqlite(conn: &mut SqliteConnection, sums: &Sums, day: Day, last: i64) -> QueryResult<usize> {
    use diesel::RunQueryDsl;
    let Sums { table, owner, .. } = sums;
    let Sums {
        columns,
        insert,
        add,
        ..
    } = sums;
    // SQLite numbers parameters by where they come first.
    let text =
        format!("{insert}SELECT $1, {columns} FROM {table} WHERE day = $2 AND {owner} <= $3{add}");
    sql_query(text)
        .bind::<BigInt, _>(day.month().number())
        .bind::<BigInt, _>(day.number())
        .bind::<BigInt, _>(last)
        .execute(conn)?;
    sql_query(format!(
        "DELETE FROM {table} WHERE day = $1 AND {owner} <= $2"
    ))
    .bind::<BigInt, _>(day.number())
    .bind::<BigInt, _>(last)
    .execute(conn)
}

/// One statement, so that nothing that a gateway adds meanwhile is lost.
async fn postgres(
    conn: &mut AsyncPgConnection,
    sums: &Sums,
    day: Day,
    last: i64,
) -> QueryResult<usize> {
    use diesel_async::RunQueryDsl;
    let Sums {
        table,
        owner,
        columns,
        key,
        insert,
        add,
    } = sums;
    let text = format!(
        "WITH old AS (DELETE FROM {table} WHERE day = $2 AND {owner} <= $3 RETURNING *) \
         {insert}SELECT $1, {columns} FROM old ORDER BY {key}{add}"
    );
    sql_query(text)
        .bind::<BigInt, _>(day.month().number())
        .bind::<BigInt, _>(day.number())
        .bind::<BigInt, _>(last)
        .execute(conn)
        .await
}
