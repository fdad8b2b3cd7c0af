//! The feed of changes of a SQLite file, which is polled.

use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use diesel::connection::SimpleConnection;
use diesel::query_builder::{AstPass, Query, QueryFragment, QueryId};
use diesel::sql_types::BigInt;
use diesel::sqlite::Sqlite;
use diesel::{
    ExpressionMethods, OptionalExtension, QueryDsl, QueryResult, RunQueryDsl, SqliteConnection,
};
use tollgate_rights::source::{Changes, Position};

use super::{Changed, Head, MOST, changes, lost};
use crate::backend::Access;
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
    access: Access,
    state: Arc<Mutex<Option<Polled>>>,
}

struct Polled {
    conn: SqliteConnection,
    /// What `PRAGMA data_version` gave before the tables were last read: it differs when another
    /// connection has written since.
    version: i64,
    /// The position that was reached then.
    reached: Position,
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
    pub(crate) fn new(path: PathBuf, access: Access) -> Self {
        Self {
            path,
            access,
            state: Arc::default(),
        }
    }

    /// What was changed after a position.
    pub(crate) async fn poll(&self, after: Position) -> Result<Changes, StoreError> {
        if self.is_still(&after) {
            return Ok(Changes {
                touched: Vec::new(),
                reached: after,
            });
        }
        let (state, path, access) = (Arc::clone(&self.state), self.path.clone(), self.access);
        let task = tokio::task::spawn_blocking(move || {
            let mut state = state.lock().unwrap_or_else(PoisonError::into_inner);
            let polled = match state.take() {
                Some(polled) => polled,
                None => Polled {
                    conn: sqlite::connect(&path, access).map_err(StoreError::unavailable)?,
                    version: -1,
                    reached: Position::default(),
                },
            };
            // A connection that failed is not used again.
            let polled = state.insert(polled);
            let read = polled.after(&after);
            if read.is_err() {
                *state = None;
            }
            read
        });
        task.await.map_err(StoreError::unavailable)?
    }

    /// Whether it is certain that nothing was written since that position was read.
    fn is_still(&self, after: &Position) -> bool {
        let Ok(mut state) = self.state.try_lock() else {
            return false;
        };
        let polled = state.as_mut().filter(|polled| polled.reached == *after);
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

    fn after(&mut self, after: &Position) -> Result<Changes, StoreError> {
        self.conn.batch_execute(READING)?;
        let read = self.read(after);
        self.conn.batch_execute(ASKING)?;
        read
    }

    fn read(&mut self, after: &Position) -> Result<Changes, StoreError> {
        let version = self.version()?;
        let rows = audit::table
            .filter(audit::seq.ge(after.revision.0))
            .order(audit::seq.asc())
            .limit(MOST)
            .select((
                audit::seq,
                audit::subject_kind,
                audit::subject_id,
                audit::hash,
            ))
            .load::<Changed>(&mut self.conn)?;
        let whole = (rows.len() as i64) < MOST;
        let changes = match changes(after, rows)? {
            Some(changes) => changes,
            None => lost(after, self.head()?),
        };
        // A part of the changes leaves the next poll something to read.
        self.version = if whole { version } else { -1 };
        self.reached = changes.reached.clone();
        Ok(changes)
    }

    fn head(&mut self) -> QueryResult<Option<Head>> {
        let last = audit::table.order(audit::seq.desc());
        let last = last.select((audit::seq, audit::hash));
        last.first::<Head>(&mut self.conn).optional()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn only_a_file_in_which_nothing_was_written_is_still() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("store.db");
        let mut other = sqlite::connect(&path, Access::Write).unwrap();
        let table =
            "CREATE TABLE audit (seq INTEGER, subject_kind TEXT, subject_id INTEGER, hash BLOB)";
        other.batch_execute(table).unwrap();
        let feed = SqliteFeed::new(path, Access::Write);
        let poll = async |after: &Position| feed.poll(after.clone()).await.unwrap().reached;
        let start = Position::default();
        assert!(!feed.is_still(&start), "it was never read");
        assert_eq!(poll(&start).await, start);
        assert!(feed.is_still(&start));
        let row = "INSERT INTO audit VALUES (1, 'group', 1, x'01')";
        other.batch_execute(row).unwrap();
        assert!(!feed.is_still(&start));
        let first = poll(&start).await;
        assert_eq!((first.revision.0, &first.mark), (1, &Some(vec![1])));
        assert!(feed.is_still(&first));
        let unmarked = Position::from(first.revision);
        for behind in [&start, &unmarked] {
            assert!(!feed.is_still(behind), "what came after was not asked for");
        }
        other.batch_execute("BEGIN EXCLUSIVE").unwrap();
        assert_eq!(poll(&unmarked).await, first, "who writes holds nobody up");
    }
}
