//! The table of members.

use diesel::prelude::{AsChangeset, Identifiable, Insertable, Queryable, Selectable};
use diesel::{ExpressionMethods, OptionalExtension, QueryDsl, SelectableHelper};
use diesel_async::RunQueryDsl;
use tollgate_policy::id::{AccountId, MemberId};
use tollgate_policy::time::Timestamp;

use super::{Identity, Role, StoredMember};
use crate::backend::{Conn, on_backend};
use crate::columns::{Row, moment};
use crate::error::{Kind, StoreError};
use crate::schema::members;

/// A member as it is read.
#[derive(Queryable, Selectable)]
#[diesel(table_name = members)]
#[diesel(check_for_backend(diesel::pg::Pg, diesel::sqlite::Sqlite))]
pub(crate) struct MemberRow {
    pub(super) id: i64,
    login: String,
    name: String,
    role: String,
    account_id: Option<i64>,
    enabled: bool,
    pub(super) password: Option<String>,
    pub(super) totp_sealed: Option<Vec<u8>>,
    pub(super) totp_confirmed: bool,
    issuer: Option<String>,
    subject: Option<String>,
    created_at: i64,
    updated_at: i64,
    signed_in_at: Option<i64>,
    version: i64,
}

/// A member as owners write it: without passwords, codes, and when somebody signed in.
#[derive(Insertable, AsChangeset, Identifiable)]
#[diesel(table_name = members, treat_none_as_null = true)]
pub(super) struct MemberWrite {
    id: i64,
    login: String,
    login_key: String,
    name: String,
    role: &'static str,
    account_id: Option<i64>,
    enabled: bool,
    issuer: Option<String>,
    subject: Option<String>,
    created_at: i64,
    updated_at: i64,
    version: i64,
}

impl From<&StoredMember> for MemberWrite {
    fn from(stored: &StoredMember) -> Self {
        let identity = stored.identity.clone();
        let (issuer, subject) = identity.map(|one| (one.issuer, one.subject)).unzip();
        Self {
            id: stored.id.raw(),
            login: stored.login.to_string(),
            login_key: stored.login.key(),
            name: stored.name.to_string(),
            role: stored.role.name(),
            account_id: stored.role.account().map(AccountId::raw),
            enabled: stored.enabled,
            issuer,
            subject,
            created_at: stored.created_at.as_micros(),
            updated_at: stored.updated_at.as_micros(),
            version: stored.version,
        }
    }
}

impl MemberRow {
    pub(crate) fn read(self) -> Result<StoredMember, StoreError> {
        let row = Row::new("members", self.id);
        let account = self.account_id;
        let account = account.map(|id| row.id("account_id", AccountId::from_raw(id)));
        let role = Role::named(&self.role, account.transpose()?);
        let identity = self.issuer.zip(self.subject);
        Ok(StoredMember {
            id: row.id("id", MemberId::from_raw(self.id))?,
            login: row.parse("login", &self.login)?,
            name: row.parse("name", &self.name)?,
            role: role.ok_or_else(|| row.corrupt("role", "it does not fit the account"))?,
            enabled: self.enabled,
            has_password: self.password.is_some(),
            has_totp: self.totp_confirmed,
            identity: identity.map(|(issuer, subject)| Identity { issuer, subject }),
            created_at: Timestamp::from_micros(self.created_at),
            updated_at: Timestamp::from_micros(self.updated_at),
            signed_in_at: moment(self.signed_in_at),
            version: self.version,
        })
    }
}

pub(super) async fn insert(conn: &mut Conn, row: MemberWrite) -> Result<(), StoreError> {
    on_backend!(conn, c => diesel::insert_into(members::table).values(row).execute(c).await)?;
    Ok(())
}

pub(super) async fn update(conn: &mut Conn, row: MemberWrite) -> Result<(), StoreError> {
    on_backend!(conn, c => diesel::update(members::table.find(row.id)).set(row).execute(c).await)?;
    Ok(())
}

pub(super) async fn delete(conn: &mut Conn, id: MemberId) -> Result<(), StoreError> {
    on_backend!(conn, c => diesel::delete(members::table.find(id.raw())).execute(c).await)?;
    Ok(())
}

pub(super) async fn by_id(conn: &mut Conn, id: MemberId) -> Result<Option<MemberRow>, StoreError> {
    let row = on_backend!(conn, c => members::table
        .find(id.raw())
        .select(MemberRow::as_select())
        .first(c)
        .await
        .optional())?;
    Ok(row)
}

pub(super) async fn by_login(conn: &mut Conn, key: &str) -> Result<Option<MemberRow>, StoreError> {
    let row = on_backend!(conn, c => members::table
        .filter(members::login_key.eq(key))
        .select(MemberRow::as_select())
        .first(c)
        .await
        .optional())?;
    Ok(row)
}

pub(super) async fn by_identity(
    conn: &mut Conn,
    identity: &Identity,
) -> Result<Option<StoredMember>, StoreError> {
    let row = on_backend!(conn, c => members::table
        .filter(members::issuer.eq(identity.issuer.as_str()))
        .filter(members::subject.eq(identity.subject.as_str()))
        .select(MemberRow::as_select())
        .first::<MemberRow>(c)
        .await
        .optional())?;
    row.map(MemberRow::read).transpose()
}

pub(super) async fn all(conn: &mut Conn) -> Result<Vec<StoredMember>, StoreError> {
    let rows = on_backend!(conn, c => members::table
        .order(members::login_key.asc())
        .select(MemberRow::as_select())
        .load::<MemberRow>(c)
        .await)?;
    rows.into_iter().map(MemberRow::read).collect()
}

/// How many owners can sign in.
pub(crate) async fn owners(conn: &mut Conn) -> Result<i64, StoreError> {
    use diesel::BoolExpressionMethods;
    let count = on_backend!(conn, c => members::table
        .filter(members::role.eq(Role::Owner.name()))
        .filter(members::enabled.eq(true))
        .filter(members::password.is_not_null().or(members::issuer.is_not_null()))
        .count()
        .get_result::<i64>(c)
        .await)?;
    Ok(count)
}

/// How many members belong to an account.
pub(crate) async fn of_account(conn: &mut Conn, account: AccountId) -> Result<i64, StoreError> {
    let count = on_backend!(conn, c => members::table
        .filter(members::account_id.eq(account.raw()))
        .count()
        .get_result::<i64>(c)
        .await)?;
    Ok(count)
}

/// The member of this id, or an error that names it.
pub(crate) async fn fetch(conn: &mut Conn, id: MemberId) -> Result<StoredMember, StoreError> {
    let found = by_id(conn, id).await?;
    found
        .ok_or_else(|| StoreError::not_found(Kind::Member, id))?
        .read()
}
