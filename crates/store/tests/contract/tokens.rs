//! Tokens and their secrets.

use tollgate_policy::credits::Credits;
use tollgate_policy::id::{AccountId, GroupId, TokenId};
use tollgate_policy::quota::{Quota, Standing};
use tollgate_policy::scope::Allow;
use tollgate_policy::secret::Secret;
use tollgate_policy::token::TokenState;
use tollgate_store::limit::LimitsEdit;
use tollgate_store::scope::ScopeEdit;
use tollgate_store::token::TokenEdit;
use tollgate_store::{Kind, StoreError};

use super::fixture::{Fixture, at, name};

on_both! {
    a_token_is_kept_as_it_was_given
    a_token_needs_its_account_and_group
    a_secret_belongs_to_one_token
    a_token_has_one_or_two_secrets
    a_token_is_edited_field_by_field
    an_edit_of_an_older_version_is_refused
    a_revoked_token_stays_revoked_and_listed
    a_rotated_secret_overlaps_with_the_new_one
    a_second_rotation_leaves_at_most_two_valid_secrets
    an_overlap_never_prolongs_a_secret
    a_deleted_token_takes_its_secrets_with_it
    a_foreign_secret_finds_its_token
    an_edit_keeps_what_was_spent_and_used
}

async fn a_token_is_kept_as_it_was_given(fixture: &Fixture) {
    let store = &fixture.store;
    let account = fixture.account("acme").await.account;
    let group = fixture.group("basic").await.group;
    let mut new = fixture.new_token("my key", account.id, group.id);
    let (secret, kept) = fixture.secret();
    new.secrets = vec![kept];
    new.expires_at = Some(at(1000));
    new.quota.lifetime = Some(Credits::from_micros(12_500_000));
    new.scope.models = Allow::Only(vec!["gpt-*".parse().unwrap()]);
    new.note = "for the build".to_owned();
    let made = fixture.insert(new.clone(), 3).await;
    let token = &made.token;
    assert_eq!((token.account, token.group), (account.id, group.id));
    assert_eq!(
        (token.expires_at, &token.quota),
        (new.expires_at, &new.quota)
    );
    assert_eq!((&token.name, &token.scope), (&new.name, &new.scope));
    assert_eq!(token.state, TokenState::Enabled);
    assert_eq!(
        (&made.account_name, &made.group_name),
        (&account.name, &group.name)
    );
    assert_eq!(
        (made.version, made.spent, made.last_used_at),
        (1, Standing::default(), None)
    );
    assert_eq!(
        (made.creator.as_str(), made.note.as_str()),
        ("ada", "for the build")
    );
    assert_eq!(made.secrets.len(), 1);
    assert_eq!(made.secrets[0].hint, secret.hint());
    assert_eq!(
        (made.secrets[0].valid_until, made.secrets[0].created_at),
        (None, at(3))
    );
    assert_eq!(store.token_fetch(token.id).await.unwrap(), made);
    let found = store
        .token_find_by_hash(fixture.hash(&secret))
        .await
        .unwrap();
    assert_eq!(found, Some(made));
    let stranger = fixture.secret().0;
    assert_eq!(
        store
            .token_find_by_hash(fixture.hash(&stranger))
            .await
            .unwrap(),
        None
    );
}

async fn a_token_needs_its_account_and_group(fixture: &Fixture) {
    let (store, who) = (&fixture.store, &fixture.who);
    let token = fixture.token("one").await.token;
    let (account, group) = (AccountId::new(at(0), 900), GroupId::new(at(0), 901));
    let id = TokenId::new(at(0), 902);
    let before = fixture.audit().await.len();
    for (new, missing) in [
        (
            fixture.new_token("two", account, token.group),
            Kind::Account,
        ),
        (fixture.new_token("two", token.account, group), Kind::Group),
    ] {
        let error = store.token_insert(who, new, id, at(1)).await.unwrap_err();
        assert!(
            matches!(error, StoreError::NotFound { kind, .. } if kind == missing),
            "{error}"
        );
    }
    let edits = [
        TokenEdit {
            account: Some(account),
            ..TokenEdit::default()
        },
        TokenEdit {
            group: Some(group),
            ..TokenEdit::default()
        },
    ];
    for edit in edits {
        let error = store
            .token_edit(who, token.id, edit, at(1))
            .await
            .unwrap_err();
        assert!(matches!(error, StoreError::NotFound { .. }), "{error}");
    }
    assert_eq!(fixture.audit().await.len(), before);
}

async fn a_secret_belongs_to_one_token(fixture: &Fixture) {
    let (store, who) = (&fixture.store, &fixture.who);
    let token = fixture.token("one").await.token;
    let (_, kept) = fixture.secret();
    store
        .token_rotate(who, token.id, kept.clone(), at(9), at(1))
        .await
        .unwrap();
    let mut new = fixture.new_token("two", token.account, token.group);
    new.secrets = vec![kept.clone()];
    let id = TokenId::new(at(2), 900);
    let error = store.token_insert(who, new, id, at(2)).await.unwrap_err();
    assert!(matches!(error, StoreError::SecretTaken), "{error}");
    assert!(store.token_fetch(id).await.is_err());
    let before = store.token_fetch(token.id).await.unwrap();
    let error = store
        .token_rotate(who, token.id, kept, at(9), at(3))
        .await
        .unwrap_err();
    assert!(matches!(error, StoreError::SecretTaken), "{error}");
    assert_eq!(store.token_fetch(token.id).await.unwrap(), before);
}

