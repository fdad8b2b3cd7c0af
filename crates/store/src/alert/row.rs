//! The table of alerts.

use diesel::prelude::{Insertable, Queryable, Selectable};
use diesel::{ExpressionMethods, QueryDsl, QueryResult, SelectableHelper, SqliteConnection};
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use tollgate_policy::id::{AccountId, TokenId, UpstreamId};
use tollgate_policy::time::Timestamp;

use super::{NewAlert, StoredAlert, Subject};
use crate::backend::{Conn, on_backend};
use crate::columns::{Row, moment, text};
use crate::error::{Kind, StoreError};
use crate::schema::alerts;

#[derive(Queryable, Selectable)]
#[diesel(table_name = alerts)]
#[diesel(check_for_backend(diesel::pg::Pg, diesel::sqlite::Sqlite))]
struct AlertRow {
    id: i64,
    key: String,
    at: i64,
    kind: String,
    subject_kind: String,
    subject_id: i64,
    body: String,
    attempts: i64,
    next_at: i64,
    delivered_at: Option<i64>,
}

/// Both databases number the rows.
#[derive(Insertable)]
#[diesel(table_name = alerts)]
struct AlertWrite {
    key: String,
    at: i64,
    kind: String,
    subject_kind: &'static str,
    subject_id: i64,
    body: String,
    attempts: i64,
    next_at: i64,
}

impl AlertWrite {
    fn new(alert: &NewAlert, at: Timestamp) -> Self {
        Self {
            key: text(alert.key.clone()),
            at: at.as_micros(),
            kind: text(alert.kind.clone()),
            subject_kind: alert.subject.kind().name(),
            subject_id: alert.subject.raw(),
            body: alert.body.to_string(),
            attempts: 0,
            next_at: at.as_micros(),
        }
    }
}

impl AlertRow {
    fn read(self) -> Result<StoredAlert, StoreError> {
        let row = Row::new("alerts", self.id);
        let body = serde_json::from_str(&self.body);
        Ok(StoredAlert {
            id: self.id,
            alert: NewAlert {
                subject: self.subject(row)?,
                key: self.key,
                kind: self.kind,
                body: body.map_err(|error| row.corrupt("body", error))?,
            },
            at: Timestamp::from_micros(self.at),
            attempts: row.narrow("attempts", self.attempts)?,
            next_at: Timestamp::from_micros(self.next_at),
            delivered_at: moment(self.delivered_at),
        })
    }

    fn subject(&self, row: Row) -> Result<Subject, StoreError> {
        let id = self.subject_id;
        let subject =
            match row.one_of("subject_kind", &self.subject_kind, &Kind::ALL, Kind::name)? {
                Kind::Token => TokenId::from_raw(id).map(Subject::Token),
                Kind::Account => AccountId::from_raw(id).map(Subject::Account),
                Kind::Upstream => UpstreamId::from_raw(id).map(Subject::Upstream),
                other => {
                    return Err(
                        row.corrupt("subject_kind", format_args!("no alert is about a {other}"))
                    );
                }
            };
        row.id("subject_id", subject)
    }
}

/// Says whether the alert is new.
pub(super) async fn insert(
    conn: &mut Conn,
    alert: &NewAlert,
    at: Timestamp,
) -> Result<bool, StoreError> {
    let write = AlertWrite::new(alert, at);
    let rows = on_backend!(conn, c => diesel::insert_into(alerts::table)
        .values(write)
        .on_conflict(alerts::key)
        .do_nothing()
        .execute(c)
        .await)?;
    Ok(rows > 0)
}

/// Inserts within a transaction on SQLite.
pub(crate) fn insert_sqlite(
    conn: &mut SqliteConnection,
    alert: &NewAlert,
    at: Timestamp,
) -> QueryResult<()> {
    let insert = diesel::insert_into(alerts::table).values(AlertWrite::new(alert, at));
    let insert = insert.on_conflict(alerts::key).do_nothing();
    diesel::RunQueryDsl::execute(insert, conn).map(|_| ())
}

/// Inserts within a transaction on PostgreSQL.
pub(crate) async fn insert_postgres(
    conn: &mut AsyncPgConnection,
    alert: &NewAlert,
    at: Timestamp,
) -> QueryResult<()> {
    let insert = diesel::insert_into(alerts::table).values(AlertWrite::new(alert, at));
    let insert = insert.on_conflict(alerts::key).do_nothing();
    insert.execute(conn).await.map(|_| ())
}

pub(super) async fn due(
    conn: &mut Conn,
    now: Timestamp,
    limit: u32,
) -> Result<Vec<StoredAlert>, StoreError> {
    let rows = on_backend!(conn, c => alerts::table
        .filter(alerts::delivered_at.is_null())
        .filter(alerts::next_at.le(now.as_micros()))
        .order((alerts::next_at.asc(), alerts::id.asc()))
        .limit(i64::from(limit))
        .select(AlertRow::as_select())
        .load(c)
        .await)?;
    rows.into_iter().map(AlertRow::read).collect()
}

pub(super) async fn list(
    conn: &mut Conn,
    before: Option<i64>,
    limit: u32,
) -> Result<Vec<StoredAlert>, StoreError> {
    let before = before.unwrap_or(i64::MAX);
    let rows = on_backend!(conn, c => alerts::table
        .filter(alerts::id.lt(before))
        .order(alerts::id.desc())
        .limit(i64::from(limit))
        .select(AlertRow::as_select())
        .load(c)
        .await)?;
    rows.into_iter().map(AlertRow::read).collect()
}

pub(super) async fn claim(
    conn: &mut Conn,
    id: i64,
    seen: Timestamp,
    until: Timestamp,
) -> Result<bool, StoreError> {
    let rows = on_backend!(conn, c => diesel::update(alerts::table.find(id))
        .filter(alerts::delivered_at.is_null())
        .filter(alerts::next_at.eq(seen.as_micros()))
        .set(alerts::next_at.eq(until.as_micros()))
        .execute(c)
        .await)?;
    Ok(rows > 0)
}

pub(super) async fn delivered(conn: &mut Conn, id: i64, at: Timestamp) -> Result<(), StoreError> {
    on_backend!(conn, c => diesel::update(alerts::table.find(id))
        .filter(alerts::delivered_at.is_null())
        .set(alerts::delivered_at.eq(at.as_micros()))
        .execute(c)
        .await)?;
    Ok(())
}

pub(super) async fn failed(conn: &mut Conn, id: i64, next_at: Timestamp) -> Result<(), StoreError> {
    on_backend!(conn, c => diesel::update(alerts::table.find(id))
        .set((
            alerts::attempts.eq(alerts::attempts + 1),
            alerts::next_at.eq(next_at.as_micros()),
        ))
        .execute(c)
        .await)?;
    Ok(())
}
