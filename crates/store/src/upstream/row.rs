//! The table of upstreams.

use diesel::prelude::{AsChangeset, Identifiable, Insertable, Queryable, Selectable};
use diesel::{ExpressionMethods, OptionalExtension, QueryDsl, SelectableHelper};
use diesel_async::RunQueryDsl;
use tollgate_policy::endpoint::Dialect;
use tollgate_policy::id::{CredentialId, UpstreamId};
use tollgate_policy::name::{Name, Prefix};
use tollgate_policy::time::Timestamp;
use tollgate_policy::upstream::{ServedModel, Serves, Upstream};
use tollgate_rights::source::{Carrier, Http2};

use super::credential::{self, Kept};
use super::{Reach, StoredUpstream, reach, served};
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
    enabled: bool,
    priority: i64,
    weight: i64,
    mount: Option<String>,
    groups: Option<String>,
    note: String,
    created_at: i64,
    updated_at: i64,
    version: i64,
    price: Option<String>,
    sticky: bool,
    headers: String,
    parameters: String,
    ca: Option<String>,
    proxy: Option<String>,
    proxy_sealed: Option<Vec<u8>>,
    allow_private: bool,
    http2: String,
    retry_on: String,
}

impl UpstreamRow {
    pub(super) fn new(stored: &StoredUpstream, proxy_sealed: Option<Vec<u8>>) -> Self {
        let (upstream, reach) = (&stored.upstream, &stored.reach);
        Self {
            id: upstream.id.raw(),
            name: upstream.name.to_string(),
            provider: upstream.provider.to_string(),
            dialect: upstream.dialect.name().to_owned(),
            base_url: stored.base_url.to_string(),
            carrier: stored.carrier.name().to_owned(),
            enabled: upstream.enabled,
            priority: i64::from(upstream.priority),
            weight: i64::from(upstream.weight),
            mount: mount(&upstream.serves).map(ToString::to_string),
            groups: list(&upstream.groups),
            note: stored.note.clone(),
            created_at: stored.created_at.as_micros(),
            updated_at: stored.updated_at.as_micros(),
            version: stored.version,
            price: price(upstream.price.as_ref()),
            sticky: upstream.sticky,
            headers: reach::headers(&reach.headers),
            parameters: reach::parameters(&reach.parameters),
            ca: reach.ca.clone(),
            proxy: stored.proxy.clone(),
            proxy_sealed,
            allow_private: reach.allow_private,
            http2: reach.http2.name().to_owned(),
            retry_on: reach.retry_on.to_string(),
        }
    }

    fn read(
        self,
        models: Vec<ServedModel>,
        credentials: Vec<credential::CredentialRow>,
    ) -> Result<(StoredUpstream, Kept), StoreError> {
        let row = Row::new("upstreams", self.id);
        let serves = match &self.mount {
            Some(prefix) => Serves::Mount(row.parse("mount", prefix)?),
            None => Serves::Models(models),
        };
        let read: Vec<_> = credentials
            .iter()
            .map(credential::CredentialRow::read)
            .collect::<Result<_, _>>()?;
        let usable = read.iter().filter(|one| one.enabled).map(|one| one.id);
        let usable: Vec<CredentialId> = usable.collect();
        let upstream = Upstream {
            id: row.id("id", UpstreamId::from_raw(self.id))?,
            name: row.parse("name", &self.name)?,
            provider: row.parse("provider", &self.provider)?,
            dialect: row.one_of("dialect", &self.dialect, &Dialect::ALL, Dialect::name)?,
            enabled: self.enabled,
            priority: row.narrow("priority", self.priority)?,
            weight: row.narrow("weight", self.weight)?,
            groups: row.allow("groups", self.groups.as_deref())?,
            credentials: (!read.is_empty()).then_some(usable),
            sticky: self.sticky,
            serves,
            price: row.price("price", self.price.as_deref())?,
        };
        let reach = Reach {
            headers: reach::read_headers(row, &self.headers)?,
            parameters: reach::read_parameters(row, &self.parameters)?,
            ca: self.ca,
            allow_private: self.allow_private,
            http2: row.one_of("http2", &self.http2, &Http2::ALL, Http2::name)?,
            retry_on: row.parse("retry_on", &self.retry_on)?,
        };
        let stored = StoredUpstream {
            upstream,
            base_url: row.parse("base_url", &self.base_url)?,
            carrier: row.one_of("carrier", &self.carrier, &Carrier::ALL, Carrier::name)?,
            credentials: read,
            reach,
            proxy: self.proxy,
            note: self.note,
            created_at: Timestamp::from_micros(self.created_at),
            updated_at: Timestamp::from_micros(self.updated_at),
            version: self.version,
        };
        let proxy = self.proxy_sealed;
        Ok((stored, Kept { credentials, proxy }))
    }
}

/// The row with what stands in other tables.
async fn whole(conn: &mut Conn, row: UpstreamRow) -> Result<(StoredUpstream, Kept), StoreError> {
    let served = served::load(conn, Some(row.id)).await?.remove(&row.id);
    let credentials = credential::load(conn, Some(row.id)).await?.remove(&row.id);
    row.read(served.unwrap_or_default(), credentials.unwrap_or_default())
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

/// The upstream of this id and its secrets, or an error that names it.
pub(super) async fn fetch(
    conn: &mut Conn,
    id: UpstreamId,
) -> Result<(StoredUpstream, Kept), StoreError> {
    let row = on_backend!(conn, c => upstreams::table
        .find(id.raw())
        .select(UpstreamRow::as_select())
        .first(c)
        .await
        .optional())?;
    let row = row.ok_or_else(|| StoreError::not_found(Kind::Upstream, id))?;
    whole(conn, row).await
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
    Ok(Some(whole(conn, row).await?.0))
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
) -> Result<Vec<(StoredUpstream, Kept)>, StoreError> {
    let rows = on_backend!(conn, c => upstreams::table
        .order(upstreams::name.asc())
        .select(UpstreamRow::as_select())
        .load(c)
        .await)?;
    let mut served = served::load(conn, None).await?;
    let mut kept = credential::load(conn, None).await?;
    rows.into_iter()
        .map(|row| {
            let models = served.remove(&row.id).unwrap_or_default();
            let credentials = kept.remove(&row.id).unwrap_or_default();
            row.read(models, credentials)
        })
        .collect()
}
