//! Models and upstreams.

use tollgate_policy::id::{GroupId, UpstreamId};
use tollgate_policy::name::Name;
use tollgate_policy::scope::Allow;
use tollgate_policy::upstream::{ServedModel, Serves};
use tollgate_rights::source::{Access, Carrier, UpstreamSecret};
use tollgate_store::model::ModelEdit;
use tollgate_store::upstream::{CredentialKept, NewCredential, UpstreamEdit};
use tollgate_store::{Kind, StoreError};

use super::fixture::{Fixture, at, name, serves};

on_both! {
    a_model_is_edited_field_by_field
    a_model_that_is_served_is_not_deleted
    the_names_of_models_are_unique
    a_renamed_model_is_served_under_its_new_name
    an_upstream_is_kept_as_it_was_given
    an_upstream_is_edited_field_by_field
    names_and_mounts_of_upstreams_are_unique
    an_upstream_names_only_what_is_there
    a_model_named_twice_is_served_once
    a_credential_is_read_from_where_it_is
    a_sealed_credential_cannot_be_moved_to_another_upstream
}

async fn a_model_is_edited_field_by_field(fixture: &Fixture) {
    let (store, who) = (&fixture.store, &fixture.who);
    let mut expected = fixture.model("gpt-4o").await;
    let id = expected.model.id;
    let edit = ModelEdit {
        enabled: Some(false),
        provider: Some("azure".parse().unwrap()),
        ..ModelEdit::default()
    };
    let after = store.model_edit(who, id, edit, at(5)).await.unwrap();
    expected.model.enabled = false;
    expected.model.provider = "azure".parse().unwrap();
    expected.updated_at = at(5);
    expected.version += 1;
    assert_eq!(after, expected);
    assert_eq!(store.model_fetch(id).await.unwrap(), expected);
    assert_eq!(store.model_list().await.unwrap(), [expected.clone()]);
    let by_name = store.model_find_by_name(&"gpt-4o".parse().unwrap()).await;
    assert_eq!(by_name.unwrap(), Some(expected));
}

async fn a_model_that_is_served_is_not_deleted(fixture: &Fixture) {
    let (store, who) = (&fixture.store, &fixture.who);
    let model = fixture.model("gpt-4o").await.model.id;
    let upstream = fixture.new_upstream("first", serves(&["gpt-4o"]));
    let upstream = fixture.upstream(upstream).await.upstream.id;
    let error = store.model_delete(who, model, at(1)).await.unwrap_err();
    assert!(
        error.to_string().contains("used by upstream `first`"),
        "{error}"
    );
    store.upstream_delete(who, upstream, at(2)).await.unwrap();
    store.model_delete(who, model, at(3)).await.unwrap();
    assert_eq!(store.model_list().await.unwrap(), []);
}

async fn the_names_of_models_are_unique(fixture: &Fixture) {
    fixture.model("gpt-4o").await;
    let other = fixture.model("gpt-4o-mini").await.model.id;
    let edit = ModelEdit {
        name: Some("gpt-4o".parse().unwrap()),
        ..ModelEdit::default()
    };
    let error = fixture
        .store
        .model_edit(&fixture.who, other, edit, at(1))
        .await;
    assert!(matches!(
        error,
        Err(StoreError::NameTaken {
            kind: Kind::Model,
            ..
        })
    ));
}

async fn a_renamed_model_is_served_under_its_new_name(fixture: &Fixture) {
    let model = fixture.model("old").await.model.id;
    let id = fixture
        .upstream(fixture.new_upstream("first", serves(&["old"])))
        .await
        .upstream
        .id;
    let edit = ModelEdit {
        name: Some("new".parse().unwrap()),
        ..ModelEdit::default()
    };
    fixture
        .store
        .model_edit(&fixture.who, model, edit, at(1))
        .await
        .unwrap();
    let upstream = fixture.store.upstream_fetch(id).await.unwrap().upstream;
    assert_eq!(upstream.serves, serves(&["new"]));
}

