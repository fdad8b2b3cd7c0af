//! Many writers at once, through stores of their own as processes have them.

use tollgate_policy::id::{AccountId, TokenId};
use tollgate_rights::source::{Revision, Source};
use tollgate_store::audit::AuditVerdict;
use tollgate_store::token::TokenEdit;
use tollgate_store::{Actor, MasterKey, Store, StoreError};

use super::fixture::{Fixture, KEY, at, environment, new_account};

on_both! {
    concurrent_writers_keep_the_chain_whole
    of_two_edits_of_one_version_one_wins
    a_change_goes_on_when_nobody_waits_for_it
}

const WRITERS: u32 = 4;
const CHANGES: u32 = 15;

async fn again(fixture: &Fixture) -> Store {
    let key = MasterKey::from_bytes(KEY);
    Store::open(&fixture.url, key, environment).await.unwrap()
}

async fn concurrent_writers_keep_the_chain_whole(fixture: &Fixture) {
    let token = fixture.token("one").await.token.id;
    let mut writers = tokio::task::JoinSet::new();
    for writer in 0..WRITERS {
        let store = again(fixture).await;
        writers.spawn(async move {
            let who = Actor::new(format!("writer {writer}"), "test");
            for i in 0..CHANGES {
                let new = new_account(&format!("acc {writer} {i}"));
                let id = AccountId::new(at(1), 1000 + writer * 100 + i);
                store.account_insert(&who, new, id, at(1)).await.unwrap();
                store
                    .record_uses(vec![(token, at(i.into()))])
                    .await
                    .unwrap();
            }
        });
    }
    // A reader that follows the feed sees every change once and in order.
    let (mut seen, mut told) = (Revision(3), 0);
    let expected = usize::try_from(WRITERS * CHANGES).unwrap();
    while told < expected {
        let changes = fixture.store.changes(seen.into()).await.unwrap();
        let reached = changes.reached.revision;
        let length = i64::try_from(changes.touched.len()).unwrap();
        assert_eq!(reached.0 - seen.0, length);
        seen = reached;
        told += changes.touched.len();
        tokio::task::yield_now().await;
    }
    writers.join_all().await;
    let whole = fixture.store.audit_verify().await.unwrap();
    assert!(
        matches!(whole, AuditVerdict::Whole { rows: 63, .. }),
        "{whole:?}"
    );
}

async fn of_two_edits_of_one_version_one_wins(fixture: &Fixture) {
    let id: TokenId = fixture.token("one").await.token.id;
    let mut writers = tokio::task::JoinSet::new();
    for writer in 0..WRITERS {
        let store = again(fixture).await;
        writers.spawn(async move {
            let edit = TokenEdit {
                note: Some(writer.to_string()),
                if_version: Some(1),
                ..TokenEdit::default()
            };
            store
                .token_edit(&Actor::new("ada", "cli"), id, edit, at(1))
                .await
        });
    }
    let results = writers.join_all().await;
    let won = results.iter().filter(|one| one.is_ok()).count();
    let lost = |one: &&Result<_, _>| matches!(one, Err(StoreError::Conflict { version: 2, .. }));
    assert_eq!((won, results.iter().filter(lost).count()), (1, 3));
}

async fn a_change_goes_on_when_nobody_waits_for_it(fixture: &Fixture) {
    for i in 0..20 {
        let new = new_account(&format!("acc {i}"));
        let id = AccountId::new(at(1), i);
        let change = fixture.store.account_insert(&fixture.who, new, id, at(1));
        // Polled once, and dropped.
        let polled = tokio::time::timeout(std::time::Duration::ZERO, change).await;
        drop(polled);
    }
    // Writers line up, so this one comes after those that were dropped or is one of them.
    while fixture.store.account_list().await.unwrap().len() < 20 {
        tokio::task::yield_now().await;
    }
    let whole = fixture.store.audit_verify().await.unwrap();
    assert!(
        matches!(whole, AuditVerdict::Whole { rows: 20, .. }),
        "{whole:?}"
    );
}
