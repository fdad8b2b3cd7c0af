//! The store: how it is opened, and how its reads and writes are run.

use std::future::Future;
use std::path::PathBuf;
use std::sync::Arc;

use futures_util::future::BoxFuture;
use tokio::task::spawn_blocking;
use tollgate_policy::secret::HashKey;
use tollgate_policy::time::Timestamp;

use crate::actor::Actor;
use crate::audit::Change;
use crate::audit::head::Head;
use crate::backend::{Access, Backend, Conn};
use crate::environment::Environment;
use crate::error::StoreError;
use crate::key::{KeyError, MasterKey};
use crate::migrate::{self, Cause, Step, Tables};
use crate::postgres::Server;
use crate::sqlite::Sqlite;
use crate::{meta, postgres, sqlite};

const KEY_CHECK: &str = "key.check";

/// The durable state of one installation. Clones share one pool of connections.
///
/// Each call runs in a task of its own, so that a caller who stops waiting neither blocks a thread
/// nor leaves half a transaction behind: what was begun is finished.
#[derive(Clone)]
pub struct Store {
    inner: Arc<Inner>,
}

pub(crate) struct Inner {
    pub(crate) backend: Backend,
    pub(crate) key: MasterKey,
    pub(crate) environment: Environment,
}

/// What a change gives: its result, and its row of the audit log.
pub(crate) type Changed<T> = Result<(T, Change), StoreError>;

impl Store {
    /// Opens a database, brings it to this version's tables, and checks that the key belongs to it.
    ///
    /// The address is `sqlite:PATH`, a path, or `postgres://…`; a SQLite file is made where there is
    /// none. `environment` looks up the variables that upstream credentials are read from.
    /// Must be called on a tokio runtime with several threads.
    ///
    /// # Errors
    /// Where the database cannot be opened or migrated, or was made with another key.
    pub async fn open(
        url: &str,
        key: MasterKey,
        environment: impl Fn(&str) -> Option<String> + Send + Sync + 'static,
    ) -> Result<Self, StoreError> {
        let address = Address::parse(url)?;
        step(&address, Step::Up).await?;
        let environment = Environment::new(environment);
        Self::on(address, Access::Write, key, environment).await
    }

    /// Opens a database as it is, only to be read: no table is made or changed, and the key is
    /// compared where the database knows one. [`Store::tables`] says whether its tables are those
    /// that this version reads.
    ///
    /// # Errors
    /// Where the database is not there or has no tables, or was made with another key.
    pub async fn open_as_is(
        url: &str,
        key: MasterKey,
        environment: impl Fn(&str) -> Option<String> + Send + Sync + 'static,
    ) -> Result<Self, StoreError> {
        let environment = Environment::new(environment);
        Self::on(Address::parse(url)?, Access::Read, key, environment).await
    }

    async fn on(
        address: Address,
        access: Access,
        key: MasterKey,
        environment: Environment,
    ) -> Result<Self, StoreError> {
        let backend = match address {
            Address::Sqlite(path) => Backend::Sqlite(Sqlite::open(path, access).await?),
            Address::Postgres(server) => Backend::Postgres(postgres::open(server, access).await?),
        };
        let inner = Arc::new(Inner {
            backend,
            key,
            environment,
        });
        let store = Self { inner };
        store.check_key(access).await?;
        Ok(store)
    }

    /// How far the tables of a database are. Changes nothing.
    ///
    /// # Errors
    /// Where it cannot be opened, or a later version has migrated it.
    pub async fn tables(url: &str) -> Result<Tables, StoreError> {
        let address = Address::parse(url)?;
        match address.failed(pending(&address).await)? {
            None => Ok(Tables::Missing(address.shown())),
            Some(0) => Ok(Tables::Current),
            Some(pending) => Ok(Tables::Older(pending)),
        }
    }

    /// Brings a database to this version's tables.
    ///
    /// # Errors
    /// Where it cannot be opened or a migration fails; that migration is undone.
    pub async fn migrate(url: &str) -> Result<(), StoreError> {
        step(&Address::parse(url)?, Step::Up).await
    }

