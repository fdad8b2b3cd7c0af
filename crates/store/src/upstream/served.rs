//! The table of which upstream serves which models.

use std::collections::BTreeMap;

use diesel::{ExpressionMethods, OptionalExtension, QueryDsl};
use diesel_async::RunQueryDsl;
use tollgate_policy::id::UpstreamId;
use tollgate_policy::upstream::ServedModel;

use crate::backend::{Conn, on_backend};
use crate::columns::Row;
use crate::error::{Kind, StoreError};
use crate::schema::{models, upstream_models};

/// The models of one upstream, or of all, by the upstream's id and in the order of their names.
pub(super) async fn load(
    conn: &mut Conn,
    only: Option<i64>,
) -> Result<BTreeMap<i64, Vec<ServedModel>>, StoreError> {
    let rows = on_backend!(conn, c => {
        let mut rows = upstream_models::table.inner_join(models::table).into_boxed();
        if let Some(id) = only {
            rows = rows.filter(upstream_models::upstream_id.eq(id));
        }
        rows.order(models::name.asc())
            .select((upstream_models::upstream_id, models::name, upstream_models::sent_as))
            .load::<(i64, String, Option<String>)>(c)
            .await
    })?;
    let mut served: BTreeMap<i64, Vec<ServedModel>> = BTreeMap::new();
    for (id, name, sent_as) in rows {
        let row = Row::new("upstream_models", id);
        served.entry(id).or_default().push(ServedModel {
            name: row.parse("name", &name)?,
            sent_as: sent_as
                .map(|text| row.parse("sent_as", &text))
                .transpose()?,
        });
    }
    Ok(served)
}

/// Makes these the models of the upstream.
pub(super) async fn replace(
    conn: &mut Conn,
    upstream: UpstreamId,
    served: &[ServedModel],
) -> Result<(), StoreError> {
    let of_upstream = upstream_models::upstream_id.eq(upstream.raw());
    on_backend!(conn, c => diesel::delete(upstream_models::table.filter(of_upstream))
        .execute(c)
        .await)?;
    let by_name: BTreeMap<_, _> = served.iter().map(|model| (&model.name, model)).collect();
    for model in by_name.values() {
        let name = model.name.as_str();
        let id = on_backend!(conn, c => models::table
            .filter(models::name.eq(name))
            .select(models::id)
            .first::<i64>(c)
            .await
            .optional())?;
        let id = id.ok_or_else(|| StoreError::not_found(Kind::Model, name))?;
        let row = (
            upstream_models::upstream_id.eq(upstream.raw()),
            upstream_models::model_id.eq(id),
            upstream_models::sent_as.eq(model.sent_as.as_ref().map(ToString::to_string)),
        );
        on_backend!(conn, c => diesel::insert_into(upstream_models::table)
            .values(row)
            .execute(c)
            .await)?;
    }
    Ok(())
}
