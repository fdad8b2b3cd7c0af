//! Sealed secrets: handed out with a row of the audit log, and gone with their token's rights.

use tollgate_policy::id::TokenId;
use tollgate_policy::secret::Secret;
use tollgate_policy::token::TokenState;
use tollgate_store::sealing::OpenError;
use tollgate_store::token::{NewSecret, NewToken, StoredToken};
use tollgate_store::{SealingKeys, StoreError};
use zeroize::Zeroizing;

use super::fixture::{Fixture, at};

fn keys(byte: u8) -> SealingKeys {
    SealingKeys::new(vec![Zeroizing::new([byte; 32])]).unwrap()
}

/// A token whose secret is sealed.
async fn sealed(f: &Fixture, name: &str) -> (StoredToken, Secret) {
    let id = TokenId::new(at(0), f.number());
    let (secret, kept) = sealed_for(f, id);
    let account = f.account(&format!("a {name}")).await.account.id;
    let group = f.group(&format!("g {name}")).await.group.id;
    let new = NewToken {
        secrets: vec![kept],
        ..f.new_token(name, account, group)
    };
    let made = f.store.token_insert(&f.who, new, id, at(0)).await.unwrap();
    (made, secret)
}

fn sealed_for(f: &Fixture, id: TokenId) -> (Secret, NewSecret) {
    let (secret, kept) = f.secret();
    let sealed = Some(keys(1).seal(id, &secret).unwrap());
    (secret, NewSecret { sealed, ..kept })
}

async fn a_reveal_gives_the_newest_secret_and_is_audited(f: &Fixture) {
    let (token, first) = sealed(f, "copied").await;
    let id = token.token.id;
    let found = f.store.token_reveal(&f.who, id, at(1)).await.unwrap();
    assert_eq!(found.hint, first.hint());
    assert_eq!(
        keys(1).open(id, &found.sealed).unwrap().reveal(),
        first.reveal()
    );
    let (second, kept) = sealed_for(f, id);
    let store = &f.store;
    store
        .token_rotate(&f.who, id, kept, at(100), at(2))
        .await
        .unwrap();
    let found = store.token_reveal(&f.who, id, at(3)).await.unwrap();
    assert_eq!(
        keys(1).open(id, &found.sealed).unwrap().reveal(),
        second.reveal()
    );
    let log = f.audit().await;
    let seen = log.iter().filter(|row| row.action == "token.reveal");
    let seen: Vec<_> = seen.collect();
    assert_eq!(seen.len(), 2);
    for row in seen {
        assert_eq!(
            (row.actor.as_str(), row.subject.clone()),
            ("ada", id.to_string())
        );
        assert_eq!(row.before, row.after);
        for secret in [&first, &second] {
            assert!(!format!("{row:?}").contains(secret.reveal()));
        }
    }
}

async fn a_secret_that_was_not_sealed_is_not_revealed(f: &Fixture) {
    let (token, _) = sealed(f, "turned off").await;
    let id = token.token.id;
    let (_, plain) = f.secret();
    f.store
        .token_rotate(&f.who, id, plain, at(100), at(1))
        .await
        .unwrap();
    let before = f.audit().await.len();
    let error = f.store.token_reveal(&f.who, id, at(2)).await.unwrap_err();
    assert!(matches!(error, StoreError::NotSealed(one) if one == id));
    assert!(error.to_string().contains("rotate"));
    assert_eq!(f.audit().await.len(), before);
}

async fn a_revoked_or_deleted_token_loses_its_sealed_secret(f: &Fixture) {
    let (revoked, _) = sealed(f, "revoked").await;
    let id = revoked.token.id;
    let store = &f.store;
    store
        .token_set_state(&f.who, id, TokenState::Revoked, at(1))
        .await
        .unwrap();
    let error = store.token_reveal(&f.who, id, at(2)).await.unwrap_err();
    assert!(matches!(error, StoreError::Revoked(_)));
    let (deleted, _) = sealed(f, "deleted").await;
    store
        .token_delete(&f.who, deleted.token.id, at(1))
        .await
        .unwrap();
    let error = store
        .token_reveal(&f.who, deleted.token.id, at(2))
        .await
        .unwrap_err();
    assert!(matches!(error, StoreError::NotFound { .. }));
    assert_eq!(f.rows("sealed_secrets").await, 0);
}

async fn a_sealed_secret_of_another_token_cut_or_under_another_key_does_not_open(f: &Fixture) {
    let (one, _) = sealed(f, "one").await;
    let (two, _) = sealed(f, "two").await;
    let (one, two) = (one.token.id.raw(), two.token.id.raw());
    f.sql(&format!(
        "UPDATE sealed_secrets SET sealed = (SELECT s.sealed FROM sealed_secrets AS s WHERE s.token_id = {two}) \
         WHERE token_id = {one}"
    ))
    .await;
    f.sql(&format!(
        "UPDATE sealed_secrets SET sealed = substr(sealed, 1, 40) WHERE token_id = {two}"
    ))
    .await;
    for raw in [one, two] {
        let id = TokenId::from_raw(raw).unwrap();
        let found = f.store.token_reveal(&f.who, id, at(1)).await.unwrap();
        assert_eq!(
            keys(1).open(id, &found.sealed).unwrap_err(),
            OpenError::Damaged
        );
        let error = keys(2).open(id, &found.sealed).unwrap_err();
        assert_eq!(error, OpenError::UnknownKey(found.sealed.key));
    }
}

on_both! {
    a_reveal_gives_the_newest_secret_and_is_audited
    a_secret_that_was_not_sealed_is_not_revealed
    a_revoked_or_deleted_token_loses_its_sealed_secret
    a_sealed_secret_of_another_token_cut_or_under_another_key_does_not_open
}
