//! How a page of tokens is found quickly whatever is asked for.
//!
//! Where few tokens fulfil one of the conditions, they are collected through its index and sorted.
//! Where many fulfil each, an index in the wanted order is walked, and a page is soon full. Which it
//! is, is counted up to a limit: neither database's statistics know it well enough, SQLite has none.

use diesel::sql_types::BigInt;
use diesel::{QueryableByName, sql_query};
use diesel_async::RunQueryDsl;

use super::cursor::{Cursor, Value};
use super::filter::{Bind, Condition, Driver, Sql};
use super::query::{Direction, Sort, SortKey};
use crate::backend::{Conn, on_backend};
use crate::error::StoreError;

/// Up to so many tokens are collected and sorted, at some 2 to 10 µs each. A page that is walked to
/// for more of them is typically full after 10,000 of a million tokens. Where all that is looked for
/// is at the far end of the order, all are passed, which takes a few hundred milliseconds.
const FEW: i64 = 5000;

const COLUMNS: &str = "t.id, t.name, t.account_id, t.group_id, t.state, t.expires_at, t.quota, \
    t.used, t.models, t.providers, t.endpoints, t.networks, t.creator, t.note, t.created_at, \
    t.updated_at, t.last_used_at, t.version, t.held, t.period_limit, t.period_unit, t.period_zone, \
    t.period_begin, t.period_used, t.period_held, t.rpm, t.tpm, t.concurrency";

/// A way to find a page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Plan {
    /// The tokens of this condition, sorted.
    Collect(usize),
    /// The tokens of this index, in its order; the condition, if any, is what it begins with.
    Walk(&'static str, Option<usize>),
}

#[derive(QueryableByName)]
struct Count {
    #[diesel(sql_type = BigInt)]
    found: i64,
}

/// The query for a page of at most `limit` tokens after the cursor.
pub(super) async fn page(
    conn: &mut Conn,
    conditions: Vec<Condition>,
    sort: Sort,
    cursor: Option<Cursor>,
    limit: i64,
) -> Result<Sql, StoreError> {
    let plan = choose(conn, &conditions, sort.key).await?;
    let sqlite = matches!(conn, Conn::Sqlite(_));
    Ok(Writer::new(sqlite).page(plan, conditions, sort, cursor, limit))
}

async fn choose(
    conn: &mut Conn,
    conditions: &[Condition],
    key: SortKey,
) -> Result<Plan, StoreError> {
    let mut fewest = None;
    let mut walk = Plan::Walk(key.index(), None);
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
pub(super) async fn load<T>(conn: &mut Conn, sql: Sql) -> Result<Vec<T>, StoreError>
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

/// Puts a query together.
struct Writer {
    sql: Sql,
    sqlite: bool,
}

impl Writer {
    fn new(sqlite: bool) -> Self {
        let sql = Sql::new(String::new(), Vec::new());
        Self { sql, sqlite }
    }

    fn page(
        mut self,
        plan: Plan,
        mut conditions: Vec<Condition>,
        sort: Sort,
        cursor: Option<Cursor>,
        limit: i64,
    ) -> Sql {
        let collect = matches!(plan, Plan::Collect(_));
        let driver = match plan {
            Plan::Collect(i) | Plan::Walk(_, Some(i)) => Some(conditions.remove(i)),
            Plan::Walk(_, None) => None,
        };
        let driver = driver.and_then(|condition| condition.driver);
        self.tokens(plan, driver);
        for condition in conditions {
            self.push(" AND ");
            self.sql(condition.filter, false);
        }
        // A sum is no indexed column: this order is made by sorting.
        let mark = if collect && self.sqlite { "+" } else { "" };
        let expression = sort.key.expression();
        if let Some(cursor) = cursor {
            self.push(" AND ");
            self.after(&format!("{mark}{expression}"), sort.direction, cursor);
        }
        let order = sort.direction.order();
        self.push(&format!(
            " ORDER BY {mark}{expression} {order}, t.id {order} LIMIT {limit}"
        ));
        self.sql
    }

    /// Where the tokens come from, up to the first condition.
    fn tokens(&mut self, plan: Plan, driver: Option<Driver>) {
        let driver = driver.map(|driver| driver.filter);
        match (plan, self.sqlite) {
            (Plan::Walk(index, _), true) => self.push(&format!(
                "SELECT {COLUMNS} FROM tokens AS t INDEXED BY {index} WHERE "
            )),
            // PostgreSQL would otherwise weigh the order's index against the condition's again.
            (Plan::Collect(_), false) => {
                self.push("WITH few AS MATERIALIZED (SELECT t.* FROM tokens AS t WHERE ");
                if let Some(driver) = driver {
                    self.sql(driver, true);
                }
                self.push(&format!(") SELECT {COLUMNS} FROM few AS t WHERE 1 = 1"));
                return;
            }
            _ => self.push(&format!("SELECT {COLUMNS} FROM tokens AS t WHERE ")),
        }
        match driver {
            Some(driver) => self.sql(driver, true),
            None => self.push("1 = 1"),
        }
    }

    /// What comes after the cursor, said so that an index can begin there.
    fn after(&mut self, expression: &str, direction: Direction, cursor: Cursor) {
        let value = match cursor.value {
            Value::Number(number) => Bind::Number(number),
            Value::Text(text) => Bind::Text(text),
        };
        let text = format!("({expression}, t.id) {} (?, ?)", direction.after());
        self.sql(Sql::new(text, vec![value, Bind::Number(cursor.id)]), true);
    }

    fn push(&mut self, text: &str) {
        self.sql.text.push_str(text);
    }

    /// Adds a condition: values get their numbers, and columns the mark that keeps SQLite from
    /// using their index where it shall not. PostgreSQL needs no such help.
    fn sql(&mut self, sql: Sql, driving: bool) {
        let mut binds = sql.binds.into_iter();
        for c in sql.text.chars() {
            match c {
                '?' => {
                    self.sql.binds.extend(binds.next());
                    let number = self.sql.binds.len();
                    self.sql.text.push_str(&format!("${number}"));
                }
                '@' if self.sqlite && !driving => self.sql.text.push('+'),
                '#' if self.sqlite => self.sql.text.push('+'),
                '@' | '#' => {}
                other => self.sql.text.push(other),
            }
        }
    }
}
