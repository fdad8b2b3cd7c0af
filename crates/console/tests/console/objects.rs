//! Every operation of the API, as the document has it, tried by everybody who may not do it.

use serde_json::{Value, json};
use tollgate_admin_core::audit::{self, AuditFilter};

use crate::{PASSWORD, World};

/// What a member of another account may do: it shows nothing of the first one.
const FOR_MEMBERS: [&str; 17] = [
    "GET /me",
    "GET /tokens",
    "POST /tokens",
    "GET /groups",
    "GET /groups/{id}",
    "GET /models",
    "GET /models/{id}",
    "GET /default-price",
    "GET /accounts",
    "GET /usage",
    "GET /receipts",
    "GET /refusals",
    "GET /refusals/count",
    "GET /api-credentials",
    "POST /links/look",
    "POST /links/redeem",
    "POST /tokens/bulk",
];
/// The request id of a call that nobody made.
const UNKNOWN: &str = "req_0123456789abcdef0123456789abcdef";
/// What is asked for by a request id.
const OF_CALLS: [&str; 3] = [
    "GET /receipts/{id}",
    "GET /refusals/{id}",
    "GET /explain/{id}",
];
/// What needs a body but only reads.
const READS: [&str; 3] = ["POST /explain", "POST /links/look", "POST /links/redeem"];