async fn an_upstream_is_kept_as_it_was_given(fixture: &Fixture) {
    let store = &fixture.store;
    fixture.model("b").await;
    fixture.model("a").await;
    let group = fixture.group("basic").await.group.id;
    let mut new = fixture.new_upstream("first", serves(&["b"]));
    let Serves::Models(models) = &mut new.serves else {
        panic!("it serves models");
    };
    models.push(ServedModel {
        name: "a".parse().unwrap(),
        sent_as: Some("deployments/a".parse().unwrap()),
    });
    let mut expected = models.clone();
    expected.reverse();
    new.priority = i32::MIN;
    new.weight = u32::MAX;
    new.carrier = Carrier::XGoogApiKey;
    new.groups = Allow::Only(vec![group]);
    let made = fixture.upstream(new).await;
    assert_eq!(made.upstream.serves, Serves::Models(expected));
    assert_eq!(
        (made.upstream.priority, made.upstream.weight),
        (i32::MIN, u32::MAX)
    );
    assert_eq!(made.carrier, Carrier::XGoogApiKey);
    assert_eq!(made.upstream.groups, Allow::Only(vec![group]));
    assert_eq!(store.upstream_fetch(made.upstream.id).await.unwrap(), made);
    let by_name: Name = name("first");
    assert_eq!(
        store.upstream_find_by_name(&by_name).await.unwrap(),
        Some(made.clone())
    );
    assert_eq!(store.upstream_list().await.unwrap(), [made]);
}

async fn an_upstream_is_edited_field_by_field(fixture: &Fixture) {
    let (store, who) = (&fixture.store, &fixture.who);
    fixture.model("gpt").await;
    let mut expected = fixture
        .upstream(fixture.new_upstream("first", serves(&["gpt"])))
        .await;
    let id = expected.upstream.id;
    let edit = UpstreamEdit {
        enabled: Some(false),
        weight: Some(3),
        ..UpstreamEdit::default()
    };
    let after = store.upstream_edit(who, id, edit, at(4)).await.unwrap();
    expected.upstream.enabled = false;
    expected.upstream.weight = 3;
    expected.updated_at = at(4);
    expected.version += 1;
    assert_eq!(after, expected);
    let edit = UpstreamEdit {
        serves: Some(Serves::Mount("crm".parse().unwrap())),
        dialect: Some("plain".parse().unwrap()),
        ..UpstreamEdit::default()
    };
    let after = store.upstream_edit(who, id, edit, at(5)).await.unwrap();
    assert_eq!(after.upstream.serves, Serves::Mount("crm".parse().unwrap()));
    let edit = UpstreamEdit {
        serves: Some(serves(&[])),
        ..UpstreamEdit::default()
    };
    let after = store.upstream_edit(who, id, edit, at(6)).await.unwrap();
    assert_eq!(after.upstream.serves, serves(&[]));
}

async fn names_and_mounts_of_upstreams_are_unique(fixture: &Fixture) {
    let (store, who) = (&fixture.store, &fixture.who);
    let mount = || Serves::Mount("crm".parse().unwrap());
    fixture
        .upstream(fixture.new_upstream("first", mount()))
        .await;
    let id = || UpstreamId::new(at(1), fixture.number());
    let same_name = fixture.new_upstream("first", serves(&[]));
    let error = store.upstream_insert(who, same_name, id(), at(1)).await;
    assert!(matches!(
        error,
        Err(StoreError::NameTaken {
            kind: Kind::Upstream,
            ..
        })
    ));
    let same_mount = fixture.new_upstream("second", mount());
    let error = store
        .upstream_insert(who, same_mount, id(), at(1))
        .await
        .unwrap_err();
    assert!(error.to_string().contains("`/crm`"), "{error}");
    assert_eq!(store.upstream_list().await.unwrap().len(), 1);
}

