//! Accounts and groups.

use tollgate_policy::group::Multiplier;
use tollgate_policy::id::{AccountId, GroupId};
use tollgate_policy::scope::{Allow, Scope};
use tollgate_store::account::{AccountEdit, NewAccount};
use tollgate_store::group::GroupEdit;
use tollgate_store::scope::ScopeEdit;
use tollgate_store::{Kind, StoreError};

use super::fixture::{Fixture, at, name, new_account, serves};

on_both! {
    an_account_is_kept_as_it_was_given
    an_account_is_edited_field_by_field
    an_account_with_tokens_is_not_deleted
    the_names_of_accounts_are_unique
    a_group_is_edited_field_by_field
    a_group_that_is_used_is_not_deleted
    the_names_of_groups_are_unique
    what_is_not_there_is_named
    a_damaged_row_is_an_error_that_names_it
}

fn scope() -> Scope {
    Scope {
        models: Allow::Only(vec!["gpt-*".parse().unwrap(), "o3".parse().unwrap()]),
        providers: Allow::Only(vec![]),
        endpoints: Allow::Only(vec!["chat.completions".parse().unwrap()]),
        networks: Allow::Only(vec![
            "10.0.0.0/8".parse().unwrap(),
            "2001:db8::/32".parse().unwrap(),
        ]),
    }
}

async fn an_account_is_kept_as_it_was_given(fixture: &Fixture) {
    let store = &fixture.store;
    let new = NewAccount {
        enabled: false,
        scope: scope(),
        note: "line\nwith \"quotes\" and a \0 in it".to_owned(),
        ..new_account("Zoë & Söhne")
    };
    let id = AccountId::new(at(0), 5);
    let made = store
        .account_insert(&fixture.who, new, id, at(3))
        .await
        .unwrap();
    assert_eq!(made.account.scope, scope());
    assert_eq!(made.note, "line\nwith \"quotes\" and a  in it");
    assert!(!made.account.enabled);
    assert_eq!((made.created_at, made.updated_at), (at(3), at(3)));
    assert_eq!(store.account_fetch(id).await.unwrap(), made);
    let by_name = store.account_find_by_name(&name("Zoë & Söhne")).await;
    assert_eq!(by_name.unwrap(), Some(made.clone()));
    assert_eq!(
        store
            .account_find_by_name(&name("zoë & söhne"))
            .await
            .unwrap(),
        None
    );
    let other = fixture.account("acme").await;
    assert_eq!(store.account_list().await.unwrap(), [made, other]);
}

async fn an_account_is_edited_field_by_field(fixture: &Fixture) {
    let before = fixture.account("acme").await;
    let id = before.account.id;
    let edit = AccountEdit {
        enabled: Some(false),
        scope: ScopeEdit {
            networks: Some(scope().networks),
            ..ScopeEdit::default()
        },
        ..AccountEdit::default()
    };
    let store = &fixture.store;
    let after = store
        .account_edit(&fixture.who, id, edit, at(9))
        .await
        .unwrap();
    let mut expected = before;
    expected.account.enabled = false;
    expected.account.scope.networks = scope().networks;
    expected.updated_at = at(9);
    expected.version += 1;
    assert_eq!(after, expected);
    assert_eq!(store.account_fetch(id).await.unwrap(), expected);
    let edit = AccountEdit {
        name: Some(name("acme 2")),
        note: Some("noted".to_owned()),
        scope: ScopeEdit {
            networks: Some(Allow::Any),
            ..ScopeEdit::default()
        },
        ..AccountEdit::default()
    };
    let after = store
        .account_edit(&fixture.who, id, edit, at(10))
        .await
        .unwrap();
    assert_eq!(
        (after.account.name, after.note.as_str()),
        (name("acme 2"), "noted")
    );
    assert_eq!(after.account.scope, Scope::default());
    assert!(!after.account.enabled);
}

async fn an_account_with_tokens_is_not_deleted(fixture: &Fixture) {
    let (store, who) = (&fixture.store, &fixture.who);
    let token = fixture.token("one").await.token;
    let error = store
        .account_delete(who, token.account, at(1))
        .await
        .unwrap_err();
    assert!(matches!(
        error,
        StoreError::InUse {
            kind: Kind::Account,
            ..
        }
    ));
    assert!(error.to_string().contains("used by 1 token:"), "{error}");
    store.token_delete(who, token.id, at(2)).await.unwrap();
    store
        .account_delete(who, token.account, at(3))
        .await
        .unwrap();
    assert!(store.account_fetch(token.account).await.is_err());
}

