//! Deleting what was told long ago, a few rows at a time: others who write need not wait for long.

use diesel::sql_query;
use diesel::sql_types::BigInt;
use diesel_async::RunQueryDsl;
use tollgate_policy::time::Timestamp;

use crate::backend::{Backend, on_backend};
use crate::error::StoreError;

const BATCH: i64 = 2000;

/// What was given up is due at the end of time. The last alert stays: SQLite would give its number
/// to the next one, which receivers would take for a repetition.
const DELETE: &str = "DELETE FROM alerts WHERE id IN (SELECT id FROM alerts \
    WHERE (delivered_at < $1 OR (delivered_at IS NULL AND next_at = $2 AND at < $1)) \
    AND id < (SELECT MAX(id) FROM alerts) ORDER BY id LIMIT $3)";

pub(super) async fn run(backend: &Backend, before: Timestamp) -> Result<u64, StoreError> {
    let mut deleted: u64 = 0;
    loop {
        let rows = {
            let _turn = backend.turn().await;
            let mut conn = backend.conn().await?;
            on_backend!(&mut conn, c => sql_query(DELETE)
                .bind::<BigInt, _>(before.as_micros())
                .bind::<BigInt, _>(i64::MAX)
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
