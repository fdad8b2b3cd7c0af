//! Deleting what was reported long ago, a few rows at a time: others who write need not wait for long.

use diesel::sql_query;
use diesel::sql_types::{BigInt, Binary};
use diesel::{ExpressionMethods, QueryDsl};
use diesel_async::RunQueryDsl;
use tollgate_ledger::request_id::RequestId;
use tollgate_policy::time::Timestamp;

use super::hour;
use crate::backend::{Backend, Conn, on_backend};
use crate::error::StoreError;
use crate::schema::{first_bytes_hourly, gateway_reports};

/// At once; some 20 ms of work.
const BATCH: i64 = 2000;

const CALLS: &str = "DELETE FROM refusals WHERE request_id IN \
    (SELECT request_id FROM refusals WHERE request_id < $1 ORDER BY request_id LIMIT $2)";
const COUNTS: &str = "DELETE FROM refusals_hourly WHERE (hour, account_id, code) IN \
    (SELECT hour, account_id, code FROM refusals_hourly WHERE hour < $1 \
    ORDER BY hour, account_id, code LIMIT $2)";

/// What goes in parts.
#[derive(Clone, Copy)]
enum Rows {
    Calls,
    Counts,
}

pub(super) async fn run(backend: &Backend, before: Timestamp) -> Result<u64, StoreError> {
    let mut deleted: u64 = 0;
    for rows in [Rows::Calls, Rows::Counts] {
        loop {
            let _turn = backend.turn().await;
            let mut conn = backend.conn().await?;
            let part = part(&mut conn, rows, before).await?;
            deleted = deleted.saturating_add(part);
            if part == 0 {
                break;
            }
        }
    }
    let _turn = backend.turn().await;
    let mut conn = backend.conn().await?;
    Ok(deleted.saturating_add(few(&mut conn, before).await?))
}

async fn part(conn: &mut Conn, rows: Rows, before: Timestamp) -> Result<u64, StoreError> {
    let deleted = match rows {
        Rows::Calls => {
            // Ids begin with the time.
            let before = RequestId::new(before, 0).to_bytes();
            on_backend!(conn, c => sql_query(CALLS)
                .bind::<Binary, _>(before.as_slice())
                .bind::<BigInt, _>(BATCH)
                .execute(c)
                .await)?
        }
        Rows::Counts => on_backend!(conn, c => sql_query(COUNTS)
            .bind::<BigInt, _>(hour(before))
            .bind::<BigInt, _>(BATCH)
            .execute(c)
            .await)?,
    };
    Ok(u64::try_from(deleted).unwrap_or(u64::MAX))
}

/// Tables that have few rows for each day.
async fn few(conn: &mut Conn, before: Timestamp) -> Result<u64, StoreError> {
    let bytes = first_bytes_hourly::table.filter(first_bytes_hourly::hour.lt(hour(before)));
    let bytes = on_backend!(conn, c => diesel::delete(bytes).execute(c).await)?;
    let silent = gateway_reports::seen_at.lt(before.as_micros());
    let silent = gateway_reports::table.filter(silent);
    let silent = on_backend!(conn, c => diesel::delete(silent).execute(c).await)?;
    Ok(u64::try_from(bytes.saturating_add(silent)).unwrap_or(u64::MAX))
}
