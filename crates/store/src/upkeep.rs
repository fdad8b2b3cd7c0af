//! The store as what upkeep works on: alerts to deliver, tokens that expire, and what is let go.

use diesel::dsl::sql;
use diesel::expression::SqlLiteral;
use diesel::sql_types::BigInt;
use diesel::{BoolExpressionMethods, ExpressionMethods, QueryDsl};
use diesel_async::RunQueryDsl;
use futures_util::future::BoxFuture;
use tollgate_policy::id::TokenId;
use tollgate_policy::time::Timestamp;
use tollgate_policy::token::TokenState;
use tollgate_upkeep::port::{self, Aside, Expiring, Place, PortError, Upkeep};

use crate::alert::{self, StoredAlert};
use crate::backend::{Conn, on_backend};
use crate::columns::Row;
use crate::error::StoreError;
use crate::postgres::now;
use crate::schema::{accounts, tokens};
use crate::store::Store;
use crate::upstream::SeenState;
use crate::usage::Day;

impl Upkeep for Store {
    fn due(
        &self,
        until: Timestamp,
        limit: u32,
    ) -> BoxFuture<'_, Result<Vec<port::Alert>, PortError>> {
        Box::pin(async move {
            let due = self.alerts_due(until, limit).await.map_err(failed)?;
            Ok(due.into_iter().map(told).collect())
        })
    }

    fn claim(
        &self,
        id: i64,
        seen: Timestamp,
        until: Timestamp,
    ) -> BoxFuture<'_, Result<bool, PortError>> {
        Box::pin(async move { self.alert_claim(id, seen, until).await.map_err(failed) })
    }

    fn delivered(&self, id: i64, at: Timestamp) -> BoxFuture<'_, Result<(), PortError>> {
        Box::pin(async move { self.alert_delivered(id, at).await.map_err(failed) })
    }

    fn failed(&self, id: i64, next_at: Timestamp) -> BoxFuture<'_, Result<(), PortError>> {
        Box::pin(async move { self.alert_failed(id, next_at).await.map_err(failed) })
    }

    fn raise(&self, alert: port::NewAlert, at: Timestamp) -> BoxFuture<'_, Result<(), PortError>> {
        let port::NewAlert {
            key,
            kind,
            subject,
            body,
        } = alert;
        let subject = match subject {
            port::Subject::Token(id) => alert::Subject::Token(id),
            port::Subject::Account(id) => alert::Subject::Account(id),
            port::Subject::Upstream(id) => alert::Subject::Upstream(id),
        };
        let alert = alert::NewAlert {
            key,
            kind,
            subject,
            body,
        };
        Box::pin(async move { self.alert_raise(alert, at).await.map(drop).map_err(failed) })
    }

    fn expiring(
        &self,
        after: Place,
        until: Timestamp,
        limit: u32,
    ) -> BoxFuture<'_, Result<Vec<Expiring>, PortError>> {
        Box::pin(async move {
            self.read(move |conn| Box::pin(expiring(conn, after, until, limit)))
                .await
                .map_err(failed)
        })
    }

    fn clock(&self) -> BoxFuture<'_, Result<Option<Timestamp>, PortError>> {
        Box::pin(async move { self.server_clock().await.map_err(failed) })
    }

    fn prune(&self, before: Timestamp) -> BoxFuture<'_, Result<u64, PortError>> {
        Box::pin(async move { self.receipts_prune(before).await.map_err(failed) })
    }

    fn forget(&self, before: Timestamp) -> BoxFuture<'_, Result<u64, PortError>> {
        Box::pin(async move { self.alerts_prune(before).await.map_err(failed) })
    }

    fn forget_reports(&self, before: Timestamp) -> BoxFuture<'_, Result<u64, PortError>> {
        Box::pin(async move { self.reports_prune(before).await.map_err(failed) })
    }

    fn compact(&self, before: Timestamp) -> BoxFuture<'_, Result<u64, PortError>> {
        Box::pin(async move { self.usage_compact(Day::of(before)).await.map_err(failed) })
    }

    fn put_aside(
        &self,
        gateway: Vec<u8>,
        aside: Vec<Aside>,
        at: Timestamp,
    ) -> BoxFuture<'_, Result<(), PortError>> {
        let seen = aside.into_iter().map(seen).collect();
        let recorded = self.upstream_states_record(gateway, seen, at);
        Box::pin(async move { recorded.await.map_err(failed) })
    }
}

impl Store {
    /// The server's clock; none where the database has no other one than we have.
    async fn server_clock(&self) -> Result<Option<Timestamp>, StoreError> {
        self.read(|conn| {
            Box::pin(async move {
                let Conn::Postgres(conn) = conn else {
                    return Ok(None);
                };
                let micros = diesel::select(sql::<BigInt>(now!())).get_result(conn);
                Ok(Some(Timestamp::from_micros(micros.await?)))
            })
        })
        .await
    }
}

fn failed(error: StoreError) -> PortError {
    PortError(Box::new(error))
}

fn seen(aside: Aside) -> SeenState {
    let state = if aside.until.is_some() {
        "open"
    } else {
        "half-open"
    };
    SeenState {
        upstream: aside.upstream,
        credential: aside.credential,
        state: state.to_owned(),
        cause: aside.cause,
        since: aside.since,
        until: aside.until,
    }
}

fn told(stored: StoredAlert) -> port::Alert {
    let alert::NewAlert {
        key,
        kind,
        subject,
        body,
    } = stored.alert;
    let subject = match subject {
        alert::Subject::Token(id) => port::Subject::Token(id),
        alert::Subject::Account(id) => port::Subject::Account(id),
        alert::Subject::Upstream(id) => port::Subject::Upstream(id),
    };
    port::Alert {
        id: stored.id,
        alert: port::NewAlert {
            key,
            kind,
            subject,
            body,
        },
        at: stored.at,
        attempts: stored.attempts,
        next_at: stored.next_at,
    }
}

/// As the index `tokens_by_expires` has it: what never expires comes last.
fn expiry() -> SqlLiteral<BigInt> {
    sql("COALESCE(tokens.expires_at, 9223372036854775807)")
}

/// Tokens that are enabled and expire in a window, in the order of their expiry.
async fn expiring(
    conn: &mut Conn,
    after: Place,
    until: Timestamp,
    limit: u32,
) -> Result<Vec<Expiring>, StoreError> {
    let from = after.expires_at.as_micros();
    let token = after.token.map_or(-1, TokenId::raw);
    let rows: Vec<(i64, String, String, Option<i64>)> = on_backend!(conn, c => tokens::table
        .inner_join(accounts::table)
        .filter(tokens::state.eq(TokenState::Enabled.name()))
        .filter(expiry().le(until.as_micros()))
        .filter(expiry().ge(from))
        .filter(expiry().gt(from).or(tokens::id.gt(token)))
        .order((expiry().asc(), tokens::id.asc()))
        .limit(i64::from(limit))
        .select((tokens::id, tokens::name, accounts::name, tokens::expires_at))
        .load(c)
        .await)?;
    rows.into_iter()
        .map(|(id, name, account, expires_at)| {
            let row = Row::new("tokens", id);
            Ok(Expiring {
                token: row.id("id", TokenId::from_raw(id))?,
                name,
                account,
                // The condition lets none without an expiry through.
                expires_at: Timestamp::from_micros(expires_at.unwrap_or_default()),
            })
        })
        .collect()
}
