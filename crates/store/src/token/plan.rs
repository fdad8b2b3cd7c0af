//! How a page of tokens is found quickly whatever is asked for.
//!
//! Where few tokens fulfil one of the conditions, they are collected through its index and sorted.
//! Where many fulfil each, an index in the wanted order is walked, and a page is soon full. Which it
//! is, is counted up to a limit: neither database's statistics know it well enough, SQLite has none.

mod spent;
mod writer;

use diesel::sql_types::BigInt;
use diesel::{QueryableByName, sql_query};
use diesel_async::RunQueryDsl;

use super::cursor::Cursor;
use super::filter::{Bind, Condition, Driver, Sql};
use super::query::{Sort, SortKey};
use super::row::SpentRow;
use crate::backend::{Conn, on_backend};
use crate::error::StoreError;
use writer::Writer;

/// Up to so many tokens are collected and sorted, at some 2 to 10 µs each. A page that is walked to
/// for more of them is typically full after 10,000 of a million tokens. Where all that is looked for
/// is at the far end of the order, all are passed, which takes a few hundred milliseconds.
const FEW: i64 = 5000;

const COLUMNS: &str = "t.id, t.name, t.account_id, t.group_id, t.state, t.expires_at, t.quota, \
    t.models, t.providers, t.endpoints, t.networks, t.creator, t.note, t.created_at, t.updated_at, \
    t.last_used_at, t.version, t.period_limit, t.period_unit, t.period_zone, t.rpm, t.tpm, \
    t.concurrency, COALESCE(s.used, 0) AS used, COALESCE(s.held, 0) AS held, s.period_begin, \
    COALESCE(s.period_used, 0) AS period_used, COALESCE(s.period_held, 0) AS period_held";

/// A way to find a page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Plan {
    /// The tokens of this condition, sorted.
    Collect(usize),
    /// The tokens of this index, in its order; the condition, if any, is what it begins with.
    Walk(&'static str, Option<usize>),
    /// All tokens, in the order of what they have spent.
    Spent,
}

#[derive(QueryableByName)]
struct Count {
    #[diesel(sql_type = BigInt)]
    found: i64,
}

/// A page of at most `limit` tokens after the cursor.
pub(super) async fn page(
    conn: &mut Conn,
    conditions: Vec<Condition>,
    sort: Sort,
    cursor: Option<Cursor>,
    limit: i64,
) -> Result<Vec<SpentRow>, StoreError> {
    let plan = choose(conn, &conditions, sort.key).await?;
    if plan == Plan::Spent {
        return spent::page(conn, conditions, sort.direction, cursor, limit).await;
    }
    let sqlite = matches!(conn, Conn::Sqlite(_));
    let sql = Writer::new(sqlite).page(plan, conditions, sort, cursor, limit);
    load(conn, sql).await
}

async fn choose(
    conn: &mut Conn,
    conditions: &[Condition],
    key: SortKey,
) -> Result<Plan, StoreError> {
    let mut fewest = None;
    let mut walk = match key.index() {
        Some(index) => Plan::Walk(index, None),
        None => Plan::Spent,
    };
    if let ([only], SortKey::Created) = (conditions, key)
        && let Some(index) = only.driver.as_ref().and_then(|driver| driver.by_created)
    {
        // The index has just these tokens in just this order.
        return Ok(Plan::Walk(index, Some(0)));
    }
    for (i, condition) in conditions.iter().enumerate() {
        let Some(driver) = &condition.driver else {
            continue;
        };
        let found = probe(conn, driver).await?;
        if found <= FEW && fewest.is_none_or(|(least, _)| found < least) {
            fewest = Some((found, i));
        }
        if let (SortKey::Created, Some(index)) = (key, driver.by_created) {
            walk = Plan::Walk(index, Some(i));
        }
    }
    Ok(fewest.map_or(walk, |(_, i)| Plan::Collect(i)))
}

/// Counts what a condition finds, up to one more than a few.
async fn probe(conn: &mut Conn, driver: &Driver) -> Result<i64, StoreError> {
    let sqlite = matches!(conn, Conn::Sqlite(_));
    let mut writer = Writer::new(sqlite);
    writer.push("SELECT COUNT(*) AS found FROM (");
    writer.sql(driver.probe.clone(), true);
    writer.push(&format!(" LIMIT {}) AS probed", FEW + 1));
    let counted: Vec<Count> = load(conn, writer.sql).await?;
    Ok(counted.iter().map(|count| count.found).sum())
}

/// Runs a query that was put together here.
async fn load<T>(conn: &mut Conn, sql: Sql) -> Result<Vec<T>, StoreError>
where
    T: QueryableByName<diesel::sqlite::Sqlite> + QueryableByName<diesel::pg::Pg> + Send + 'static,
{
    let rows = on_backend!(conn, c => {
        let mut query = sql_query(sql.text).into_boxed();
        for bind in sql.binds {
            query = match bind {
                Bind::Number(number) => query.bind::<BigInt, _>(number),
                Bind::Text(text) => query.bind::<diesel::sql_types::Text, _>(text),
            };
        }
        query.load::<T>(c).await
    })?;
    Ok(rows)
}
