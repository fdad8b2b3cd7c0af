//! The table of tokens, read together with the names of account and group.

use std::collections::BTreeMap;

use diesel::prelude::{
    AsChangeset, Identifiable, Insertable, Queryable, QueryableByName, Selectable,
};
use diesel::{ExpressionMethods, OptionalExtension, QueryDsl, SelectableHelper};
use diesel_async::RunQueryDsl;
use tollgate_policy::credits::Credits;
use tollgate_policy::id::{AccountId, GroupId, TokenId};
use tollgate_policy::quota::{Quota, Standing};
use tollgate_policy::secret::SecretHash;
use tollgate_policy::time::Timestamp;
use tollgate_policy::token::{Token, TokenState};

use super::{SecretInfo, StoredToken, secret};
use crate::backend::{Conn, on_backend};
use crate::columns::{
    LimitColumns, PeriodColumns, Row, limit_columns, list, micros, moment, period_columns,
    scope_columns,
};
use crate::error::{Kind, StoreError};
use crate::schema::{accounts, groups, secrets, token_spend, tokens};
use crate::spend::{self, TokenSpend};

/// A token as it is read, without what it has spent.
#[derive(Queryable, QueryableByName, Selectable)]
#[diesel(table_name = tokens)]
#[diesel(check_for_backend(diesel::pg::Pg, diesel::sqlite::Sqlite))]
pub(crate) struct TokenRow {
    pub(super) id: i64,
    pub(super) name: String,
    account_id: i64,
    group_id: i64,
    state: String,
    pub(super) expires_at: Option<i64>,
    quota: Option<i64>,
    models: Option<String>,
    providers: Option<String>,
    endpoints: Option<String>,
    networks: Option<String>,
    creator: String,
    note: String,
    pub(super) created_at: i64,
    updated_at: i64,
    pub(super) last_used_at: Option<i64>,
    version: i64,
    period_limit: Option<i64>,
    period_unit: Option<String>,
    period_zone: Option<String>,
    rpm: Option<i64>,
    tpm: Option<i64>,
    concurrency: Option<i64>,
}

/// A token with what it has spent.
#[derive(QueryableByName)]
pub(crate) struct SpentRow {
    #[diesel(embed)]
    pub(super) token: TokenRow,
    #[diesel(embed)]
    pub(super) spend: TokenSpend,
}

/// A token as operators write it: without what the gateways write at the same time.
#[derive(Insertable, AsChangeset, Identifiable)]
#[diesel(table_name = tokens, treat_none_as_null = true)]
pub(super) struct TokenWrite {
    id: i64,
    name: String,
    account_id: i64,
    group_id: i64,
    state: &'static str,
    expires_at: Option<i64>,
    quota: Option<i64>,
    models: Option<String>,
    providers: Option<String>,
    endpoints: Option<String>,
    networks: Option<String>,
    creator: String,
    note: String,
    search_text: String,
    created_at: i64,
    updated_at: i64,
    version: i64,
    period_limit: Option<i64>,
    period_unit: Option<String>,
    period_zone: Option<String>,
    rpm: Option<i64>,
    tpm: Option<i64>,
    concurrency: Option<i64>,
    used_up: bool,
}

impl From<&StoredToken> for TokenWrite {
    fn from(stored: &StoredToken) -> Self {
        let token = &stored.token;
        let limits = LimitColumns::from(&token.limits);
        let period = PeriodColumns::from(token.quota.periodic.as_ref());
        Self {
            id: token.id.raw(),
            name: token.name.to_string(),
            account_id: token.account.raw(),
            group_id: token.group.raw(),
            state: token.state.name(),
            expires_at: micros(token.expires_at),
            quota: token.quota.lifetime.map(Credits::as_micros),
            models: list(&token.scope.models),
            providers: list(&token.scope.providers),
            endpoints: list(&token.scope.endpoints),
            networks: list(&token.scope.networks),
            creator: stored.creator.clone(),
            note: stored.note.clone(),
            search_text: search_text(stored),
            created_at: stored.created_at.as_micros(),
            updated_at: stored.updated_at.as_micros(),
            version: stored.version,
            period_limit: period.limit,
            period_unit: period.unit,
            period_zone: period.zone,
            rpm: limits.rpm,
            tpm: limits.tpm,
            concurrency: limits.concurrency,
            used_up: spend::used_up(&token.quota, &stored.spent),
        }
    }
}

/// The text that keywords are looked for in. Parts are apart, so that none is found across two.
fn search_text(stored: &StoredToken) -> String {
    let (token, creator, note) = (&stored.token, &stored.creator, &stored.note);
    format!("{}\n{note}\n{creator}\n{}", token.name, token.id).to_lowercase()
}

impl TokenRow {
    /// The token and what it has spent.
    pub(crate) fn token(
        &self,
        spend: Option<&TokenSpend>,
    ) -> Result<(Token, Standing), StoreError> {
        let row = Row::new("tokens", self.id);
        let token = Token {
            id: row.id("id", TokenId::from_raw(self.id))?,
            name: row.parse("name", &self.name)?,
            account: row.id("account_id", AccountId::from_raw(self.account_id))?,
            group: row.id("group_id", GroupId::from_raw(self.group_id))?,
            state: row.one_of("state", &self.state, &TokenState::ALL, TokenState::name)?,
            expires_at: moment(self.expires_at),
            quota: Quota {
                lifetime: self.quota.map(Credits::from_micros),
                periodic: row.periodic(&period_columns!(self))?,
            },
            limits: row.limits(&limit_columns!(self))?,
            scope: row.scope(&scope_columns!(self))?,
        };
        Ok((token, spend.map(TokenSpend::standing).unwrap_or_default()))
    }