async fn a_token_has_one_or_two_secrets(fixture: &Fixture) {
    let token = fixture.token("one").await.token;
    let id = TokenId::new(at(2), 900);
    for count in [0, 3] {
        let mut new = fixture.new_token("two", token.account, token.group);
        new.secrets = (0..count).map(|_| fixture.secret().1).collect();
        let error = fixture
            .store
            .token_insert(&fixture.who, new, id, at(1))
            .await;
        assert!(matches!(error, Err(StoreError::SecretCount(seen)) if seen == count));
    }
    let mut new = fixture.new_token("two", token.account, token.group);
    new.secrets = vec![fixture.secret().1, fixture.secret().1];
    assert_eq!(fixture.insert(new, 1).await.secrets.len(), 2);
}

async fn a_token_is_edited_field_by_field(fixture: &Fixture) {
    let (store, who) = (&fixture.store, &fixture.who);
    let mut expected = fixture.token("one").await;
    let id = expected.token.id;
    let edit = TokenEdit {
        expires_at: Some(Some(at(50))),
        quota: Some(Some(Credits::from_micros(5))),
        ..TokenEdit::default()
    };
    let after = store.token_edit(who, id, edit, at(4)).await.unwrap();
    expected.token.expires_at = Some(at(50));
    expected.token.quota.lifetime = Some(Credits::from_micros(5));
    (expected.version, expected.updated_at) = (2, at(4));
    assert_eq!(after, expected);
    let other = fixture.token("other").await;
    let edit = TokenEdit {
        name: Some(name("renamed")),
        account: Some(other.token.account),
        group: Some(other.token.group),
        expires_at: Some(None),
        quota: Some(None),
        periodic: Some(None),
        limits: LimitsEdit::default(),
        scope: ScopeEdit {
            endpoints: Some(Allow::Only(vec![])),
            ..ScopeEdit::default()
        },
        note: Some("noted".to_owned()),
        if_version: Some(2),
    };
    let after = store.token_edit(who, id, edit, at(5)).await.unwrap();
    expected.token.name = name("renamed");
    expected.token.account = other.token.account;
    expected.token.group = other.token.group;
    expected.token.expires_at = None;
    expected.token.quota = Quota::UNLIMITED;
    expected.token.scope.endpoints = Allow::Only(vec![]);
    expected.note = "noted".to_owned();
    (expected.account_name, expected.group_name) = (other.account_name, other.group_name);
    (expected.version, expected.updated_at) = (3, at(5));
    assert_eq!(after, expected);
    assert_eq!(store.token_fetch(id).await.unwrap(), expected);
}

async fn an_edit_of_an_older_version_is_refused(fixture: &Fixture) {
    let (store, who) = (&fixture.store, &fixture.who);
    let id = fixture.token("one").await.token.id;
    let edit = |note: &str| TokenEdit {
        note: Some(note.to_owned()),
        if_version: Some(1),
        ..TokenEdit::default()
    };
    store
        .token_edit(who, id, edit("first"), at(1))
        .await
        .unwrap();
    let error = store
        .token_edit(who, id, edit("second"), at(2))
        .await
        .unwrap_err();
    assert!(
        matches!(error, StoreError::Conflict { version: 2, .. }),
        "{error}"
    );
    assert_eq!(store.token_fetch(id).await.unwrap().note, "first");
}

async fn a_revoked_token_stays_revoked_and_listed(fixture: &Fixture) {
    let (store, who) = (&fixture.store, &fixture.who);
    let id = fixture.token("one").await.token.id;
    let set = |state| store.token_set_state(who, id, state, at(1));
    for state in [
        TokenState::Disabled,
        TokenState::Enabled,
        TokenState::Revoked,
    ] {
        assert_eq!(set(state).await.unwrap().token.state, state);
    }
    for state in [TokenState::Enabled, TokenState::Disabled] {
        let error = set(state).await.unwrap_err();
        assert!(
            matches!(error, StoreError::Revoked(seen) if seen == id),
            "{error}"
        );
    }
    let kept = fixture.secret().1;
    let error = store.token_rotate(who, id, kept, at(9), at(2)).await;
    assert!(matches!(error, Err(StoreError::Revoked(_))));
    set(TokenState::Revoked).await.unwrap();
    let query = tollgate_store::token::TokenQuery::new(at(2));
    let listed = store.token_list(&query).await.unwrap().items;
    assert_eq!(listed[0].token.state, TokenState::Revoked);
    let actions: Vec<_> = fixture
        .audit()
        .await
        .into_iter()
        .map(|row| row.action)
        .collect();
    let expected = [
        "token.disable",
        "token.enable",
        "token.revoke",
        "token.revoke",
    ];
    assert_eq!(actions[3..], expected);
}

