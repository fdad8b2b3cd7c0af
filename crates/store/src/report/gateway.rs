//! Gateways, by what each said of itself last.

use diesel::prelude::{Queryable, Selectable};
use diesel::{ExpressionMethods, QueryDsl, SelectableHelper};
use diesel_async::RunQueryDsl;
use tollgate_policy::time::Timestamp;
use tollgate_upkeep::report::About;

use crate::backend::{Conn, on_backend};
use crate::error::StoreError;
use crate::schema::gateway_reports;

/// More gateways than anybody runs.
const MOST: i64 = 1000;

/// A gateway, by what it said of itself last.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredGateway {
    /// Which, by the identity of its journal.
    pub gateway: Vec<u8>,
    /// What it said.
    pub about: About,
    /// When it said so.
    pub seen: Timestamp,
}

#[derive(Queryable, Selectable)]
#[diesel(table_name = gateway_reports)]
#[diesel(check_for_backend(diesel::pg::Pg, diesel::sqlite::Sqlite))]
struct GatewayRow {
    gateway_id: Vec<u8>,
    host: String,
    address: String,
    version: String,
    started_at: i64,
    revision: i64,
    open_calls: i64,
    seen_at: i64,
}

pub(super) async fn list(conn: &mut Conn) -> Result<Vec<StoredGateway>, StoreError> {
    let rows: Vec<GatewayRow> = on_backend!(conn, c => gateway_reports::table
        .order((
            gateway_reports::host.asc(),
            gateway_reports::address.asc(),
            gateway_reports::started_at.asc(),
        ))
        .limit(MOST)
        .select(GatewayRow::as_select())
        .load(c)
        .await)?;
    Ok(rows.into_iter().map(GatewayRow::read).collect())
}

impl GatewayRow {
    fn read(self) -> StoredGateway {
        StoredGateway {
            gateway: self.gateway_id,
            about: About {
                host: self.host,
                address: self.address,
                version: self.version,
                started: Timestamp::from_micros(self.started_at),
                revision: u64::try_from(self.revision).unwrap_or_default(),
                open_calls: u64::try_from(self.open_calls).unwrap_or_default(),
            },
            seen: Timestamp::from_micros(self.seen_at),
        }
    }
}
