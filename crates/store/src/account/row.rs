//! The table of accounts.

use diesel::prelude::{AsChangeset, Identifiable, Insertable, Queryable, Selectable};
use diesel::{ExpressionMethods, OptionalExtension, QueryDsl, SelectableHelper};
use diesel_async::RunQueryDsl;
use tollgate_policy::credits::Credits;
use tollgate_policy::id::AccountId;
use tollgate_policy::name::Name;
use tollgate_policy::time::Timestamp;
use tollgate_policy::token::{Account, Funds};

use super::StoredAccount;
use crate::backend::{Conn, on_backend};
use crate::columns::{
    LimitColumns, PeriodColumns, Row, limit_columns, list, period_columns, scope_columns,
};
use crate::error::StoreError;
use crate::schema::{account_spend, accounts, tokens};
use crate::spend::{self, AccountSpend};

/// An account as it is read, without what it has spent.
#[derive(Debug, Queryable, Selectable)]
#[diesel(table_name = accounts)]
#[diesel(check_for_backend(diesel::pg::Pg, diesel::sqlite::Sqlite))]
pub(crate) struct AccountRow {
    id: i64,
    name: String,
    enabled: bool,
    models: Option<String>,
    providers: Option<String>,
    endpoints: Option<String>,
    networks: Option<String>,
    note: String,
    created_at: i64,
    updated_at: i64,
    version: i64,
    credited: Option<i64>,
    credit_line: i64,
    period_limit: Option<i64>,
    period_unit: Option<String>,
    period_zone: Option<String>,
    rpm: Option<i64>,
    tpm: Option<i64>,
    concurrency: Option<i64>,
}

/// An account as operators write it: without what the gateways write at the same time.
#[derive(Insertable, AsChangeset, Identifiable)]
#[diesel(table_name = accounts, treat_none_as_null = true)]
pub(super) struct AccountWrite {
    id: i64,
    name: String,
    enabled: bool,
    models: Option<String>,
    providers: Option<String>,
    endpoints: Option<String>,
    networks: Option<String>,
    note: String,
    created_at: i64,
    updated_at: i64,
    version: i64,
    credited: Option<i64>,
    credit_line: i64,
    period_limit: Option<i64>,
    period_unit: Option<String>,
    period_zone: Option<String>,
    rpm: Option<i64>,
    tpm: Option<i64>,
    concurrency: Option<i64>,
}

impl From<&StoredAccount> for AccountWrite {
    fn from(stored: &StoredAccount) -> Self {
        let account = &stored.account;
        let limits = LimitColumns::from(&account.limits);
        let period = PeriodColumns::from(account.funds.periodic.as_ref());
        Self {
            id: account.id.raw(),
            name: account.name.to_string(),
            enabled: account.enabled,
            models: list(&account.scope.models),
            providers: list(&account.scope.providers),
            endpoints: list(&account.scope.endpoints),
            networks: list(&account.scope.networks),
            note: stored.note.clone(),
            created_at: stored.created_at.as_micros(),
            updated_at: stored.updated_at.as_micros(),
            version: stored.version,
            credited: account.funds.credited.map(Credits::as_micros),
            credit_line: account.funds.credit_line.as_micros(),
            period_limit: period.limit,
            period_unit: period.unit,
            period_zone: period.zone,
            rpm: limits.rpm,
            tpm: limits.tpm,
            concurrency: limits.concurrency,
        }
    }
}

impl AccountRow {
    pub(crate) fn read(self, spend: Option<AccountSpend>) -> Result<StoredAccount, StoreError> {
        let row = Row::new("accounts", self.id);
        Ok(StoredAccount {
            account: Account {
                id: row.id("id", AccountId::from_raw(self.id))?,
                name: row.parse("name", &self.name)?,
                enabled: self.enabled,
                funds: Funds {
                    credited: self.credited.map(Credits::from_micros),
                    credit_line: Credits::from_micros(self.credit_line),
                    periodic: row.periodic(&period_columns!(self))?,
                },
                limits: row.limits(&limit_columns!(self))?,
                scope: row.scope(&scope_columns!(self))?,
            },
            spent: spend.unwrap_or_default().standing(),
            note: self.note,
            created_at: Timestamp::from_micros(self.created_at),
            updated_at: Timestamp::from_micros(self.updated_at),
            version: self.version,
        })
    }
}

fn read((row, spend): (AccountRow, Option<AccountSpend>)) -> Result<StoredAccount, StoreError> {
    row.read(spend)
}

pub(super) async fn insert(conn: &mut Conn, row: AccountWrite) -> Result<(), StoreError> {
    on_backend!(conn, c => diesel::insert_into(accounts::table).values(row).execute(c).await)?;
    Ok(())
}

pub(super) async fn update(conn: &mut Conn, row: AccountWrite) -> Result<(), StoreError> {
    spend::lock_account(conn, row.id).await?;
    on_backend!(conn, c => diesel::update(accounts::table.find(row.id))
        .set(row)
        .execute(c)
        .await)?;
    Ok(())
}

pub(super) async fn delete(conn: &mut Conn, id: AccountId) -> Result<(), StoreError> {
    // Before the row itself, which is the order in which gateways take locks.
    spend::lock_account(conn, id.raw()).await?;
    on_backend!(conn, c => diesel::delete(accounts::table.find(id.raw())).execute(c).await)?;
    Ok(())
}

pub(super) async fn by_id(
    conn: &mut Conn,
    id: AccountId,
) -> Result<Option<StoredAccount>, StoreError> {
    let row = on_backend!(conn, c => accounts::table
        .left_join(account_spend::table)
        .filter(accounts::id.eq(id.raw()))
        .select((AccountRow::as_select(), Option::<AccountSpend>::as_select()))
        .first(c)
        .await
        .optional())?;
    row.map(read).transpose()
}

pub(super) async fn by_name(
    conn: &mut Conn,
    name: &Name,
) -> Result<Option<StoredAccount>, StoreError> {
    let row = on_backend!(conn, c => accounts::table
        .left_join(account_spend::table)
        .filter(accounts::name.eq(name.as_str()))
        .select((AccountRow::as_select(), Option::<AccountSpend>::as_select()))
        .first(c)
        .await
        .optional())?;
    row.map(read).transpose()
}

pub(super) async fn all(conn: &mut Conn) -> Result<Vec<StoredAccount>, StoreError> {
    let rows = on_backend!(conn, c => accounts::table
        .left_join(account_spend::table)
        .order(accounts::name.asc())
        .select((AccountRow::as_select(), Option::<AccountSpend>::as_select()))
        .load(c)
        .await)?;
    rows.into_iter().map(read).collect()
}

/// How many tokens the account has.
pub(super) async fn tokens(conn: &mut Conn, id: AccountId) -> Result<i64, StoreError> {
    let count = on_backend!(conn, c => tokens::table
        .filter(tokens::account_id.eq(id.raw()))
        .count()
        .get_result::<i64>(c)
        .await)?;
    Ok(count)
}
