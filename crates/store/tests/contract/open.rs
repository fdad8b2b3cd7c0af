//! Opening a database.

use tollgate_store::key::KeyError;
use tollgate_store::{MasterKey, Store, StoreError};

use super::fixture::{Fixture, KEY, environment};

on_both! {
    a_database_opens_again_with_its_key
    another_key_is_refused
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
