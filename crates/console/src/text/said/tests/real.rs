//! The table against the sentences that use cases really make.

use serde_json::{Value, json};
use tollgate_admin_core::account::{AccountChange, AccountInput, CreditsInput};
use tollgate_admin_core::api_credential::ApiCredentialInput;
use tollgate_admin_core::explain::{ExplainInput, explain};
use tollgate_admin_core::group::GroupInput;
use tollgate_admin_core::import::ImportInput;
use tollgate_admin_core::input::{money, period, span};
use tollgate_admin_core::link::Redeem;
use tollgate_admin_core::member::MemberInput;
use tollgate_admin_core::model::ModelInput;
use tollgate_admin_core::token::TokenInput;
use tollgate_admin_core::upstream::{
    self, CredentialInput, ServedInput, TestInput, UpstreamInput, UpstreamSecret,
};
use tollgate_admin_core::usage::PruneInput;
use tollgate_admin_core::{
    Actor, AdminError, Caller, Context, Deed, MasterKey, Store, StoreError, access, account,
    api_credential, audit, first_byte, group, import, link, member, model, receipt, token, usage,
};
use tollgate_policy::time::Timestamp;

use super::chinese;
use crate::problem::Problem;
use crate::text::{Part, Say};

const NOW: Timestamp = Timestamp::from_seconds(1_800_000_000);

/// A store with the account `acme`, the group `standard`, the model `gpt-4o`, and the upstreams
/// `main`, which serves it, and `crm`, which is mounted.
async fn world() -> (Context, tempfile::TempDir) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("tollgate.db");
    let key = MasterKey::from_bytes([7; 32]);
    let store = Store::open(path.to_str().unwrap(), key, |_| None).await;
    let context = Context::new(store.unwrap(), Actor::new("ada", "cli@test"), || NOW);
    let account: AccountInput = read(json!({ "name": "acme", "balance": "5" }));
    account::create(&context, &account).await.unwrap();
    let group: GroupInput = read(json!({ "name": "standard" }));
    group::create(&context, &group).await.unwrap();
    let price = "input=2.5,output=10";
    let gpt: ModelInput = read(json!({ "name": "gpt-4o", "provider": "openai", "price": price }));
    model::create(&context, &gpt).await.unwrap();
    upstream::create(&context, serving()).await.unwrap();
    let crm = UpstreamInput {
        name: "crm".to_owned(),
        dialect: "plain".to_owned(),
        models: None,
        mount: Some("crm".to_owned()),
        ..serving()
    };
    upstream::create(&context, crm).await.unwrap();
    (context, folder)
}

fn serving() -> UpstreamInput {
    UpstreamInput {
        name: "main".to_owned(),
        base_url: "https://api.example.com".to_owned(),
        dialect: "openai".to_owned(),
        provider: "openai".to_owned(),
        models: Some(vec![ServedInput::parse("gpt-4o")]),
        ..UpstreamInput::default()
    }
}

fn read<T: serde::de::DeserializeOwned>(value: Value) -> T {
    serde_json::from_value(value).unwrap()
}

/// What a page would show of an error.
fn told<T>(outcome: Result<T, AdminError>) -> String {
    let problem = Problem::from(outcome.err().unwrap()).detail;
    let said = chinese("problem", &problem);
    assert!(said.is_some(), "nobody translated: {problem}");
    problem
}

