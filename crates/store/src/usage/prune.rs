//! What an operator lets go of: in parts, so that others who write need not wait for long. Each part
//! is one transaction with its row of the audit log.

use serde::Serialize;
use tollgate_policy::time::Timestamp;

use super::{Day, compact};
use crate::actor::Actor;
use crate::audit::Change;
use crate::error::{Kind, StoreError};
use crate::receipt;
use crate::store::Store;

/// About so many rows in a part: some 100 ms of work.
const PART: i64 = 10_000;
/// What was let go of, the action says.
const NO_ID: i64 = 0;

/// What the audit log keeps of a part.
#[derive(Serialize)]
struct Pruned {
    before: String,
    rows: u64,
}

impl Pruned {
    fn change(before: String, verb: &'static str, rows: u64) -> Result<Change, StoreError> {
        let after = Self { before, rows };
        Change::new(Kind::Usage, verb, NO_ID, None, Some(&after))
    }
}

/// Deletes receipts. Also where there are none, it was asked for, and is in the audit log.
pub(super) async fn receipts(
    store: &Store,
    who: &Actor,
    before: Timestamp,
    at: Timestamp,
) -> Result<u64, StoreError> {
    let mut deleted: u64 = 0;
    loop {
        let part = store.write(who, at, move |conn| {
            Box::pin(async move {
                let rows = receipt::prune_part(conn, before, PART).await?;
                let change = Pruned::change(before.to_string(), "prune", rows)?;
                Ok((rows, change))
            })
        });
        let rows = part.await?;
        deleted = deleted.saturating_add(rows);
        if rows < PART.unsigned_abs() {
            return Ok(deleted);
        }
    }
}

/// Sums up the days of old months.
pub(super) async fn days(
    store: &Store,
    who: &Actor,
    before: Day,
    at: Timestamp,
) -> Result<u64, StoreError> {
    let before = before.month();
    let mut moved: u64 = 0;
    let mut from = compact::FIRST;
    loop {
        let part = store.write(who, at, move |conn| {
            Box::pin(async move {
                let (rows, next) = compact::part(conn, from, before, PART).await?;
                let change = Pruned::change(before.to_string(), "compact", rows)?;
                Ok(((rows, next), change))
            })
        });
        let (rows, next) = part.await?;
        moved = moved.saturating_add(rows);
        match next {
            Some(next) => from = next,
            None => return Ok(moved),
        }
    }
}
