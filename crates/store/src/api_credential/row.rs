//! The table of API credentials.

use diesel::prelude::{Insertable, Queryable, Selectable};
use diesel::{ExpressionMethods, OptionalExtension, QueryDsl, SelectableHelper};
use diesel_async::RunQueryDsl;
use tollgate_policy::id::{ApiCredentialId, MemberId};
use tollgate_policy::name::Name;
use tollgate_policy::time::Timestamp;

use super::{ApiScope, StoredApiCredential};
use crate::backend::{Conn, on_backend};
use crate::columns::{Row, micros, moment};
use crate::digest::Digest;
use crate::error::StoreError;
use crate::member::StoredMember;
use crate::member::row::MemberRow;
use crate::schema::{api_credentials, members};

#[derive(Queryable, Selectable)]
#[diesel(table_name = api_credentials)]
#[diesel(check_for_backend(diesel::pg::Pg, diesel::sqlite::Sqlite))]
struct CredentialRow {
    id: i64,
    name: String,
    hint: String,
    scope: String,
    member_id: i64,
    created_at: i64,
    expires_at: Option<i64>,
    last_used_at: Option<i64>,
}

#[derive(Insertable)]
#[diesel(table_name = api_credentials)]
struct CredentialWrite {
    id: i64,
    name: String,
    hash: Vec<u8>,
    hint: String,
    scope: &'static str,
    member_id: i64,
    created_at: i64,
    expires_at: Option<i64>,
}

impl CredentialRow {
    fn read(self) -> Result<StoredApiCredential, StoreError> {
        let row = Row::new("api_credentials", self.id);
        Ok(StoredApiCredential {
            id: row.id("id", ApiCredentialId::from_raw(self.id))?,
            name: row.parse("name", &self.name)?,
            hint: self.hint,
            scope: row.one_of("scope", &self.scope, &ApiScope::ALL, ApiScope::name)?,
            member: row.id("member_id", MemberId::from_raw(self.member_id))?,
            created_at: Timestamp::from_micros(self.created_at),
            expires_at: moment(self.expires_at),
            last_used_at: moment(self.last_used_at),
        })
    }
}

pub(super) async fn insert(
    conn: &mut Conn,
    stored: &StoredApiCredential,
    digest: Digest,
) -> Result<(), StoreError> {
    let row = CredentialWrite {
        id: stored.id.raw(),
        name: stored.name.to_string(),
        hash: digest.bytes(),
        hint: stored.hint.clone(),
        scope: stored.scope.name(),
        member_id: stored.member.raw(),
        created_at: stored.created_at.as_micros(),
        expires_at: micros(stored.expires_at),
    };
    on_backend!(conn, c => diesel::insert_into(api_credentials::table)
        .values(row)
        .execute(c)
        .await)?;
    Ok(())
}

pub(super) async fn by_id(
    conn: &mut Conn,
    id: ApiCredentialId,
) -> Result<Option<StoredApiCredential>, StoreError> {
    let found = on_backend!(conn, c => api_credentials::table
        .find(id.raw())
        .select(CredentialRow::as_select())
        .first::<CredentialRow>(c)
        .await
        .optional())?;
    found.map(CredentialRow::read).transpose()
}

pub(super) async fn by_digest(
    conn: &mut Conn,
    digest: Digest,
) -> Result<Option<(StoredApiCredential, StoredMember)>, StoreError> {
    let found = on_backend!(conn, c => api_credentials::table
        .inner_join(members::table)
        .filter(api_credentials::hash.eq(digest.bytes()))
        .select((CredentialRow::as_select(), MemberRow::as_select()))
        .first::<(CredentialRow, MemberRow)>(c)
        .await
        .optional())?;
    found
        .map(|(credential, member)| Ok((credential.read()?, member.read()?)))
        .transpose()
}

pub(super) async fn all(
    conn: &mut Conn,
    member: Option<MemberId>,
) -> Result<Vec<StoredApiCredential>, StoreError> {
    let rows = on_backend!(conn, c => {
        let mut rows = api_credentials::table
            .select(CredentialRow::as_select())
            .order(api_credentials::name.asc())
            .into_boxed();
        if let Some(member) = member {
            rows = rows.filter(api_credentials::member_id.eq(member.raw()));
        }
        rows.load::<CredentialRow>(c).await
    })?;
    rows.into_iter().map(CredentialRow::read).collect()
}

pub(super) async fn name_taken(conn: &mut Conn, name: &Name) -> Result<bool, StoreError> {
    let found = on_backend!(conn, c => api_credentials::table
        .filter(api_credentials::name.eq(name.as_str()))
        .select(api_credentials::id)
        .first::<i64>(c)
        .await
        .optional())?;
    Ok(found.is_some())
}

pub(super) async fn used(
    conn: &mut Conn,
    id: ApiCredentialId,
    now: Timestamp,
) -> Result<(), StoreError> {
    on_backend!(conn, c => diesel::update(api_credentials::table.find(id.raw()))
        .set(api_credentials::last_used_at.eq(Some(now.as_micros())))
        .execute(c)
        .await)?;
    Ok(())
}

pub(super) async fn delete(conn: &mut Conn, id: ApiCredentialId) -> Result<(), StoreError> {
    let row = api_credentials::table.find(id.raw());
    on_backend!(conn, c => diesel::delete(row).execute(c).await)?;
    Ok(())
}