    /// Reverts the last migrations of a database, with the data that they made room for.
    ///
    /// # Errors
    /// Where it cannot be opened or a migration cannot be reverted.
    pub async fn migrate_down(url: &str, count: usize) -> Result<(), StoreError> {
        step(&Address::parse(url)?, Step::Down(count)).await
    }

    /// The key under which native secrets are hashed.
    pub fn hash_key(&self) -> HashKey {
        self.inner.key.hash_key()
    }

    /// The key's check value is written by whoever first opens the database to write.
    async fn check_key(&self, access: Access) -> Result<(), StoreError> {
        let expected = self.inner.key.check_value();
        let found = self
            .detached(|inner| async move {
                let mut conn = inner.backend.conn().await?;
                if let Some(found) = meta::fetch(&mut conn, KEY_CHECK).await? {
                    return Ok(Some((found, expected)));
                }
                if access == Access::Read {
                    return Ok(Some((expected.clone(), expected)));
                }
                meta::insert_if_new(&mut conn, KEY_CHECK, &expected).await?;
                let found = meta::fetch(&mut conn, KEY_CHECK).await?;
                Ok(found.map(|found| (found, expected)))
            })
            .await?;
        match found {
            Some((found, expected)) if found == expected => Ok(()),
            _ => Err(KeyError::Wrong.into()),
        }
    }
}

/// How work is run. INVARIANT: nothing in this crate writes administrative data but through `write`.
impl Store {
    pub(crate) fn inner(&self) -> &Inner {
        &self.inner
    }

    /// Runs work to its end, even when the caller stops waiting.
    pub(crate) async fn detached<T, F>(
        &self,
        work: impl FnOnce(Arc<Inner>) -> F,
    ) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: Future<Output = Result<T, StoreError>> + Send + 'static,
    {
        let task = tokio::spawn(work(Arc::clone(&self.inner)));
        task.await.map_err(StoreError::unavailable)?
    }

    /// Reads in one transaction: all statements see the same state.
    pub(crate) async fn read<T: Send + 'static>(
        &self,
        work: impl for<'c> FnOnce(&'c mut Conn) -> BoxFuture<'c, Result<T, StoreError>> + Send + 'static,
    ) -> Result<T, StoreError> {
        self.detached(|inner| async move {
            let mut conn = inner.backend.conn().await?;
            conn.begin_read().await?;
            let read = work(&mut conn).await;
            end(conn, read).await
        })
        .await
    }

    /// Makes one change and writes its row of the audit log, both or neither.
    ///
    /// The lock on the head of the audit log comes first: changes happen one after the other, so
    /// that what one reads is still true when it writes, and rows are numbered in commit order.
    pub(crate) async fn write<T: Send + 'static>(
        &self,
        who: &Actor,
        at: Timestamp,
        work: impl for<'c> FnOnce(&'c mut Conn) -> BoxFuture<'c, Changed<T>> + Send + 'static,
    ) -> Result<T, StoreError> {
        let who = who.clone();
        self.detached(|inner| async move {
            let _turn = inner.backend.turn().await;
            let mut conn = inner.backend.conn().await?;
            conn.begin_write().await?;
            let written = audited(&mut conn, &who, at, work).await;
            end(conn, written).await
        })
        .await
    }
}

/// What nobody decided, such as when somebody was last seen: it has no row of the audit log.
impl Store {
    /// Writes in one transaction, without a row of the audit log.
    pub(crate) async fn note<T: Send + 'static>(
        &self,
        work: impl for<'c> FnOnce(&'c mut Conn) -> BoxFuture<'c, Result<T, StoreError>> + Send + 'static,
    ) -> Result<T, StoreError> {
        self.detached(|inner| async move {
            let _turn = inner.backend.turn().await;
            let mut conn = inner.backend.conn().await?;
            conn.begin_write().await?;
            let written = work(&mut conn).await;
            end(conn, written).await
        })
        .await
    }
}

