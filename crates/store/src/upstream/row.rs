//! The table of upstreams.

use diesel::prelude::{AsChangeset, Identifiable, Insertable, Queryable, Selectable};
use diesel::{ExpressionMethods, OptionalExtension, QueryDsl, SelectableHelper};
use diesel_async::RunQueryDsl;
use tollgate_policy::endpoint::Dialect;
use tollgate_policy::id::UpstreamId;
use tollgate_policy::name::{Name, Prefix};
use tollgate_policy::time::Timestamp;
use tollgate_policy::upstream::{ServedModel, Serves, Upstream};
use tollgate_rights::source::Carrier;

use super::credential::CredentialColumns;
use super::{StoredUpstream, served};
use crate::backend::{Conn, on_backend};
use crate::columns::{Row, list, price};
use crate::error::{Kind, StoreError};
use crate::schema::upstreams;

#[derive(Queryable, Selectable, Insertable, AsChangeset, Identifiable)]
#[diesel(table_name = upstreams, treat_none_as_null = true)]
#[diesel(check_for_backend(diesel::pg::Pg, diesel::sqlite::Sqlite))]
pub(super) struct UpstreamRow {
    id: i64,
    name: String,
    provider: String,
    dialect: String,
    base_url: String,
    carrier: String,
    credential_env: Option<String>,
    credential_sealed: Option<Vec<u8>>,
    enabled: bool,
    priority: i64,
    weight: i64,
    mount: Option<String>,
    groups: Option<String>,
    note: String,
    created_at: i64,
    updated_at: i64,
    price: Option<String>,
}

impl UpstreamRow {
    pub(super) fn new(stored: &StoredUpstream, credential: CredentialColumns) -> Self {
        let upstream = &stored.upstream;
        Self {
            id: upstream.id.raw(),
            name: upstream.name.to_string(),
            provider: upstream.provider.to_string(),
            dialect: upstream.dialect.name().to_owned(),
            base_url: stored.base_url.to_string(),
            carrier: stored.carrier.name().to_owned(),
            credential_env: credential.env,
            credential_sealed: credential.sealed,
            enabled: upstream.enabled,
            priority: i64::from(upstream.priority),
            weight: i64::from(upstream.weight),
            mount: mount(&upstream.serves).map(ToString::to_string),
            groups: list(&upstream.groups),
            note: stored.note.clone(),
            created_at: stored.created_at.as_micros(),
            updated_at: stored.updated_at.as_micros(),
            price: price(upstream.price.as_ref()),
        }
    }

    fn read(
        self,
        models: Vec<ServedModel>,
    ) -> Result<(StoredUpstream, CredentialColumns), StoreError> {
        let row = Row::new("upstreams", self.id);
        let serves = match &self.mount {
            Some(prefix) => Serves::Mount(row.parse("mount", prefix)?),
            None => Serves::Models(models),
        };
        let credential = CredentialColumns {
            env: self.credential_env,
            sealed: self.credential_sealed,
        };
        let upstream = Upstream {
            id: row.id("id", UpstreamId::from_raw(self.id))?,
            name: row.parse("name", &self.name)?,
            provider: row.parse("provider", &self.provider)?,
            dialect: row.one_of("dialect", &self.dialect, &Dialect::ALL, Dialect::name)?,
            enabled: self.enabled,
            priority: row.narrow("priority", self.priority)?,
            weight: row.narrow("weight", self.weight)?,
            groups: row.allow("groups", self.groups.as_deref())?,
            credentials: credential.ids(self.id),
            sticky: false,
            serves,
            price: row.price("price", self.price.as_deref())?,
        };
        let stored = StoredUpstream {
            upstream,
            base_url: row.parse("base_url", &self.base_url)?,
            carrier: row.one_of("carrier", &self.carrier, &Carrier::ALL, Carrier::name)?,
            credential: credential.kept(),
            note: self.note,
            created_at: Timestamp::from_micros(self.created_at),
            updated_at: Timestamp::from_micros(self.updated_at),
        };
        Ok((stored, credential))
    }
}

pub(super) fn mount(serves: &Serves) -> Option<&Prefix> {
    match serves {
        Serves::Mount(prefix) => Some(prefix),
        Serves::Models(_) => None,
    }
}

pub(super) async fn insert(conn: &mut Conn, row: UpstreamRow) -> Result<(), StoreError> {
    on_backend!(conn, c => diesel::insert_into(upstreams::table).values(row).execute(c).await)?;
    Ok(())
}

pub(super) async fn update(conn: &mut Conn, row: UpstreamRow) -> Result<(), StoreError> {
    on_backend!(conn, c => diesel::update(upstreams::table.find(row.id))
        .set(row)
        .execute(c)
        .await)?;
    Ok(())
}

pub(super) async fn delete(conn: &mut Conn, id: UpstreamId) -> Result<(), StoreError> {
    on_backend!(conn, c => diesel::delete(upstreams::table.find(id.raw())).execute(c).await)?;
    Ok(())
}

/// The upstream of this id and its credential, or an error that names it.
pub(super) async fn fetch(
    conn: &mut Conn,
    id: UpstreamId,
) -> Result<(StoredUpstream, CredentialColumns), StoreError> {
    let row = on_backend!(conn, c => upstreams::table
        .find(id.raw())
        .select(UpstreamRow::as_select())
        .first(c)
        .await
        .optional())?;
    let row = row.ok_or_else(|| StoreError::not_found(Kind::Upstream, id))?;
    let served = served::load(conn, Some(row.id)).await?.remove(&row.id);
    row.read(served.unwrap_or_default())
}

pub(super) async fn by_name(
    conn: &mut Conn,
    name: &Name,
) -> Result<Option<StoredUpstream>, StoreError> {
    let row = on_backend!(conn, c => upstreams::table
        .filter(upstreams::name.eq(name.as_str()))
        .select(UpstreamRow::as_select())
        .first(c)
        .await
        .optional())?;
    let Some(row) = row else {
        return Ok(None);
    };
    let served = served::load(conn, Some(row.id)).await?.remove(&row.id);
    Ok(Some(row.read(served.unwrap_or_default())?.0))
}

/// The id of the upstream under this prefix, if there is one.
pub(super) async fn id_by_mount(
    conn: &mut Conn,
    prefix: &Prefix,
) -> Result<Option<i64>, StoreError> {
    let id = on_backend!(conn, c => upstreams::table
        .filter(upstreams::mount.eq(prefix.as_str()))
        .select(upstreams::id)
        .first::<i64>(c)
        .await
        .optional())?;
    Ok(id)
}

/// All upstreams by name.
pub(crate) async fn all(conn: &mut Conn) -> Result<Vec<StoredUpstream>, StoreError> {
    let all = all_with_credentials(conn).await?;
    Ok(all.into_iter().map(|(stored, _)| stored).collect())
}

/// All upstreams by name, with their credentials as they are kept.
pub(crate) async fn all_with_credentials(
    conn: &mut Conn,
) -> Result<Vec<(StoredUpstream, CredentialColumns)>, StoreError> {
    let rows = on_backend!(conn, c => upstreams::table
        .order(upstreams::name.asc())
        .select(UpstreamRow::as_select())
        .load(c)
        .await)?;
    let mut served = served::load(conn, None).await?;
    rows.into_iter()
        .map(|row| {
            let models = served.remove(&row.id);
            row.read(models.unwrap_or_default())
        })
        .collect()
}