/// Things that belong to `other`, or to nobody, by the kind in the path.
struct Things(Vec<(&'static str, String)>);

/// One operation of the document.
struct Operation {
    name: String,
    method: String,
    path: String,
    takes_body: bool,
}

async fn things(world: &World, owner: &str) -> Things {
    let token = r#"{"name":"Theirs","account":"other","group":"standard"}"#;
    let made = world.call("POST", "/tokens", owner, token).await.json();
    let model = r#"{"name":"gpt-x","provider":"openai","price":"input=1,output=1"}"#;
    let model = world.call("POST", "/models", owner, model).await;
    assert_eq!(model.status, 201, "{model:?}");
    let upstream = r#"{"name":"main","provider":"openai","dialect":"openai","base_url":"https://api.example.com/v1","models":[{"name":"gpt-x"}]}"#;
    let upstream = world.call("POST", "/upstreams", owner, upstream).await;
    assert_eq!(upstream.status, 201, "{upstream:?}");
    world.sign_in("ada").await;
    let sessions = world.call("GET", "/sessions", owner, "").await.json();
    Things(vec![
        ("tokens", text(&made["token"]["id"])),
        ("accounts", "other".to_owned()),
        ("groups", "standard".to_owned()),
        ("models", "gpt-x".to_owned()),
        ("upstreams", "main".to_owned()),
        ("members", "ada".to_owned()),
        ("sessions", text(&sessions[0]["id"])),
        ("api-credentials", "ada all".to_owned()),
        ("receipts", UNKNOWN.to_owned()),
        ("refusals", UNKNOWN.to_owned()),
        ("explain", UNKNOWN.to_owned()),
    ])
}

fn text(value: &Value) -> String {
    value.as_str().unwrap().to_owned()
}

async fn operations(world: &World, things: &Things) -> Vec<Operation> {
    let document = world
        .send("GET", "/api/v1/openapi.json", &[], "")
        .await
        .json();
    let mut found = Vec::new();
    for (path, methods) in document["paths"].as_object().unwrap() {
        for (method, operation) in methods.as_object().unwrap() {
            let method = method.to_uppercase();
            let kind = path.split('/').nth(1).unwrap();
            let id = things.0.iter().find(|(one, _)| *one == kind);
            let id = id.map_or("x", |(_, id)| id.as_str());
            found.push(Operation {
                name: format!("{method} {path}"),
                path: path
                    .replace("{id}", &id.replace(' ', "%20"))
                    .replace("{name}", "main"),
                takes_body: operation["requestBody"].is_object(),
                method,
            });
        }
    }
    assert!(found.len() > 60);
    found
}

/// A body that could be used by whoever may.
fn body(name: &str, things: &Things) -> Value {
    let token = &things.0[0].1;
    match name {
        "POST /tokens" => json!({"name": "Mine", "account": "other", "group": "standard"}),
        "PATCH /tokens/{id}" => json!({"note": "changed"}),
        "POST /tokens/bulk" => json!({"ids": [token], "action": "revoke"}),
        "POST /explain" => json!({"token": token, "model": "gpt-x", "ip": "10.0.0.1"}),
        "POST /accounts" => json!({"name": "new account", "unlimited": true}),
        "PATCH /accounts/{id}"
        | "PATCH /groups/{id}"
        | "PATCH /models/{id}"
        | "PATCH /upstreams/{id}" => json!({"note": "changed"}),
        "POST /accounts/{id}/credits" => json!({"amount": "5", "note": "a present"}),
        "POST /groups" => json!({"name": "new group"}),
        "POST /models" => json!({"name": "gpt-y", "provider": "openai"}),
        "PUT /models/{id}/prices" | "PUT /default-price" => json!({"price": "free"}),
        "POST /models/import" => json!({"from": "litellm", "text": "{}"}),
        "POST /upstreams" => {
            json!({"name": "second", "provider": "openai", "dialect": "openai", "base_url": "https://api.example.com/v1", "models": [{"name": "gpt-x"}]})
        }
        "PUT /upstreams/{id}/credentials/{name}" => json!({"credential": "sk-x"}),
        "POST /members" => json!({"login": "eve", "role": "owner"}),
        "PATCH /members/{id}" => json!({"role": "auditor"}),
        "POST /api-credentials" => json!({"name": "stolen", "scope": "all", "member": "ada"}),
        "POST /usage/prune" => json!({"keep_receipts": "90d"}),
        "POST /me/password" => json!({"old": PASSWORD, "new": "another password"}),
        "POST /me/totp" | "POST /me/totp/remove" => json!({"password": PASSWORD}),
        "POST /me/totp/confirm" => json!({"code": "123456"}),
        "POST /links/look" => json!({"code": "x"}),
        "POST /links/redeem" => json!({"code": "x", "password": "another password"}),
        _ => json!({}),
    }
}

/// How many changes there were.
async fn changes(world: &World) -> usize {
    let filter = AuditFilter {
        limit: Some(200),
        ..AuditFilter::default()
    };
    let page = audit::list(&world.context, &filter).await.unwrap();
    assert!(page.next_cursor.is_none());
    page.entries.len()
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_does_or_sees_anything() {
    let world = World::new().await;
    let owner = world.credential("ada", "all").await;
    let things = things(&world, &owner).await;
    let before = changes(&world).await;
    for one in operations(&world, &things).await {
        let body = body(&one.name, &things).to_string();
        let headers = [
            ("content-type", "application/json"),
            ("sec-fetch-site", "same-origin"),
        ];
        let path = format!("/api/v1{}", one.path);
        let heard = world.send(&one.method, &path, &headers, &body).await;
        let expected = if one.name.contains("/links/") {
            404
        } else {
            401
        };
        assert_eq!(heard.status, expected, "{}: {heard:?}", one.name);
    }
    assert_eq!(changes(&world).await, before);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_member_neither_sees_nor_changes_anything_of_another_account() {
    let world = World::new().await;
    let owner = world.credential("ada", "all").await;
    let things = things(&world, &owner).await;
    world.join("mel", "member", Some("acme")).await;
    let member = world.credential("mel", "all").await;
    let before = changes(&world).await;
    for one in operations(&world, &things).await {
        let body = body(&one.name, &things).to_string();
        let heard = world.call(&one.method, &one.path, &member, &body).await;
        let refused = matches!(heard.status, 401 | 403 | 404);
        let permitted = FOR_MEMBERS.contains(&one.name.as_str());
        assert!(refused || permitted, "{}: {heard:?}", one.name);
        // A refusal repeats the name that was asked for.
        let told = if refused { "" } else { &heard.body }.replace(&things.0[0].1, "");
        for theirs in ["Theirs", "\"other\"", "\"ada\""] {
            assert!(!told.contains(theirs), "{}: {heard:?}", one.name);
        }
    }
    assert_eq!(changes(&world).await, before);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_auditor_changes_nothing_and_is_shown_no_secret() {
    let world = World::new().await;
    let owner = world.credential("ada", "all").await;
    let things = things(&world, &owner).await;
    world.join("aud", "auditor", None).await;
    let auditor = world.credential("aud", "all").await;
    let before = changes(&world).await;
    for one in operations(&world, &things).await {
        let body = body(&one.name, &things).to_string();
        let heard = world.call(&one.method, &one.path, &auditor, &body).await;
        match one.method.as_str() {
            "GET" if OF_CALLS.contains(&one.name.as_str()) => assert_eq!(heard.status, 404),
            "GET" => assert_eq!(heard.status, 200, "{}: {heard:?}", one.name),
            _ if READS.contains(&one.name.as_str()) => {}
            // What is done to each is told for each.
            _ if one.name == "POST /tokens/bulk" => {
                let refused = heard.status == 403 || heard.body.contains("\"done\":false");
                assert!(refused, "{heard:?}");
            }
            _ => assert!(matches!(heard.status, 401 | 403), "{}: {heard:?}", one.name),
        }
        let shown = heard.body.replace("sk-tgadm-…", "").replace("sk-tg-…", "");
        assert!(!shown.contains("sk-tg"), "{}: {heard:?}", one.name);
    }
    assert_eq!(changes(&world).await, before);
}

#[tokio::test(flavor = "multi_thread")]
async fn no_credential_changes_people_not_even_an_owners_of_scope_all() {
    let world = World::new().await;
    let owner = world.credential("ada", "all").await;
    let things = things(&world, &owner).await;
    world.join("mel", "member", Some("acme")).await;
    let before = changes(&world).await;
    for (method, path, name) in [
        ("POST", "/members", "POST /members"),
        ("PATCH", "/members/mel", "PATCH /members/{id}"),
        ("DELETE", "/members/mel", ""),
        ("POST", "/members/mel/reset-password", ""),
        ("POST", "/members/mel/remove-totp", ""),
        ("DELETE", "/members/mel/sessions", ""),
        ("POST", "/api-credentials", "POST /api-credentials"),
    ] {
        let body = body(name, &things).to_string();
        let heard = world.call(method, path, &owner, &body).await;
        assert!(
            matches!(heard.status, 401 | 403),
            "{method} {path}: {heard:?}"
        );
    }
    assert_eq!(changes(&world).await, before);
    // The owner does, with the cookie of a session.
    let cookie = world.sign_in("ada").await;
    let headers = [
        ("cookie", cookie.as_str()),
        ("content-type", "application/json"),
        ("sec-fetch-site", "same-origin"),
    ];
    let invite = r#"{"login":"eve","role":"auditor"}"#;
    let heard = world
        .send("POST", "/api/v1/members", &headers, invite)
        .await;
    assert_eq!(heard.status, 201, "{heard:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_field_that_an_operation_does_not_have_is_refused_by_every_operation() {
    let world = World::new().await;
    let owner = world.credential("ada", "all").await;
    let things = things(&world, &owner).await;
    let before = changes(&world).await;
    for one in operations(&world, &things)
        .await
        .into_iter()
        .filter(|one| one.takes_body)
    {
        for field in [
            "id",
            "version",
            "created_at",
            "used",
            "balance_left",
            "__proto__",
        ] {
            let mut body = body(&one.name, &things);
            body[field] = "x".into();
            let heard = world
                .call(&one.method, &one.path, &owner, &body.to_string())
                .await;
            // An operation that is not for programs says so first.
            let refused = matches!(heard.status, 401 | 403) || heard.json()["field"] == field;
            assert!(refused, "{} {field}: {heard:?}", one.name);
        }
    }
    assert_eq!(changes(&world).await, before);
}
