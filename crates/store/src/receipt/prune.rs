//! Deleting old receipts, a few at a time: others who write need not wait for long.

use diesel::sql_query;
use diesel::sql_types::{BigInt, Binary};
use diesel_async::RunQueryDsl;
use tollgate_ledger::request_id::RequestId;
use tollgate_policy::time::Timestamp;

use crate::backend::{Backend, on_backend};
use crate::error::StoreError;

/// At once; some 20 ms of work.
const BATCH: i64 = 2000;

const DELETE: &str = "DELETE FROM receipts WHERE request_id IN \
    (SELECT request_id FROM receipts WHERE request_id < $1 ORDER BY request_id LIMIT $2)";

pub(super) async fn run(backend: &Backend, before: Timestamp) -> Result<u64, StoreError> {
    // Ids begin with the time.
    let before = RequestId::new(before, 0).to_bytes();
    let mut deleted: u64 = 0;
    loop {
        let rows = {
            let _turn = backend.turn().await;
            let mut conn = backend.conn().await?;
            on_backend!(&mut conn, c => sql_query(DELETE)
                .bind::<Binary, _>(before.as_slice())
                .bind::<BigInt, _>(BATCH)
                .execute(c)
                .await)?
        };
        deleted = deleted.saturating_add(u64::try_from(rows).unwrap_or(u64::MAX));
        if rows == 0 {
            return Ok(deleted);
        }
    }
}
