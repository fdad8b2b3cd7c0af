//! The embedded database: how its file is made and its connections are set up.

use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use diesel::connection::SimpleConnection;
use diesel::{Connection, ConnectionError, ConnectionResult, SqliteConnection};
use diesel_async::pooled_connection::bb8::Pool;
use diesel_async::pooled_connection::{
    AsyncDieselConnectionManager, ManagerConfig, RecyclingMethod,
};
use futures_util::FutureExt;

use crate::backend::SqliteWrapper;
use crate::error::StoreError;

/// Readers at once. More do not help: reads take microseconds to milliseconds.
const CONNECTIONS: u32 = 4;
const PATIENCE: Duration = Duration::from_secs(5);

/// WAL lets the gateway read while the admin binary writes. `synchronous = FULL` syncs the log at
/// each commit: an administrator who was told that a token is revoked must find it revoked after a
/// power failure, and changes by people are too rare for the sync to matter.
const SET_UP: &str = "
    PRAGMA busy_timeout = 5000;
    PRAGMA journal_mode = WAL;
    PRAGMA synchronous = FULL;
    PRAGMA foreign_keys = ON;
    PRAGMA temp_store = MEMORY;
    PRAGMA cache_size = -8000;
";

/// The embedded database.
pub(crate) struct Sqlite {
    pub(crate) pool: Pool<SqliteWrapper>,
    /// SQLite has one writer. Those of this process line up here, which is fair and wakes the next
    /// one at once; waiting for the file's lock is neither.
    pub(crate) writer: tokio::sync::Mutex<()>,
    /// For polling: not in the pool, because its state counts.
    pub(crate) feed: std::sync::Arc<crate::feed::SqliteFeed>,
}

impl Sqlite {
    /// Opens the pool of a database that is there and migrated.
    pub(crate) async fn open(path: PathBuf) -> Result<Self, StoreError> {
        let mut config = ManagerConfig::<SqliteWrapper>::default();
        config.recycling_method = RecyclingMethod::Fast;
        config.custom_setup = Box::new(|path| {
            let path = PathBuf::from(path);
            async move {
                let opened = tokio::task::spawn_blocking(move || connect(&path)).await;
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
            feed: std::sync::Arc::new(crate::feed::SqliteFeed::new(path)),
            pool,
            writer: tokio::sync::Mutex::new(()),
        })
    }
}

/// Opens one connection and sets it up.
pub(crate) fn connect(path: &Path) -> ConnectionResult<SqliteConnection> {
    let mut conn = SqliteConnection::establish(&path.to_string_lossy())?;
    conn.batch_execute(SET_UP)
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
