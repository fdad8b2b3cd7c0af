use tollgate_admin_core::explain::{ExplainInput, explain};
use tollgate_admin_core::input::scope::ScopeInput;
use tollgate_admin_core::model::{self, ModelInput};
use tollgate_admin_core::token::{self, TokenInput};
use tollgate_admin_core::upstream::{self, ServedInput, UpstreamInput};
use tollgate_admin_core::{Context, ErrorKind, audit};

use crate::people::{acting, joined};
use crate::{World, later, named, refused, texts};

async fn offer(context: &Context) {
    let model = ModelInput {
        name: "gpt-4o".to_owned(),
        provider: "openai".to_owned(),
        price: Some("input=2.5,output=10".to_owned()),
        ..ModelInput::default()
    };
    model::create(context, &model).await.unwrap();
    upstream::create(context, upstream_input()).await.unwrap();
}

fn upstream_input() -> UpstreamInput {
    UpstreamInput {
        name: "main".to_owned(),
        base_url: "https://api.example.com".to_owned(),
        dialect: "openai".to_owned(),
        provider: "openai".to_owned(),
        models: Some(vec![ServedInput::parse("gpt-4o")]),
        ..UpstreamInput::default()
    }
}

fn call(ip: &str) -> ExplainInput {
    ExplainInput {
        token: "narrow".to_owned(),
        model: Some("gpt-4o".to_owned()),
        ip: ip.to_owned(),
        ..ExplainInput::default()
    }
}

async fn world() -> World {
    let world = World::new().await;
    offer(&world.context).await;
    let input = TokenInput {
        expires: "1h".to_owned(),
        scope: ScopeInput {
            networks: texts(&["10.0.0.0/8"]),
            endpoints: texts(&["chat.completions", "models"]),
            ..ScopeInput::default()
        },
        ..named("narrow")
    };
    token::create(&world.context, &input).await.unwrap();
    world
}

