//! What each gateway sees of upstreams that it put aside. It is no administrative change: no row of
//! the audit log tells of it.

use std::time::Duration;

use diesel::prelude::{Insertable, Queryable, Selectable};
use diesel::{ExpressionMethods, QueryDsl, SelectableHelper};
use diesel_async::RunQueryDsl;
use tollgate_policy::breaker::Cause;
use tollgate_policy::id::{CredentialId, UpstreamId};
use tollgate_policy::time::Timestamp;

use crate::backend::{Conn, on_backend};
use crate::columns::{Row, micros, moment};
use crate::error::StoreError;
use crate::schema::upstream_states;
use crate::store::{Store, end};

/// A gateway that has not told for so long is not asked any more.
const STALE: Duration = Duration::from_secs(3 * 60);
/// In the column of credentials: the upstream itself.
const WHOLE: i64 = -1;
/// In the column of credentials: calls that carry none.
const ANONYMOUS: i64 = 0;

/// Something that a gateway put aside.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SeenState {
    /// The upstream.
    pub upstream: UpstreamId,
    /// What of it: `None` all of it, `Some` one credential, or the calls without one.
    pub credential: Option<Option<CredentialId>>,
    /// `open` or `half-open`.
    pub state: String,
    /// Why.
    pub cause: Cause,
    /// Since when.
    pub since: Timestamp,
    /// Until when, where that is known.
    pub until: Option<Timestamp>,
}

/// What a gateway told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredState {
    /// The gateway, by the identity of its journal.
    pub gateway: Vec<u8>,
    /// What it put aside.
    pub seen: SeenState,
    /// When it told.
    pub seen_at: Timestamp,
}

#[derive(Queryable, Selectable, Insertable)]
#[diesel(table_name = upstream_states)]
#[diesel(check_for_backend(diesel::pg::Pg, diesel::sqlite::Sqlite))]
struct StateRow {
    gateway_id: Vec<u8>,
    upstream_id: i64,
    credential_id: i64,
    state: String,
    reason: String,
    since: i64,
    until_at: Option<i64>,
    seen_at: i64,
}

/// What gateways see.
impl Store {
    /// Keeps all that a gateway has put aside, in place of what it told before. It is told again at
    /// least once a minute as long as there is anything.
    ///
    /// # Errors
    /// Where the database does not answer.
    pub async fn upstream_states_record(
        &self,
        gateway: Vec<u8>,
        seen: Vec<SeenState>,
        at: Timestamp,
    ) -> Result<(), StoreError> {
        self.detached(|inner| async move {
            let _turn = inner.backend.turn().await;
            let mut conn = inner.backend.conn().await?;
            conn.begin_write().await?;
            let kept = record(&mut conn, gateway, seen, at).await;
            end(conn, kept).await
        })
        .await
    }

    /// What the gateways that run have put aside, by upstream.
    ///
    /// # Errors
    /// Where the database does not answer.
    pub async fn upstream_states(&self, now: Timestamp) -> Result<Vec<StoredState>, StoreError> {
        self.read(move |conn| Box::pin(load(conn, now))).await
    }
}

async fn record(
    conn: &mut Conn,
    gateway: Vec<u8>,
    seen: Vec<SeenState>,
    at: Timestamp,
) -> Result<(), StoreError> {
    let before = upstream_states::table.filter(upstream_states::gateway_id.eq(gateway.clone()));
    on_backend!(conn, c => diesel::delete(before).execute(c).await)?;
    let old = upstream_states::seen_at.lt(at.minus(STALE).as_micros());
    let old = upstream_states::table.filter(old);
    on_backend!(conn, c => diesel::delete(old).execute(c).await)?;
    for one in seen {
        let row = StateRow {
            gateway_id: gateway.clone(),
            upstream_id: one.upstream.raw(),
            credential_id: match one.credential {
                None => WHOLE,
                Some(None) => ANONYMOUS,
                Some(Some(id)) => id.raw(),
            },
            state: one.state,
            reason: one.cause.to_string(),
            since: one.since.as_micros(),
            until_at: micros(one.until),
            seen_at: at.as_micros(),
        };
        on_backend!(conn, c => diesel::insert_into(upstream_states::table)
            .values(row)
            .execute(c)
            .await)?;
    }
    Ok(())
}

async fn load(conn: &mut Conn, now: Timestamp) -> Result<Vec<StoredState>, StoreError> {
    let rows = on_backend!(conn, c => upstream_states::table
        .filter(upstream_states::seen_at.ge(now.minus(STALE).as_micros()))
        .order((
            upstream_states::upstream_id.asc(),
            upstream_states::credential_id.asc(),
            upstream_states::gateway_id.asc(),
        ))
        .select(StateRow::as_select())
        .load(c)
        .await)?;
    rows.into_iter().map(StateRow::read).collect()
}

impl StateRow {
    fn read(self) -> Result<StoredState, StoreError> {
        let row = Row::new("upstream_states", self.upstream_id);
        let credential = match self.credential_id {
            WHOLE => None,
            ANONYMOUS => Some(None),
            id => Some(Some(row.id("credential_id", CredentialId::from_raw(id))?)),
        };
        Ok(StoredState {
            gateway: self.gateway_id,
            seen: SeenState {
                upstream: row.id("upstream_id", UpstreamId::from_raw(self.upstream_id))?,
                credential,
                state: self.state,
                cause: row.parse("reason", &self.reason)?,
                since: Timestamp::from_micros(self.since),
                until: moment(self.until_at),
            },
            seen_at: Timestamp::from_micros(self.seen_at),
        })
    }
}
