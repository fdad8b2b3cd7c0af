//! Hostile text in every place that is shown, and what is not one's own.

use crate::World;

const HOSTILE: &str = "<script>alert(1)</script>\"'><img src=x onerror=alert(1)>";

fn coded(text: &str) -> String {
    text.bytes().map(|byte| format!("%{byte:02X}")).collect()
}

#[tokio::test]
async fn hostile_text_is_shown_as_text_on_every_page() {
    let world = World::new().await;
    let cookie = world.sign_in("ada").await;
    let word = world.get("/tokens/new", &cookie).await.word();
    let name = coded("<b>x</b>\"'><script>y()</script>");
    let note = coded(HOSTILE);
    let forms = [
        ("/groups", format!("name={name}&multiplier=1&note={note}")),
        (
            "/accounts",
            format!("name={name}&unlimited=true&note={note}"),
        ),
        (
            "/models",
            format!("name=hostile-model&provider=openai&note={note}"),
        ),
        (
            "/tokens",
            format!("name={name}&account=acme&group=standard&note={note}"),
        ),
        ("/credentials", format!("name={name}&scope=read")),
        ("/members", format!("login=eve&name={name}&role=operator")),
    ];
    for (path, body) in forms {
        let heard = world
            .post(path, &cookie, &format!("_csrf={word}&{body}"))
            .await;
        assert!(
            heard.status < 400,
            "{path}: {} {}",
            heard.status,
            heard.body
        );
        assert!(!heard.body.contains("<script>"), "{path}");
    }
    let search = format!("/tokens?search={note}&creator={note}&status={note}");
    let next = format!("/sign-in?next={note}");
    let pages = [
        "/",
        "/tokens",
        "/groups",
        "/accounts",
        "/models",
        "/members",
        "/credentials",
        "/audit",
        "/usage",
        "/settings",
        "/profile",
        "/alerts",
        "/upstreams",
        &search,
        &next,
    ];
    for path in pages {
        let heard = world.get(path, &cookie).await;
        assert!(heard.status == 200, "{path}: {}", heard.status);
        for bad in ["<script>alert", "<script>y", "<img src=x", "<b>x</b>"] {
            assert!(!heard.body.contains(bad), "{path} has {bad}");
        }
    }
}

#[tokio::test]
async fn a_search_for_wildcards_finds_only_what_has_them() {
    let world = World::new().await;
    let secret = world.credential("ada", "all").await;
    for name in ["plain", "has %_% in it"] {
        let body = format!(r#"{{"name":"{name}","account":"acme","group":"standard"}}"#);
        assert_eq!(
            world.call("POST", "/tokens", &secret, &body).await.status,
            201
        );
    }
    let found = world
        .call("GET", "/tokens?search=%25_%25", &secret, "")
        .await
        .json();
    assert_eq!(found["entries"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn what_belongs_to_another_account_is_not_there() {
    let world = World::new().await;
    let owner = world.credential("ada", "all").await;
    let body = r#"{"name":"Theirs","account":"other","group":"standard"}"#;
    let made = world.call("POST", "/tokens", &owner, body).await.json();
    let id = made["token"]["id"].as_str().unwrap();
    world.join("mel", "member", Some("acme")).await;
    let cookie = world.sign_in("mel").await;
    let word = world.get("/tokens", &cookie).await.word();
    for path in [
        format!("/tokens/{id}"),
        format!("/tokens/{id}/edit"),
        format!("/tokens/{id}/why"),
    ] {
        assert_eq!(world.get(&path, &cookie).await.status, 404, "{path}");
    }
    for what in ["enable", "disable", "rotate", "revoke", "delete"] {
        let body = format!("_csrf={word}&confirm=Theirs");
        let heard = world
            .post(&format!("/tokens/{id}/{what}"), &cookie, &body)
            .await;
        assert_eq!(heard.status, 404, "{what}");
    }
    let body = format!("_csrf={word}&name=Mine&account=other&group=standard");
    assert!(world.post("/tokens", &cookie, &body).await.status >= 400);
    for path in ["/audit", "/members", "/upstreams", "/alerts", "/settings"] {
        assert_eq!(world.get(path, &cookie).await.status, 403, "{path}");
    }
    let list = world.get("/tokens?account=other", &cookie).await;
    assert!(!list.body.contains("Theirs"));
    let theirs = world
        .call("GET", &format!("/tokens/{id}"), &owner, "")
        .await;
    assert_eq!(theirs.json()["status"], "enabled");
}
