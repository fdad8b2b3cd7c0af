//! One query for each report, put together from its dimensions and filters.

use diesel::prelude::QueryableByName;
use diesel::sql_query;
use diesel::sql_types::{BigInt, Nullable, Text};
use diesel_async::RunQueryDsl;
use tollgate_policy::credits::Credits;
use tollgate_policy::id::{AccountId, GroupId, TokenId, UpstreamId};

use super::{Day, Dimension, Named, Sums, UsageQuery, UsageRow};
use crate::backend::{Conn, on_backend};
use crate::columns::{Row, text};
use crate::error::StoreError;

const MEASURES: [&str; 8] = [
    "requests",
    "failed",
    "estimated",
    "input_tokens",
    "cached_tokens",
    "output_tokens",
    "cost",
    "uncovered",
];

const SQLITE_MONTH: &str =
    "CAST(strftime('%s', day * 86400, 'unixepoch', 'start of month') AS BIGINT) / 86400";
const POSTGRES_MONTH: &str = "CAST(date_trunc('month', DATE '1970-01-01' + CAST(day AS INTEGER))::date - DATE '1970-01-01' AS BIGINT)";

const NAMES: &str = "t.name AS token_name, a.name AS account_name, g.name AS group_name, \
    s.name AS upstream_name";
const ORDER: &str = "u.day, u.month, u.cost DESC, u.token_id, u.account_id, u.group_id, u.model, \
    u.upstream_id, u.creator";
const JOINS: &str = "LEFT JOIN tokens AS t ON t.id = u.token_id \
    LEFT JOIN accounts AS a ON a.id = u.account_id LEFT JOIN groups AS g ON g.id = u.group_id \
    LEFT JOIN upstreams AS s ON s.id = u.upstream_id";

#[derive(QueryableByName)]
struct ReportRow {
    #[diesel(sql_type = Nullable<BigInt>)]
    day: Option<i64>,
    #[diesel(sql_type = Nullable<BigInt>)]
    month: Option<i64>,
    #[diesel(sql_type = Nullable<BigInt>)]
    token_id: Option<i64>,
    #[diesel(sql_type = Nullable<BigInt>)]
    account_id: Option<i64>,
    #[diesel(sql_type = Nullable<BigInt>)]
    group_id: Option<i64>,
    #[diesel(sql_type = Nullable<Text>)]
    model: Option<String>,
    #[diesel(sql_type = Nullable<BigInt>)]
    upstream_id: Option<i64>,
    #[diesel(sql_type = Nullable<Text>)]
    creator: Option<String>,
    #[diesel(sql_type = Nullable<Text>)]
    token_name: Option<String>,
    #[diesel(sql_type = Nullable<Text>)]
    account_name: Option<String>,
    #[diesel(sql_type = Nullable<Text>)]
    group_name: Option<String>,
    #[diesel(sql_type = Nullable<Text>)]
    upstream_name: Option<String>,
    #[diesel(embed)]
    sums: SumsRow,
}

/// The measures of any query that sums them up.
#[derive(QueryableByName)]
pub(super) struct SumsRow {
    #[diesel(sql_type = BigInt)]
    requests: i64,
    #[diesel(sql_type = BigInt)]
    failed: i64,
    #[diesel(sql_type = BigInt)]
    estimated: i64,
    #[diesel(sql_type = BigInt)]
    input_tokens: i64,
    #[diesel(sql_type = BigInt)]
    cached_tokens: i64,
    #[diesel(sql_type = BigInt)]
    output_tokens: i64,
    #[diesel(sql_type = BigInt)]
    cost: i64,
    #[diesel(sql_type = BigInt)]
    uncovered: i64,
}

/// A value of a filter.
enum Bind {
    Number(i64),
    Text(String),
}

pub(super) async fn run(conn: &mut Conn, query: UsageQuery) -> Result<Vec<UsageRow>, StoreError> {
    let month = match conn {
        Conn::Sqlite(_) => SQLITE_MONTH,
        Conn::Postgres(_) => POSTGRES_MONTH,
    };
    let (conditions, binds) = conditions(&query);
    let text = statement(&query, month, &conditions);
    let rows = on_backend!(conn, c => {
        let mut query = sql_query(text).into_boxed();
        for bind in binds {
            query = match bind {
                Bind::Number(number) => query.bind::<BigInt, _>(number),
                Bind::Text(text) => query.bind::<Text, _>(text),
            };
        }
        query.load::<ReportRow>(c).await
    })?;
    rows.into_iter().map(ReportRow::read).collect()
}