    fn read(
        self,
        spend: &TokenSpend,
        names: &Names,
        secrets: Vec<SecretInfo>,
    ) -> Result<StoredToken, StoreError> {
        let (token, spent) = self.token(Some(spend))?;
        let row = Row::new("tokens", self.id);
        let missing = |column| row.corrupt(column, "it leads nowhere");
        let account = names.accounts.get(&self.account_id);
        let group = names.groups.get(&self.group_id);
        Ok(StoredToken {
            token,
            spent,
            account_name: row.parse("account", account.ok_or_else(|| missing("account_id"))?)?,
            group_name: row.parse("group", group.ok_or_else(|| missing("group_id"))?)?,
            creator: self.creator,
            note: self.note,
            created_at: Timestamp::from_micros(self.created_at),
            updated_at: Timestamp::from_micros(self.updated_at),
            last_used_at: moment(self.last_used_at),
            version: self.version,
            secrets,
        })
    }
}

/// The names of accounts and groups by id.
struct Names {
    accounts: BTreeMap<i64, String>,
    groups: BTreeMap<i64, String>,
}

impl Names {
    async fn of(conn: &mut Conn, rows: &[SpentRow]) -> Result<Self, StoreError> {
        let account_ids: Vec<i64> = rows.iter().map(|row| row.token.account_id).collect();
        let group_ids: Vec<i64> = rows.iter().map(|row| row.token.group_id).collect();
        let accounts = on_backend!(conn, c => accounts::table
            .filter(accounts::id.eq_any(&account_ids))
            .select((accounts::id, accounts::name))
            .load::<(i64, String)>(c)
            .await)?;
        let groups = on_backend!(conn, c => groups::table
            .filter(groups::id.eq_any(&group_ids))
            .select((groups::id, groups::name))
            .load::<(i64, String)>(c)
            .await)?;
        Ok(Self {
            accounts: accounts.into_iter().collect(),
            groups: groups.into_iter().collect(),
        })
    }
}

/// Rows with their names and secrets, in the same order.
pub(super) async fn complete(
    conn: &mut Conn,
    rows: Vec<SpentRow>,
) -> Result<Vec<StoredToken>, StoreError> {
    let names = Names::of(conn, &rows).await?;
    let ids: Vec<i64> = rows.iter().map(|row| row.token.id).collect();
    let mut secrets: BTreeMap<i64, Vec<SecretInfo>> = BTreeMap::new();
    for row in secret::of_tokens(conn, &ids).await? {
        secrets.entry(row.token_id()).or_default().push(row.info());
    }
    rows.into_iter()
        .map(|SpentRow { token, spend }| {
            let secrets = secrets.remove(&token.id).unwrap_or_default();
            token.read(&spend, &names, secrets)
        })
        .collect()
}

/// The token of this id, or an error that names it.
pub(crate) async fn fetch(conn: &mut Conn, id: TokenId) -> Result<StoredToken, StoreError> {
    let rows: Vec<(TokenRow, Option<TokenSpend>)> = on_backend!(conn, c => tokens::table
        .left_join(token_spend::table)
        .filter(tokens::id.eq(id.raw()))
        .select((TokenRow::as_select(), Option::<TokenSpend>::as_select()))
        .load(c)
        .await)?;
    let rows = rows.into_iter().map(|(token, spend)| SpentRow {
        token,
        spend: spend.unwrap_or_default(),
    });
    let stored = complete(conn, rows.collect()).await?.pop();
    stored.ok_or_else(|| StoreError::not_found(Kind::Token, id))
}

/// The token of this id, whose counts nobody changes until this transaction ends.
pub(super) async fn fetch_locked(conn: &mut Conn, id: TokenId) -> Result<StoredToken, StoreError> {
    // An error that names it, where it is not there.
    fetch(conn, id).await?;
    spend::lock_token(conn, id.raw()).await?;
    fetch(conn, id).await
}

pub(super) async fn by_hash(
    conn: &mut Conn,
    hash: SecretHash,
) -> Result<Option<StoredToken>, StoreError> {
    let id = on_backend!(conn, c => secrets::table
        .find(hash.as_bytes().as_slice())
        .filter(secrets::scheme.eq(secret::scheme(hash.scheme())))
        .select(secrets::token_id)
        .first::<i64>(c)
        .await
        .optional())?;
    match id.and_then(TokenId::from_raw) {
        Some(id) => fetch(conn, id).await.map(Some),
        None => Ok(None),
    }
}

pub(super) async fn insert(conn: &mut Conn, row: TokenWrite) -> Result<(), StoreError> {
    on_backend!(conn, c => diesel::insert_into(tokens::table).values(row).execute(c).await)?;
    Ok(())
}

pub(super) async fn update(conn: &mut Conn, row: TokenWrite) -> Result<(), StoreError> {
    on_backend!(conn, c => diesel::update(tokens::table.find(row.id)).set(row).execute(c).await)?;
    Ok(())
}

pub(super) async fn delete(conn: &mut Conn, id: TokenId) -> Result<(), StoreError> {
    // Before the row itself, which is the order in which gateways take locks.
    spend::lock_token(conn, id.raw()).await?;
    on_backend!(conn, c => diesel::delete(tokens::table.find(id.raw())).execute(c).await)?;
    Ok(())
}
