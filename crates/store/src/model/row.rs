//! The table of models.

use diesel::prelude::{AsChangeset, Identifiable, Insertable, Queryable, Selectable};
use diesel::{ExpressionMethods, OptionalExtension, QueryDsl, SelectableHelper};
use diesel_async::RunQueryDsl;
use tollgate_policy::bound::Window;
use tollgate_policy::cap::CapField;
use tollgate_policy::id::ModelId;
use tollgate_policy::name::ModelName;
use tollgate_policy::time::Timestamp;
use tollgate_policy::upstream::{Model, PriceOverride, Pricing};

use super::{StoredModel, price};
use crate::backend::{Conn, on_backend};
use crate::columns::{self, Row};
use crate::error::StoreError;
use crate::schema::{models, upstream_models, upstreams};

#[derive(Debug, Queryable, Selectable, Insertable, AsChangeset, Identifiable)]
#[diesel(table_name = models, treat_none_as_null = true)]
#[diesel(check_for_backend(diesel::pg::Pg, diesel::sqlite::Sqlite))]
pub(super) struct ModelRow {
    id: i64,
    name: String,
    provider: String,
    enabled: bool,
    note: String,
    created_at: i64,
    updated_at: i64,
    version: i64,
    price: Option<String>,
    context: Option<i64>,
    max_output: Option<i64>,
    cap_field: Option<String>,
}

impl From<&StoredModel> for ModelRow {
    fn from(stored: &StoredModel) -> Self {
        let model = &stored.model;
        Self {
            id: model.id.raw(),
            name: model.name.to_string(),
            provider: model.provider.to_string(),
            enabled: model.enabled,
            note: stored.note.clone(),
            created_at: stored.created_at.as_micros(),
            updated_at: stored.updated_at.as_micros(),
            version: stored.version,
            price: columns::price(model.pricing.base.as_ref()),
            context: model.window.context.map(tokens),
            max_output: model.window.output.map(tokens),
            cap_field: model.window.cap_field.map(|field| field.name().to_owned()),
        }
    }
}

impl ModelRow {
    fn read(self, overrides: Vec<PriceOverride>) -> Result<StoredModel, StoreError> {
        let row = Row::new("models", self.id);
        Ok(StoredModel {
            model: Model {
                id: row.id("id", ModelId::from_raw(self.id))?,
                name: row.parse("name", &self.name)?,
                provider: row.parse("provider", &self.provider)?,
                enabled: self.enabled,
                pricing: Pricing {
                    base: row.price("price", self.price.as_deref())?,
                    overrides,
                },
                window: self.window(row)?,
            },
            note: self.note,
            created_at: Timestamp::from_micros(self.created_at),
            updated_at: Timestamp::from_micros(self.updated_at),
            version: self.version,
        })
    }
}

impl ModelRow {
    fn window(&self, row: Row) -> Result<Window, StoreError> {
        let (context, output) = (self.context, self.max_output);
        let cap_field = self.cap_field.as_deref();
        Ok(Window {
            context: context
                .map(|number| row.narrow("context", number))
                .transpose()?,
            output: output
                .map(|number| row.narrow("max_output", number))
                .transpose()?,
            cap_field: cap_field
                .map(|name| row.one_of("cap_field", name, &CapField::ALL, CapField::name))
                .transpose()?,
        })
    }

    async fn complete(self, conn: &mut Conn) -> Result<StoredModel, StoreError> {
        let overrides = price::load(conn, Some(self.id)).await?.remove(&self.id);
        self.read(overrides.unwrap_or_default())
    }
}

/// A number of tokens; none is as large as the column's range.
fn tokens(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

pub(super) async fn insert(conn: &mut Conn, row: ModelRow) -> Result<(), StoreError> {
    on_backend!(conn, c => diesel::insert_into(models::table).values(row).execute(c).await)?;
    Ok(())
}

pub(super) async fn update(conn: &mut Conn, row: ModelRow) -> Result<(), StoreError> {
    on_backend!(conn, c => diesel::update(models::table.find(row.id))
        .set(row)
        .execute(c)
        .await)?;
    Ok(())
}

pub(super) async fn delete(conn: &mut Conn, id: ModelId) -> Result<(), StoreError> {
    on_backend!(conn, c => diesel::delete(models::table.find(id.raw())).execute(c).await)?;
    Ok(())
}

pub(super) async fn by_id(conn: &mut Conn, id: ModelId) -> Result<Option<StoredModel>, StoreError> {
    let row = on_backend!(conn, c => models::table
        .find(id.raw())
        .select(ModelRow::as_select())
        .first::<ModelRow>(c)
        .await
        .optional())?;
    match row {
        Some(row) => row.complete(conn).await.map(Some),
        None => Ok(None),
    }
}

pub(super) async fn by_name(
    conn: &mut Conn,
    name: &ModelName,
) -> Result<Option<StoredModel>, StoreError> {
    let row = on_backend!(conn, c => models::table
        .filter(models::name.eq(name.as_str()))
        .select(ModelRow::as_select())
        .first::<ModelRow>(c)
        .await
        .optional())?;
    match row {
        Some(row) => row.complete(conn).await.map(Some),
        None => Ok(None),
    }
}

pub(crate) async fn all(conn: &mut Conn) -> Result<Vec<StoredModel>, StoreError> {
    let rows = on_backend!(conn, c => models::table
        .order(models::name.asc())
        .select(ModelRow::as_select())
        .load::<ModelRow>(c)
        .await)?;
    let mut overrides = price::load(conn, None).await?;
    rows.into_iter()
        .map(|row| {
            let overrides = overrides.remove(&row.id);
            row.read(overrides.unwrap_or_default())
        })
        .collect()
}

/// The upstreams that serve the model, in words.
pub(super) async fn upstreams(conn: &mut Conn, id: ModelId) -> Result<Vec<String>, StoreError> {
    let names = on_backend!(conn, c => upstreams::table
        .inner_join(upstream_models::table)
        .filter(upstream_models::model_id.eq(id.raw()))
        .order(upstreams::name.asc())
        .select(upstreams::name)
        .load::<String>(c)
        .await)?;
    let quoted = |name: String| format!("upstream `{name}`");
    Ok(names.into_iter().map(quoted).collect())
}
