//! The embedded database: how its file is made and its connections are set up.

use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use diesel::connection::SimpleConnection;
use diesel::{Connection, ConnectionError, ConnectionResult, QueryResult, SqliteConnection};
use diesel_async::pooled_connection::bb8::Pool;
use diesel_async::pooled_connection::{
    AsyncDieselConnectionManager, ManagerConfig, RecyclingMethod,
};
use futures_util::FutureExt;

use crate::backend::{Access, SqliteWrapper};
use crate::error::StoreError;

/// Readers at once. More do not help: reads take microseconds to milliseconds.
const CONNECTIONS: u32 = 4;
const PATIENCE: Duration = Duration::from_secs(5);

/// WAL lets the gateway read while the admin binary writes. `synchronous = FULL` syncs the log at
/// each commit: an administrator who was told that a token is revoked must find it revoked after a
/// power failure, and changes by people are too rare for the sync to matter. The log grows to 16 MB
/// before it is copied into the tables: a page that every turn writes is then copied once for many.
const SET_UP: &str = "
    PRAGMA busy_timeout = 5000;
    PRAGMA journal_mode = WAL;
    PRAGMA synchronous = FULL;
    PRAGMA wal_autocheckpoint = 4000;
    PRAGMA foreign_keys = ON;
    PRAGMA temp_store = MEMORY;
    PRAGMA cache_size = -8000;
";
/// The mode of the journal is kept in the file, and not set here.
const SET_UP_TO_READ: &str = "
    PRAGMA busy_timeout = 5000;
    PRAGMA query_only = ON;
    PRAGMA temp_store = MEMORY;
";

/// The embedded database.
pub(crate) struct Sqlite {
    pub(crate) pool: Pool<SqliteWrapper>,
    /// SQLite has one writer. Those of this process line up here, which is fair and wakes the next
    /// one at once; waiting for the file's lock is neither.
    pub(crate) writer: tokio::sync::Mutex<()>,
    /// For polling: not in the pool, because its state counts.
    pub(crate) feed: Arc<crate::feed::SqliteFeed>,
    /// For what is written many times a second.
    pub(crate) busy: Arc<BusyConnection>,
}

/// A connection that keeps its statements prepared and the pages of the rows that it writes again
/// and again: those of the pool take turns, and each forgets its pages when another has written.
pub(crate) struct BusyConnection {
    path: PathBuf,
    access: Access,
    conn: Mutex<Option<SqliteConnection>>,
}

impl BusyConnection {
    /// Runs work on a blocking thread.
    pub(crate) async fn run<T: Send + 'static>(
        self: &Arc<Self>,
        work: impl FnOnce(&mut SqliteConnection) -> QueryResult<T> + Send + 'static,
    ) -> Result<T, StoreError> {
        let this = Arc::clone(self);
        let task = tokio::task::spawn_blocking(move || {
            let mut kept = this.conn.lock().unwrap_or_else(PoisonError::into_inner);
            let mut conn = match kept.take() {
                Some(conn) => conn,
                None => connect(&this.path, this.access).map_err(StoreError::unavailable)?,
            };
            // A connection that failed is not used again.
            let done = work(&mut conn)?;
            *kept = Some(conn);
            Ok(done)
        });
        task.await.map_err(StoreError::unavailable)?
    }
}

impl Sqlite {
    /// Opens the pool of a database that is there and migrated.
    pub(crate) async fn open(path: PathBuf, access: Access) -> Result<Self, StoreError> {
        let mut config = ManagerConfig::<SqliteWrapper>::default();
        config.recycling_method = RecyclingMethod::Fast;
        config.custom_setup = Box::new(move |path| {
            let path = PathBuf::from(path);
            async move {
                let opened = tokio::task::spawn_blocking(move || connect(&path, access)).await;
                opened
                    .map_err(|error| ConnectionError::BadConnection(error.to_string()))?
                    .map(SqliteWrapper::new)
            }
            .boxed()
        });
        let manager = AsyncDieselConnectionManager::new_with_config(path.to_string_lossy(), config);
        let pool = Pool::builder()
            .max_size(CONNECTIONS)
            .connection_timeout(PATIENCE)
            .build(manager)
            .await
            .map_err(StoreError::unavailable)?;
        Ok(Self {
            feed: Arc::new(crate::feed::SqliteFeed::new(path.clone(), access)),
            busy: Arc::new(BusyConnection {
                path,
                access,
                conn: Mutex::new(None),
            }),
            pool,
            writer: tokio::sync::Mutex::new(()),
        })
    }
}

/// Opens one connection and sets it up. Who only reads makes no file.
pub(crate) fn connect(path: &Path, access: Access) -> ConnectionResult<SqliteConnection> {
    let set_up = match access {
        Access::Write => SET_UP,
        Access::Read if path.exists() => SET_UP_TO_READ,
        Access::Read => {
            let why = "there is no such file".to_owned();
            return Err(ConnectionError::BadConnection(why));
        }
    };
    let mut conn = SqliteConnection::establish(&path.to_string_lossy())?;
    conn.batch_execute(set_up)
        .map_err(ConnectionError::CouldntSetupConfiguration)?;
    Ok(conn)
}

/// Makes the file for its owner alone; SQLite gives its log the same mode.
pub(crate) fn create(path: &Path) -> std::io::Result<()> {
    let made = std::fs::OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(path);
    match made {
        Err(error) if error.kind() != std::io::ErrorKind::AlreadyExists => Err(error),
        _ => Ok(()),
    }
}
