//! The two databases behind one face: a pool and a connection of either, and their transactions.

use diesel::SqliteConnection;
use diesel::connection::{AnsiTransactionManager as SyncTransactions, TransactionManager as _};
use diesel_async::pooled_connection::bb8::{Pool, PooledConnection};
use diesel_async::sync_connection_wrapper::SyncConnectionWrapper;
use diesel_async::{AnsiTransactionManager, AsyncPgConnection, TransactionManager};

use crate::error::StoreError;
use crate::sqlite::Sqlite;

/// SQLite as diesel-async offers it: each statement is one hop to a blocking thread.
pub(crate) type SqliteWrapper = SyncConnectionWrapper<SqliteConnection>;

/// Where the store's data is.
pub(crate) enum Backend {
    Sqlite(Sqlite),
    Postgres(Pool<AsyncPgConnection>),
}

/// What a store does with its database.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Access {
    /// Reads and changes it.
    Write,
    /// Only reads it: whatever would change it fails.
    Read,
}

/// A connection that is lent from a pool. In a transaction, dropping it closes it, which rolls back.
pub(crate) enum Conn {
    Sqlite(PooledConnection<'static, SqliteWrapper>),
    Postgres(Box<PooledConnection<'static, AsyncPgConnection>>),
}

/// Repeats one query for each database, so that the compiler types it twice.
macro_rules! on_backend {
    ($conn:expr, $c:ident => $query:expr) => {
        match $conn {
            $crate::backend::Conn::Sqlite(pooled) => {
                let $c = &mut **pooled;
                $query
            }
            $crate::backend::Conn::Postgres(pooled) => {
                let $c = &mut ***pooled;
                $query
            }
        }
    };
}
pub(crate) use on_backend;

impl Backend {
    /// Waits for this process's turn to write, where the database takes one writer at a time.
    pub(crate) async fn turn(&self) -> Option<tokio::sync::MutexGuard<'_, ()>> {
        match self {
            Self::Sqlite(sqlite) => Some(sqlite.writer.lock().await),
            Self::Postgres(_) => None,
        }
    }

    pub(crate) async fn conn(&self) -> Result<Conn, StoreError> {
        match self {
            Self::Sqlite(sqlite) => sqlite.pool.get_owned().await.map(Conn::Sqlite),
            Self::Postgres(pool) => pool.get_owned().await.map(Box::new).map(Conn::Postgres),
        }
        .map_err(StoreError::unavailable)
    }
}

impl Conn {
    /// Begins a transaction that sees one state of the database throughout.
    pub(crate) async fn begin_read(&mut self) -> Result<(), StoreError> {
        self.begin("BEGIN", "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
            .await
    }

    /// Begins a transaction that writes. SQLite takes its lock now, because one that was begun
    /// for reading fails at once when it wants to write while another one does.
    pub(crate) async fn begin_write(&mut self) -> Result<(), StoreError> {
        self.begin("BEGIN IMMEDIATE", "BEGIN").await
    }

    async fn begin(
        &mut self,
        sqlite: &'static str,
        postgres: &'static str,
    ) -> Result<(), StoreError> {
        match self {
            Self::Sqlite(conn) => {
                conn.spawn_blocking(|conn| SyncTransactions::begin_transaction_sql(conn, sqlite))
                    .await?;
            }
            Self::Postgres(conn) => {
                AnsiTransactionManager::begin_transaction_sql(&mut ***conn, postgres).await?;
            }
        }
        Ok(())
    }

    pub(crate) async fn commit(&mut self) -> Result<(), StoreError> {
        match self {
            Self::Sqlite(conn) => {
                conn.spawn_blocking(SyncTransactions::commit_transaction)
                    .await?;
            }
            Self::Postgres(conn) => {
                AnsiTransactionManager::commit_transaction(&mut ***conn).await?;
            }
        }
        Ok(())
    }

    /// Gives up what was written. A connection on which that fails is not used again.
    pub(crate) async fn rollback(&mut self) {
        let done = match self {
            Self::Sqlite(conn) => {
                conn.spawn_blocking(SyncTransactions::rollback_transaction)
                    .await
            }
            Self::Postgres(conn) => {
                AnsiTransactionManager::rollback_transaction(&mut ***conn).await
            }
        };
        if let Err(error) = done {
            tracing::warn!(%error, "a transaction could not be rolled back; its connection is dropped");
        }
    }
}
