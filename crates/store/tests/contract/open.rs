//! Opening a database.

use tollgate_policy::id::AccountId;
use tollgate_store::key::KeyError;
use tollgate_store::{MasterKey, Store, StoreError, Tables};

use super::fixture::{Fixture, KEY, at, environment, new_account};

on_both! {
    a_database_opens_again_with_its_key
    another_key_is_refused
    a_database_is_read_as_it_is
    another_key_is_refused_where_a_database_is_read_as_it_is
    tables_of_a_version_before_are_told_and_stay
}

async fn a_database_opens_again_with_its_key(fixture: &Fixture) {
    let account = fixture.account("acme").await;
    let key = MasterKey::from_bytes(KEY);
    let again = Store::open(&fixture.url, key, environment).await.unwrap();
    let found = again.account_fetch(account.account.id).await.unwrap();
    assert_eq!(found, account);
}

async fn another_key_is_refused(fixture: &Fixture) {
    let key = MasterKey::from_bytes([8; 32]);
    let opened = Store::open(&fixture.url, key, environment).await;
    let error = opened.map(|_| ()).unwrap_err();
    assert!(matches!(error, StoreError::Key(KeyError::Wrong)), "{error}");
}

async fn a_database_is_read_as_it_is(fixture: &Fixture) {
    let account = fixture.account("acme").await;
    fixture
        .sql("DELETE FROM meta WHERE key = 'key.check'")
        .await;
    let key = MasterKey::from_bytes(KEY);
    let opened = Store::open_as_is(&fixture.url, key, environment).await;
    let as_is = opened.unwrap();
    let found = as_is.account_fetch(account.account.id).await.unwrap();
    assert_eq!(found, account);
    assert_eq!(fixture.rows("meta WHERE key = 'key.check'").await, 0);
    let id = AccountId::new(at(0), fixture.number());
    let made = as_is.account_insert(&fixture.who, new_account("other"), id, at(0));
    let error = made.await.unwrap_err();
    assert!(matches!(error, StoreError::Unavailable(_)), "{error}");
}

async fn another_key_is_refused_where_a_database_is_read_as_it_is(fixture: &Fixture) {
    let key = MasterKey::from_bytes([8; 32]);
    let opened = Store::open_as_is(&fixture.url, key, environment).await;
    let error = opened.map(|_| ()).unwrap_err();
    assert!(matches!(error, StoreError::Key(KeyError::Wrong)), "{error}");
}

async fn tables_of_a_version_before_are_told_and_stay(fixture: &Fixture) {
    let tables = async || Store::tables(&fixture.url).await;
    assert_eq!(tables().await.unwrap(), Tables::Current);
    Store::migrate_down(&fixture.url, 2).await.unwrap();
    assert_eq!(tables().await.unwrap(), Tables::Older(2));
    let key = MasterKey::from_bytes(KEY);
    let opened = Store::open_as_is(&fixture.url, key, environment).await;
    opened.map(drop).unwrap();
    assert_eq!(tables().await.unwrap(), Tables::Older(2));
    let later = "INSERT INTO __diesel_schema_migrations (version) VALUES ('9999')";
    fixture.sql(later).await;
    let error = tables().await.unwrap_err();
    let source = std::error::Error::source(&error).unwrap().to_string();
    assert!(source.contains("`9999` by a later version"), "{source}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_empty_database_is_left_empty() {
    let url = tokio::task::spawn_blocking(tollgate_testkit::postgres::fresh_database);
    let url = url.await.unwrap();
    for _ in 0..2 {
        let found = Store::tables(&url).await.unwrap();
        assert!(matches!(found, Tables::Missing(_)), "{found:?}");
    }
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("test.db");
    let url = format!("sqlite://{}", path.display());
    let missing = Tables::Missing(format!("`{}`", path.display()));
    assert_eq!(Store::tables(&url).await.unwrap(), missing);
    let key = MasterKey::from_bytes(KEY);
    let opened = Store::open_as_is(&url, key, environment).await;
    assert!(opened.is_err());
    assert!(!path.exists());
    std::fs::write(&path, "").unwrap();
    assert_eq!(Store::tables(&url).await.unwrap(), missing);
    assert_eq!(std::fs::metadata(&path).unwrap().len(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_database_that_cannot_be_opened_is_named_without_its_password() {
    let key = || MasterKey::from_bytes(KEY);
    let url = "postgres://ada:hunter2@127.0.0.1:1/missing";
    let error = Store::open(url, key(), environment)
        .await
        .map(|_| ())
        .unwrap_err();
    assert!(error.to_string().contains("127.0.0.1/missing"), "{error}");
    assert!(!error.to_string().contains("hunter2"), "{error}");
    let folder = tempfile::tempdir().unwrap();
    let url = format!("{}/missing/test.db", folder.path().display());
    let error = Store::open(&url, key(), environment)
        .await
        .map(|_| ())
        .unwrap_err();
    assert!(matches!(error, StoreError::Open { .. }), "{error}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sqlite_address_may_be_a_path_or_have_a_scheme() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("test.db").display().to_string();
    for url in [
        path.clone(),
        format!("sqlite:{path}"),
        format!("sqlite://{path}"),
    ] {
        let key = MasterKey::from_bytes(KEY);
        Store::open(&url, key, environment).await.unwrap();
    }
    let files = std::fs::read_dir(folder.path()).unwrap();
    let databases = files.filter(|file| file.as_ref().unwrap().path().extension().unwrap() == "db");
    assert_eq!(databases.count(), 1);
}
