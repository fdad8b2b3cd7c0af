//! Prices of models, of upstreams, and of all that has none; terms of groups.

use tollgate_policy::bound::Window;
use tollgate_policy::cap::CapField;
use tollgate_policy::group::{Enforcement, OnLeave, Terms};
use tollgate_policy::id::{GroupId, ModelId};
use tollgate_policy::limit::Rate;
use tollgate_policy::price::Price;
use tollgate_policy::upstream::{PriceOverride, Pricing, Serves};
use tollgate_rights::source::{Source, Touched};
use tollgate_store::group::{GroupEdit, TermsEdit};
use tollgate_store::limit::LimitsEdit;
use tollgate_store::model::{ModelEdit, NewModel, OverrideEdit, StoredModel};
use tollgate_store::upstream::UpstreamEdit;
use tollgate_store::{Kind, StoreError};

use super::fixture::{Fixture, at, serves};

on_both! {
    prices_and_window_are_kept_as_they_were_given
    a_price_is_set_and_unset
    overrides_are_set_replaced_and_removed
    an_override_that_is_not_there_is_not_removed
    a_price_names_only_groups_that_are_there
    a_group_with_prices_is_not_deleted
    a_deleted_model_takes_its_prices_with_it
    an_upstream_has_a_price_of_its_own
    the_default_price_is_part_of_the_snapshot
    terms_are_kept_and_edited
}

fn price(text: &str) -> Price {
    text.parse().unwrap()
}

fn list(provider: Option<&str>, group: Option<GroupId>, text: &str) -> PriceOverride {
    PriceOverride {
        provider: provider.map(|text| text.parse().unwrap()),
        group,
        price: price(text),
    }
}

async fn insert(fixture: &Fixture, pricing: Pricing) -> Result<StoredModel, StoreError> {
    let new = NewModel {
        name: "gpt".parse().unwrap(),
        provider: "openai".parse().unwrap(),
        enabled: true,
        pricing,
        window: Window {
            context: Some(128_000),
            output: Some(16_384),
            cap_field: Some(CapField::MaxCompletionTokens),
        },
        note: String::new(),
    };
    let id = ModelId::new(at(0), fixture.number());
    let made = fixture.store.model_insert(&fixture.who, new, id, at(0));
    made.await
}

async fn edit(
    fixture: &Fixture,
    id: ModelId,
    overrides: Vec<OverrideEdit>,
) -> Result<Vec<PriceOverride>, StoreError> {
    let edit = ModelEdit {
        overrides,
        ..ModelEdit::default()
    };
    let edited = fixture.store.model_edit(&fixture.who, id, edit, at(5));
    let edited = edited.await?;
    assert_eq!(fixture.store.model_fetch(id).await.unwrap(), edited);
    Ok(edited.model.pricing.overrides)
}

async fn prices_and_window_are_kept_as_they_were_given(fixture: &Fixture) {
    let store = &fixture.store;
    let group = fixture.group("basic").await.group.id;
    fixture.model("another").await;
    let pricing = Pricing {
        base: Some(price("input=2.5,cached-input=1.25,output=10")),
        overrides: vec![
            list(None, Some(group), "free"),
            list(Some("azure"), None, "input=3,output=12"),
            list(Some("azure"), Some(group), "request=0.000000000001"),
        ],
    };
    let made = insert(fixture, pricing.clone()).await.unwrap();
    assert_eq!(made.model.pricing, pricing);
    assert_eq!(made.model.window.output, Some(16_384));
    let (model, id) = (&made.model, made.model.id);
    assert_eq!(store.model_fetch(id).await.unwrap(), made);
    let by_name = store.model_find_by_name(&model.name).await.unwrap();
    assert_eq!(by_name, Some(made.clone()));
    assert_eq!(store.model_list().await.unwrap()[1], made);
    let snapshot = store.snapshot().await.unwrap();
    assert_eq!(&snapshot.catalog.offer("gpt").unwrap().model, model);
    let row = fixture.audit().await.pop().unwrap();
    let after = row.after.unwrap();
    for part in [
        "\"price\":\"input=2.5,cached-input=1.25,output=10\"",
        "{\"provider\":\"azure\",\"group\":null,\"price\":\"input=3,output=12\"}",
        "\"context\":128000,\"max_output\":16384,\"cap_field\":\"max_completion_tokens\"",
    ] {
        assert!(after.contains(part), "{after}");
    }
}

