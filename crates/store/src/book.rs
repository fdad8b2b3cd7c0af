//! The store as the ledger's book: one turn of a gateway is one transaction.
//!
//! What a turn does to balances is decided in memory, in `sheet`; each database only reads the rows
//! before and writes them after. No turn is an administrative change, so none is audited.

mod alarm;
mod batch;
mod calendar;
mod charge;
pub(crate) mod daily;
mod grant;
mod load;
mod postgres;
mod pot;
mod purse;
mod sheet;
mod sqlite;

use std::sync::Arc;
use std::time::Duration;

use diesel::result::{DatabaseErrorKind, Error};
use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use tokio::time::timeout;
use tollgate_ledger::book::{Book, BookError, Outcome, Turn};

use crate::backend::Backend;
use crate::error::StoreError;
use crate::store::Store;

/// How long a turn may take: a server that is gone without a word is not waited for.
const DEADLINE: Duration = Duration::from_secs(10);

/// How often a turn is tried that another one got in the way of.
const ATTEMPTS: u32 = 5;

impl Book for Store {
    fn turn(&self, turn: Arc<Turn>) -> BoxFuture<'_, Result<Outcome, BookError>> {
        let done = self.detached(|inner| async move { run(&inner.backend, turn).await });
        done.map(|outcome| outcome.map_err(|error| BookError(error.into())))
            .boxed()
    }
}

async fn run(backend: &Backend, turn: Arc<Turn>) -> Result<Outcome, StoreError> {
    let _turn = backend.turn().await;
    match backend {
        Backend::Sqlite(sqlite) => sqlite.busy.run(move |conn| sqlite::run(conn, &turn)).await,
        Backend::Postgres(pool) => {
            let mut conn = pool.get_owned().await.map_err(StoreError::unavailable)?;
            let mut attempt = 1;
            loop {
                let run = Box::pin(postgres::run(&mut conn, &turn));
                // A connection that is given up inside a transaction is closed, not used again.
                let run = timeout(DEADLINE, run).await;
                match run.map_err(StoreError::unavailable)? {
                    Err(error) if attempt < ATTEMPTS && got_in_the_way(&error) => attempt += 1,
                    done => return Ok(done?),
                }
            }
        }
    }
}

/// Whether nothing is wrong with the turn itself. A deadlock is one of the errors that diesel has
/// no name for; trying again after the others of them does no harm.
fn got_in_the_way(error: &Error) -> bool {
    use DatabaseErrorKind::{SerializationFailure, Unknown};
    matches!(
        error,
        Error::DatabaseError(SerializationFailure | Unknown, _)
    )
}