fn statement(query: &UsageQuery, month: &str, conditions: &str) -> String {
    let by = |dimension: &Dimension| query.by.contains(dimension);
    let columns = Dimension::ALL.map(|dimension| {
        let (column, kind) = column(dimension);
        let value = match dimension {
            _ if !by(&dimension) => format!("CAST(NULL AS {kind})"),
            Dimension::Month => month.to_owned(),
            // The sign keeps SQLite from reading all rows by the index of what they are grouped
            // by, where the days that are wanted are few.
            Dimension::Token | Dimension::Account => format!("+{column}"),
            _ => column.to_owned(),
        };
        format!("{value} AS {column}")
    });
    // By position: an alias may have the name of a column.
    let places = Dimension::ALL.iter().enumerate();
    let places = places.filter(|(_, dimension)| by(dimension));
    let places: Vec<String> = places.map(|(i, _)| (i + 1).to_string()).collect();
    let grouped = match places.is_empty() {
        true => String::new(),
        false => format!(" GROUP BY {}", places.join(", ")),
    };
    // The first rows are found before names are: there may be a row for every token.
    let limited = query
        .limit
        .map(|limit| format!(" ORDER BY {ORDER} LIMIT {limit}"));
    let table = table(query);
    format!(
        "SELECT u.*, {NAMES} FROM (SELECT u.* FROM (SELECT {}, {} FROM {table} \
         WHERE {conditions}{grouped}) AS u{}) AS u {JOINS} ORDER BY {ORDER}",
        columns.join(", "),
        measures(),
        limited.unwrap_or_default(),
    )
}

/// Whoever asks for tokens or who made them needs the sums of each token; all others need not.
fn table(query: &UsageQuery) -> &'static str {
    let by_token = [Dimension::Token, Dimension::Creator];
    let by_token = by_token.iter().any(|one| query.by.contains(one));
    match by_token || query.token.is_some() || query.creator.is_some() {
        true => "usage_daily",
        false => "usage_totals",
    }
}

/// Each measure summed up.
pub(super) fn measures() -> String {
    MEASURES
        .map(|name| format!("CAST(COALESCE(SUM({name}), 0) AS BIGINT) AS {name}"))
        .join(", ")
}

/// The name of a dimension's column and its type.
const fn column(dimension: Dimension) -> (&'static str, &'static str) {
    match dimension {
        Dimension::Day => ("day", "BIGINT"),
        Dimension::Month => ("month", "BIGINT"),
        Dimension::Token => ("token_id", "BIGINT"),
        Dimension::Account => ("account_id", "BIGINT"),
        Dimension::Group => ("group_id", "BIGINT"),
        Dimension::Model => ("model", "TEXT"),
        Dimension::Upstream => ("upstream_id", "BIGINT"),
        Dimension::Creator => ("creator", "TEXT"),
    }
}

fn conditions(query: &UsageQuery) -> (String, Vec<Bind>) {
    let day = |day: Option<Day>| day.map(|day| Bind::Number(day.number()));
    let words = |word: &Option<String>| word.clone().map(|word| Bind::Text(text(word)));
    let filters = [
        ("day >=", day(query.from)),
        ("day <=", day(query.to)),
        ("token_id =", query.token.map(|id| Bind::Number(id.raw()))),
        (
            "account_id =",
            query.account.map(|id| Bind::Number(id.raw())),
        ),
        ("group_id =", query.group.map(|id| Bind::Number(id.raw()))),
        (
            "upstream_id =",
            query.upstream.map(|id| Bind::Number(id.raw())),
        ),
        ("model =", words(&query.model)),
        ("creator =", words(&query.creator)),
    ];
    let (mut conditions, mut binds) = (String::from("1 = 1"), Vec::new());
    for (comparison, bind) in filters {
        if let Some(bind) = bind {
            binds.push(bind);
            conditions.push_str(&format!(" AND {comparison} ${}", binds.len()));
        }
    }
    (conditions, binds)
}

impl ReportRow {
    fn read(self) -> Result<UsageRow, StoreError> {
        // Rows of sums have no number of their own.
        let row = Row::new("usage_daily", self.day.or(self.month).unwrap_or(0));
        let upstream = self.upstream_id.and_then(UpstreamId::from_raw);
        Ok(UsageRow {
            day: self.day.map(Day::from_number),
            month: self.month.map(Day::from_number),
            token: named(
                row,
                "token_id",
                self.token_id,
                TokenId::from_raw,
                self.token_name,
            )?,
            account: named(
                row,
                "account_id",
                self.account_id,
                AccountId::from_raw,
                self.account_name,
            )?,
            group: named(
                row,
                "group_id",
                self.group_id,
                GroupId::from_raw,
                self.group_name,
            )?,
            model: self.model,
            upstream: upstream.map(|id| Named {
                id,
                name: self.upstream_name,
            }),
            creator: self.creator,
            sums: self.sums.read(),
        })
    }
}

fn named<T>(
    row: Row,
    column: &str,
    id: Option<i64>,
    from_raw: fn(i64) -> Option<T>,
    name: Option<String>,
) -> Result<Option<Named<T>>, StoreError> {
    let Some(id) = id else {
        return Ok(None);
    };
    let id = row.id(column, from_raw(id))?;
    Ok(Some(Named { id, name }))
}

impl SumsRow {
    pub(super) fn read(&self) -> Sums {
        let count = |number: i64| u64::try_from(number).unwrap_or(0);
        Sums {
            requests: count(self.requests),
            failed: count(self.failed),
            estimated: count(self.estimated),
            input_tokens: count(self.input_tokens),
            cached_tokens: count(self.cached_tokens),
            output_tokens: count(self.output_tokens),
            cost: Credits::from_micros(self.cost),
            uncovered: Credits::from_micros(self.uncovered),
        }
    }
}
