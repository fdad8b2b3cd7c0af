//! Several credentials, how upstreams are reached, fallbacks, and what gateways put aside.

use std::time::Duration;

use tollgate_policy::breaker::Cause;
use tollgate_policy::id::{CredentialId, UpstreamId};
use tollgate_rights::source::{
    ExtraHeader, ExtraParameter, Http2, ProxyAddress, Source, UpstreamSecret,
};
use tollgate_store::StoreError;
use tollgate_store::group::{GroupEdit, TermsEdit};
use tollgate_store::upstream::{
    CredentialChange, NewCredential, Reach, ReachEdit, SeenState, StoredUpstream, UpstreamEdit,
};

use super::fixture::{Fixture, at, name, serves};

on_both! {
    credentials_are_added_disabled_replaced_and_removed
    an_upstream_without_enabled_credentials_is_not_called_without_one
    how_an_upstream_is_reached_is_kept_and_its_proxy_sealed
    fallbacks_are_kept_and_taken_away
    what_a_gateway_sees_replaces_what_it_saw
}

fn clear(text: &str) -> NewCredential {
    NewCredential::Clear(UpstreamSecret::new(text.to_owned()))
}

async fn change(
    fixture: &Fixture,
    id: UpstreamId,
    change: CredentialChange,
) -> Result<StoredUpstream, StoreError> {
    let (store, who) = (&fixture.store, &fixture.who);
    store.upstream_credential(who, id, change, at(5)).await
}

async fn secrets(fixture: &Fixture, id: UpstreamId) -> Vec<(String, String)> {
    let access = fixture.store.upstream_access(id).await.unwrap();
    let shown = access.credentials.iter().map(|one| {
        let secret = one.secret.as_ref().unwrap();
        (one.name.to_string(), secret.reveal().to_owned())
    });
    shown.collect()
}

fn pair(name: &str, secret: &str) -> (String, String) {
    (name.to_owned(), secret.to_owned())
}

async fn credentials_are_added_disabled_replaced_and_removed(fixture: &Fixture) {
    let mut new = fixture.new_upstream("first", serves(&[]));
    new.credential = clear("sk-one");
    let made = fixture.upstream(new).await;
    let id = made.upstream.id;
    let first = made.credentials[0].id;
    assert_eq!(made.upstream.credentials, Some(vec![first]));
    let add = |text: &str| CredentialChange::Add(name(text), clear("sk-two"));
    let two = change(fixture, id, add("second")).await.unwrap();
    let second = two.credentials[1].id;
    assert_eq!(two.upstream.credentials, Some(vec![first, second]));
    let error = change(fixture, id, add("second")).await.unwrap_err();
    assert!(matches!(error, StoreError::CredentialTaken(_)), "{error}");
    let both = [pair("default", "sk-one"), pair("second", "sk-two")];
    assert_eq!(secrets(fixture, id).await, both);
    let off = CredentialChange::Enable(first, false);
    let off = change(fixture, id, off).await.unwrap();
    assert_eq!(off.upstream.credentials, Some(vec![second]));
    let again = CredentialChange::Replace(second, clear("sk-three"));
    let replaced = change(fixture, id, again).await.unwrap();
    let third = replaced.credentials[1].id;
    assert_ne!(third, second, "what is known of the old one does not count");
    assert_eq!(secrets(fixture, id).await, [pair("second", "sk-three")]);
    let gone = change(fixture, id, CredentialChange::Remove(second)).await;
    assert!(matches!(gone, Err(StoreError::NoCredential(id)) if id == second));
    change(fixture, id, CredentialChange::Remove(third))
        .await
        .unwrap();
    change(fixture, id, CredentialChange::Remove(first))
        .await
        .unwrap();
    let none = fixture.store.upstream_fetch(id).await.unwrap();
    assert_eq!(none.upstream.credentials, None);
    let log = fixture.audit().await;
    let actions: Vec<_> = log.iter().map(|row| row.action.as_str()).collect();
    let expected = [
        "upstream.create",
        "upstream.credential.add",
        "upstream.credential.disable",
        "upstream.credential.replace",
        "upstream.credential.remove",
        "upstream.credential.remove",
    ];
    assert_eq!(actions, expected);
    let text = format!("{log:?}");
    assert!(
        !text.contains("sk-") && text.contains("credential_replaced"),
        "{text}"
    );
}

async fn an_upstream_without_enabled_credentials_is_not_called_without_one(fixture: &Fixture) {
    fixture.model("gpt").await;
    let mut new = fixture.new_upstream("first", serves(&["gpt"]));
    new.credential = clear("sk-one");
    let made = fixture.upstream(new).await;
    let (id, one) = (made.upstream.id, made.credentials[0].id);
    change(fixture, id, CredentialChange::Enable(one, false))
        .await
        .unwrap();
    let snapshot = fixture.store.snapshot().await.unwrap();
    let route = &snapshot.catalog.offer("gpt").unwrap().routes[0];
    assert!(!route.upstream.has_credentials());
    assert!(snapshot.access[&id].credentials.is_empty());
}

