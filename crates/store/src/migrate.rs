//! Brings a database to this version's tables, on a plain connection of its own.

use std::path::Path;

use diesel::connection::SimpleConnection;
use diesel::dsl::sql;
use diesel::expression::SqlLiteral;
use diesel::migration::MigrationSource;
use diesel::query_dsl::LoadQuery;
use diesel::sql_types::{BigInt, Text};
use diesel::{Connection, RunQueryDsl, SqliteConnection};
use diesel_async::AsyncPgConnection;
use diesel_async::async_connection_wrapper::AsyncConnectionWrapper;
use diesel_migrations::{EmbeddedMigrations, MigrationHarness, embed_migrations};

use crate::backend::Access;
use crate::postgres;

const SQLITE: EmbeddedMigrations = embed_migrations!("../../migrations/sqlite");
const POSTGRES: EmbeddedMigrations = embed_migrations!("../../migrations/postgres");

/// Two processes that start at once wait for each other; the number means nothing.
const LINE_UP: &str = "SELECT pg_advisory_xact_lock(7316520348)";

/// Whether there is a list of the migrations that were run, which diesel keeps.
const LISTED_BY_SQLITE: &str =
    "SELECT COUNT(*) FROM sqlite_master WHERE name = '__diesel_schema_migrations'";
const LISTED_BY_POSTGRES: &str =
    "SELECT COUNT(*) FROM pg_class WHERE oid = to_regclass('__diesel_schema_migrations')";
const LIST: &str = "SELECT version FROM __diesel_schema_migrations";

pub(crate) type Cause = Box<dyn std::error::Error + Send + Sync>;

/// A later version of this program was there before.
#[derive(Debug, thiserror::Error)]
#[error(
    "it was migrated to `{0}` by a later version of this program: start that version, or restore a backup from before"
)]
struct Later(String);

/// What to do with the migrations.
#[derive(Clone, Copy)]
pub(crate) enum Step {
    /// Run those that were not run.
    Up,
    /// Revert the last ones.
    Down(usize),
}

/// How far the tables of a database are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Tables {
    /// None of this program is there. Says where they were looked for, without a password.
    Missing(String),
    /// They are of a version before: so many migrations were not run yet.
    Older(usize),
    /// They are of this version.
    Current,
}

/// Migrates a SQLite file. Blocks.
pub(crate) fn sqlite(path: &Path, step: Step) -> Result<(), Cause> {
    let mut conn = crate::sqlite::connect(path, Access::Write)?;
    let mut outcome = Ok(());
    conn.immediate_transaction(|conn: &mut SqliteConnection| {
        outcome = run(conn, || SQLITE, step);
        kept(&outcome)
    })
    .or_else(only_if_kept(&outcome))?;
    outcome
}

/// Migrates a PostgreSQL database by a connection to it. Blocks, and must not run on a thread of
/// the async runtime that drives the connection.
pub(crate) fn postgres(conn: AsyncPgConnection, step: Step) -> Result<(), Cause> {
    let mut conn = AsyncConnectionWrapper::<AsyncPgConnection>::from(conn);
    // However long it takes, and whoever is waited for.
    conn.batch_execute(&postgres::only_gone())?;
    let mut outcome = Ok(());
    conn.transaction(|conn: &mut AsyncConnectionWrapper<AsyncPgConnection>| {
        conn.batch_execute(LINE_UP)?;
        outcome = run(conn, || POSTGRES, step);
        kept(&outcome)
    })
    .or_else(only_if_kept(&outcome))?;
    outcome
}

/// Counts the migrations that a SQLite file waits for, `None` where none was ever run. Changes
/// nothing, and blocks.
pub(crate) fn sqlite_pending(path: &Path) -> Result<Option<usize>, Cause> {
    if !path.try_exists()? {
        return Ok(None);
    }
    let mut conn = crate::sqlite::connect(path, Access::Read)?;
    pending(&mut conn, &SQLITE, LISTED_BY_SQLITE)
}

/// As [`sqlite_pending`], by a connection to PostgreSQL, and not on a thread of its runtime.
pub(crate) fn postgres_pending(conn: AsyncPgConnection) -> Result<Option<usize>, Cause> {
    let mut conn = AsyncConnectionWrapper::<AsyncPgConnection>::from(conn);
    pending(&mut conn, &POSTGRES, LISTED_BY_POSTGRES)
}

/// What diesel offers for it makes its list where there is none.
fn pending<C>(
    conn: &mut C,
    known: &EmbeddedMigrations,
    listed: &str,
) -> Result<Option<usize>, Cause>
where
    C: Connection,
    EmbeddedMigrations: MigrationSource<C::Backend>,
    SqlLiteral<BigInt>: for<'q> LoadQuery<'q, C, i64>,
    SqlLiteral<Text>: for<'q> LoadQuery<'q, C, String>,
{
    if sql::<BigInt>(listed).get_result::<i64>(conn)? == 0 {
        return Ok(None);
    }
    let applied: Vec<String> = sql::<Text>(LIST).load(conn)?;
    let known = MigrationSource::<C::Backend>::migrations(known)?;
    let known: Vec<_> = known
        .iter()
        .map(|one| one.name().version().to_string())
        .collect();
    if let Some(unknown) = applied.iter().find(|one| !known.contains(one)) {
        return Err(Later(unknown.clone()).into());
    }
    let pending = known.len().saturating_sub(applied.len());
    Ok((!applied.is_empty()).then_some(pending))
}

fn run<C>(
    conn: &mut C,
    migrations: impl Fn() -> EmbeddedMigrations,
    step: Step,
) -> Result<(), Cause>
where
    C: MigrationHarness<C::Backend> + Connection,
    EmbeddedMigrations: MigrationSource<C::Backend>,
{
    match step {
        Step::Up => {
            check(conn, &migrations())?;
            for version in conn.run_pending_migrations(migrations())? {
                tracing::info!(migration = %version, "the database was migrated");
            }
        }
        Step::Down(count) => {
            for _ in 0..count {
                conn.revert_last_migration(migrations())?;
            }
        }
    }
    Ok(())
}

/// Refuses a database with tables that this version does not know: it would leave out what a later
/// one counts on.
fn check<C>(conn: &mut C, known: &EmbeddedMigrations) -> Result<(), Cause>
where
    C: MigrationHarness<C::Backend> + Connection,
    EmbeddedMigrations: MigrationSource<C::Backend>,
{
    let known = MigrationSource::<C::Backend>::migrations(known)?;
    let known: Vec<_> = known.iter().map(|one| one.name().version()).collect();
    let applied = conn.applied_migrations()?;
    match applied.into_iter().find(|one| !known.contains(one)) {
        Some(unknown) => Err(Later(unknown.to_string()).into()),
        None => Ok(()),
    }
}

/// Makes the transaction end as the migrations did.
fn kept(outcome: &Result<(), Cause>) -> Result<(), diesel::result::Error> {
    match outcome {
        Ok(()) => Ok(()),
        Err(_) => Err(diesel::result::Error::RollbackTransaction),
    }
}

/// The migrations' own error says more than that their transaction was rolled back.
fn only_if_kept(
    outcome: &Result<(), Cause>,
) -> impl FnOnce(diesel::result::Error) -> Result<(), Cause> {
    let failed = outcome.is_err();
    move |error| if failed { Ok(()) } else { Err(error.into()) }
}
