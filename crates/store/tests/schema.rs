//! The tables are what `schema.rs` says, and every migration goes up, down and up again.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "tests fail by panicking"
)]

use std::collections::BTreeMap;
use std::error::Error as _;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use diesel::sql_types::{Bool, Text};
use diesel::{Connection, QueryableByName, SqliteConnection, sql_query};
use diesel_async::{AsyncConnection, AsyncPgConnection};
use tollgate_store::{MasterKey, Store};

/// Table and column, with type and whether it may be missing.
type Columns = BTreeMap<(String, String), (String, bool)>;

#[derive(QueryableByName)]
struct Column {
    #[diesel(sql_type = Text)]
    table: String,
    #[diesel(sql_type = Text)]
    name: String,
    #[diesel(sql_type = Text)]
    kind: String,
    #[diesel(sql_type = Bool)]
    nullable: bool,
}

#[derive(QueryableByName)]
struct Word {
    #[diesel(sql_type = Text)]
    word: String,
}

const SQLITE_COLUMNS: &str = "SELECT m.name AS \"table\", c.name AS name, c.type AS kind,
        c.\"notnull\" = 0 AS nullable
    FROM sqlite_schema AS m, pragma_table_info(m.name) AS c
    WHERE m.type = 'table' AND m.name NOT LIKE 'token\\_search%' ESCAPE '\\'
        AND m.name NOT LIKE '\\_\\_%' ESCAPE '\\' AND m.name NOT LIKE 'sqlite\\_%' ESCAPE '\\'";
const POSTGRES_COLUMNS: &str = "SELECT table_name::text AS \"table\", column_name::text AS name,
        data_type::text AS kind, is_nullable = 'YES' AS nullable
    FROM information_schema.columns
    WHERE table_schema = 'public' AND table_name NOT LIKE '\\_\\_%'";

/// How the types of `schema.rs` are called in a database.
type Names = fn(&str) -> &'static str;

fn in_sqlite(kind: &str) -> &'static str {
    match kind {
        "BigInt" | "Bool" => "INTEGER",
        "Text" => "TEXT",
        "Binary" => "BLOB",
        other => panic!("{other} is no portable type"),
    }
}

fn in_postgres(kind: &str) -> &'static str {
    match kind {
        "BigInt" => "bigint",
        "Bool" => "boolean",
        "Text" => "text",
        "Binary" => "bytea",
        other => panic!("{other} is no portable type"),
    }
}

/// The columns that the source of the schema names.
fn declared(names: Names) -> Columns {
    let mut columns = Columns::new();
    let mut table = String::new();
    let sources = [
        include_str!("../src/schema.rs"),
        include_str!("../src/schema/people.rs"),
        include_str!("../src/schema/reports.rs"),
    ];
    let lines = sources.into_iter().flat_map(str::lines).map(str::trim);
    for line in lines.filter(|line| !line.starts_with("diesel::")) {
        if let Some((name, kind)) = line.trim_end_matches(',').split_once(" -> ") {
            let plain = kind
                .strip_prefix("Nullable<")
                .map(|kind| kind.trim_end_matches('>'));
            let column = (names(plain.unwrap_or(kind)).to_owned(), plain.is_some());
            columns.insert((table.clone(), name.to_owned()), column);
        } else if let Some((name, _)) = line.split_once(" (") {
            table = name.to_owned();
        }
    }
    assert!(columns.len() > 60);
    columns
}

fn found(columns: Vec<Column>) -> Columns {
    let entry = |c: Column| ((c.table, c.name), (c.kind, c.nullable));
    columns.into_iter().map(entry).collect()
}

fn sqlite() -> (tempfile::TempDir, String) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("test.db").display().to_string();
    (folder, path)
}

async fn postgres() -> String {
    let url = tokio::task::spawn_blocking(tollgate_testkit::postgres::fresh_database);
    url.await.unwrap()
}

fn load_sqlite(path: &str) -> Columns {
    use diesel::RunQueryDsl;
    let mut conn = SqliteConnection::establish(path).unwrap();
    found(sql_query(SQLITE_COLUMNS).load(&mut conn).unwrap())
}

async fn load_postgres(url: &str) -> Columns {
    use diesel_async::RunQueryDsl;
    let mut conn = AsyncPgConnection::establish(url).await.unwrap();
    found(sql_query(POSTGRES_COLUMNS).load(&mut conn).await.unwrap())
}

fn migrations(backend: &str) -> Vec<String> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../../migrations")
        .join(backend);
    let entries = std::fs::read_dir(folder).unwrap();
    let mut names: Vec<_> = entries
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}

