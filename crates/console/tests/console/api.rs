//! The JSON API: who may ask, what is refused, and what is answered twice alike.

use serde_json::json;

use crate::World;

const TOKEN: &str = r#"{"name":"Reporting","account":"acme","group":"standard","rpm":"10"}"#;

#[tokio::test]
async fn nobody_is_answered_without_a_credential_and_a_token_is_none() {
    let world = World::new().await;
    let heard = world.send("GET", "/api/v1/tokens", &[], "").await;
    assert_eq!(heard.status, 401);
    assert_eq!(
        heard.header("content-type"),
        Some("application/problem+json")
    );
    assert_eq!(heard.json()["code"], "unauthenticated");
    let owner = world.credential("ada", "all").await;
    let made = world.call("POST", "/tokens", &owner, TOKEN).await.json();
    let secret = made["secret"].as_str().unwrap();
    assert!(secret.starts_with("sk-tg-"));
    assert_eq!(world.call("GET", "/tokens", secret, "").await.status, 401);
}

#[tokio::test]
async fn a_credential_does_no_more_than_its_scope() {
    let world = World::new().await;
    let read = world.credential("ada", "read").await;
    assert_eq!(world.call("GET", "/tokens", &read, "").await.status, 200);
    assert_eq!(
        world.call("POST", "/tokens", &read, TOKEN).await.status,
        403
    );
    let tokens = world.credential("ada", "tokens").await;
    assert_eq!(
        world.call("POST", "/tokens", &tokens, TOKEN).await.status,
        201
    );
    assert_eq!(
        world
            .call("POST", "/groups", &tokens, r#"{"name":"gold"}"#)
            .await
            .status,
        403
    );
}

#[tokio::test]
async fn fields_that_nobody_knows_are_refused_and_so_are_those_that_nobody_may_set() {
    let world = World::new().await;
    let owner = world.credential("ada", "all").await;
    for extra in [
        r#""used":"0""#,
        r#""status":"enabled""#,
        r#""id":"tok_1""#,
        r#""secret":"sk-x""#,
        r#""rmp":"1""#,
    ] {
        let body = TOKEN.replace('}', &format!(",{extra}}}"));
        let heard = world.call("POST", "/tokens", &owner, &body).await;
        assert_eq!(heard.status, 422, "{extra}: {heard:?}");
    }
    let heard = world.call("GET", "/tokens?serach=x", &owner, "").await;
    assert_eq!(heard.status, 422);
    assert_eq!(heard.json()["field"], "serach");
}

#[tokio::test]
async fn the_same_key_gives_the_same_answer_and_makes_one_thing() {
    let world = World::new().await;
    let owner = world.credential("ada", "all").await;
    let bearer = format!("Bearer {owner}");
    let headers = [
        ("authorization", bearer.as_str()),
        ("content-type", "application/json"),
        ("idempotency-key", "one"),
    ];
    let first = world.send("POST", "/api/v1/tokens", &headers, TOKEN).await;
    let again = world.send("POST", "/api/v1/tokens", &headers, TOKEN).await;
    assert_eq!((first.status, again.status), (201, 201));
    assert_eq!(first.json()["secret"], again.json()["secret"]);
    assert_eq!(again.header("idempotency-replayed"), Some("true"));
    let list = world.call("GET", "/tokens", &owner, "").await.json();
    assert_eq!(list["entries"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn an_edit_for_an_older_version_is_refused() {
    let world = World::new().await;
    let owner = world.credential("ada", "all").await;
    let made = world.call("POST", "/tokens", &owner, TOKEN).await.json();
    let path = format!("/tokens/{}", made["token"]["id"].as_str().unwrap());
    let tag = world
        .call("GET", &path, &owner, "")
        .await
        .header("etag")
        .unwrap()
        .to_owned();
    let bearer = format!("Bearer {owner}");
    let headers = [
        ("authorization", bearer.as_str()),
        ("content-type", "application/json"),
        ("if-match", tag.as_str()),
    ];
    let url = format!("/api/v1{path}");
    let first = world.send("PATCH", &url, &headers, r#"{"note":"a"}"#).await;
    assert_eq!(first.status, 200, "{first:?}");
    let second = world.send("PATCH", &url, &headers, r#"{"note":"b"}"#).await;
    assert_eq!(second.status, 412);
    assert_eq!(
        world.call("GET", &path, &owner, "").await.json()["note"],
        "a"
    );
}

#[tokio::test]
async fn lists_are_paged_by_cursors() {
    let world = World::new().await;
    let owner = world.credential("ada", "all").await;
    for number in 0..3 {
        let body = TOKEN.replace("Reporting", &format!("Number {number}"));
        world.call("POST", "/tokens", &owner, &body).await;
    }
    let first = world
        .call("GET", "/tokens?limit=2&sort=name", &owner, "")
        .await
        .json();
    assert_eq!(first["entries"].as_array().unwrap().len(), 2);
    let cursor = first["next_cursor"].as_str().unwrap();
    let cursor: String = cursor.bytes().map(|byte| format!("%{byte:02X}")).collect();
    let path = format!("/tokens?limit=2&sort=name&cursor={cursor}");
    let second = world.call("GET", &path, &owner, "").await.json();
    assert_eq!(second["entries"][0]["name"], "Number 2");
    assert!(second["next_cursor"].is_null());
}

#[tokio::test]
async fn the_document_names_every_operation_and_its_problems() {
    let world = World::new().await;
    let document = world
        .send("GET", "/api/v1/openapi.json", &[], "")
        .await
        .json();
    assert_eq!(
        document["openapi"]
            .as_str()
            .unwrap()
            .split('.')
            .take(2)
            .collect::<Vec<_>>(),
        ["3", "1"]
    );
    let create = &document["paths"]["/tokens"]["post"];
    assert!(create["responses"]["422"]["content"]["application/problem+json"].is_object());
    assert!(document["components"]["schemas"]["TokenView"].is_object());
    assert!(document["components"]["schemas"]["Problem"].is_object());
}

#[tokio::test]
async fn an_upstream_is_reached_by_a_proxy_and_with_certificates_as_the_document_says() {
    let world = World::new().await;
    let owner = world.credential("ada", "all").await;
    let document = world
        .send("GET", "/api/v1/openapi.json", &[], "")
        .await
        .json();
    for body in ["UpstreamBody", "UpstreamEditBody"] {
        let fields = &document["components"]["schemas"][body]["properties"];
        for (field, form) in [
            ("headers", "`NAME=VALUE`"),
            ("parameters", "`NAME=JSON`"),
            ("http2", "`never`, `offered` or `prior-knowledge`"),
        ] {
            let text = fields[field]["description"].as_str().unwrap();
            assert!(text.contains(form), "{body} {field}: {text}");
        }
        assert_eq!(fields["proxy"]["writeOnly"], true, "{fields}");
    }
    let ca = "-----BEGIN CERTIFICATE-----\nMA==\n-----END CERTIFICATE-----";
    let upstream = json!({
        "name": "search",
        "provider": "search",
        "dialect": "plain",
        "base_url": "https://api.example.com",
        "mount": "search",
        "headers": ["X-Team=research"],
        "parameters": ["store=false"],
        "http2": "never",
        "proxy": "http://tollgate:hush-hush@proxy.example.com:3128",
        "ca": ca,
    });
    let made = world
        .call("POST", "/upstreams", &owner, &upstream.to_string())
        .await;
    assert_eq!(made.status, 201, "{made:?}");
    assert!(!made.body.contains("hush-hush"), "{made:?}");
    let made = made.json();
    assert!(
        made["proxy"]
            .as_str()
            .unwrap()
            .contains("proxy.example.com")
    );
    assert_eq!(made["own_ca"], true);
    let none = json!({"proxy": "", "ca": ""}).to_string();
    let path = format!("/upstreams/{}", made["id"].as_str().unwrap());
    let kept = world.call("PATCH", &path, &owner, &none).await.json();
    assert!(kept["proxy"].is_null() && kept["own_ca"] == false, "{kept}");
}

#[tokio::test]
async fn what_is_no_json_is_refused() {
    let world = World::new().await;
    let owner = world.credential("ada", "all").await;
    assert_eq!(world.call("POST", "/tokens", &owner, "{").await.status, 400);
    assert_eq!(
        world.call("POST", "/tokens", &owner, "[]").await.status,
        400
    );
    assert_eq!(
        world
            .call("POST", "/tokens", &owner, r#"{"name":7}"#)
            .await
            .status,
        422
    );
    let bearer = format!("Bearer {owner}");
    let headers = [
        ("authorization", bearer.as_str()),
        ("content-type", "text/plain"),
    ];
    assert_eq!(
        world
            .send("POST", "/api/v1/tokens", &headers, TOKEN)
            .await
            .status,
        415
    );
    assert_eq!(world.call("GET", "/nothing", &owner, "").await.status, 404);
    assert_eq!(world.call("PUT", "/tokens", &owner, "{}").await.status, 405);
}
