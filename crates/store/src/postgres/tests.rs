use diesel::QueryableByName;
use diesel::sql_types::{BigInt, Text};
use diesel_async::RunQueryDsl;
use diesel_async::{AnsiTransactionManager, AsyncConnection, TransactionManager};

use super::*;

/// As long as a turn is waited for.
const DEADLINE: Duration = Duration::from_secs(10);

#[derive(QueryableByName)]
struct Value {
    #[diesel(sql_type = Text)]
    value: String,
}

#[derive(QueryableByName)]
struct Number {
    #[diesel(sql_type = BigInt)]
    number: i64,
}

async fn database() -> String {
    let url = tokio::task::spawn_blocking(tollgate_testkit::postgres::fresh_database);
    url.await.unwrap()
}

async fn shown(conn: &mut AsyncPgConnection, name: &str) -> String {
    let query = diesel::sql_query(format!("SELECT current_setting('{name}') AS value"));
    query.get_result::<Value>(conn).await.unwrap().value
}

async fn number(conn: &mut AsyncPgConnection, query: &str) -> i64 {
    let found = diesel::sql_query(query).get_result::<Number>(conn).await;
    found.unwrap().number
}

/// A connection without limits.
async fn plain(url: &str) -> AsyncPgConnection {
    AsyncPgConnection::establish(url).await.unwrap()
}

async fn pool(url: &str) -> Pool<AsyncPgConnection> {
    open(Arc::new(Server::parse(url).unwrap()), Access::Write)
        .await
        .unwrap()
}

#[tokio::test]
async fn a_pooled_connection_has_limits() {
    let pool = pool(&database().await).await;
    let mut conn = pool.get_owned().await.unwrap();
    for (name, value) in [
        ("idle_in_transaction_session_timeout", "5s"),
        ("tcp_keepalives_idle", "10"),
        ("tcp_keepalives_interval", "5"),
        ("tcp_keepalives_count", "3"),
        ("tcp_user_timeout", "20000"),
        ("lock_timeout", "30s"),
        ("statement_timeout", "5min"),
        ("client_connection_check_interval", "2s"),
    ] {
        let shown = shown(&mut conn, name).await;
        // Those of TCP are told by the system, with the unit or without.
        let shown = shown.trim_end_matches('s');
        assert_eq!(shown, value.trim_end_matches('s'), "{name}");
    }
}

#[tokio::test]
async fn what_an_operator_says_wins() {
    let url = database().await;
    plain(&url)
        .await
        .batch_execute(
            "DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET statement_timeout = 0', \
             current_database()); END $$",
        )
        .await
        .unwrap();
    let url = format!("{url}?options=-c%20lock_timeout%3D7s");
    let pool = pool(&url).await;
    let mut conn = pool.get_owned().await.unwrap();
    assert_eq!(shown(&mut conn, "lock_timeout").await, "7s");
    assert_eq!(shown(&mut conn, "statement_timeout").await, "0");
    let idle = shown(&mut conn, "idle_in_transaction_session_timeout").await;
    assert_eq!(idle, "5s");
}

#[tokio::test]
async fn the_locks_of_a_client_that_is_gone_are_free_before_others_give_up() {
    let url = database().await;
    plain(&url)
        .await
        .batch_execute("CREATE TABLE purse (used INT); INSERT INTO purse VALUES (1)")
        .await
        .unwrap();
    let pool = pool(&url).await;
    let mut gone = pool.get_owned().await.unwrap();
    gone.batch_execute("BEGIN; UPDATE purse SET used = 2")
        .await
        .unwrap();
    let mut other = pool.get_owned().await.unwrap();
    let update = other.batch_execute("UPDATE purse SET used = used + 5");
    timeout(DEADLINE, update).await.unwrap().unwrap();
    let used = number(&mut other, "SELECT used::BIGINT AS number FROM purse").await;
    assert_eq!(used, 6);
}

#[tokio::test]
async fn work_that_is_given_up_on_ends_with_its_connection() {
    let url = database().await;
    let mut holder = plain(&url).await;
    holder
        .batch_execute("CREATE TABLE purse (used INT); INSERT INTO purse VALUES (1)")
        .await
        .unwrap();
    holder
        .batch_execute("BEGIN; UPDATE purse SET used = 2")
        .await
        .unwrap();
    let pool = pool(&url).await;
    let mut conn = pool.get_owned().await.unwrap();
    AnsiTransactionManager::begin_transaction(&mut *conn)
        .await
        .unwrap();
    let update = conn.batch_execute("UPDATE purse SET used = 3");
    let late = timeout(Duration::from_millis(300), update).await;
    assert!(late.is_err());
    drop(conn);
    assert_eq!(pool.state().connections, 0);
    let waiting = "SELECT COUNT(*) AS number FROM pg_stat_activity \
        WHERE datname = current_database() AND wait_event_type = 'Lock'";
    let ended = async { while number(&mut holder, waiting).await > 0 {} };
    timeout(DEADLINE, ended).await.unwrap();
}

#[tokio::test]
async fn a_connection_that_ended_in_the_pool_is_not_lent() {
    let url = database().await;
    let pool = pool(&url).await;
    drop(pool.get_owned().await.unwrap());
    let mut other = plain(&url).await;
    other
        .batch_execute(
            "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity \
             WHERE datname = current_database() AND pid <> pg_backend_pid()",
        )
        .await
        .unwrap();
    // The end is there before the answer to this; the task of the connection has to see it.
    number(&mut other, "SELECT 1::BIGINT AS number").await;
    let mut conn = pool.get_owned().await.unwrap();
    assert_eq!(number(&mut conn, "SELECT 1::BIGINT AS number").await, 1);
}