async fn open(url: &str) -> Store {
    let key = MasterKey::from_bytes([1; 32]);
    Store::open(url, key, |_| None).await.unwrap()
}

#[test]
fn migrations_come_in_pairs_of_the_same_name() {
    assert_eq!(migrations("sqlite"), migrations("postgres"));
    assert!(!migrations("sqlite").is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn the_schema_is_what_the_sqlite_file_has() {
    let (_folder, path) = sqlite();
    Store::migrate(&path).await.unwrap();
    assert_eq!(load_sqlite(&path), declared(in_sqlite));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_schema_is_what_the_postgres_database_has() {
    let url = postgres().await;
    Store::migrate(&url).await.unwrap();
    assert_eq!(load_postgres(&url).await, declared(in_postgres));
}

#[tokio::test(flavor = "multi_thread")]
async fn every_sqlite_migration_goes_up_down_and_up() {
    let (_folder, path) = sqlite();
    for count in 1..=migrations("sqlite").len() {
        Store::migrate(&path).await.unwrap();
        Store::migrate_down(&path, count).await.unwrap();
    }
    assert_eq!(load_sqlite(&path), Columns::new());
    Store::migrate(&path).await.unwrap();
    assert_eq!(load_sqlite(&path), declared(in_sqlite));
    open(&path).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn every_postgres_migration_goes_up_down_and_up() {
    let url = postgres().await;
    for count in 1..=migrations("postgres").len() {
        Store::migrate(&url).await.unwrap();
        Store::migrate_down(&url, count).await.unwrap();
    }
    assert_eq!(load_postgres(&url).await, Columns::new());
    Store::migrate(&url).await.unwrap();
    assert_eq!(load_postgres(&url).await, declared(in_postgres));
    open(&url).await;
}

/// What a later version leaves behind where migrations are counted.
const LATER: &str = "INSERT INTO __diesel_schema_migrations (version) VALUES ('9999')";

async fn is_refused(url: &str) {
    let refused = Store::migrate(url).await.unwrap_err();
    let cause = refused.source().unwrap().to_string();
    assert!(cause.contains("`9999` by a later version"), "{cause}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sqlite_file_of_a_later_version_is_refused() {
    use diesel::RunQueryDsl;
    let (_folder, path) = sqlite();
    Store::migrate(&path).await.unwrap();
    let mut conn = SqliteConnection::establish(&path).unwrap();
    sql_query(LATER).execute(&mut conn).unwrap();
    is_refused(&path).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_postgres_database_of_a_later_version_is_refused() {
    use diesel_async::RunQueryDsl;
    let url = postgres().await;
    Store::migrate(&url).await.unwrap();
    let mut conn = AsyncPgConnection::establish(&url).await.unwrap();
    sql_query(LATER).execute(&mut conn).await.unwrap();
    is_refused(&url).await;
}

/// A row in each table that money is in. The first four were there before.
const ROWS: [&str; 10] = [
    "INSERT INTO accounts (id, name, enabled, note, created_at, updated_at)
     VALUES (1, 'acme', 1 = 1, '', 0, 0)",
    "INSERT INTO groups (id, name, multiplier_millionths, note, created_at, updated_at)
     VALUES (2, 'basic', 1000000, '', 0, 0)",
    "INSERT INTO tokens (id, name, account_id, group_id, state, quota, creator, note,
         search_text, created_at, updated_at, version)
     VALUES (3, 'one', 1, 2, 'enabled', 5, 'ada', '', 'one', 0, 0, 1)",
    "INSERT INTO models (id, name, provider, enabled, note, created_at, updated_at)
     VALUES (4, 'gpt', 'openai', 1 = 1, '', 0, 0)",
    "UPDATE tokens SET period_limit = 5, period_unit = 'day', period_zone = 'UTC', rpm = 7",
    "INSERT INTO token_spend (token_id, used, held, period_begin, period_end, period_used)
     VALUES (3, 4, 2, 0, 86400000000, 5)",
    "UPDATE accounts SET credited = 50, credit_line = 5, concurrency = 3",
    "INSERT INTO account_spend (account_id, used) VALUES (1, 9)",
    "INSERT INTO model_prices (model_id, provider, group_id, price) VALUES (4, '', 2, 'free')",
    "INSERT INTO credits (id, account_id, at, amount, actor, note) VALUES (1, 1, 0, 50, 'ada', '')",
];

/// How many migrations came when none of them had to do with money.
const BEFORE_MONEY: usize = 5;

async fn down_and_up_with_rows(url: &str, run: impl AsyncFn(&str)) {
    use tollgate_policy::id::{AccountId, ModelId, TokenId};
    use tollgate_policy::quota::Standing;
    let down = migrations("sqlite").len() - BEFORE_MONEY;
    Store::migrate(url).await.unwrap();
    for row in ROWS {
        run(row).await;
    }
    let token = TokenId::from_raw(3).unwrap();
    let store = open(url).await;
    let before = store.token_fetch(token).await.unwrap();
    assert!(before.token.quota.periodic.is_some());
    drop(store);
    Store::migrate_down(url, down).await.unwrap();
    Store::migrate(url).await.unwrap();
    let store = open(url).await;
    let after = store.token_fetch(token).await.unwrap();
    let mut expected = before.clone();
    (expected.token.quota.periodic, expected.token.limits) = Default::default();
    expected.spent = Standing::default();
    expected.spent.lifetime.used = before.spent.lifetime.used;
    assert_eq!(after, expected);
    let account = AccountId::from_raw(1).unwrap();
    let account = store.account_fetch(account).await.unwrap();
    assert_eq!(account.account.funds, Default::default());
    assert_eq!(account.spent, Standing::default());
    let model = ModelId::from_raw(4).unwrap();
    let model = store.model_fetch(model).await.unwrap().model;
    assert_eq!(model.pricing, Default::default());
    assert_eq!(store.group_list().await.unwrap().len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn sqlite_migrations_go_down_and_up_with_rows_in_the_tables() {
    use diesel::connection::SimpleConnection;
    let (_folder, path) = sqlite();
    down_and_up_with_rows(&path, async |sql: &str| {
        let mut conn = SqliteConnection::establish(&path).unwrap();
        conn.batch_execute("PRAGMA foreign_keys = ON").unwrap();
        conn.batch_execute(sql).unwrap();
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn postgres_migrations_go_down_and_up_with_rows_in_the_tables() {
    use diesel_async::SimpleAsyncConnection;
    let url = postgres().await;
    down_and_up_with_rows(&url, async |sql: &str| {
        let mut conn = AsyncPgConnection::establish(&url).await.unwrap();
        conn.batch_execute(sql).await.unwrap();
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn several_processes_may_start_at_once() {
    let (_folder, path) = sqlite();
    for url in [path, postgres().await] {
        let mut stores = tokio::task::JoinSet::new();
        for _ in 0..4 {
            let url = url.clone();
            stores.spawn(async move { open(&url).await });
        }
        assert_eq!(stores.join_all().await.len(), 4);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_sqlite_file_and_its_log_are_for_their_owner_alone() {
    let (folder, path) = sqlite();
    let store = open(&path).await;
    let mut modes = BTreeMap::new();
    for entry in std::fs::read_dir(folder.path()).unwrap() {
        let entry = entry.unwrap();
        let mode = entry.metadata().unwrap().permissions().mode() & 0o777;
        modes.insert(entry.file_name().into_string().unwrap(), mode);
    }
    drop(store);
    let expected = ["test.db", "test.db-shm", "test.db-wal"];
    assert_eq!(modes, expected.map(|name| (name.to_owned(), 0o600)).into());
    use diesel::RunQueryDsl;
    let mut conn = SqliteConnection::establish(&path).unwrap();
    let mode = sql_query("SELECT journal_mode AS word FROM pragma_journal_mode");
    assert_eq!(mode.get_result::<Word>(&mut conn).unwrap().word, "wal");
}

/// How many migrations came when counts stood among what operators say.
const BEFORE_SPEND: usize = 8;
const ACCOUNT: i64 = 1;

/// Tokens by id: what was used and held, the period's begin and what was used in it, when it was
/// last used, and its quota.
type Old = (i64, i64, i64, Option<i64>, i64, Option<i64>, Option<i64>);
const OLD: [Old; 6] = [
    (3, 0, 0, None, 0, None, Some(0)),
    (4, 7, 0, None, 0, Some(11), Some(8)),
    (5, 1_000_003, 40, None, 0, Some(11), None),
    (6, 1_000_002, 0, Some(0), 5, None, Some(1_000_002)),
    (7, 0, 0, None, 0, Some(12), None),
    (8, i64::MAX, 0, None, 0, None, None),
];

fn old_row((id, used, held, begin, period_used, last, quota): Old) -> String {
    let text = |number: Option<i64>| number.map_or("NULL".to_owned(), |one| one.to_string());
    let (begin, last, quota) = (text(begin), text(last), text(quota));
    format!(
        "INSERT INTO tokens (id, name, account_id, group_id, state, quota, used, held,
             period_limit, period_unit, period_zone, period_begin, period_end, period_used,
             creator, note, search_text, created_at, updated_at, last_used_at, version)
         VALUES ({id}, 'old', {ACCOUNT}, 2, 'enabled', {quota}, {used}, {held}, 9, 'day', 'UTC',
             {begin}, {begin} + 86400000000, {period_used}, 'ada', '', 'old', {id}, 0, {last}, 1)"
    )
}

async fn check_spend(url: &str) {
    use tollgate_policy::id::{AccountId, TokenId};
    use tollgate_policy::time::Timestamp;
    use tollgate_policy::token::TokenStatus;
    use tollgate_store::token::{Direction, Sort, SortKey, TokenQuery};
    let store = open(url).await;
    for (id, used, held, begin, period_used, last, _) in OLD {
        let token = TokenId::from_raw(id).unwrap();
        let token = store.token_fetch(token).await.unwrap();
        let (lifetime, periodic) = (token.spent.lifetime, token.spent.periodic);
        assert_eq!(lifetime.used.as_micros(), used);
        assert_eq!(lifetime.held.as_micros(), held);
        let counted = periodic.map(|(begin, spent)| (begin.as_micros(), spent.used.as_micros()));
        assert_eq!(counted, begin.map(|begin| (begin, period_used)));
        assert_eq!(token.last_used_at, last.map(Timestamp::from_micros));
    }
    let account = store.account_fetch(AccountId::from_raw(ACCOUNT).unwrap());
    let spent = account.await.unwrap().spent;
    assert_eq!(spent.lifetime.used.as_micros(), 9);
    assert_eq!(spent.lifetime.held.as_micros(), 4);
    let listed = async |query: TokenQuery| -> Vec<i64> {
        let page = store.token_list(&query).await.unwrap();
        page.items.iter().map(|one| one.token.id.raw()).collect()
    };
    let mut query = TokenQuery::new(Timestamp::from_micros(1));
    query.sort = Sort {
        key: SortKey::Used,
        direction: Direction::Descending,
    };
    assert_eq!(listed(query.clone()).await, [8, 5, 6, 4, 7, 3]);
    query.sort.direction = Direction::Ascending;
    assert_eq!(listed(query.clone()).await, [3, 7, 4, 6, 5, 8]);
    query.status = Some(TokenStatus::Exhausted);
    assert_eq!(listed(query).await, [3, 6]);
}

async fn counts_move(url: &str, run: impl AsyncFn(&str)) {
    let down = migrations("sqlite").len() - BEFORE_SPEND;
    Store::migrate(url).await.unwrap();
    Store::migrate_down(url, down).await.unwrap();
    run(
        "INSERT INTO accounts (id, name, enabled, note, created_at, updated_at, used, held)
         VALUES (1, 'acme', 1 = 1, '', 0, 0, 9, 4)",
    )
    .await;
    run(ROWS[1]).await;
    for old in OLD {
        run(&old_row(old)).await;
    }
    check_spend(url).await;
    Store::migrate_down(url, down).await.unwrap();
    check_spend(url).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_sqlite_file_has_counted_moves_up_and_down() {
    use diesel::connection::SimpleConnection;
    let (_folder, path) = sqlite();
    counts_move(&path, async |sql: &str| {
        let mut conn = SqliteConnection::establish(&path).unwrap();
        conn.batch_execute(sql).unwrap();
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_postgres_database_has_counted_moves_up_and_down() {
    use diesel_async::SimpleAsyncConnection;
    let url = postgres().await;
    counts_move(&url, async |sql: &str| {
        let mut conn = AsyncPgConnection::establish(&url).await.unwrap();
        conn.batch_execute(sql).await.unwrap();
    })
    .await;
}

/// `.cargo/config.toml` says how.
#[test]
fn sqlite_is_built_for_connections_that_no_threads_share() {
    use diesel::RunQueryDsl;
    let mut connection = SqliteConnection::establish(":memory:").unwrap();
    let options = sql_query("SELECT compile_options AS word FROM pragma_compile_options");
    let options: Vec<Word> = options.load(&mut connection).unwrap();
    let has = |name: &str| options.iter().any(|option| option.word.starts_with(name));
    assert!(has("THREADSAFE=2"));
    assert!(has("DEFAULT_MEMSTATUS=0"));
    assert!(!has("ENABLE_MEMORY_MANAGEMENT"));
    assert!(!has("ENABLE_API_ARMOR"));
}