fn token(with: Value) -> TokenInput {
    let mut input = json!({ "name": "reporting", "account": "acme", "group": "standard" });
    let fields = with.as_object().unwrap().clone();
    input.as_object_mut().unwrap().extend(fields);
    read(input)
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_wrong_with_a_token_has_an_entry() {
    let (context, _folder) = world().await;
    for with in [
        json!({ "name": "x" }),
        json!({ "name": "a\u{7}b" }),
        json!({ "account": "nobody" }),
        json!({ "group": "none" }),
        json!({ "expires": "tomorrow" }),
        json!({ "expires": "2020-01-01" }),
        json!({ "quota": "a ` b" }),
        json!({ "quota": "-1" }),
        json!({ "periodic": "10" }),
        json!({ "periodic": "10/year" }),
        json!({ "periodic": "10/day@Mars" }),
        json!({ "periodic": "x/day" }),
        json!({ "periodic": "-1/day" }),
        json!({ "rpm": "0" }),
        json!({ "concurrency": "many" }),
        json!({ "models": ["a b"] }),
        json!({ "providers": ["Open AI"] }),
        json!({ "endpoints": ["chat"] }),
        json!({ "networks": ["localhost"] }),
        json!({ "networks": ["10.0.0.1/8"] }),
        json!({ "note": "x".repeat(501) }),
        json!({ "note": "\u{7}" }),
    ] {
        told(token::create(&context, &token(with)).await);
    }
    for filter in [
        json!({ "status": "odd" }),
        json!({ "sort": "odd" }),
        json!({ "limit": 0 }),
        json!({ "cursor": "odd" }),
        json!({ "created_since": "odd" }),
        json!({ "expiring_within": "odd" }),
    ] {
        told(token::list(&context, &read(filter)).await);
    }
    for _ in 0..2 {
        token::create(&context, &token(json!({}))).await.unwrap();
    }
    told(token::show(&context, "reporting").await);
    told(token::reveal(&context, "reporting").await);
    let bulk = json!({ "ids": [], "action": "enable" });
    told(token::bulk(&context, &read(bulk)).await);
    told(receipt::show(&context, "odd").await);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_wrong_with_accounts_and_groups_and_models_has_an_entry() {
    let (context, _folder) = world().await;
    for input in [
        json!({ "name": "acme" }),
        json!({ "name": "other", "unlimited": true, "balance": "1" }),
        json!({ "name": "other", "credit_line": "-1" }),
    ] {
        told(account::create(&context, &read::<AccountInput>(input)).await);
    }
    for (amount, take_back) in [("-1", false), ("0", false), ("9", true), ("9e9", false)] {
        let input = CreditsInput {
            amount: amount.to_owned(),
            take_back,
            note: String::new(),
        };
        if take_back {
            account::top_up(&context, "acme", &input).await.unwrap_err();
        } else {
            told(account::top_up(&context, "acme", &input).await);
        }
    }
    let stale: AccountChange = read(json!({ "name": "acme2", "if_version": 99 }));
    told(account::edit(&context, "acme", &stale).await);
    for input in [
        json!({ "multiplier": "-1" }),
        json!({ "enforcement": "odd" }),
        json!({ "on_leave": "odd" }),
        json!({ "fallbacks": ["odd"] }),
        json!({ "fallbacks": ["a=b,b"] }),
        json!({ "fallbacks": ["a=b1,b2,b3,b4,b5,b6,b7,b8,b9,b10,b11,b12,b13,b14,b15,b16,b17"] }),
        json!({ "name": "standard" }),
    ] {
        let mut whole = json!({ "name": "premium" });
        let fields = input.as_object().unwrap().clone();
        whole.as_object_mut().unwrap().extend(fields);
        told(group::create(&context, &read::<GroupInput>(whole)).await);
    }
    for input in [
        json!({ "name": "a b", "provider": "openai" }),
        json!({ "name": "new", "provider": "openai", "price": "," }),
        json!({ "name": "new", "provider": "openai", "price": "x" }),
        json!({ "name": "new", "provider": "openai", "price": "odd=1" }),
        json!({ "name": "new", "provider": "openai", "price": "input=1,input=2" }),
        json!({ "name": "new", "provider": "openai", "price": "input=one" }),
        json!({ "name": "new", "provider": "openai", "context": "-1" }),
        json!({ "name": "new", "provider": "openai", "cap_field": "odd" }),
    ] {
        told(model::create(&context, &read::<ModelInput>(input)).await);
    }
    token::create(&context, &token(json!({}))).await.unwrap();
    told(account::delete(&context, "acme").await);
    told(group::delete(&context, "standard").await);
    told(model::delete(&context, "gpt-4o").await);
    let only = json!({ "price": "free", "provider": "openai", "group": "standard" });
    model::price_set(&context, "gpt-4o", &read(only))
        .await
        .unwrap();
    told(group::delete(&context, "standard").await);
    for scope in [
        json!({ "provider": "other" }),
        json!({ "provider": "other", "group": "standard" }),
    ] {
        told(model::price_remove(&context, "gpt-4o", &read(scope)).await);
    }
    let no_price = json!({ "price": "unknown" });
    told(model::price_set(&context, "gpt-4o", &read(no_price)).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_wrong_with_an_upstream_has_an_entry() {
    let (context, _folder) = world().await;
    type Spoil = fn(&mut UpstreamInput);
    let spoilt: [Spoil; 27] = [
        |one| one.base_url = "odd".to_owned(),
        |one| one.base_url = "https://".to_owned(),
        |one| one.base_url = "https://a:99999".to_owned(),
        |one| one.base_url = "ftp://example.com".to_owned(),
        |one| one.base_url = "https://a:b@example.com".to_owned(),
        |one| one.base_url = "https://example.com/?a".to_owned(),
        |one| one.base_url = "http://127.0.0.1".to_owned(),
        |one| one.base_url = "http://localhost".to_owned(),
        |one| one.base_url = "https://example.com:0".to_owned(),
        |one| one.dialect = "odd".to_owned(),
        |one| one.dialect = "plain".to_owned(),
        |one| (one.models, one.mount) = (None, None),
        |one| one.mount = Some("crm".to_owned()),
        |one| (one.models, one.mount) = (None, Some("v1".to_owned())),
        |one| (one.models, one.mount) = (None, Some("shop".to_owned())),
        |one| one.price = Some("free".to_owned()),
        |one| one.carrier = Some("odd".to_owned()),
        |one| one.credential = CredentialInput::Both,
        |one| one.credential = CredentialInput::Env("1 2".to_owned()),
        |one| one.credential = CredentialInput::Clear(UpstreamSecret::new("a b".to_owned())),
        |one| one.reach.headers = Some(vec!["odd".to_owned()]),
        |one| one.reach.headers = Some(vec!["host=a".to_owned()]),
        |one| one.reach.parameters = Some(vec!["odd".to_owned()]),
        |one| one.reach.parameters = Some(vec!["user=odd".to_owned()]),
        |one| one.reach.ca = Some("odd".to_owned()),
        |one| one.reach.http2 = Some("odd".to_owned()),
        |one| one.reach.retry_on = Some("odd".to_owned()),
    ];
    for spoil in spoilt {
        let mut input = UpstreamInput {
            name: "other".to_owned(),
            ..serving()
        };
        spoil(&mut input);
        told(upstream::create(&context, input).await);
    }
    told(upstream::create(&context, serving()).await);
    let remove = upstream::credential::remove(&context, "main", "odd").await;
    told(remove);
    let none = upstream::credential::add(&context, "main", "key", CredentialInput::None).await;
    told(none);
    for input in [json!({ "model": "odd" }), json!({ "timeout": "1h" })] {
        told(upstream::test(&context, "main", &read::<TestInput>(input)).await);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_came_of_a_test_has_an_entry_up_to_what_the_system_says() {
    let (context, _folder) = world().await;
    // Nobody listens where a listener was closed.
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    drop(listener);
    let mut closed = UpstreamInput {
        name: "closed".to_owned(),
        base_url: format!("http://{address}"),
        ..serving()
    };
    closed.reach.allow_private = Some(true);
    let made = upstream::create(&context, closed).await.unwrap();
    assert_eq!(made.warnings, [""; 0]);
    let plain = UpstreamInput {
        name: "plain".to_owned(),
        base_url: "http://example.com".to_owned(),
        ..serving()
    };
    let made = upstream::create(&context, plain).await.unwrap();
    assert!(chinese("warning", &made.warnings[0]).is_some());
    let tested = upstream::test(&context, "closed", &TestInput::default()).await;
    let problem = tested.unwrap().calls[0].problem.clone().unwrap();
    for section in ["probe", "reasons"] {
        let parts = Say::Chinese.said(section, &problem);
        let [Part::Own(own), Part::English(_)] = parts.as_slice() else {
            panic!("{parts:?}");
        };
        assert_eq!(own, "无法连接上游：");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_wrong_with_people_and_reports_has_an_entry() {
    let (context, _folder) = world().await;
    for input in [
        json!({ "login": "a b", "role": "owner" }),
        json!({ "login": "bob", "role": "odd" }),
        json!({ "login": "bob", "role": "member" }),
        json!({ "login": "bob", "role": "owner", "issuer": "https://a" }),
    ] {
        told(member::invite(&context, &read::<MemberInput>(input)).await);
    }
    let code = link::init(&context).await.unwrap().unwrap().code;
    for (code, password) in [
        ("odd", ""),
        (code.reveal(), "short"),
        (code.reveal(), "aaaaaaaaaaaa"),
    ] {
        let input = Redeem {
            code: code.to_owned(),
            password: password.to_owned(),
            login: Some("ada".to_owned()),
            name: None,
        };
        told(link::redeem(&context, &input).await);
    }
    let input: ApiCredentialInput = read(json!({ "name": "bot", "scope": "odd" }));
    told(api_credential::create(&context, &input).await);
    told(audit::list(&context, &read(json!({ "subject": "odd" }))).await);
    told(first_byte::report(&context, &read::<span::SpanFilter>(json!({ "by": "week" }))).await);
    told(usage::report(&context, &read(json!({ "by": ["odd"] }))).await);
    told(usage::report(&context, &read(json!({ "by": [], "from": "odd" }))).await);
    for input in [json!({}), json!({ "keep_receipts": "1d" })] {
        told(usage::prune(&context, &read::<PruneInput>(input)).await);
    }
    told(money::price("x"));
    told(period::duration("overlap", "odd"));
    for deed in Deed::ALL {
        let refused = access::may(&Caller::Nobody, deed, None);
        told(refused.map_err(AdminError::from));
    }
    for problem in [
        StoreError::MountTaken("crm".to_owned()),
        StoreError::CredentialTaken("main".to_owned()),
        StoreError::SecretTaken,
        StoreError::LastOwner,
        StoreError::IdentityTaken,
        StoreError::NoLink,
        StoreError::OwnerThere,
        StoreError::Unlimited("acme".to_owned()),
        StoreError::BadCursor,
    ] {
        told::<()>(Err(problem.into()));
    }
    let wait = std::time::Duration::from_secs(3);
    told::<()>(Err(AdminError::TooMany { retry_after: wait }));
    for problem in [
        Problem::foreign(),
        Problem::forbidden(),
        Problem::not_found(),
    ] {
        assert!(chinese("problem", &problem.detail).is_some());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_wrong_with_a_question_has_an_entry() {
    let (context, _folder) = world().await;
    token::create(&context, &token(json!({}))).await.unwrap();
    for with in [
        json!({ "ip": "odd" }),
        json!({}),
        json!({ "endpoint": "odd" }),
        json!({ "endpoint": "models", "model": "gpt-4o" }),
        json!({ "path": "/odd/../path" }),
        json!({ "path": "GET /v1/chat/completions" }),
        json!({ "path": "/v1/chat/completions" }),
        json!({ "path": "HEAD /" }),
        json!({ "path": "/v1/chat/completions", "endpoint": "models" }),
        json!({ "path": "GET /v1/models", "model": "gpt-4o" }),
        json!({ "mount": "crm", "model": "gpt-4o" }),
    ] {
        let mut whole = json!({ "token": "reporting", "ip": "127.0.0.1" });
        let fields = with.as_object().unwrap().clone();
        whole.as_object_mut().unwrap().extend(fields);
        told(explain(&context, &read::<ExplainInput>(whole)).await);
    }
}

/// Whether nothing of it is left in English.
fn is_said(section: &str, text: &str) -> bool {
    let parts = Say::Chinese.said(section, text);
    parts.iter().all(|part| matches!(part, Part::Own(_)))
}

#[tokio::test(flavor = "multi_thread")]
async fn what_rules_see_and_want_has_an_entry() {
    let (context, _folder) = world().await;
    let narrow = json!({
        "expires": "1h", "quota": "0", "periodic": "0/day", "rpm": "5", "tpm": "7",
        "concurrency": "9", "models": ["none"], "providers": ["other"],
        "endpoints": ["messages"], "networks": ["10.0.0.0/8"],
    });
    token::create(&context, &token(narrow)).await.unwrap();
    let anthropic = UpstreamInput {
        name: "anthropic".to_owned(),
        dialect: "anthropic".to_owned(),
        ..serving()
    };
    upstream::create(&context, anthropic).await.unwrap();
    let nothing: ModelInput = read(json!({ "name": "idle", "provider": "openai" }));
    model::create(&context, &nothing).await.unwrap();
    let mut words = 0;
    for (model, path) in [
        (Some("gpt-4o"), None),
        (Some("idle"), None),
        (Some("no such model"), None),
        (None, Some("GET /crm/contacts")),
        (None, Some("GET /odd/contacts")),
        (None, Some("GET /v1/models")),
    ] {
        let input = ExplainInput {
            token: "reporting".to_owned(),
            model: model.map(str::to_owned),
            path: path.map(str::to_owned),
            ip: "192.0.2.1".to_owned(),
            ..ExplainInput::default()
        };
        let found = explain(&context, &input).await.unwrap();
        assert!(!found.permitted || path == Some("GET /v1/models"));
        for step in &found.steps {
            assert!(is_said("saw", &step.saw), "{}", step.saw);
            assert!(is_said("wanted", &step.wanted), "{}", step.wanted);
            let code = step.code.replace('-', "_");
            let reason = format!(
                "{code}: {} saw {}, wants {}",
                step.layer, step.saw, step.wanted
            );
            assert!(is_said("reasons", &reason), "{reason}");
            words += usize::from(chinese("saw", &step.saw).is_some());
        }
        assert_eq!(
            found.unknown.len(),
            if path == Some("GET /v1/models") { 0 } else { 2 }
        );
        for text in &found.unknown {
            assert!(chinese("unknown", text).is_some(), "{text}");
        }
    }
    assert!(words > 20, "{words}");
    let view = token::show(&context, "reporting").await.unwrap();
    assert_eq!(view.warnings.len(), 0, "`none` allows nothing");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_becomes_of_an_import_has_an_entry() {
    let (context, _folder) = world().await;
    let litellm = json!({
        "a": { "input_cost_per_token": 1e-7, "output_cost_per_token": -1 },
        "b": { "mode": "odd" },
        "c": { "litellm_provider": "openai" },
        "d": { "input_cost_per_token": 0, "output_cost_per_token": 0 },
        "e": 7,
        "a b": { "litellm_provider": "openai", "input_cost_per_token": 1e-7, "output_cost_per_token": 1e-7 },
        "f": { "input_cost_per_token": 1e-7, "output_cost_per_token": 1e-7 },
        "g": { "litellm_provider": "openai", "input_cost_per_token": 1.5e-19, "output_cost_per_token": 1e-7,
               "input_cost_per_token_above_200k_tokens": 1e-6, "output_cost_per_token_priority": 1e-6,
               "odd_cost": 5 },
        "h": { "litellm_provider": "openai", "odd_cost": 5, "input_cost_per_token_flex": 1 },
        "gpt-4o": { "litellm_provider": "openai", "input_cost_per_token": 1e-7, "output_cost_per_token": 1e-7 },
    });
    let new_api = json!({
        "ModelRatio": { "a": 1, "b": -1, "c": 0 },
        "CompletionRatio": { "a": "odd" },
        "OddRatio": {},
        "GroupRatio": { "standard": 0.5, "other": 1, "zero": 0, "large": 5000, "minus": -1, "fine": 0.00000001 },
    });
    let mut notes = Vec::new();
    for (from, text) in [("litellm", litellm), ("new-api", new_api)] {
        let input = ImportInput {
            from: from.to_owned(),
            text: text.to_string(),
            dry_run: true,
            ..ImportInput::default()
        };
        let view = import::models(&context, &input).await.unwrap();
        notes.extend(view.remarks);
        notes.extend(view.entries.into_iter().flat_map(|one| one.notes));
        notes.extend(view.groups.into_iter().flat_map(|one| one.notes));
    }
    assert!(notes.len() >= 18, "{notes:#?}");
    for note in &notes {
        assert!(chinese("note", note).is_some(), "{note}");
    }
}