async fn a_rotated_secret_overlaps_with_the_new_one(fixture: &Fixture) {
    let (store, who) = (&fixture.store, &fixture.who);
    let token = fixture.token("one").await;
    let (secret, kept) = fixture.secret();
    let after = store
        .token_rotate(who, token.token.id, kept, at(60), at(10))
        .await
        .unwrap();
    let shown: Vec<_> = after
        .secrets
        .iter()
        .map(|one| (one.hint.clone(), one.valid_until))
        .collect();
    let old = token.secrets[0].hint.clone();
    assert_eq!(shown, [(secret.hint(), None), (old, Some(at(60)))]);
    assert_eq!(after.version, 2);
    assert_eq!(after.token, token.token);
    let found = store
        .token_find_by_hash(fixture.hash(&secret))
        .await
        .unwrap();
    assert_eq!(found, Some(after));
}

async fn a_second_rotation_leaves_at_most_two_valid_secrets(fixture: &Fixture) {
    let (store, who) = (&fixture.store, &fixture.who);
    let id = fixture.token("one").await.token.id;
    let rotate = |seconds| {
        let kept = fixture.secret().1;
        store.token_rotate(who, id, kept, at(seconds + 100), at(seconds))
    };
    rotate(10).await.unwrap();
    let after = rotate(20).await.unwrap();
    let until: Vec<_> = after.secrets.iter().map(|one| one.valid_until).collect();
    assert_eq!(until, [None, Some(at(120)), Some(at(20))]);
    // What had ended before goes for good.
    let after = rotate(30).await.unwrap();
    let until: Vec<_> = after.secrets.iter().map(|one| one.valid_until).collect();
    assert_eq!(until, [None, Some(at(130)), Some(at(30))]);
}

async fn an_overlap_never_prolongs_a_secret(fixture: &Fixture) {
    let (store, who) = (&fixture.store, &fixture.who);
    let id = fixture.token("one").await.token.id;
    let kept = fixture.secret().1;
    store
        .token_rotate(who, id, kept, at(15), at(10))
        .await
        .unwrap();
    fixture
        .sql(&format!(
            "DELETE FROM secrets WHERE valid_until IS NULL AND token_id = {}",
            id.raw()
        ))
        .await;
    let kept = fixture.secret().1;
    let after = store
        .token_rotate(who, id, kept, at(100), at(11))
        .await
        .unwrap();
    let until: Vec<_> = after.secrets.iter().map(|one| one.valid_until).collect();
    assert_eq!(until, [None, Some(at(15))]);
}

async fn a_deleted_token_takes_its_secrets_with_it(fixture: &Fixture) {
    let (store, who) = (&fixture.store, &fixture.who);
    let id = fixture.token("one").await.token.id;
    let (secret, kept) = fixture.secret();
    store
        .token_rotate(who, id, kept.clone(), at(60), at(10))
        .await
        .unwrap();
    store.token_delete(who, id, at(11)).await.unwrap();
    assert!(matches!(
        store.token_fetch(id).await,
        Err(StoreError::NotFound { .. })
    ));
    assert_eq!(store.token_find_by_hash(kept.hash).await.unwrap(), None);
    let error = store.token_delete(who, id, at(12)).await;
    assert!(matches!(error, Err(StoreError::NotFound { .. })));
    // The secret's row is gone too, so it could be given to another token.
    let other = fixture.token("two").await.token.id;
    let kept = fixture.kept(&secret);
    store
        .token_rotate(who, other, kept, at(60), at(13))
        .await
        .unwrap();
}

async fn a_foreign_secret_finds_its_token(fixture: &Fixture) {
    let token = fixture.token("one").await.token;
    let secret = Secret::parse("sk-imported-from-elsewhere").unwrap();
    let mut new = fixture.new_token("two", token.account, token.group);
    new.secrets = vec![fixture.kept(&secret)];
    let made = fixture.insert(new, 1).await;
    let found = fixture
        .store
        .token_find_by_hash(fixture.hash(&secret))
        .await;
    assert_eq!(found.unwrap(), Some(made));
}

async fn an_edit_keeps_what_was_spent_and_used(fixture: &Fixture) {
    use tollgate_rights::source::Source;
    let (store, who) = (&fixture.store, &fixture.who);
    let id = fixture.token("one").await.token.id;
    fixture.spend(id, Credits::from_micros(70)).await;
    store.record_uses(vec![(id, at(5))]).await.unwrap();
    let edit = TokenEdit {
        note: Some("noted".to_owned()),
        ..TokenEdit::default()
    };
    let after = store.token_edit(who, id, edit, at(6)).await.unwrap();
    assert_eq!(
        (after.spent.lifetime.used, after.last_used_at),
        (Credits::from_micros(70), Some(at(5)))
    );
}
