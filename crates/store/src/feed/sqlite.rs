//! The feed of changes of a SQLite file, which is polled.

use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use diesel::sql_types::BigInt;
use diesel::{ExpressionMethods, QueryDsl, QueryableByName, RunQueryDsl, SqliteConnection};
use tollgate_rights::source::{Changes, Revision};

use super::{Changed, MOST, changes};
use crate::error::StoreError;
use crate::schema::audit;
use crate::sqlite;

/// Polls a SQLite file on a connection of its own: while no other connection has written, asking
/// costs microseconds and reads no table.
pub(crate) struct SqliteFeed {
    path: PathBuf,
    state: Arc<Mutex<Option<Polled>>>,
}

struct Polled {
    conn: SqliteConnection,
    /// What `PRAGMA data_version` gave before the tables were last read: it differs when another
    /// connection has written since.
    version: i64,
    /// The revision that was reached then.
    revision: Revision,
}

#[derive(QueryableByName)]
struct DataVersion {
    #[diesel(sql_type = BigInt)]
    data_version: i64,
}

impl SqliteFeed {
    pub(crate) fn new(path: PathBuf) -> Self {
        let state = Arc::default();
        Self { path, state }
    }

    /// What was changed after a revision.
    pub(crate) async fn poll(&self, after: Revision) -> Result<Changes, StoreError> {
        let (state, path) = (Arc::clone(&self.state), self.path.clone());
        let task = tokio::task::spawn_blocking(move || {
            let mut state = state.lock().unwrap_or_else(PoisonError::into_inner);
            let polled = match state.take() {
                Some(polled) => polled,
                None => Polled {
                    conn: sqlite::connect(&path).map_err(StoreError::unavailable)?,
                    version: -1,
                    revision: after,
                },
            };
            // A connection that failed is not used again.
            let polled = state.insert(polled);
            let read = polled.after(after);
            if read.is_err() {
                *state = None;
            }
            read
        });
        task.await.map_err(StoreError::unavailable)?
    }
}

impl Polled {
    fn after(&mut self, after: Revision) -> Result<Changes, StoreError> {
        let version: DataVersion =
            diesel::sql_query("PRAGMA data_version").get_result(&mut self.conn)?;
        if version.data_version == self.version && after == self.revision {
            return Ok(Changes {
                touched: Vec::new(),
                revision: after,
            });
        }
        let rows = audit::table
            .filter(audit::seq.gt(after.0))
            .order(audit::seq.asc())
            .limit(MOST)
            .select((audit::seq, audit::subject_kind, audit::subject_id))
            .load::<Changed>(&mut self.conn)?;
        let whole = (rows.len() as i64) < MOST;
        let changes = changes(after, rows)?;
        // A part of the changes leaves the next poll something to read.
        self.version = if whole { version.data_version } else { -1 };
        self.revision = changes.revision;
        Ok(changes)
    }
}