async fn a_price_is_set_and_unset(fixture: &Fixture) {
    let (store, who) = (&fixture.store, &fixture.who);
    let id = fixture.model("gpt").await.model.id;
    for base in [Some(price("input=1,output=2")), Some(Price::free()), None] {
        let edit = ModelEdit {
            price: Some(base),
            ..ModelEdit::default()
        };
        let edited = store.model_edit(who, id, edit, at(1)).await.unwrap();
        assert_eq!(edited.model.pricing.base, base);
        // Another change leaves the price alone.
        let edit = ModelEdit {
            window: Some(Window {
                context: Some(7),
                ..Window::default()
            }),
            ..ModelEdit::default()
        };
        let edited = store.model_edit(who, id, edit, at(2)).await.unwrap();
        assert_eq!(edited.model.pricing.base, base);
        assert_eq!(edited.model.window.context, Some(7));
    }
    // A list that states nothing says as little as none.
    let edit = ModelEdit {
        price: Some(Some(Price::EMPTY)),
        ..ModelEdit::default()
    };
    let edited = store.model_edit(who, id, edit, at(3)).await.unwrap();
    assert_eq!(edited.model.pricing.base, None);
}

async fn overrides_are_set_replaced_and_removed(fixture: &Fixture) {
    let group = fixture.group("basic").await.group.id;
    let id = fixture.model("gpt").await.model.id;
    let first = list(Some("azure"), None, "input=3,output=12");
    let second = list(Some("azure"), Some(group), "input=1,output=2");
    let set = |one: &PriceOverride| OverrideEdit::Set(one.clone());
    let seen = edit(fixture, id, vec![set(&second), set(&first)]).await;
    assert_eq!(seen.unwrap(), [first.clone(), second.clone()]);
    let cheaper = list(Some("azure"), None, "free");
    let seen = edit(fixture, id, vec![set(&cheaper)]).await.unwrap();
    assert_eq!(seen, [cheaper, second.clone()]);
    let remove = OverrideEdit::Remove {
        provider: Some("azure".parse().unwrap()),
        group: None,
    };
    let seen = edit(fixture, id, vec![remove]).await.unwrap();
    assert_eq!(seen, [second]);
}

async fn an_override_that_is_not_there_is_not_removed(fixture: &Fixture) {
    let group = fixture.group("basic").await.group.id;
    let id = fixture.model("gpt").await.model.id;
    let kept = list(Some("azure"), Some(group), "free");
    let set = OverrideEdit::Set(kept.clone());
    edit(fixture, id, vec![set]).await.unwrap();
    let provider = || Some("azure".parse().unwrap());
    for (provider, group, said) in [
        (provider(), None, "for provider `azure`".to_owned()),
        (None, Some(group), format!("for group `{group}`")),
    ] {
        let set = OverrideEdit::Set(list(Some("other"), None, "free"));
        let remove = OverrideEdit::Remove { provider, group };
        let error = edit(fixture, id, vec![set, remove]).await.unwrap_err();
        assert!(error.to_string().ends_with(&said), "{error}");
    }
    // What was set in the same change is not kept either.
    let model = fixture.store.model_fetch(id).await.unwrap().model;
    assert_eq!(model.pricing.overrides, [kept]);
}

async fn a_price_names_only_groups_that_are_there(fixture: &Fixture) {
    let nobody = GroupId::new(at(0), 999);
    let wrong = list(None, Some(nobody), "free");
    let id = fixture.model("another").await.model.id;
    let set = OverrideEdit::Set(wrong.clone());
    let edited = edit(fixture, id, vec![set]).await.map(|_| ());
    let pricing = Pricing {
        base: None,
        overrides: vec![wrong],
    };
    let inserted = insert(fixture, pricing).await.map(|_| ());
    for outcome in [edited, inserted] {
        let error = outcome.unwrap_err();
        let named = matches!(
            &error,
            StoreError::NotFound {
                kind: Kind::Group,
                ..
            }
        );
        assert!(named, "{error}");
    }
    assert_eq!(fixture.store.model_list().await.unwrap().len(), 1);
}

async fn a_group_with_prices_is_not_deleted(fixture: &Fixture) {
    let (store, who) = (&fixture.store, &fixture.who);
    let group = fixture.group("basic").await.group.id;
    let id = fixture.model("gpt").await.model.id;
    let set = |provider| OverrideEdit::Set(list(provider, Some(group), "free"));
    edit(fixture, id, vec![set(None), set(Some("azure"))])
        .await
        .unwrap();
    let error = store.group_delete(who, group, at(1)).await.unwrap_err();
    assert!(error.to_string().contains("2 model prices"), "{error}");
    let remove = |provider: Option<&str>| OverrideEdit::Remove {
        provider: provider.map(|text| text.parse().unwrap()),
        group: Some(group),
    };
    let edits = vec![remove(None), remove(Some("azure"))];
    edit(fixture, id, edits).await.unwrap();
    store.group_delete(who, group, at(2)).await.unwrap();
}

