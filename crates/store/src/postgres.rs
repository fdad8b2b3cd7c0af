//! The PostgreSQL pool, and how long its connections and their server wait for each other.
//!
//! A host that loses power says nothing. Without these limits its backend keeps the locks of a
//! transaction for hours, and those who wait for a server that is gone do so for a quarter of one.

mod server;

use std::future::ready;
use std::sync::Arc;
use std::time::Duration;

use diesel::result::Error;
use diesel::{ConnectionError, ConnectionResult, QueryResult};
use diesel_async::pooled_connection::bb8::Pool;
use diesel_async::pooled_connection::{
    AsyncDieselConnectionManager, ManagerConfig, PoolableConnection, RecyclingMethod,
};
use diesel_async::{AsyncPgConnection, SimpleAsyncConnection};
use futures_util::FutureExt;
use tokio::time::timeout;

use crate::backend::Access;
use crate::error::StoreError;

pub(crate) use server::Server;

const CONNECTIONS: u32 = 8;
const PATIENCE: Duration = Duration::from_secs(5);
/// How long a connection may take to be there and set up, however many hosts are tried for it.
const CONNECT: Duration = Duration::from_secs(30);

/// The server's clock, one for all gateways: one whose own is wrong buries nobody, and has
/// nothing forgotten that others keep.
macro_rules! now {
    () => {
        "(EXTRACT(EPOCH FROM clock_timestamp()) * 1000000)::BIGINT"
    };
}
pub(crate) use now;

type Setting = (&'static str, &'static str);

/// When the server lets go of a client that is not heard of. The first is less than the deadline of
/// a turn, so that the locks of a dead gateway are free before another one gives up.
const GONE: [Setting; 5] = [
    ("idle_in_transaction_session_timeout", "5s"),
    ("tcp_keepalives_idle", "10s"),
    ("tcp_keepalives_interval", "5s"),
    ("tcp_keepalives_count", "3"),
    ("tcp_user_timeout", "20s"),
];
/// Longer than any statement of a gateway: these are for changes that line up behind a large one,
/// and for reports of many years.
const SLOW: [Setting; 2] = [("lock_timeout", "30s"), ("statement_timeout", "5min")];
/// How often the server looks whether somebody still waits for an answer. Since PostgreSQL 14, and
/// not on each system that it runs on.
const WATCHED: [Setting; 1] = [("client_connection_check_interval", "2s")];

const ONLY_READ: &str = "SET SESSION CHARACTERISTICS AS TRANSACTION READ ONLY";

/// Opens the pool of a database that is there and migrated.
pub(crate) async fn open(
    server: Arc<Server>,
    access: Access,
) -> Result<Pool<AsyncPgConnection>, StoreError> {
    let mut config = ManagerConfig::<AsyncPgConnection>::default();
    config.recycling_method =
        RecyclingMethod::CustomFunction(Box::new(|conn| Box::pin(ready(usable(conn)))));
    config.custom_setup = Box::new(move |_| {
        let server = Arc::clone(&server);
        async move { connect(&server, access).await }.boxed()
    });
    Pool::builder()
        .max_size(CONNECTIONS)
        .connection_timeout(PATIENCE)
        // The server has the address.
        .build(AsyncDieselConnectionManager::new_with_config("", config))
        .await
        .map_err(StoreError::unavailable)
}

/// The statement that sets the limits of a connection whose work may take as long as it needs.
pub(crate) fn only_gone() -> String {
    set(&GONE)
}

/// Asks nobody: a connection that ended while it lay in the pool is not lent.
fn usable(conn: &mut AsyncPgConnection) -> QueryResult<()> {
    match conn.is_broken() {
        true => Err(Error::BrokenTransactionManager),
        false => Ok(()),
    }
}

/// Opens one connection and sets it up.
pub(crate) async fn connect(
    server: &Server,
    access: Access,
) -> ConnectionResult<AsyncPgConnection> {
    let connecting = async {
        let mut conn = server.connect().await?;
        let limits = [GONE.as_slice(), &SLOW].concat();
        conn.batch_execute(&set(&limits))
            .await
            .map_err(ConnectionError::CouldntSetupConfiguration)?;
        if access == Access::Read {
            conn.batch_execute(ONLY_READ)
                .await
                .map_err(ConnectionError::CouldntSetupConfiguration)?;
        }
        if let Err(error) = conn.batch_execute(&set(&WATCHED)).await {
            tracing::debug!(%error, "the server cannot see whether a client is still there");
        }
        Ok(conn)
    };
    in_time(connecting).await
}

/// Bounds how long a connection is waited for: a server may take it, and say nothing.
pub(crate) async fn in_time<T>(
    connecting: impl Future<Output = ConnectionResult<T>>,
) -> ConnectionResult<T> {
    let late = |_| ConnectionError::BadConnection("the server did not answer in time".to_owned());
    timeout(CONNECT, connecting).await.map_err(late)?
}

/// Sets what the server knows and no operator has: neither in the address nor for the role or the
/// database. What the server's own file says is meant for all its clients.
fn set(settings: &[Setting]) -> String {
    let values: Vec<String> = settings
        .iter()
        .map(|(name, value)| format!("('{name}', '{value}')"))
        .collect();
    format!(
        "SELECT set_config(s.name, ours.value, false) FROM pg_settings AS s \
         JOIN (VALUES {}) AS ours (name, value) ON s.name = ours.name \
         WHERE s.source NOT IN ('client', 'global', 'database', 'user', 'database user')",
        values.join(", ")
    )
}

#[cfg(test)]
mod tests;
