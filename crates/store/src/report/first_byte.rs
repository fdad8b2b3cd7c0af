//! How long first bytes took, in buckets by the hour.

use diesel::{ExpressionMethods, QueryDsl};
use diesel_async::RunQueryDsl;
use tollgate_policy::time::Timestamp;

use super::{begin, hour};
use crate::backend::{Conn, on_backend};
use crate::error::StoreError;
use crate::schema::first_bytes_hourly;

/// In the column of bounds: what took longer than all of them.
pub(super) const LONGER: i64 = -1;

/// First bytes of answers in one hour that took about as long.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FirstBytes {
    /// The first moment of the hour.
    pub hour: Timestamp,
    /// They took at most so many microseconds, and longer than the next lower bound; `None` for all
    /// that took longer than all bounds.
    pub within: Option<u64>,
    /// How many.
    pub calls: u64,
}

pub(super) async fn load(
    conn: &mut Conn,
    from: Timestamp,
    until: Timestamp,
) -> Result<Vec<FirstBytes>, StoreError> {
    let rows: Vec<(i64, i64, i64)> = on_backend!(conn, c => first_bytes_hourly::table
        .filter(first_bytes_hourly::hour.ge(hour(from)))
        .filter(first_bytes_hourly::hour.le(hour(until)))
        .order((first_bytes_hourly::hour.asc(), first_bytes_hourly::within.asc()))
        .load(c)
        .await)?;
    let read = |(hour, within, calls)| FirstBytes {
        hour: begin(hour),
        // The one that is negative is the one that has no bound.
        within: u64::try_from(within).ok(),
        calls: u64::try_from(calls).unwrap_or_default(),
    };
    Ok(rows.into_iter().map(read).collect())
}
