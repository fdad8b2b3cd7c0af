//! The store as the source of rights.

use tollgate_policy::id::TokenId;
use tollgate_policy::token::TokenState;
use tollgate_rights::source::{Position, Revision, Source, Touched, UpstreamSecret};
use tollgate_store::account::AccountEdit;
use tollgate_store::upstream::NewCredential;

use super::fixture::{Fixture, at, serves};

on_both! {
    a_snapshot_has_the_catalog_and_its_revision
    a_credential_is_found_by_its_hash
    changes_are_told_in_their_order
    nothing_new_is_told_again
    where_changes_were_lost_everything_is_read_anew
    the_latest_use_is_kept
}

async fn a_snapshot_has_the_catalog_and_its_revision(fixture: &Fixture) {
    let store = &fixture.store;
    let empty = store.snapshot().await.unwrap();
    assert_eq!(empty.revision, Revision(0));
    let group = fixture.group("basic").await.group;
    fixture.model("gpt").await;
    let mut new = fixture.new_upstream("first", serves(&["gpt"]));
    new.credential = NewCredential::Clear(UpstreamSecret::new("sk-sealed".to_owned()));
    let first = fixture.upstream(new).await.upstream.id;
    let mut new = fixture.new_upstream("second", serves(&["gpt"]));
    new.credential = NewCredential::Env("NOT_SET".to_owned());
    let second = fixture.upstream(new).await.upstream.id;
    let snapshot = store.snapshot().await.unwrap();
    assert_eq!(snapshot.revision, Revision(4));
    assert_eq!(snapshot.catalog.group(group.id), Some(&group));
    assert_eq!(snapshot.catalog.offer("gpt").unwrap().routes.len(), 2);
    let credential = |id| {
        let first = snapshot.access[&id].credentials.first();
        let secret = first.and_then(|one| one.secret.as_ref());
        secret.map(UpstreamSecret::reveal)
    };
    assert_eq!(
        (credential(first), credential(second)),
        (Some("sk-sealed"), None)
    );
}

async fn a_credential_is_found_by_its_hash(fixture: &Fixture) {
    let (store, who) = (&fixture.store, &fixture.who);
    let token = fixture.token("one").await.token;
    let (old, kept) = fixture.secret();
    store
        .token_rotate(who, token.id, kept, at(9), at(1))
        .await
        .unwrap();
    let (new, kept) = fixture.secret();
    store
        .token_rotate(who, token.id, kept, at(90), at(2))
        .await
        .unwrap();
    let edit = AccountEdit {
        enabled: Some(false),
        ..AccountEdit::default()
    };
    store
        .account_edit(who, token.account, edit, at(3))
        .await
        .unwrap();
    let revoked = TokenState::Revoked;
    store
        .token_set_state(who, token.id, revoked, at(4))
        .await
        .unwrap();
    let found = store.credential(fixture.hash(&new)).await.unwrap().unwrap();
    assert_eq!(found.valid_until, None);
    assert_eq!(found.principal.token.id, token.id);
    assert_eq!(found.principal.token.state, TokenState::Revoked);
    assert_eq!(found.principal.account.id, token.account);
    assert!(!found.principal.account.enabled);
    let found = store.credential(fixture.hash(&old)).await.unwrap().unwrap();
    assert_eq!(found.valid_until, Some(at(90)));
    let stranger = fixture.hash(&fixture.secret().0);
    assert!(store.credential(stranger).await.unwrap().is_none());
}

async fn changes_are_told_in_their_order(fixture: &Fixture) {
    let (store, who) = (&fixture.store, &fixture.who);
    let token = fixture.token("one").await.token;
    let (account, group) = (token.account, token.group);
    let told = store.changes(Revision(0).into()).await.unwrap();
    assert_eq!(told.reached.revision, Revision(3));
    let expected = [
        Touched::Account(account),
        Touched::Catalog,
        Touched::Token(token.id),
    ];
    assert_eq!(told.touched, expected);
    fixture.model("gpt").await;
    fixture
        .upstream(fixture.new_upstream("first", serves(&["gpt"])))
        .await;
    store.token_delete(who, token.id, at(1)).await.unwrap();
    store.group_delete(who, group, at(1)).await.unwrap();
    let told = store.changes(told.reached).await.unwrap();
    assert_eq!(told.reached.revision, Revision(7));
    let expected = [Touched::Catalog, Touched::Token(token.id), Touched::Catalog];
    assert_eq!(told.touched, expected);
}

async fn nothing_new_is_told_again(fixture: &Fixture) {
    let store = &fixture.store;
    fixture.account("acme").await;
    for _ in 0..3 {
        let told = store.changes(Revision(1).into()).await.unwrap();
        assert_eq!(
            (told.touched.len(), told.reached.revision),
            (0, Revision(1))
        );
        // Someone who is behind is told, though nothing was written since the last question.
        let told = store.changes(Revision(0).into()).await.unwrap();
        assert_eq!(
            (told.touched.len(), told.reached.revision),
            (1, Revision(1))
        );
    }
    fixture.account("other").await;
    let told = store.changes(Revision(1).into()).await.unwrap();
    assert_eq!(
        (told.touched.len(), told.reached.revision),
        (1, Revision(2))
    );
}

async fn where_changes_were_lost_everything_is_read_anew(fixture: &Fixture) {
    let store = &fixture.store;
    fixture.account("kept").await;
    fixture.account("lost").await;
    let before = store.changes(Revision(0).into()).await.unwrap().reached;
    assert_eq!(before.revision, Revision(2));
    let told = async |after: &Position| {
        let told = store.changes(after.clone()).await.unwrap();
        assert_eq!(told.reached.revision, Revision(1));
        (told.touched, told.reached)
    };
    let mut known = before;
    for losing in [
        "DELETE FROM audit WHERE seq = 2",
        // Another change has come to its number.
        "UPDATE audit SET hash = previous",
    ] {
        fixture.sql(losing).await;
        let (touched, reached) = told(&known).await;
        assert_eq!(touched, [Touched::Everything]);
        let again = told(&known).await;
        assert_eq!(again, (touched, reached.clone()), "until it is in force");
        assert_eq!(told(&reached).await, (vec![], reached.clone()));
        known = reached;
    }
}

async fn the_latest_use_is_kept(fixture: &Fixture) {
    let store = &fixture.store;
    let (first, second) = (
        fixture.token("one").await.token.id,
        fixture.token("two").await.token.id,
    );
    let last = async |id| store.token_fetch(id).await.unwrap().last_used_at;
    let gone = TokenId::new(at(0), 9999);
    store.record_uses(vec![]).await.unwrap();
    let uses = vec![
        (second, at(5)),
        (first, at(7)),
        (gone, at(5)),
        (first, at(6)),
    ];
    store.record_uses(uses).await.unwrap();
    assert_eq!(
        (last(first).await, last(second).await),
        (Some(at(7)), Some(at(5)))
    );
    store
        .record_uses(vec![(first, at(6)), (second, at(8))])
        .await
        .unwrap();
    assert_eq!(
        (last(first).await, last(second).await),
        (Some(at(7)), Some(at(8)))
    );
    assert_eq!(store.token_fetch(first).await.unwrap().version, 1);
}