async fn a_deleted_model_takes_its_prices_with_it(fixture: &Fixture) {
    let (store, who) = (&fixture.store, &fixture.who);
    let group = fixture.group("basic").await.group.id;
    let id = fixture.model("gpt").await.model.id;
    let set = OverrideEdit::Set(list(None, Some(group), "free"));
    edit(fixture, id, vec![set]).await.unwrap();
    store.model_delete(who, id, at(1)).await.unwrap();
    store.group_delete(who, group, at(2)).await.unwrap();
}

async fn an_upstream_has_a_price_of_its_own(fixture: &Fixture) {
    let (store, who) = (&fixture.store, &fixture.who);
    let mount = Serves::Mount("crm".parse().unwrap());
    let mut new = fixture.new_upstream("crm", mount);
    new.price = Some(price("request=0.01"));
    let made = fixture.upstream(new).await.upstream;
    assert_eq!(made.price, Some(price("request=0.01")));
    let edit = |price| {
        let edit = UpstreamEdit {
            price,
            ..UpstreamEdit::default()
        };
        store.upstream_edit(who, made.id, edit, at(1))
    };
    let priced = async |given| edit(given).await.unwrap().upstream.price;
    assert_eq!(priced(None).await, made.price);
    assert_eq!(priced(Some(None)).await, None);
    let free = Some(Price::free());
    assert_eq!(priced(Some(free)).await, free);
    assert_eq!(store.upstream_list().await.unwrap()[0].upstream.price, free);
    let after = fixture.audit().await.pop().unwrap().after.unwrap();
    assert!(after.contains("\"price\":\"free\""), "{after}");
}

async fn the_default_price_is_part_of_the_snapshot(fixture: &Fixture) {
    let (store, who) = (&fixture.store, &fixture.who);
    let mount = Serves::Mount("crm".parse().unwrap());
    fixture.upstream(fixture.new_upstream("crm", mount)).await;
    fixture.model("gpt").await;
    fixture
        .upstream(fixture.new_upstream("first", serves(&["gpt"])))
        .await;
    let mounted = async || {
        let snapshot = store.snapshot().await.unwrap();
        let mount = snapshot.catalog.mount("crm").unwrap().price;
        (mount, snapshot.revision)
    };
    assert_eq!(store.default_price().await.unwrap(), None);
    assert_eq!(mounted().await.0, None);
    let all = [
        Some(price("request=0.01,input=1,output=2")),
        Some(Price::free()),
        None,
        None,
    ];
    for given in all {
        let (_, revision) = mounted().await;
        store.default_price_set(who, given, at(1)).await.unwrap();
        assert_eq!(store.default_price().await.unwrap(), given);
        let told = store.changes(revision.into()).await.unwrap();
        assert_eq!(told.touched, [Touched::Catalog]);
        assert_eq!(mounted().await, (given, told.reached.revision));
    }
    let log = fixture.audit().await;
    let row = &log[log.len() - 3];
    assert_eq!(row.action, "setting.default-price");
    assert_eq!((row.kind, row.subject.as_str()), (Kind::Setting, ""));
    let shown = (row.before.as_deref(), row.after.as_deref());
    let before = "{\"default_price\":\"input=1,output=2,request=0.01\"}";
    assert_eq!(shown, (Some(before), Some("{\"default_price\":\"free\"}")));
}

async fn terms_are_kept_and_edited(fixture: &Fixture) {
    let (store, who) = (&fixture.store, &fixture.who);
    let made = fixture.group("basic").await.group;
    assert_eq!(made.terms, Terms::default());
    let edit = async |terms| {
        let edit = GroupEdit {
            terms,
            ..GroupEdit::default()
        };
        let edited = store.group_edit(who, made.id, edit, at(1)).await.unwrap();
        assert_eq!(store.group_fetch(made.id).await.unwrap(), edited);
        edited.group.terms
    };
    let given = TermsEdit {
        limits: LimitsEdit {
            requests: Some(Rate::new(9).ok()),
            ..LimitsEdit::default()
        },
        enforcement: Some(Enforcement::Lenient),
        on_leave: Some(OnLeave::Drain(30)),
        ..TermsEdit::default()
    };
    let mut expected = Terms {
        enforcement: Enforcement::Lenient,
        on_leave: OnLeave::Drain(30),
        ..Terms::default()
    };
    expected.limits.requests = Rate::new(9).ok();
    assert_eq!(edit(given).await, expected);
    let given = TermsEdit {
        shared: Some(true),
        enforcement: Some(Enforcement::Refuse),
        ..TermsEdit::default()
    };
    (expected.shared, expected.enforcement) = (true, Enforcement::Refuse);
    assert_eq!(edit(given).await, expected);
    let after = fixture.audit().await.pop().unwrap().after.unwrap();
    let part = "\"limits\":{\"rpm\":9,\"tpm\":null,\"concurrency\":null},\"shared\":true,\
        \"enforcement\":\"refuse\",\"on_leave\":\"drain:30\"";
    assert!(after.contains(part), "{after}");
}