async fn how_an_upstream_is_reached_is_kept_and_its_proxy_sealed(fixture: &Fixture) {
    let (store, who) = (&fixture.store, &fixture.who);
    let mut new = fixture.new_upstream("first", serves(&[]));
    let proxy = ProxyAddress::parse("http://me:hunter2@proxy.example:8080").unwrap();
    new.proxy = Some(proxy.clone());
    new.sticky = true;
    new.reach = Reach {
        headers: vec![ExtraHeader::new("x-team", "a, \"b\"").unwrap()],
        // The second was set before its name was reserved.
        parameters: vec![
            ExtraParameter::new("tier", "{\"a\": [1]}").unwrap(),
            ExtraParameter::stored("models", "[\"b\"]").unwrap(),
        ],
        ca: Some("-----BEGIN CERTIFICATE-----".to_owned()),
        allow_private: true,
        http2: Http2::PriorKnowledge,
        retry_on: "503".parse().unwrap(),
    };
    let expected = new.reach.clone();
    let made = fixture.upstream(new).await;
    let id = made.upstream.id;
    assert_eq!(made.reach, expected);
    assert!(made.upstream.sticky);
    assert_eq!(made.proxy.as_deref(), Some("http://proxy.example:8080"));
    let access = store.upstream_access(id).await.unwrap();
    assert_eq!(access.proxy, Some(proxy));
    assert_eq!(
        (access.headers, access.parameters),
        (expected.headers, expected.parameters)
    );
    assert!(!format!("{:?}", fixture.audit().await).contains("hunter2"));
    let edit = UpstreamEdit {
        reach: ReachEdit {
            proxy: Some(None),
            allow_private: Some(false),
            ..ReachEdit::default()
        },
        sticky: Some(false),
        ..UpstreamEdit::default()
    };
    let edited = store.upstream_edit(who, id, edit, at(2)).await.unwrap();
    assert_eq!((edited.proxy, edited.upstream.sticky), (None, false));
    assert_eq!(edited.reach.http2, Http2::PriorKnowledge);
    let access = store.upstream_access(id).await.unwrap();
    assert_eq!((access.proxy, access.allow_private), (None, false));
}

async fn fallbacks_are_kept_and_taken_away(fixture: &Fixture) {
    let (store, who) = (&fixture.store, &fixture.who);
    let group = fixture.group("basic").await.group;
    let edit = |fallbacks| GroupEdit {
        terms: TermsEdit {
            fallbacks: Some(fallbacks),
            ..TermsEdit::default()
        },
        ..GroupEdit::default()
    };
    let mut fallbacks = group.terms.fallbacks.clone();
    let others = ["b=2", "c"].map(|text| text.parse().unwrap());
    fallbacks
        .set("a\"".parse().unwrap(), others.to_vec())
        .unwrap();
    store
        .group_edit(who, group.id, edit(fallbacks.clone()), at(1))
        .await
        .unwrap();
    let snapshot = store.snapshot().await.unwrap();
    let found = snapshot.catalog.group(group.id).unwrap();
    assert_eq!(found.terms.fallbacks, fallbacks);
    store
        .group_edit(who, group.id, edit(Default::default()), at(1))
        .await
        .unwrap();
    let found = store.group_fetch(group.id).await.unwrap();
    assert!(found.group.terms.fallbacks.is_empty());
}

async fn what_a_gateway_sees_replaces_what_it_saw(fixture: &Fixture) {
    let store = &fixture.store;
    let seen = |upstream: i64, credential| SeenState {
        upstream: UpstreamId::from_raw(upstream).unwrap(),
        credential,
        state: "open".to_owned(),
        cause: Cause::Status(429),
        since: at(1),
        until: Some(at(9)),
    };
    let id = CredentialId::from_raw(7);
    let all = [
        seen(1, None),
        seen(1, Some(None)),
        seen(1, Some(id)),
        seen(2, None),
    ];
    let record = |gateway: u8, seen: &[SeenState], when| {
        store.upstream_states_record(vec![gateway; 16], seen.to_vec(), when)
    };
    record(1, &all, at(2)).await.unwrap();
    record(2, &all[3..], at(3)).await.unwrap();
    let read = async |when| store.upstream_states(when).await.unwrap();
    let told = read(at(4)).await;
    assert_eq!(told.len(), 5);
    let first: Vec<_> = told.iter().filter(|one| one.gateway == [1; 16]).collect();
    assert!(first.iter().map(|one| &one.seen).eq(all.iter()));
    record(1, &all[..1], at(4)).await.unwrap();
    assert_eq!(read(at(4)).await.len(), 2);
    record(1, &[], at(5)).await.unwrap();
    let told = read(at(5)).await;
    assert_eq!((told.len(), told[0].seen_at), (1, at(3)));
    let later = at(5).plus(Duration::from_secs(3600));
    assert_eq!(
        read(later).await,
        [],
        "a gateway that is silent is not believed"
    );
    assert_eq!(fixture.audit().await, []);
}
