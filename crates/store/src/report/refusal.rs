//! Refused calls as they are read: the last ones of each token, and how often by the hour.

use std::net::IpAddr;

use diesel::prelude::{Insertable, Queryable, QueryableByName, Selectable};
use diesel::sql_types::{BigInt, Text};
use diesel::{ExpressionMethods, OptionalExtension, QueryDsl, SelectableHelper, sql_query};
use diesel_async::RunQueryDsl;
use tollgate_ledger::request_id::RequestId;
use tollgate_policy::id::{AccountId, TokenId};
use tollgate_policy::time::Timestamp;

use super::{begin, hour};
use crate::backend::{Conn, on_backend};
use crate::columns::Row;
use crate::error::StoreError;
use crate::schema::refusals;

const DEFAULT_LIMIT: u32 = 50;
const MOST: u32 = 1000;

const COUNT: &str = "SELECT hour, code, CAST(SUM(calls) AS BIGINT) AS calls FROM refusals_hourly \
    WHERE hour >= $1 AND hour <= $2 GROUP BY hour, code ORDER BY hour, code";
const COUNT_OF_ACCOUNT: &str = "SELECT hour, code, calls FROM refusals_hourly \
    WHERE hour >= $1 AND hour <= $2 AND account_id = $3 ORDER BY hour, code";

/// A call that was refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredRefusal {
    /// The call.
    pub request: RequestId,
    /// Who called.
    pub token: TokenId,
    /// Who would have paid.
    pub account: AccountId,
    /// When it came.
    pub at: Timestamp,
    /// The stable name of the condition, such as `model_not_allowed`.
    pub code: String,
    /// Every reason, for operators; empty where the code says all.
    pub reasons: String,
    /// What was asked for, where that was known.
    pub endpoint: Option<String>,
    /// The model as the client named it.
    pub model: Option<String>,
    /// The client's address.
    pub client: IpAddr,
}

/// Which refused calls to list, the newest first. Filters that are `None` do not filter.
#[derive(Debug, Clone, Copy, Default)]
pub struct RefusalQuery {
    /// Of this token.
    pub token: Option<TokenId>,
    /// Of this account.
    pub account: Option<AccountId>,
    /// Older than this one: the last of the page before.
    pub before: Option<RequestId>,
    /// At most so many; 0 means 50, and 1000 is the most.
    pub limit: u32,
}

/// What to count refused calls of: hours that are wholly or partly between two moments.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RefusalSpan {
    /// From the hour of this moment on,
    pub from: Timestamp,
    /// to that of this one.
    pub until: Timestamp,
    /// Of this account; of all, and of callers who are not known, if missing.
    pub account: Option<AccountId>,
}

/// How often calls were refused for one reason in one hour.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RefusalCount {
    /// The first moment of the hour.
    pub hour: Timestamp,
    /// The stable name of the condition.
    pub code: String,
    /// How often.
    pub calls: u64,
}

#[derive(Queryable, Selectable, Insertable)]
#[diesel(table_name = refusals)]
#[diesel(check_for_backend(diesel::pg::Pg, diesel::sqlite::Sqlite))]
pub(super) struct RefusalRow {
    pub(super) request_id: Vec<u8>,
    pub(super) token_id: i64,
    pub(super) account_id: i64,
    pub(super) at: i64,
    pub(super) code: String,
    pub(super) reasons: String,
    pub(super) endpoint: Option<String>,
    pub(super) model: Option<String>,
    pub(super) client: String,
}

#[derive(QueryableByName)]
struct CountRow {
    #[diesel(sql_type = BigInt)]
    hour: i64,
    #[diesel(sql_type = Text)]
    code: String,
    #[diesel(sql_type = BigInt)]
    calls: i64,
}

pub(super) async fn fetch(
    conn: &mut Conn,
    request: RequestId,
) -> Result<Option<StoredRefusal>, StoreError> {
    let id = request.to_bytes();
    let row = on_backend!(conn, c => refusals::table
        .find(id.as_slice())
        .select(RefusalRow::as_select())
        .first(c)
        .await
        .optional())?;
    row.map(RefusalRow::read).transpose()
}

pub(super) async fn list(
    conn: &mut Conn,
    query: RefusalQuery,
) -> Result<Vec<StoredRefusal>, StoreError> {
    let limit = match query.limit {
        0 => DEFAULT_LIMIT,
        limit => limit.min(MOST),
    };
    let before = query.before.map(RequestId::to_bytes);
    let rows = on_backend!(conn, c => {
        let mut rows = refusals::table.select(RefusalRow::as_select()).into_boxed();
        if let Some(token) = query.token {
            rows = rows.filter(refusals::token_id.eq(token.raw()));
        }
        if let Some(account) = query.account {
            rows = rows.filter(refusals::account_id.eq(account.raw()));
        }
        if let Some(before) = &before {
            rows = rows.filter(refusals::request_id.lt(before.as_slice()));
        }
        rows.order(refusals::request_id.desc()).limit(i64::from(limit)).load(c).await
    })?;
    rows.into_iter().map(RefusalRow::read).collect()
}

pub(super) async fn count(
    conn: &mut Conn,
    span: RefusalSpan,
) -> Result<Vec<RefusalCount>, StoreError> {
    let (from, until) = (hour(span.from), hour(span.until));
    let rows: Vec<CountRow> = on_backend!(conn, c => {
        let text = if span.account.is_some() { COUNT_OF_ACCOUNT } else { COUNT };
        let mut query = sql_query(text).into_boxed();
        query = query.bind::<BigInt, _>(from).bind::<BigInt, _>(until);
        if let Some(account) = span.account {
            query = query.bind::<BigInt, _>(account.raw());
        }
        query.load(c).await
    })?;
    let read = |row: CountRow| RefusalCount {
        hour: begin(row.hour),
        code: row.code,
        calls: u64::try_from(row.calls).unwrap_or_default(),
    };
    Ok(rows.into_iter().map(read).collect())
}

impl RefusalRow {
    fn read(self) -> Result<StoredRefusal, StoreError> {
        let row = Row::new("refusals", self.at);
        let request = <[u8; 16]>::try_from(self.request_id.as_slice());
        Ok(StoredRefusal {
            request: RequestId::from_bytes(
                request.map_err(|_| row.corrupt("request_id", "it has not 16 bytes"))?,
            ),
            token: row.id("token_id", TokenId::from_raw(self.token_id))?,
            account: row.id("account_id", AccountId::from_raw(self.account_id))?,
            at: Timestamp::from_micros(self.at),
            code: self.code,
            reasons: self.reasons,
            endpoint: self.endpoint,
            model: self.model,
            client: row.parse("client", &self.client)?,
        })
    }
}