async fn audited<T>(
    conn: &mut Conn,
    who: &Actor,
    at: Timestamp,
    work: impl for<'c> FnOnce(&'c mut Conn) -> BoxFuture<'c, Changed<T>>,
) -> Result<T, StoreError> {
    let head = Head::lock(conn).await?;
    let (value, change) = work(conn).await?;
    head.append(conn, who, at, change).await?;
    Ok(value)
}

pub(crate) async fn end<T>(
    mut conn: Conn,
    outcome: Result<T, StoreError>,
) -> Result<T, StoreError> {
    match outcome {
        Ok(value) => conn.commit().await.map(|()| value),
        Err(error) => {
            conn.rollback().await;
            Err(error)
        }
    }
}

/// Where a database is.
enum Address {
    Sqlite(PathBuf),
    Postgres(Arc<Server>),
}

impl Address {
    /// # Errors
    /// Where no server can be reached by it, or it looks like an address of another form: a file of
    /// that name would have its password.
    fn parse(url: &str) -> Result<Self, StoreError> {
        if url.starts_with("postgres://") || url.starts_with("postgresql://") {
            let server = Server::parse(url).map_err(|error| StoreError::Open {
                url: "of this address".to_owned(),
                source: error.into(),
            });
            return Ok(Self::Postgres(Arc::new(server?)));
        }
        let words = ["host=", "user=", "password=", "dbname="];
        let is_file = url.starts_with("sqlite:") || !url.contains("://");
        if !is_file || words.iter().any(|word| url.contains(word)) {
            return Err(StoreError::Open {
                url: "of this address".to_owned(),
                source: "an address is a path, or `postgres://user:password@host/database`".into(),
            });
        }
        let path = url.strip_prefix("sqlite:").unwrap_or(url);
        let path = path
            .strip_prefix("//")
            .filter(|rest| rest.starts_with('/'))
            .unwrap_or(path);
        Ok(Self::Sqlite(path.into()))
    }

    /// The address as errors name it.
    fn shown(&self) -> String {
        match self {
            Self::Sqlite(path) => format!("`{}`", path.display()),
            Self::Postgres(server) => server.shown(),
        }
    }

    fn failed<T>(&self, outcome: Result<T, Cause>) -> Result<T, StoreError> {
        outcome.map_err(|source| StoreError::Open {
            url: self.shown(),
            source,
        })
    }
}

async fn step(address: &Address, step: Step) -> Result<(), StoreError> {
    address.failed(run_migrations(address, step).await)
}

async fn pending(address: &Address) -> Result<Option<usize>, Cause> {
    match address {
        Address::Sqlite(path) => {
            let path = std::path::absolute(path)?;
            spawn_blocking(move || migrate::sqlite_pending(&path)).await?
        }
        Address::Postgres(server) => {
            let conn = postgres::connect(server, Access::Read).await?;
            spawn_blocking(move || migrate::postgres_pending(conn)).await?
        }
    }
}

async fn run_migrations(address: &Address, step: Step) -> Result<(), Cause> {
    match address {
        Address::Sqlite(path) => {
            // An absolute path is never taken for one of SQLite's special names.
            let path = std::path::absolute(path)?;
            let work = move || {
                sqlite::create(&path)?;
                migrate::sqlite(&path, step)
            };
            spawn_blocking(work).await?
        }
        Address::Postgres(server) => {
            let conn = postgres::in_time(server.connect()).await?;
            spawn_blocking(move || migrate::postgres(conn, step)).await?
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_of_another_form_makes_no_file() {
        for odd in [
            "mysql://boss:hunter2@db/tollgate",
            "host=db user=boss password=hunter2 dbname=tollgate",
        ] {
            let error = Address::parse(odd).err().unwrap();
            assert!(!format!("{error:?}").contains("hunter2"), "{error:?}");
        }
        for file in ["tollgate.db", "sqlite:tollgate.db", "sqlite:///a/b.db"] {
            assert!(matches!(Address::parse(file), Ok(Address::Sqlite(_))));
        }
        for server in ["postgres://db/tollgate", "postgresql://a:b@db/tollgate"] {
            assert!(matches!(Address::parse(server), Ok(Address::Postgres(_))));
        }
    }
}
