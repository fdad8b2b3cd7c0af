use tollgate_admin_core::account::{self, AccountChange, AccountInput};
use tollgate_admin_core::group::{self, GroupChange, GroupInput};
use tollgate_admin_core::input::scope::ScopeInput;
use tollgate_admin_core::model::{self, ModelChange, ModelInput};
use tollgate_admin_core::upstream::UpstreamSecret;
use tollgate_admin_core::upstream::{
    self, CredentialInput, ReachInput, ServedInput, TestInput, UpstreamChange, UpstreamInput,
};
use tollgate_admin_core::view::upstream::UpstreamView;
use tollgate_admin_core::{AdminError, ErrorKind, audit};
use tollgate_testkit::raw_upstream::{RawUpstream, Step};

use crate::{World, later, refused, texts};

fn openai(name: &str, base_url: &str) -> UpstreamInput {
    UpstreamInput {
        name: name.to_owned(),
        base_url: base_url.to_owned(),
        dialect: "openai".to_owned(),
        provider: "openai".to_owned(),
        models: Some(vec![ServedInput::parse("gpt-4o=gpt-4o-eu")]),
        mount: None,
        price: None,
        credential: CredentialInput::Clear(UpstreamSecret::new("sk-upstream-1".to_owned())),
        reach: ReachInput {
            // The servers of these tests are on this machine.
            allow_private: Some(true),
            ..ReachInput::default()
        },
        ..UpstreamInput::default()
    }
}

