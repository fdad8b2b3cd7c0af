//! How a page of tokens is found quickly whatever is asked for.
//!
//! Where few tokens fulfil one of the conditions, they are collected through its index and sorted.
//! Where many fulfil each, an index in the wanted order is walked, and a page is soon full. Where it
//! is not full after some thousands, because few fulfil all or they are far away in this order, all
//! tokens are sifted by an index that has what is filtered and sorted by, and nothing else.
//!
//! SQLite has no statistics that know which it is: it is counted, up to a limit. PostgreSQL has, and
//! chooses between collecting and sifting by itself.

mod spent;
mod writer;

use diesel::sql_types::{BigInt, Text};
use diesel::{QueryableByName, sql_query};
use diesel_async::RunQueryDsl;

use super::cursor::Cursor;
use super::filter::{Bind, Condition, Driver, Ordered, Sql};
use super::query::{Sort, SortKey};
use super::row::SpentRow;
use crate::backend::{Conn, on_backend};
use crate::error::StoreError;
use writer::Writer;

/// Up to so many tokens are collected and sorted, at some 2 to 5 µs each.
const FEW: i64 = 10_000;
/// So many tokens are walked by before all are sifted: some 10 ms of work.
const WINDOW: i64 = 3000;

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
    /// The same, but only a little way.
    Try(&'static str, Option<usize>),
    /// All tokens, in the order of what they have spent.
    Spent,
}

/// Which part of the list is wanted.
struct Wanted {
    sort: Sort,
    cursor: Option<Cursor>,
    limit: i64,
}

#[derive(QueryableByName)]
struct Count {
    #[diesel(sql_type = BigInt)]
    found: i64,
}

#[derive(QueryableByName)]
struct Found {
    #[diesel(sql_type = BigInt)]
    found: i64,
    /// An array in JSON.
    #[diesel(sql_type = Text)]
    ids: String,
}

/// A page of at most `limit` tokens after the cursor.
pub(super) async fn page(
    conn: &mut Conn,
    mut conditions: Vec<Condition>,
    sort: Sort,
    cursor: Option<Cursor>,
    limit: i64,
) -> Result<Vec<SpentRow>, StoreError> {
    let plan = choose(conn, &mut conditions, sort.key).await?;
    let wanted = Wanted {
        sort,
        cursor,
        limit,
    };
    let writer = Writer::new(matches!(conn, Conn::Sqlite(_)));
    let tried: Vec<SpentRow> = match plan {
        Plan::Collect(_) | Plan::Walk(..) => {
            let sql = writer.page(plan, conditions, &wanted);
            return load(conn, sql).await;
        }
        Plan::Spent if conditions.is_empty() => return spent::page(conn, &wanted).await,
        Plan::Spent => spent::tried(conn, conditions.clone(), &wanted).await?,
        Plan::Try(index, driver) => {
            let sql = writer.tried(index, driver, conditions.clone(), &wanted);
            load(conn, sql).await?
        }
    };
    if i64::try_from(tried.len()).is_ok_and(|len| len >= limit) {
        return Ok(tried);
    }
    let writer = Writer::new(matches!(conn, Conn::Sqlite(_)));
    load(conn, writer.sifted(conditions, &wanted)).await
}

async fn choose(
    conn: &mut Conn,
    conditions: &mut [Condition],
    key: SortKey,
) -> Result<Plan, StoreError> {
    let ordered = |condition: &Condition| {
        let driver = condition.driver.as_ref();
        let ordered = driver.and_then(|driver| driver.ordered);
        ordered.filter(|ordered| ordered.key == key)
    };
    if let [only] = &*conditions
        && let Some(Ordered {
            index, exact: true, ..
        }) = ordered(only)
    {
        // The index has just these tokens in just this order.
        return Ok(Plan::Walk(index, Some(0)));
    }
    let Some(index) = key.index() else {
        return Ok(collect(conn, conditions).await?.unwrap_or(Plan::Spent));
    };
    if conditions.is_empty() {
        return Ok(Plan::Walk(index, None));
    }
    if let Some(few) = collect(conn, conditions).await? {
        return Ok(few);
    }
    let mut leading = conditions.iter().enumerate();
    let leading = leading.find_map(|(i, one)| Some((ordered(one)?.index, Some(i))));
    let (index, driver) = leading.unwrap_or((index, None));
    Ok(Plan::Try(index, driver))
}

/// By the condition that the fewest tokens fulfil, where those are few.
async fn collect(
    conn: &mut Conn,
    conditions: &mut [Condition],
) -> Result<Option<Plan>, StoreError> {
    if matches!(conn, Conn::Postgres(_)) {
        return Ok(None);
    }
    let mut fewest = None;
    for (i, condition) in conditions.iter_mut().enumerate() {
        let Some(driver) = &mut condition.driver else {
            continue;
        };
        let found = match driver.seek {
            Some(_) => count(conn, driver).await?,
            None => gather(conn, driver).await?,
        };
        if found <= FEW && fewest.is_none_or(|(least, _)| found < least) {
            fewest = Some((found, i));
        }
    }
    Ok(fewest.map(|(_, i)| Plan::Collect(i)))
}

/// Counts what a condition finds, up to one more than a few.
async fn count(conn: &mut Conn, driver: &Driver) -> Result<i64, StoreError> {
    let sql = probed("SELECT COUNT(*) AS found", driver);
    let counted: Vec<Count> = load(conn, sql).await?;
    Ok(counted.iter().map(|count| count.found).sum())
}

/// The same for a keyword. To find the tokens again would take as long as to count them, so that
/// few are kept.
async fn gather(conn: &mut Conn, driver: &mut Driver) -> Result<i64, StoreError> {
    let select = "SELECT COUNT(*) AS found, json_group_array(id) AS ids";
    let gathered: Vec<Found> = load(conn, probed(select, driver)).await?;
    let Some(Found { found, ids }) = gathered.into_iter().next() else {
        return Ok(0);
    };
    if found <= FEW {
        driver.only(ids);
    }
    Ok(found)
}

/// A query over what a condition finds, up to one more than a few. It is for SQLite alone.
fn probed(select: &str, driver: &Driver) -> Sql {
    let mut writer = Writer::new(true);
    writer.push(&format!("{select} FROM ("));
    writer.sql(driver.probe.clone(), true);
    writer.push(&format!(" LIMIT {}) AS probed", FEW + 1));
    writer.sql
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
                Bind::Text(text) => query.bind::<Text, _>(text),
            };
        }
        query.load::<T>(c).await
    })?;
    Ok(rows)
}
