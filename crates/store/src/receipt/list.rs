//! Receipts as they are read.

use std::time::Duration;

use diesel::prelude::{Queryable, Selectable};
use diesel::{ExpressionMethods, OptionalExtension, QueryDsl, SelectableHelper};
use diesel_async::RunQueryDsl;
use tollgate_ledger::receipt::Ending;
use tollgate_ledger::request_id::RequestId;
use tollgate_policy::bound::Quote;
use tollgate_policy::credits::Credits;
use tollgate_policy::group::Multiplier;
use tollgate_policy::id::{AccountId, GroupId, TokenId, UpstreamId};
use tollgate_policy::price::Price;
use tollgate_policy::time::Timestamp;

use super::{ReceiptQuery, StoredReceipt, text};
use crate::backend::{Conn, on_backend};
use crate::error::StoreError;
use crate::schema::receipts;

const DEFAULT_LIMIT: u32 = 50;
const MOST: u32 = 1000;

#[derive(Queryable, Selectable)]
#[diesel(table_name = receipts)]
#[diesel(check_for_backend(diesel::pg::Pg, diesel::sqlite::Sqlite))]
struct ReceiptRow {
    request_id: Vec<u8>,
    token_id: i64,
    account_id: i64,
    group_id: i64,
    endpoint: String,
    model: Option<String>,
    upstream_id: Option<i64>,
    served_as: Option<String>,
    client: String,
    status: Option<i64>,
    streamed: bool,
    ending: String,
    usage: String,
    estimated: bool,
    price: String,
    multiplier_millionths: i64,
    cost: i64,
    uncovered: i64,
    started_at: i64,
    first_byte: Option<i64>,
    total: i64,
}

pub(super) async fn fetch(
    conn: &mut Conn,
    request: RequestId,
) -> Result<Option<StoredReceipt>, StoreError> {
    let id = request.to_bytes();
    let row = on_backend!(conn, c => receipts::table
        .find(id.as_slice())
        .select(ReceiptRow::as_select())
        .first(c)
        .await
        .optional())?;
    row.map(ReceiptRow::read).transpose()
}

pub(super) async fn list(
    conn: &mut Conn,
    query: ReceiptQuery,
) -> Result<Vec<StoredReceipt>, StoreError> {
    let limit = match query.limit {
        0 => DEFAULT_LIMIT,
        limit => limit.min(MOST),
    };
    let before = query.before.map(RequestId::to_bytes);
    let rows = on_backend!(conn, c => {
        let mut rows = receipts::table.select(ReceiptRow::as_select()).into_boxed();
        if let Some(token) = query.token {
            rows = rows.filter(receipts::token_id.eq(token.raw()));
        }
        if let Some(account) = query.account {
            rows = rows.filter(receipts::account_id.eq(account.raw()));
        }
        if let Some(before) = &before {
            rows = rows.filter(receipts::request_id.lt(before.as_slice()));
        }
        rows.order(receipts::request_id.desc()).limit(i64::from(limit)).load(c).await
    })?;
    rows.into_iter().map(ReceiptRow::read).collect()
}

impl ReceiptRow {
    fn read(self) -> Result<StoredReceipt, StoreError> {
        let request = <[u8; 16]>::try_from(self.request_id.as_slice())
            .map(RequestId::from_bytes)
            .map_err(|_| StoreError::corrupt("receipts", "?", "request_id: it has not 16 bytes"))?;
        let row = Damage(request);
        let price = match self.price.as_str() {
            "" => Price::EMPTY,
            text => row.check("price", text.parse())?,
        };
        let millionths = u32::try_from(self.multiplier_millionths);
        let upstream = self.upstream_id;
        let status = self.status.map(u16::try_from).transpose();
        Ok(StoredReceipt {
            request,
            token: row.some("token_id", TokenId::from_raw(self.token_id))?,
            account: row.some("account_id", AccountId::from_raw(self.account_id))?,
            group: row.some("group_id", GroupId::from_raw(self.group_id))?,
            endpoint: self.endpoint,
            model: self.model,
            upstream: upstream.and_then(UpstreamId::from_raw),
            served_as: self.served_as,
            client: row.check("client", self.client.parse())?,
            status: row.check("status", status)?,
            streamed: self.streamed,
            ending: row.some("ending", Ending::from_name(&self.ending))?,
            usage: row.check("usage", text::read(&self.usage))?,
            estimated: self.estimated,
            quote: Quote {
                price,
                multiplier: Multiplier::from_millionths(
                    row.check("multiplier_millionths", millionths)?,
                ),
            },
            cost: Credits::from_micros(self.cost),
            uncovered: Credits::from_micros(self.uncovered),
            started: Timestamp::from_micros(self.started_at),
            first_byte: self.first_byte.map(duration),
            total: duration(self.total),
        })
    }
}

/// A row whose key is no number.
struct Damage(RequestId);

impl Damage {
    fn check<T, E: std::fmt::Display>(
        &self,
        column: &str,
        value: Result<T, E>,
    ) -> Result<T, StoreError> {
        value
            .map_err(|why| StoreError::corrupt("receipts", self.0, format_args!("{column}: {why}")))
    }

    fn some<T>(&self, column: &str, value: Option<T>) -> Result<T, StoreError> {
        self.check(column, value.ok_or("it is not known"))
    }
}

fn duration(micros: i64) -> Duration {
    Duration::from_micros(u64::try_from(micros).unwrap_or(0))
}