async fn the_names_of_accounts_are_unique(fixture: &Fixture) {
    let (store, who) = (&fixture.store, &fixture.who);
    let (first, second) = (
        fixture.account("acme").await,
        fixture.account("other").await,
    );
    let new = new_account("acme");
    let id = AccountId::new(at(1), 99);
    let error = store.account_insert(who, new, id, at(1)).await.unwrap_err();
    assert!(matches!(
        error,
        StoreError::NameTaken {
            kind: Kind::Account,
            ..
        }
    ));
    let rename = || AccountEdit {
        name: Some(name("acme")),
        ..AccountEdit::default()
    };
    let error = store
        .account_edit(who, second.account.id, rename(), at(1))
        .await;
    assert!(matches!(error, Err(StoreError::NameTaken { .. })));
    store
        .account_edit(who, first.account.id, rename(), at(1))
        .await
        .unwrap();
}

async fn a_group_is_edited_field_by_field(fixture: &Fixture) {
    let before = fixture.group("basic").await;
    let id = before.group.id;
    let edit = GroupEdit {
        multiplier: Some(Multiplier::from_millionths(u32::MAX)),
        scope: ScopeEdit {
            models: Some(scope().models),
            providers: Some(scope().providers),
            ..ScopeEdit::default()
        },
        ..GroupEdit::default()
    };
    let store = &fixture.store;
    let after = store
        .group_edit(&fixture.who, id, edit, at(9))
        .await
        .unwrap();
    let mut expected = before;
    expected.group.multiplier = Multiplier::from_millionths(u32::MAX);
    expected.group.scope.models = scope().models;
    expected.group.scope.providers = scope().providers;
    expected.updated_at = at(9);
    expected.version += 1;
    assert_eq!(after, expected);
    assert_eq!(store.group_fetch(id).await.unwrap(), expected);
    let by_name = store.group_find_by_name(&name("basic")).await.unwrap();
    assert_eq!(by_name, Some(expected.clone()));
    assert_eq!(store.group_list().await.unwrap(), [expected]);
}

async fn a_group_that_is_used_is_not_deleted(fixture: &Fixture) {
    let (store, who) = (&fixture.store, &fixture.who);
    let token = fixture.token("one").await.token;
    let mut new = fixture.new_upstream("first", serves(&[]));
    new.groups = Allow::Only(vec![token.group]);
    let upstream = fixture.upstream(new).await.upstream.id;
    let error = store
        .group_delete(who, token.group, at(1))
        .await
        .unwrap_err();
    let said = error.to_string();
    assert!(said.contains("1 token and upstream `first`"), "{said}");
    store.token_delete(who, token.id, at(2)).await.unwrap();
    let error = store
        .group_delete(who, token.group, at(1))
        .await
        .unwrap_err();
    assert!(error.to_string().contains("upstream `first`"), "{error}");
    store.upstream_delete(who, upstream, at(3)).await.unwrap();
    store.group_delete(who, token.group, at(4)).await.unwrap();
    assert_eq!(store.group_list().await.unwrap(), []);
}

async fn the_names_of_groups_are_unique(fixture: &Fixture) {
    fixture.group("basic").await;
    let other = fixture.group("other").await.group.id;
    let edit = GroupEdit {
        name: Some(name("basic")),
        ..GroupEdit::default()
    };
    let error = fixture
        .store
        .group_edit(&fixture.who, other, edit, at(1))
        .await;
    assert!(matches!(
        error,
        Err(StoreError::NameTaken {
            kind: Kind::Group,
            ..
        })
    ));
}

async fn what_is_not_there_is_named(fixture: &Fixture) {
    let (store, who) = (&fixture.store, &fixture.who);
    let (account, group) = (AccountId::new(at(0), 1), GroupId::new(at(0), 2));
    let error = store.account_fetch(account).await.unwrap_err();
    assert_eq!(
        error.to_string(),
        format!("there is no account `{account}`")
    );
    let edit = AccountEdit::default();
    assert!(store.account_edit(who, account, edit, at(1)).await.is_err());
    assert!(store.account_delete(who, account, at(1)).await.is_err());
    let error = store.group_delete(who, group, at(1)).await.unwrap_err();
    assert_eq!(error.to_string(), format!("there is no group `{group}`"));
    assert_eq!(fixture.audit().await, []);
}

async fn a_damaged_row_is_an_error_that_names_it(fixture: &Fixture) {
    let id = fixture.account("acme").await.account.id;
    for damage in ["models = '[\"a b\"]'", "models = 'x'", "name = 'x'"] {
        fixture
            .sql("UPDATE accounts SET models = NULL, name = 'acme'")
            .await;
        fixture.sql(&format!("UPDATE accounts SET {damage}")).await;
        let error = fixture.store.account_fetch(id).await.unwrap_err();
        let named = matches!(&error, StoreError::Corrupt { table: "accounts", id: row, .. }
            if *row == id.raw().to_string());
        assert!(named, "{error}");
    }
}