#[tokio::test(flavor = "multi_thread")]
async fn a_permit_names_every_rule_and_what_would_serve_the_call() {
    let world = world().await;
    let permit = explain(&world.context, &call("10.1.2.3")).await.unwrap();
    assert!(permit.permitted && permit.reasons.is_empty());
    assert!(permit.steps.len() > 8 && permit.steps.iter().all(|step| step.passed));
    assert_eq!(permit.endpoint, "chat.completions");
    assert_eq!(permit.upstreams[0].upstream.name, "main");
    assert_eq!(permit.upstreams[0].price, "input=2.5,output=10");
    assert_eq!(permit.multiplier.as_deref(), Some("1"));
    assert_eq!(permit.unknown, [""; 0]);
    // Whoever may not see upstreams learns what decides, and not by whom the call is served.
    joined(&world, "bob", "member", Some("acme")).await;
    let bob = acting(&world, "bob").await;
    let seen = explain(&bob, &call("10.1.2.3")).await.unwrap();
    assert!(seen.permitted && seen.upstreams.is_empty());
    assert_eq!(seen.steps.len(), permit.steps.len());
    assert!(seen.steps.iter().all(|step| !step.saw.contains("main")));
    let mapped = explain(&world.context, &call("::ffff:10.1.2.3"))
        .await
        .unwrap();
    assert_eq!(
        (mapped.permitted, mapped.address.as_str()),
        (true, "10.1.2.3")
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refusal_names_each_reason_the_deciding_one_first() {
    let world = world().await;
    later(2 * 3600);
    let input = ExplainInput {
        model: Some("gpt-5".to_owned()),
        endpoint: Some("embeddings".to_owned()),
        ..call("203.0.113.7")
    };
    let refusal = explain(&world.context, &input).await.unwrap();
    assert!(!refusal.permitted && refusal.upstreams.is_empty());
    assert_eq!(
        refusal.reasons,
        [
            "token_expired",
            "address_not_allowed",
            "endpoint_not_allowed",
            "model_unknown"
        ]
    );
    let failed = refusal
        .steps
        .iter()
        .find(|step| step.code == "address_not_allowed");
    let failed = failed.unwrap();
    assert_eq!(
        (failed.layer.as_str(), failed.saw.as_str()),
        ("token", "203.0.113.7")
    );
    assert_eq!(failed.wanted, "10.0.0.0/8");
    let earlier = ExplainInput {
        at: Some("90m".to_owned()),
        ..call("10.1.2.3")
    };
    assert!(explain(&world.context, &earlier).await.unwrap().permitted);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_gateway_answers_itself_needs_no_model() {
    let world = world().await;
    let input = ExplainInput {
        model: None,
        endpoint: Some("models".to_owned()),
        ..call("10.1.2.3")
    };
    let permit = explain(&world.context, &input).await.unwrap();
    assert!(permit.permitted && permit.upstreams.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_is_explained_by_its_method_and_path() {
    let world = world().await;
    let crm = UpstreamInput {
        name: "crm".to_owned(),
        dialect: "plain".to_owned(),
        models: None,
        mount: Some("crm".to_owned()),
        price: Some("request=0.001".to_owned()),
        ..upstream_input()
    };
    upstream::create(&world.context, crm).await.unwrap();
    let asked = async |token: &str, path: &str, model: Option<&str>| {
        let input = ExplainInput {
            token: token.to_owned(),
            model: model.map(str::to_owned),
            path: Some(path.to_owned()),
            ..call("10.1.2.3")
        };
        explain(&world.context, &input).await
    };
    world.token("wide").await;
    let permit = asked("wide", "GET /crm/contacts?page=2", None)
        .await
        .unwrap();
    assert_eq!((&*permit.endpoint, permit.permitted), ("mount/crm", true));
    assert_eq!(permit.upstreams[0].price, "request=0.001");
    let refusal = asked("narrow", "GET /crm/contacts", None).await.unwrap();
    assert_eq!(refusal.reasons, ["endpoint_not_allowed"]);
    let unknown = asked("wide", "DELETE /shop/carts/7", None).await.unwrap();
    assert_eq!(unknown.reasons, ["mount_unknown"]);
    let chat = asked("narrow", "/v1/chat/completions", Some("gpt-4o"));
    let chat = chat.await.unwrap();
    assert_eq!(
        (&*chat.endpoint, chat.permitted),
        ("chat.completions", true)
    );
    let list = asked("narrow", "GET /v1/models", None).await.unwrap();
    assert_eq!((&*list.endpoint, list.permitted), ("models", true));
    let key = asked("narrow", "GET /v1/key", None).await.unwrap();
    assert_eq!((&*key.endpoint, key.permitted), ("key", true));
    for (path, model, start) in [
        (
            "GET /v1/nowhere",
            None,
            "invalid path: the gateway answers 404",
        ),
        (
            "DELETE /v1/messages",
            None,
            "invalid path: the gateway answers 404 or 405",
        ),
        (
            "/v1/messages",
            None,
            "invalid model: this path is of a model",
        ),
        (
            "GET /crm/x",
            Some("gpt-4o"),
            "invalid model: this path has no model",
        ),
        ("HEAD /", None, "invalid path: the gateway answers this"),
    ] {
        let (_, text) = refused(asked("wide", path, model).await);
        assert!(text.starts_with(start), "{path}: {text}");
    }
    let both = ExplainInput {
        path: Some("GET /crm/x".to_owned()),
        mount: Some("crm".to_owned()),
        model: None,
        ..call("10.1.2.3")
    };
    let (_, text) = refused(explain(&world.context, &both).await);
    assert!(text.starts_with("invalid path: the path says"), "{text}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_that_cannot_be_made_is_not_explained() {
    let world = world().await;
    let with = |change: fn(&mut ExplainInput)| {
        let mut input = call("10.1.2.3");
        change(&mut input);
        input
    };
    for (input, start) in [
        (
            with(|one| one.ip = "here".into()),
            "invalid ip: `here` is no address",
        ),
        (
            with(|one| one.endpoint = Some("chat".into())),
            "invalid endpoint: `chat` is not one of",
        ),
        (with(|one| one.mount = Some("crm".into())), "invalid mount"),
        (
            with(|one| one.model = None),
            "invalid model: name the model",
        ),
        (
            with(|one| one.endpoint = Some("models".into())),
            "invalid model: the gateway answers",
        ),
        (
            with(|one| one.token = "nobody".into()),
            "there is no token `nobody`",
        ),
    ] {
        let (_, text) = refused(explain(&world.context, &input).await);
        assert!(text.starts_with(start), "{text}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_change_is_in_the_audit_log_with_who_and_what() {
    let world = world().await;
    let id = token::disable(&world.context, "narrow").await.unwrap().id;
    let filter = audit::AuditFilter {
        subject: Some(id.clone()),
        limit: Some(1),
        ..audit::AuditFilter::default()
    };
    let page = audit::list(&world.context, &filter).await.unwrap();
    let [change] = page.entries.as_slice() else {
        panic!("one change: {page:?}");
    };
    assert_eq!(
        (change.action.as_str(), change.subject.as_str()),
        ("token.disable", id.as_str())
    );
    assert_eq!(
        (change.actor.as_str(), change.origin.as_str()),
        ("ada", "cli@test")
    );
    assert!(change.before.is_some() && change.after.is_some());
    let next = audit::AuditFilter {
        cursor: page.next_cursor,
        ..filter
    };
    let page = audit::list(&world.context, &next).await.unwrap();
    assert_eq!(
        (page.entries[0].action.as_str(), page.next_cursor),
        ("token.create", None)
    );
    let log = audit::verify(&world.context).await.unwrap();
    assert_eq!((log.whole, log.rows), (true, Some(6)));
    for (field, value) in [("subject", "narrow"), ("cursor", "x"), ("since", "ever")] {
        let filter = serde_json::from_value(serde_json::json!({ field: value })).unwrap();
        let (kind, text) = refused(audit::list(&world.context, &filter).await);
        assert_eq!(kind, ErrorKind::InvalidInput);
        assert!(text.starts_with(&format!("invalid {field}: ")), "{text}");
    }
}
