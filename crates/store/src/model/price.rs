//! The table of price lists that apply to a vendor or a group only.

use std::collections::BTreeMap;

use diesel::prelude::{Insertable, Queryable, Selectable};
use diesel::{ExpressionMethods, QueryDsl, SelectableHelper};
use diesel_async::RunQueryDsl;
use tollgate_policy::id::{GroupId, ModelId};
use tollgate_policy::name::Provider;
use tollgate_policy::upstream::PriceOverride;

use crate::backend::{Conn, on_backend};
use crate::columns::Row;
use crate::error::StoreError;
use crate::schema::model_prices;

const ANY_PROVIDER: &str = "";
const ANY_GROUP: i64 = -1;

#[derive(Queryable, Selectable, Insertable)]
#[diesel(table_name = model_prices)]
#[diesel(check_for_backend(diesel::pg::Pg, diesel::sqlite::Sqlite))]
struct PriceRow {
    model_id: i64,
    provider: String,
    group_id: i64,
    price: String,
}

impl PriceRow {
    fn read(&self) -> Result<PriceOverride, StoreError> {
        let row = Row::new("model_prices", self.model_id);
        let provider = Some(&self.provider).filter(|text| *text != ANY_PROVIDER);
        let group = Some(self.group_id).filter(|id| *id != ANY_GROUP);
        Ok(PriceOverride {
            provider: provider
                .map(|text| row.parse("provider", text))
                .transpose()?,
            group: group
                .map(|id| row.id("group_id", GroupId::from_raw(id)))
                .transpose()?,
            price: row.parse("price", &self.price)?,
        })
    }
}

/// The price lists of one model, or of all, by the model's id: vendors by name, groups by id.
pub(super) async fn load(
    conn: &mut Conn,
    only: Option<i64>,
) -> Result<BTreeMap<i64, Vec<PriceOverride>>, StoreError> {
    let rows: Vec<PriceRow> = on_backend!(conn, c => {
        let mut rows = model_prices::table.select(PriceRow::as_select()).into_boxed();
        if let Some(id) = only {
            rows = rows.filter(model_prices::model_id.eq(id));
        }
        rows.order((model_prices::provider.asc(), model_prices::group_id.asc()))
            .load(c)
            .await
    })?;
    let mut prices: BTreeMap<i64, Vec<PriceOverride>> = BTreeMap::new();
    for row in rows {
        prices.entry(row.model_id).or_default().push(row.read()?);
    }
    Ok(prices)
}

/// Keeps a price list in the place of the one for the same vendor and group.
pub(super) async fn set(
    conn: &mut Conn,
    model: ModelId,
    new: &PriceOverride,
) -> Result<(), StoreError> {
    remove(conn, model, new.provider.as_ref(), new.group).await?;
    let row = PriceRow {
        model_id: model.raw(),
        provider: new
            .provider
            .as_ref()
            .map_or_else(String::new, ToString::to_string),
        group_id: new.group.map_or(ANY_GROUP, GroupId::raw),
        price: new.price.to_string(),
    };
    on_backend!(conn, c => diesel::insert_into(model_prices::table).values(row).execute(c).await)?;
    Ok(())
}

/// Removes the price list for just this vendor and group; whether there was one.
pub(super) async fn remove(
    conn: &mut Conn,
    model: ModelId,
    provider: Option<&Provider>,
    group: Option<GroupId>,
) -> Result<bool, StoreError> {
    let provider = provider.map_or(ANY_PROVIDER, Provider::as_str);
    let group = group.map_or(ANY_GROUP, GroupId::raw);
    let row = model_prices::table.find((model.raw(), provider, group));
    let removed = on_backend!(conn, c => diesel::delete(row).execute(c).await)?;
    Ok(removed > 0)
}

/// How many price lists are for the group.
pub(crate) async fn of_group(conn: &mut Conn, group: GroupId) -> Result<i64, StoreError> {
    let count = on_backend!(conn, c => model_prices::table
        .filter(model_prices::group_id.eq(group.raw()))
        .count()
        .get_result::<i64>(c)
        .await)?;
    Ok(count)
}