async fn gallery(world: &World) {
    let input = ModelInput {
        name: "gpt-4o".to_owned(),
        provider: "openai".to_owned(),
        price: Some("input=2.5,output=10".to_owned()),
        ..ModelInput::default()
    };
    model::create(&world.context, &input).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn groups_accounts_and_models_are_changed_field_by_field() {
    let world = World::new().await;
    let context = &world.context;
    let change = GroupChange {
        multiplier: Some("0.8".to_owned()),
        scope: ScopeInput {
            models: texts(&["gpt-*"]),
            ..ScopeInput::default()
        },
        ..GroupChange::default()
    };
    let group = group::edit(context, "standard", &change).await.unwrap();
    assert_eq!(
        (group.name.as_str(), group.multiplier.as_str()),
        ("standard", "0.8")
    );
    assert_eq!(group::show(context, &group.id).await.unwrap(), group);
    let off = AccountChange {
        enabled: Some(false),
        ..AccountChange::default()
    };
    let account = account::edit(context, "acme", &off).await.unwrap();
    assert!(!account.enabled && account.scope.models.is_none());
    gallery(&world).await;
    let change = ModelChange {
        provider: Some("azure".to_owned()),
        ..ModelChange::default()
    };
    let model = model::edit(context, "gpt-4o", &change).await.unwrap();
    assert_eq!((model.provider.as_str(), model.enabled), ("azure", true));
    assert_eq!(model::list(context).await.unwrap(), [model]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_name_is_taken_once_and_what_is_in_use_stays() {
    let world = World::new().await;
    world.token("first").await;
    let context = &world.context;
    let account = AccountInput {
        name: " acme ".to_owned(),
        ..AccountInput::default()
    };
    let group = GroupInput {
        name: "standard".to_owned(),
        ..GroupInput::default()
    };
    let conflicts = [
        refused(account::create(context, &account).await),
        refused(group::create(context, &group).await),
        refused(account::delete(context, "acme").await),
        refused(group::delete(context, "standard").await),
    ];
    for (kind, text) in conflicts {
        assert_eq!(kind, ErrorKind::Conflict, "{text}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_credential_is_sealed_and_never_shown() {
    let world = World::new().await;
    gallery(&world).await;
    let context = &world.context;
    let input = openai("main", "https://api.example.com/v1");
    let made = upstream::create(context, input).await.unwrap();
    assert_eq!(made.credentials.len(), 1);
    assert_eq!(made.credentials[0].variable, None);
    assert_eq!(
        (made.carrier.as_str(), made.groups.as_ref()),
        ("bearer", None)
    );
    let log = audit::list(context, &audit::AuditFilter::default())
        .await
        .unwrap();
    let text = serde_json::to_string(&(&made, &log)).unwrap();
    let disk = world.bytes();
    assert!(!text.contains("sk-upstream-1"), "{text}");
    assert!(!disk.windows(13).any(|window| window == b"sk-upstream-1"));
    let change = UpstreamChange {
        credential: Some(CredentialInput::Env("UPSTREAM_KEY".to_owned())),
        groups: texts(&["standard"]),
        weight: Some(3),
        ..UpstreamChange::default()
    };
    let edited = upstream::edit(context, "main", change).await.unwrap();
    let variable = "UPSTREAM_KEY".to_owned();
    assert_eq!(edited.credentials[0].variable, Some(variable));
    assert_eq!(edited.groups.unwrap()[0].name, "standard");
    assert_eq!((edited.weight, edited.base_url), (3, made.base_url));
    upstream::delete(context, "main").await.unwrap();
    assert_eq!(upstream::list(context).await.unwrap(), []);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_used_makes_no_upstream_and_repeats_no_credential() {
    let world = World::new().await;
    gallery(&world).await;
    let with = |change: fn(&mut UpstreamInput)| {
        let mut input = openai("main", "https://api.example.com");
        change(&mut input);
        input
    };
    let cases = [
        (
            with(|one| one.base_url = "api.example.com".into()),
            "invalid base_url",
        ),
        (
            with(|one| one.base_url = "ftp://example.com".into()),
            "invalid base_url: its scheme",
        ),
        (
            with(|one| one.base_url = "https://u:sk-upstream-1@x.com".into()),
            "invalid base_url: it holds a user",
        ),
        (
            with(|one| one.base_url = "https://x.com/?k=sk-upstream-1".into()),
            "invalid base_url: it has a query",
        ),
        (
            with(|one| one.base_url = "https://x.com/#a".into()),
            "invalid base_url: it has a query",
        ),
        (
            with(|one| one.dialect = "smtp".into()),
            "invalid dialect: `smtp` is not one of",
        ),
        (
            with(|one| one.dialect = "plain".into()),
            "invalid dialect: an upstream of the dialect `plain`",
        ),
        (
            with(|one| one.carrier = Some("cookie".into())),
            "invalid carrier: it is not one of `bearer`",
        ),
        (
            with(|one| one.models = Some(vec![ServedInput::parse("gpt-5")])),
            "there is no model `gpt-5`",
        ),
        (
            with(|one| one.groups = Some(vec!["vip".into()])),
            "there is no group `vip`",
        ),
        (
            with(|one| one.mount = Some("crm".into())),
            "invalid mount: name models or a mount",
        ),
        (
            with(|one| {
                one.models = None;
                one.mount = Some("v1".into())
            }),
            "invalid mount: `v1` is no mount prefix",
        ),
        (
            with(|one| {
                one.models = None;
                one.mount = Some("crm".into())
            }),
            "invalid dialect: an upstream with a mount",
        ),
        (with(|one| one.models = None), "invalid models"),
        (
            with(|one| one.credential = CredentialInput::Env("sk-upstream-1".into())),
            "invalid credential: this is no name",
        ),
        (
            with(|one| one.credential = CredentialInput::Env("tollgate_store".into())),
            "invalid credential: this variable has a secret",
        ),
        (
            with(|one| {
                one.credential =
                    CredentialInput::Clear(UpstreamSecret::new("sk-upstream-1\nx".into()))
            }),
            "invalid credential: a credential is",
        ),
    ];
    for (input, start) in cases {
        let (_, text) = refused(upstream::create(&world.context, input).await);
        assert!(text.starts_with(start), "{text}");
        assert!(!text.contains("sk-upstream"), "{text}");
    }
    assert_eq!(upstream::list(&world.context).await.unwrap(), []);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unencrypted_address_is_warned_of_unless_it_is_this_machine() {
    let world = World::new().await;
    gallery(&world).await;
    for (at, (base_url, warned)) in [
        ("http://example.com", true),
        ("http://10.0.0.7:8000", true),
        ("https://example.com", false),
        ("http://127.0.0.1:9", false),
        ("http://[::1]:9", false),
        ("http://localhost:9", false),
    ]
    .into_iter()
    .enumerate()
    {
        let input = openai(&format!("upstream {at}"), base_url);
        let made = upstream::create(&world.context, input).await.unwrap();
        assert_eq!(!made.warnings.is_empty(), warned, "{base_url}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_private_address_is_saved_only_where_that_was_said() {
    let world = World::new().await;
    gallery(&world).await;
    let context = &world.context;
    for private in [
        "http://127.0.0.1:9",
        "http://10.0.0.7",
        "http://localhost:9",
        "http://vllm:8000",
        "https://models.internal",
    ] {
        let mut input = openai("main", private);
        input.reach.allow_private = None;
        let (_, text) = refused(upstream::create(context, input).await);
        assert!(text.contains("--allow-private"), "{text}");
    }
    let mut never = openai("main", "http://169.254.169.254");
    never.reach.allow_private = Some(true);
    let (_, text) = refused(upstream::create(context, never).await);
    assert!(!text.contains("--allow-private"), "{text}");
    let mut input = openai("main", "https://api.example.com");
    input.reach.allow_private = None;
    upstream::create(context, input).await.unwrap();
    let edit = |base_url: Option<&str>, allow_private| UpstreamChange {
        base_url: base_url.map(str::to_owned),
        reach: ReachInput {
            allow_private,
            ..ReachInput::default()
        },
        ..UpstreamChange::default()
    };
    let change = edit(Some("http://10.0.0.7"), None);
    refused(upstream::edit(context, "main", change).await);
    let change = edit(Some("http://10.0.0.7"), Some(true));
    let edited = upstream::edit(context, "main", change).await.unwrap();
    assert!(edited.allow_private);
    let change = edit(None, Some(false));
    refused(upstream::edit(context, "main", change).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_proxy_on_a_private_network_keeps_the_leave_to_be_there() {
    let world = World::new().await;
    gallery(&world).await;
    let context = &world.context;
    let mut input = openai("main", "https://api.example.com");
    input.reach = ReachInput {
        proxy: Some(UpstreamSecret::new("http://10.0.0.3:3128".to_owned())),
        allow_private: Some(true),
        ..ReachInput::default()
    };
    upstream::create(context, input).await.unwrap();
    let without = |proxy: Option<&str>| UpstreamChange {
        reach: ReachInput {
            proxy: proxy.map(|text| UpstreamSecret::new(text.to_owned())),
            allow_private: Some(false),
            ..ReachInput::default()
        },
        ..UpstreamChange::default()
    };
    let (_, text) = refused(upstream::edit(context, "main", without(None)).await);
    assert!(
        text.contains("if the proxy is on your own network"),
        "{text}"
    );
    let edited = upstream::edit(context, "main", without(Some(""))).await;
    assert!(!edited.unwrap().allow_private);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_upstream_has_several_credentials_and_is_reached_as_was_said() {
    let world = World::new().await;
    gallery(&world).await;
    let context = &world.context;
    let mut input = openai("main", "https://api.example.com");
    let list = |text: &str| Some(vec![text.to_owned()]);
    input.reach = ReachInput {
        headers: list("OpenAI-Organization=org-1"),
        parameters: list("service_tier=\"flex\""),
        proxy: Some(UpstreamSecret::new(
            "http://me:hunter2@proxy.example:8080".to_owned(),
        )),
        retry_on: Some("429".to_owned()),
        http2: Some("never".to_owned()),
        ..ReachInput::default()
    };
    let made = upstream::create(context, input).await.unwrap();
    let header = ("openai-organization".to_owned(), "org-1".to_owned());
    assert_eq!(made.headers, [header]);
    assert_eq!(made.proxy.as_deref(), Some("http://proxy.example:8080"));
    assert_eq!(
        (made.retry_on.as_str(), made.http2.as_str()),
        ("429", "never")
    );
    let variable = || CredentialInput::Env("SECOND_KEY".to_owned());
    later(1);
    let two = upstream::credential::add(context, "main", "second", variable());
    assert_eq!(two.await.unwrap().credentials.len(), 2);
    let again = upstream::credential::add(context, "main", "second", variable());
    assert_eq!(refused(again.await).0, ErrorKind::Conflict);
    let change = UpstreamChange {
        credential: Some(variable()),
        ..UpstreamChange::default()
    };
    refused(upstream::edit(context, "main", change).await);
    let off = upstream::credential::enable(context, "main", "default", false);
    assert!(!off.await.unwrap().credentials[0].enabled);
    let left = upstream::credential::remove(context, "main", "default");
    assert_eq!(left.await.unwrap().credentials[0].name, "second");
    refused(upstream::credential::remove(context, "main", "default").await);
    for (reach, says) in [
        (
            ReachInput {
                proxy: Some(UpstreamSecret::new("http://10.0.0.3:3128".to_owned())),
                ..ReachInput::default()
            },
            "`--allow-private` if the proxy",
        ),
        (
            ReachInput {
                proxy: Some(UpstreamSecret::new("http://proxy.example:0".to_owned())),
                allow_private: Some(true),
                ..ReachInput::default()
            },
            "port",
        ),
        (
            ReachInput {
                headers: list("Host=x"),
                ..ReachInput::default()
            },
            "`host`",
        ),
        (
            ReachInput {
                parameters: list("n=2"),
                ..ReachInput::default()
            },
            "`n`",
        ),
        (
            ReachInput {
                parameters: list("Background=true"),
                ..ReachInput::default()
            },
            "`Background`",
        ),
        (
            ReachInput {
                retry_on: Some("200".to_owned()),
                ..ReachInput::default()
            },
            "`200`",
        ),
        (
            ReachInput {
                ca: Some("x".to_owned()),
                ..ReachInput::default()
            },
            "PEM",
        ),
    ] {
        let change = UpstreamChange {
            reach,
            ..UpstreamChange::default()
        };
        let (_, text) = refused(upstream::edit(context, "main", change).await);
        assert!(text.contains(says), "{text}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_group_names_fallbacks_of_its_models() {
    let world = World::new().await;
    let context = &world.context;
    let edit = |list: &[&str]| {
        let mut change = GroupChange::default();
        change.terms.fallbacks = texts(list);
        change
    };
    let given = edit(&["gpt-4o=gpt-4o-mini, o3", "o3=o3-mini"]);
    let group = group::edit(context, "standard", &given).await.unwrap();
    assert_eq!(group.fallbacks["gpt-4o"], ["gpt-4o-mini", "o3"]);
    assert_eq!(group.fallbacks.len(), 2);
    for odd in ["gpt-4o", "a=a", "a=b,b", "a="] {
        refused(group::edit(context, "standard", &edit(&[odd])).await);
    }
    let group = group::edit(context, "standard", &edit(&[""]))
        .await
        .unwrap();
    assert!(group.fallbacks.is_empty());
}

async fn tested(
    world: &World,
    script: Vec<Step>,
) -> (tollgate_admin_core::view::upstream::TestView, RawUpstream) {
    let server = RawUpstream::start(script).await.unwrap();
    let made: Result<UpstreamView, AdminError> =
        upstream::create(&world.context, openai("main", &server.url())).await;
    made.unwrap();
    let view = upstream::test(&world.context, "main", &TestInput::default())
        .await
        .unwrap();
    (view, server)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_test_makes_one_call_with_the_upstreams_own_model_and_credential() {
    let world = World::new().await;
    gallery(&world).await;
    let (view, server) = tested(&world, vec![Step::respond(200, "application/json", "{}")]).await;
    assert!(view.passed, "{view:?}");
    assert_eq!(view.model.as_deref(), Some("gpt-4o"));
    let [called] = view.calls.as_slice() else {
        panic!("one call: {view:?}");
    };
    assert_eq!(
        (called.status, called.credential.as_deref()),
        (Some(200), Some("default"))
    );
    let requests = server.requests();
    let [request] = requests.as_slice() else {
        panic!("one request: {requests:?}");
    };
    let raw = String::from_utf8_lossy(&request.raw);
    assert!(
        raw.contains("Bearer sk-upstream-1") && raw.contains("gpt-4o-eu"),
        "{raw}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_failed_test_says_why_without_the_credential() {
    let world = World::new().await;
    gallery(&world).await;
    let body = r#"{"error":"wrong key sk-upstream-1"}"#;
    let (view, _server) = tested(&world, vec![Step::respond(401, "application/json", body)]).await;
    assert_eq!((view.passed, view.calls[0].status), (false, Some(401)));
    let problem = view.calls[0].problem.as_deref();
    assert_eq!(problem, Some(r#"{"error":"wrong key …"}"#));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_test_makes_a_call_with_each_credential_that_is_enabled() {
    let world = World::new().await;
    gallery(&world).await;
    let context = &world.context;
    let scripts = vec![
        vec![Step::respond(200, "application/json", "{}")],
        vec![Step::respond(401, "application/json", "wrong key")],
    ];
    let server = RawUpstream::start_sequence(scripts).await.unwrap();
    upstream::create(context, openai("main", &server.url()))
        .await
        .unwrap();
    for (name, secret) in [("spare", "sk-upstream-2"), ("third", "sk-upstream-3")] {
        let secret = UpstreamSecret::new(secret.to_owned());
        let input = CredentialInput::Clear(secret);
        later(1);
        upstream::credential::add(context, "main", name, input)
            .await
            .unwrap();
    }
    upstream::credential::enable(context, "main", "third", false)
        .await
        .unwrap();
    let view = upstream::test(context, "main", &TestInput::default())
        .await
        .unwrap();
    let calls: Vec<_> = view
        .calls
        .iter()
        .map(|one| (one.credential.as_deref(), one.passed, one.status))
        .collect();
    let expected = [
        (Some("default"), true, Some(200)),
        (Some("spare"), false, Some(401)),
    ];
    assert_eq!(calls, expected);
    assert!(!view.passed);
    let sent = server.requests();
    assert!(String::from_utf8_lossy(&sent[1].raw).contains("Bearer sk-upstream-2"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_test_ends_at_its_deadline_and_where_nothing_listens() {
    let world = World::new().await;
    gallery(&world).await;
    let server = RawUpstream::start(vec![Step::Hang]).await.unwrap();
    upstream::create(&world.context, openai("slow", &server.url()))
        .await
        .unwrap();
    upstream::create(&world.context, openai("gone", "http://127.0.0.1:1"))
        .await
        .unwrap();
    let input = TestInput {
        timeout: Some("1s".to_owned()),
        ..TestInput::default()
    };
    let slow = upstream::test(&world.context, "slow", &input)
        .await
        .unwrap();
    assert_eq!(
        slow.calls[0].problem.as_deref(),
        Some("no answer within 1 s")
    );
    let gone = upstream::test(&world.context, "gone", &input)
        .await
        .unwrap();
    assert_eq!((gone.passed, gone.calls[0].status), (false, None));
    assert!(gone.calls[0].problem.is_some());
}
