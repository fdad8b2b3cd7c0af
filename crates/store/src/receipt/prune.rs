//! Deleting old receipts, a few at a time: others who write need not wait for long.

use diesel::sql_query;
use diesel::sql_types::{BigInt, Binary};
use diesel_async::RunQueryDsl;
use tollgate_ledger::request_id::RequestId;
use tollgate_policy::time::Timestamp;

use crate::backend::{Backend, Conn, on_backend};
use crate::error::StoreError;

/// At once; some 20 ms of work.
const BATCH: i64 = 2000;

const DELETE: &str = "DELETE FROM receipts WHERE request_id IN \
    (SELECT request_id FROM receipts WHERE request_id < $1 ORDER BY request_id LIMIT $2)";

pub(super) async fn run(backend: &Backend, before: Timestamp) -> Result<u64, StoreError> {
    let mut deleted: u64 = 0;
    loop {
        let rows = {
            let _turn = backend.turn().await;
            let mut conn = backend.conn().await?;
            part(&mut conn, before, BATCH).await?
        };
        deleted = deleted.saturating_add(rows);
        if rows == 0 {
            return Ok(deleted);
        }
    }
}

/// Deletes at most so many of them, and says how many.
pub(crate) async fn part(conn: &mut Conn, before: Timestamp, most: i64) -> Result<u64, StoreError> {
    // Ids begin with the time.
    let before = RequestId::new(before, 0).to_bytes();
    let rows = on_backend!(conn, c => sql_query(DELETE)
        .bind::<Binary, _>(before.as_slice())
        .bind::<BigInt, _>(most)
        .execute(c)
        .await)?;
    Ok(u64::try_from(rows).unwrap_or(u64::MAX))
}