async fn an_upstream_names_only_what_is_there(fixture: &Fixture) {
    let (store, who) = (&fixture.store, &fixture.who);
    let id = UpstreamId::new(at(1), 1);
    let new = fixture.new_upstream("first", serves(&["missing"]));
    let error = store
        .upstream_insert(who, new, id, at(1))
        .await
        .unwrap_err();
    assert_eq!(error.to_string(), "there is no model `missing`");
    let mut new = fixture.new_upstream("first", serves(&[]));
    let group = GroupId::new(at(0), 77);
    new.groups = Allow::Only(vec![group]);
    let error = store
        .upstream_insert(who, new, id, at(1))
        .await
        .unwrap_err();
    assert_eq!(error.to_string(), format!("there is no group `{group}`"));
    assert_eq!(store.upstream_list().await.unwrap(), []);
    assert_eq!(fixture.audit().await, []);
}

async fn a_model_named_twice_is_served_once(fixture: &Fixture) {
    fixture.model("gpt").await;
    let made = fixture
        .upstream(fixture.new_upstream("first", serves(&["gpt", "gpt"])))
        .await;
    assert_eq!(made.upstream.serves, serves(&["gpt"]));
}

fn secret(access: &Access) -> Option<String> {
    let secret = access.credentials.first()?.secret.as_ref()?;
    Some(secret.reveal().to_owned())
}

async fn a_credential_is_read_from_where_it_is(fixture: &Fixture) {
    let (store, who) = (&fixture.store, &fixture.who);
    let id = fixture
        .upstream(fixture.new_upstream("first", serves(&[])))
        .await
        .upstream
        .id;
    assert!(
        store
            .upstream_access(id)
            .await
            .unwrap()
            .credentials
            .is_empty()
    );
    let clear = UpstreamSecret::new("sk-sealed".to_owned());
    let env = |name: &str| Some(CredentialKept::Env(name.to_owned()));
    let cases = [
        (
            NewCredential::Clear(clear),
            Some(CredentialKept::Sealed),
            Some("sk-sealed"),
        ),
        (
            NewCredential::Env("UPSTREAM_KEY".to_owned()),
            env("UPSTREAM_KEY"),
            Some("sk-from-environment"),
        ),
        (
            NewCredential::Env("NOT_SET".to_owned()),
            env("NOT_SET"),
            None,
        ),
        (NewCredential::None, None, None),
    ];
    for (credential, kept, expected) in cases {
        let edit = UpstreamEdit {
            credential: Some(credential),
            ..UpstreamEdit::default()
        };
        let after = store.upstream_edit(who, id, edit, at(1)).await.unwrap();
        let found = after.credentials.into_iter().map(|one| one.kept).next();
        assert_eq!(found, kept);
        // Another change leaves the credential alone.
        let edit = UpstreamEdit {
            weight: Some(2),
            ..UpstreamEdit::default()
        };
        store.upstream_edit(who, id, edit, at(2)).await.unwrap();
        let access = store.upstream_access(id).await.unwrap();
        assert_eq!(secret(&access).as_deref(), expected);
        assert_eq!(access.credentials.len(), usize::from(kept.is_some()));
    }
}

async fn a_sealed_credential_cannot_be_moved_to_another_upstream(fixture: &Fixture) {
    let sealed = |text: &str, secret: &str| {
        let mut new = fixture.new_upstream(text, serves(&[]));
        new.credential = NewCredential::Clear(UpstreamSecret::new(secret.to_owned()));
        fixture.upstream(new)
    };
    let first = sealed("first", "sk-first").await.upstream.id;
    let second = sealed("second", "sk-second").await.upstream.id;
    let (from, to) = (first.raw(), second.raw());
    fixture
        .sql(&format!(
            "UPDATE upstream_credentials SET sealed =
             (SELECT sealed FROM upstream_credentials WHERE upstream_id = {from})
             WHERE upstream_id = {to}"
        ))
        .await;
    let access = fixture.store.upstream_access(first).await.unwrap();
    assert_eq!(secret(&access).as_deref(), Some("sk-first"));
    let error = fixture.store.upstream_access(second).await.unwrap_err();
    assert!(
        matches!(
            error,
            StoreError::Corrupt {
                table: "upstreams",
                ..
            }
        ),
        "{error}"
    );
}
