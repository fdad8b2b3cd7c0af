//! The feed of changes of a SQLite file, which is polled.

use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use diesel::connection::SimpleConnection;
use diesel::dsl::max;
use diesel::query_builder::{AstPass, Query, QueryFragment, QueryId};
use diesel::sql_types::BigInt;
use diesel::sqlite::Sqlite;
use diesel::{ExpressionMethods, QueryDsl, QueryResult, RunQueryDsl, SqliteConnection};
use tollgate_rights::source::{Changes, Revision};

use super::{Changed, MOST, Mark, lost};
use crate::error::StoreError;
use crate::schema::audit;
use crate::sqlite;

/// How long reading waits for who has the file for itself, as a recovery has. Asking whether
/// anything was written never waits, since that holds up whoever asks.
const READING: &str = "PRAGMA busy_timeout = 5000";
const ASKING: &str = "PRAGMA busy_timeout = 0";

/// Polls a SQLite file on a connection of its own: while no other connection has written, asking
/// costs microseconds, reads no table and wakes no other thread.
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
    mark: Mark,
}

/// A statement that the connection keeps prepared.
#[derive(QueryId)]
struct DataVersion;

impl Query for DataVersion {
    type SqlType = BigInt;
}

impl RunQueryDsl<SqliteConnection> for DataVersion {}

impl QueryFragment<Sqlite> for DataVersion {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Sqlite>) -> QueryResult<()> {
        out.push_sql("PRAGMA data_version");
        Ok(())
    }
}

impl SqliteFeed {
    pub(crate) fn new(path: PathBuf) -> Self {
        let state = Arc::default();
        Self { path, state }
    }

    /// What was changed after a revision.
    pub(crate) async fn poll(&self, after: Revision) -> Result<Changes, StoreError> {
        if self.is_still(after) {
            return Ok(Changes {
                touched: Vec::new(),
                revision: after,
            });
        }
        let (state, path) = (Arc::clone(&self.state), self.path.clone());
        let task = tokio::task::spawn_blocking(move || {
            let mut state = state.lock().unwrap_or_else(PoisonError::into_inner);
            let polled = match state.take() {
                Some(polled) => polled,
                None => Polled {
                    conn: sqlite::connect(&path).map_err(StoreError::unavailable)?,
                    version: -1,
                    revision: after,
                    mark: Mark::default(),
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

    /// Whether it is certain that nothing was written since that revision was read.
    fn is_still(&self, after: Revision) -> bool {
        let Ok(mut state) = self.state.try_lock() else {
            return false;
        };
        let polled = state.as_mut().filter(|polled| polled.revision == after);
        polled.is_some_and(|polled| {
            let version = polled.version();
            version.is_ok_and(|version| version == polled.version)
        })
    }
}

impl Polled {
    fn version(&mut self) -> QueryResult<i64> {
        DataVersion.get_result(&mut self.conn)
    }

    fn after(&mut self, after: Revision) -> Result<Changes, StoreError> {
        self.conn.batch_execute(READING)?;
        let read = self.read(after);
        self.conn.batch_execute(ASKING)?;
        read
    }

    fn read(&mut self, after: Revision) -> Result<Changes, StoreError> {
        let version = self.version()?;
        let rows = audit::table
            .filter(audit::seq.ge(after.0))
            .order(audit::seq.asc())
            .limit(MOST)
            .select((
                audit::seq,
                audit::subject_kind,
                audit::subject_id,
                audit::hash,
            ))
            .load::<Changed>(&mut self.conn)?;
        let mut whole = (rows.len() as i64) < MOST;
        let changes = match self.mark.changes(after, rows)? {
            Some(changes) => changes,
            None => {
                whole = false;
                let head = audit::table.select(max(audit::seq));
                let head: Option<i64> = head.first(&mut self.conn)?;
                lost(after, Revision(head.unwrap_or(0)))
            }
        };
        // A part of the changes leaves the next poll something to read, and so does a new beginning.
        self.version = if whole { version } else { -1 };
        self.revision = changes.revision;
        Ok(changes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn only_a_file_in_which_nothing_was_written_is_still() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("store.db");
        let mut other = sqlite::connect(&path).unwrap();
        let table =
            "CREATE TABLE audit (seq INTEGER, subject_kind TEXT, subject_id INTEGER, hash BLOB)";
        other.batch_execute(table).unwrap();
        let feed = SqliteFeed::new(path);
        let revision = async |after| feed.poll(Revision(after)).await.unwrap().revision.0;
        assert!(!feed.is_still(Revision(0)), "it was never read");
        assert_eq!(revision(0).await, 0);
        assert!(feed.is_still(Revision(0)));
        let row = "INSERT INTO audit VALUES (1, 'group', 1, x'01')";
        other.batch_execute(row).unwrap();
        assert!(!feed.is_still(Revision(0)));
        assert_eq!(revision(0).await, 1);
        assert!(feed.is_still(Revision(1)));
        assert!(
            !feed.is_still(Revision(0)),
            "what came after it was not asked for"
        );
        other.batch_execute("BEGIN EXCLUSIVE").unwrap();
        assert_eq!(revision(1).await, 1, "who writes holds nobody up");
    }
}
