//! The table of groups.

use std::collections::BTreeMap;

use diesel::prelude::{AsChangeset, Identifiable, Insertable, Queryable, Selectable};
use diesel::{ExpressionMethods, OptionalExtension, QueryDsl, SelectableHelper};
use diesel_async::RunQueryDsl;
use tollgate_policy::group::{Fallbacks, Group, Multiplier, Terms};
use tollgate_policy::id::GroupId;
use tollgate_policy::name::{ModelName, Name};
use tollgate_policy::time::Timestamp;

use super::StoredGroup;
use crate::backend::{Conn, on_backend};
use crate::columns::{LimitColumns, Row, limit_columns, list, scope_columns};
use crate::error::StoreError;
use crate::schema::{groups, tokens};

#[derive(Debug, Queryable, Selectable, Insertable, AsChangeset, Identifiable)]
#[diesel(table_name = groups, treat_none_as_null = true)]
#[diesel(check_for_backend(diesel::pg::Pg, diesel::sqlite::Sqlite))]
pub(super) struct GroupRow {
    id: i64,
    name: String,
    multiplier_millionths: i64,
    models: Option<String>,
    providers: Option<String>,
    endpoints: Option<String>,
    networks: Option<String>,
    note: String,
    created_at: i64,
    updated_at: i64,
    version: i64,
    rpm: Option<i64>,
    tpm: Option<i64>,
    concurrency: Option<i64>,
    shared: bool,
    enforcement: String,
    on_leave: String,
    fallbacks: String,
    open: bool,
}

impl From<&StoredGroup> for GroupRow {
    fn from(stored: &StoredGroup) -> Self {
        let group = &stored.group;
        let limits = LimitColumns::from(&group.terms.limits);
        Self {
            id: group.id.raw(),
            name: group.name.to_string(),
            multiplier_millionths: i64::from(group.multiplier.as_millionths()),
            models: list(&group.scope.models),
            providers: list(&group.scope.providers),
            endpoints: list(&group.scope.endpoints),
            networks: list(&group.scope.networks),
            note: stored.note.clone(),
            created_at: stored.created_at.as_micros(),
            updated_at: stored.updated_at.as_micros(),
            version: stored.version,
            rpm: limits.rpm,
            tpm: limits.tpm,
            concurrency: limits.concurrency,
            shared: group.terms.shared,
            enforcement: group.terms.enforcement.name().to_owned(),
            on_leave: group.terms.on_leave.to_string(),
            fallbacks: serde_json::json!(fallbacks(&group.terms.fallbacks)).to_string(),
            open: stored.open,
        }
    }
}

impl GroupRow {
    fn read(self) -> Result<StoredGroup, StoreError> {
        let row = Row::new("groups", self.id);
        Ok(StoredGroup {
            group: Group {
                id: row.id("id", GroupId::from_raw(self.id))?,
                name: row.parse("name", &self.name)?,
                multiplier: Multiplier::from_millionths(
                    row.narrow("multiplier_millionths", self.multiplier_millionths)?,
                ),
                scope: row.scope(&scope_columns!(self))?,
                terms: Terms {
                    limits: row.limits(&limit_columns!(self))?,
                    shared: self.shared,
                    enforcement: row.parse("enforcement", &self.enforcement)?,
                    on_leave: row.parse("on_leave", &self.on_leave)?,
                    fallbacks: read_fallbacks(row, &self.fallbacks)?,
                },
            },
            open: self.open,
            note: self.note,
            created_at: Timestamp::from_micros(self.created_at),
            updated_at: Timestamp::from_micros(self.updated_at),
            version: self.version,
        })
    }
}

/// For each model that has fallbacks, their names.
pub(crate) fn fallbacks(fallbacks: &Fallbacks) -> BTreeMap<String, Vec<String>> {
    let texts = |others: &[ModelName]| others.iter().map(ToString::to_string).collect();
    let pairs = fallbacks.iter();
    pairs
        .map(|(model, others)| (model.to_string(), texts(others)))
        .collect()
}

fn read_fallbacks(row: Row, text: &str) -> Result<Fallbacks, StoreError> {
    let read: BTreeMap<String, Vec<String>> =
        serde_json::from_str(text).map_err(|error| row.corrupt("fallbacks", error))?;
    let mut fallbacks = Fallbacks::default();
    for (model, others) in read {
        let others = others.iter().map(|other| row.parse("fallbacks", other));
        let others = others.collect::<Result<_, _>>()?;
        let set = fallbacks.set(row.parse("fallbacks", &model)?, others);
        set.map_err(|error| row.corrupt("fallbacks", error))?;
    }
    Ok(fallbacks)
}

pub(super) async fn insert(conn: &mut Conn, row: GroupRow) -> Result<(), StoreError> {
    on_backend!(conn, c => diesel::insert_into(groups::table).values(row).execute(c).await)?;
    Ok(())
}

pub(super) async fn update(conn: &mut Conn, row: GroupRow) -> Result<(), StoreError> {
    on_backend!(conn, c => diesel::update(groups::table.find(row.id))
        .set(row)
        .execute(c)
        .await)?;
    Ok(())
}

pub(super) async fn delete(conn: &mut Conn, id: GroupId) -> Result<(), StoreError> {
    on_backend!(conn, c => diesel::delete(groups::table.find(id.raw())).execute(c).await)?;
    Ok(())
}

pub(super) async fn by_id(conn: &mut Conn, id: GroupId) -> Result<Option<StoredGroup>, StoreError> {
    let row = on_backend!(conn, c => groups::table
        .find(id.raw())
        .select(GroupRow::as_select())
        .first(c)
        .await
        .optional())?;
    row.map(GroupRow::read).transpose()
}

pub(super) async fn by_name(
    conn: &mut Conn,
    name: &Name,
) -> Result<Option<StoredGroup>, StoreError> {
    let row = on_backend!(conn, c => groups::table
        .filter(groups::name.eq(name.as_str()))
        .select(GroupRow::as_select())
        .first(c)
        .await
        .optional())?;
    row.map(GroupRow::read).transpose()
}

pub(crate) async fn all(conn: &mut Conn) -> Result<Vec<StoredGroup>, StoreError> {
    let rows = on_backend!(conn, c => groups::table
        .order(groups::name.asc())
        .select(GroupRow::as_select())
        .load(c)
        .await)?;
    rows.into_iter().map(GroupRow::read).collect()
}

/// How many tokens the group has.
pub(super) async fn tokens(conn: &mut Conn, id: GroupId) -> Result<i64, StoreError> {
    let count = on_backend!(conn, c => tokens::table
        .filter(tokens::group_id.eq(id.raw()))
        .count()
        .get_result::<i64>(c)
        .await)?;
    Ok(count)
}
