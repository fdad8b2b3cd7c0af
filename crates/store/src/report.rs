//! What gateways report of themselves, of what they refuse, and of first bytes. It is no
//! administrative change: no row of the audit log tells of it.

mod first_byte;
mod gateway;
mod prune;
mod record;
mod refusal;

use futures_util::future::BoxFuture;
use tollgate_ledger::request_id::RequestId;
use tollgate_policy::time::Timestamp;
use tollgate_rights::source::Revision;
use tollgate_upkeep::port::PortError;
use tollgate_upkeep::report::{Report, Reports};

use crate::error::StoreError;
use crate::feed;
use crate::store::{Store, end};

pub use first_byte::FirstBytes;
pub use gateway::StoredGateway;
pub use refusal::{RefusalCount, RefusalQuery, RefusalSpan, StoredRefusal};

/// In a column of accounts: the caller is not known.
const NOBODY: i64 = -1;
const HOUR_MICROS: i64 = 3_600_000_000;

/// The hour that a moment is in, since 1970.
const fn hour(at: Timestamp) -> i64 {
    at.as_micros().div_euclid(HOUR_MICROS)
}

/// The first moment of an hour.
const fn begin(hour: i64) -> Timestamp {
    Timestamp::from_micros(hour.saturating_mul(HOUR_MICROS))
}

/// What gateways report.
impl Store {
    /// The gateways that have said of late that they run, and those that fell silent without having
    /// ended in order, by host and address.
    ///
    /// # Errors
    /// Where the database does not answer.
    pub async fn gateways(&self) -> Result<Vec<StoredGateway>, StoreError> {
        self.read(|conn| Box::pin(gateway::list(conn))).await
    }

    /// The last administrative change that there is.
    ///
    /// # Errors
    /// Where the database does not answer.
    pub async fn revision(&self) -> Result<Revision, StoreError> {
        self.read(|conn| Box::pin(feed::revision(conn))).await
    }

    /// A call that was refused, if it is one of those that are kept: the last fifty of each token,
    /// for ninety days.
    ///
    /// # Errors
    /// Where the database does not answer, or the row is damaged.
    pub async fn refusal_fetch(
        &self,
        request: RequestId,
    ) -> Result<Option<StoredRefusal>, StoreError> {
        self.read(move |conn| Box::pin(refusal::fetch(conn, request)))
            .await
    }

    /// Refused calls, the newest first, of those that are kept.
    ///
    /// # Errors
    /// Where the database does not answer, or a row is damaged.
    pub async fn refusals_list(
        &self,
        query: RefusalQuery,
    ) -> Result<Vec<StoredRefusal>, StoreError> {
        self.read(move |conn| Box::pin(refusal::list(conn, query)))
            .await
    }

    /// How often calls were refused: by hour and code, in that order.
    ///
    /// # Errors
    /// Where the database does not answer.
    pub async fn refusals_count(&self, span: RefusalSpan) -> Result<Vec<RefusalCount>, StoreError> {
        self.read(move |conn| Box::pin(refusal::count(conn, span)))
            .await
    }

    /// How long first bytes took: by hour and bound, in that order.
    ///
    /// # Errors
    /// Where the database does not answer.
    pub async fn first_bytes(
        &self,
        from: Timestamp,
        until: Timestamp,
    ) -> Result<Vec<FirstBytes>, StoreError> {
        self.read(move |conn| Box::pin(first_byte::load(conn, from, until)))
            .await
    }

    /// Deletes what was reported before a moment, and says how many rows.
    ///
    /// # Errors
    /// Where the database does not answer; what was deleted until then stays deleted.
    pub async fn reports_prune(&self, before: Timestamp) -> Result<u64, StoreError> {
        self.detached(move |inner| async move { prune::run(&inner.backend, before).await })
            .await
    }
}

impl Reports for Store {
    fn report(&self, report: Report, at: Timestamp) -> BoxFuture<'_, Result<(), PortError>> {
        let kept = self.detached(move |inner| async move {
            let _turn = inner.backend.turn().await;
            let mut conn = inner.backend.conn().await?;
            conn.begin_write().await?;
            let kept = record::report(&mut conn, report, at).await;
            end(conn, kept).await
        });
        Box::pin(async move { kept.await.map_err(failed) })
    }

    fn leave(&self, gateway: Vec<u8>) -> BoxFuture<'_, Result<(), PortError>> {
        let gone = self.detached(move |inner| async move {
            let _turn = inner.backend.turn().await;
            let mut conn = inner.backend.conn().await?;
            record::leave(&mut conn, gateway).await
        });
        Box::pin(async move { gone.await.map_err(failed) })
    }
}

fn failed(error: StoreError) -> PortError {
    PortError(Box::new(error))
}
