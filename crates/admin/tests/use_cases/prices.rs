use tollgate_admin_core::group;
use tollgate_admin_core::model::{
    self, ModelChange, ModelInput, PriceInput, PriceScope, default_price, price_remove, price_set,
    set_default_price,
};
use tollgate_admin_core::upstream::{self, UpstreamChange, UpstreamInput};
use tollgate_admin_core::{Context, ErrorKind};

use crate::{World, refused};

async fn priced(context: &Context) {
    let input = ModelInput {
        name: "gpt-4o".to_owned(),
        provider: "openai".to_owned(),
        price: Some("output=10,input=2.5".to_owned()),
        ..ModelInput::default()
    };
    model::create(context, &input).await.unwrap();
}

fn price(provider: Option<&str>, group: Option<&str>, price: &str) -> PriceInput {
    PriceInput {
        scope: scope(provider, group),
        price: price.to_owned(),
    }
}

fn scope(provider: Option<&str>, group: Option<&str>) -> PriceScope {
    PriceScope {
        provider: provider.map(str::to_owned),
        group: group.map(str::to_owned),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_model_without_a_price_has_none_and_one_with_keeps_it() {
    let world = World::new().await;
    let context = &world.context;
    let bare = ModelInput {
        name: "bare".to_owned(),
        provider: "openai".to_owned(),
        ..ModelInput::default()
    };
    let bare = model::create(context, &bare).await.unwrap();
    assert_eq!(
        (bare.price, bare.context, bare.max_output),
        (None, None, None)
    );
    priced(context).await;
    let change =
        |change: serde_json::Value| -> ModelChange { serde_json::from_value(change).unwrap() };
    let windowed = change(serde_json::json!({
        "context": "128000", "max_output": "16384", "cap_field": "max_completion_tokens"
    }));
    let edited = model::edit(context, "gpt-4o", &windowed).await.unwrap();
    assert_eq!(edited.price.as_deref(), Some("input=2.5,output=10"));
    assert_eq!(
        (
            edited.context,
            edited.max_output,
            edited.cap_field.as_deref()
        ),
        (Some(128_000), Some(16_384), Some("max_completion_tokens"))
    );
    let cleared = change(serde_json::json!({ "context": "unknown", "price": "unknown" }));
    let edited = model::edit(context, "gpt-4o", &cleared).await.unwrap();
    assert_eq!(
        (edited.price, edited.context, edited.max_output),
        (None, None, Some(16_384))
    );
    let free = change(serde_json::json!({ "price": "free", "cap_field": "usual" }));
    let edited = model::edit(context, "gpt-4o", &free).await.unwrap();
    assert_eq!(
        (edited.price.as_deref(), edited.cap_field),
        (Some("free"), None)
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_price_or_window_is_refused_with_what_to_write() {
    let world = World::new().await;
    priced(&world.context).await;
    for (field, value, start) in [
        ("price", "2.5", "invalid price: `2.5` is no price: write"),
        (
            "price",
            "input=x",
            "invalid price: `input=x` is no price in",
        ),
        ("price", "in=1", "invalid price: `in` is not one of `input`"),
        (
            "price",
            "input=1,input=2",
            "invalid price: `input` is priced",
        ),
        ("price", "input=-1", "invalid price: `input=-1`"),
        ("price", "input=1e3", "invalid price: `input=1e3`"),
        ("context", "0", "invalid context: `0` is no number"),
        ("context", "lots", "invalid context: `lots`"),
        ("max_output", "-5", "invalid max_output: `-5`"),
        ("cap_field", "cap", "invalid cap_field: `cap` is not one of"),
    ] {
        let change: ModelChange =
            serde_json::from_value(serde_json::json!({ field: value })).unwrap();
        let (kind, text) = refused(model::edit(&world.context, "gpt-4o", &change).await);
        assert_eq!(kind, ErrorKind::InvalidInput);
        assert!(text.starts_with(start), "{text}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn price_lists_of_some_calls_are_set_replaced_and_removed() {
    let world = World::new().await;
    let context = &world.context;
    priced(context).await;
    let set = async |input: PriceInput| price_set(context, "gpt-4o", &input).await;
    set(price(Some("azure"), None, "input=3,output=12"))
        .await
        .unwrap();
    set(price(None, Some("standard"), "input=1,output=4"))
        .await
        .unwrap();
    let shown = set(price(Some("azure"), None, "input=3,output=11"))
        .await
        .unwrap();
    let lists = shown.prices.iter().map(|one| {
        let group = one.group.as_ref().map_or("-", |group| group.name.as_str());
        let provider = one.provider.as_deref().unwrap_or("-");
        format!("{provider} {group} {}", one.price)
    });
    let mut lists: Vec<_> = lists.collect();
    lists.sort();
    assert_eq!(
        lists,
        ["- standard input=1,output=4", "azure - input=3,output=11"]
    );
    let (kind, _) = refused(group::delete(context, "standard").await);
    assert_eq!(kind, ErrorKind::Conflict);
    let gone = scope(None, Some("standard"));
    let shown = price_remove(context, "gpt-4o", &gone).await.unwrap();
    assert_eq!(shown.prices.len(), 1);
    let (kind, text) = refused(price_remove(context, "gpt-4o", &gone).await);
    assert_eq!(kind, ErrorKind::Conflict);
    assert!(text.starts_with("model `gpt-4o` has no price"), "{text}");
    let base = price_remove(context, "gpt-4o", &scope(None, None)).await;
    assert_eq!(base.unwrap().price, None);
    let base = set(price(None, None, "free")).await.unwrap();
    assert_eq!(base.price.as_deref(), Some("free"));
    let (_, text) = refused(set(price(None, None, "unknown")).await);
    assert!(text.starts_with("invalid price: write a price"), "{text}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_default_price_is_refusal_until_one_is_set() {
    let world = World::new().await;
    let context = &world.context;
    assert_eq!(default_price(context).await.unwrap().price, None);
    let set = set_default_price(context, "input=1,output=1").await;
    assert_eq!(set.unwrap().price.as_deref(), Some("input=1,output=1"));
    let kept = default_price(context).await.unwrap().price;
    assert_eq!(kept.as_deref(), Some("input=1,output=1"));
    let set = set_default_price(context, "refuse").await;
    assert_eq!(set.unwrap().price, None);
    assert_eq!(default_price(context).await.unwrap().price, None);
    let (_, text) = refused(set_default_price(context, "cheap").await);
    assert!(text.starts_with("invalid price: `cheap`"), "{text}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mount_is_charged_by_the_request_and_models_by_their_own_prices() {
    let world = World::new().await;
    let context = &world.context;
    let mount = |price: &str| UpstreamInput {
        name: "crm".to_owned(),
        base_url: "https://crm.example.com".to_owned(),
        dialect: "plain".to_owned(),
        provider: "crm".to_owned(),
        models: None,
        mount: Some("crm".to_owned()),
        price: Some(price.to_owned()),
        ..UpstreamInput::default()
    };
    let (_, text) = refused(upstream::create(context, mount("input=1")).await);
    assert!(
        text.starts_with("invalid price: a mount is charged"),
        "{text}"
    );
    let made = upstream::create(context, mount("request=0.001")).await;
    assert_eq!(made.unwrap().price.as_deref(), Some("request=0.001"));
    let change = |price: &str| UpstreamChange {
        price: Some(price.to_owned()),
        ..UpstreamChange::default()
    };
    let free = upstream::edit(context, "crm", change("free")).await;
    assert_eq!(free.unwrap().price.as_deref(), Some("free"));
    let unknown = upstream::edit(context, "crm", change("unknown")).await;
    assert_eq!(unknown.unwrap().price, None);
    let models = UpstreamChange {
        dialect: Some("openai".to_owned()),
        models: Some(Vec::new()),
        ..change("request=1")
    };
    let (_, text) = refused(upstream::edit(context, "crm", models).await);
    assert!(text.starts_with("invalid price: only a mount"), "{text}");
}
