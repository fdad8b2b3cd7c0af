//! Who may change anything from a browser: sessions, their cookies, and requests of other sites.

use tollgate_console::Settings;

use crate::{Heard, PASSWORD, World};

#[tokio::test]
async fn a_page_without_a_session_leads_to_the_sign_in_and_back() {
    let world = World::new().await;
    let heard = world.get("/tokens?search=a", "").await;
    assert_eq!(heard.status, 303);
    assert_eq!(
        heard.header("location"),
        Some("/sign-in?next=%2Ftokens%3Fsearch%3Da")
    );
}

#[tokio::test]
async fn the_cookie_of_a_session_is_for_this_host_alone_and_changes_with_each_sign_in() {
    let world = World::new().await;
    let first = world.sign_in("ada").await;
    let body = format!("login=ada&password={}", PASSWORD.replace(' ', "+"));
    let heard = world.post("/sign-in", &first, &body).await;
    let set = heard.header("set-cookie").unwrap();
    assert!(set.contains("HttpOnly") && set.contains("SameSite=Strict") && set.contains("Path=/"));
    assert_ne!(heard.cookie(), first);
    // What the browser had before is no session any more.
    assert_eq!(world.get("/tokens", &first).await.status, 303);
    assert_eq!(world.get("/tokens", &heard.cookie()).await.status, 200);
}

#[tokio::test]
async fn a_cookie_that_somebody_chose_is_never_taken() {
    let world = World::new().await;
    let chosen = "tollgate=aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";
    let body = format!("login=ada&password={}", PASSWORD.replace(' ', "+"));
    let heard = world.post("/sign-in", chosen, &body).await;
    assert_ne!(heard.cookie(), chosen);
    assert_eq!(world.get("/tokens", chosen).await.status, 303);
}

#[tokio::test]
async fn a_form_of_another_site_changes_nothing() {
    let world = World::new().await;
    let cookie = world.sign_in("ada").await;
    let word = world.get("/tokens/new", &cookie).await.word();
    let body = format!("_csrf={word}&name=Stolen&account=acme&group=standard");
    let kind = ("content-type", "application/x-www-form-urlencoded");
    let from = [
        vec![
            ("cookie", cookie.as_str()),
            kind,
            ("sec-fetch-site", "cross-site"),
        ],
        vec![
            ("cookie", cookie.as_str()),
            kind,
            ("sec-fetch-site", "same-site"),
        ],
        vec![
            ("cookie", cookie.as_str()),
            kind,
            ("origin", "https://evil.example"),
        ],
        vec![("cookie", cookie.as_str()), kind, ("origin", "null")],
        vec![("cookie", cookie.as_str()), kind],
    ];
    for headers in from {
        let heard = world.send("POST", "/tokens", &headers, &body).await;
        assert_eq!(heard.status, 403, "{headers:?}");
    }
    for body in [
        "name=Stolen&account=acme&group=standard",
        "_csrf=wrong&name=Stolen&account=acme&group=standard",
    ] {
        assert_eq!(
            world.post("/tokens", &cookie, body).await.status,
            403,
            "{body}"
        );
    }
    assert!(!world.get("/tokens", &cookie).await.body.contains("Stolen"));
    assert_eq!(world.post("/tokens", &cookie, &body).await.status, 200);
}

#[tokio::test]
async fn the_api_takes_a_cookie_only_from_our_own_page() {
    let world = World::new().await;
    let cookie = world.sign_in("ada").await;
    let body = r#"{"name":"Stolen","account":"acme","group":"standard"}"#;
    let foreign = [
        ("cookie", cookie.as_str()),
        ("content-type", "application/json"),
        ("sec-fetch-site", "cross-site"),
    ];
    let heard = world.send("POST", "/api/v1/tokens", &foreign, body).await;
    assert_eq!(heard.status, 403);
    let ours = [
        ("cookie", cookie.as_str()),
        ("content-type", "application/json"),
        ("sec-fetch-site", "same-origin"),
    ];
    assert_eq!(
        world
            .send("POST", "/api/v1/tokens", &ours, body)
            .await
            .status,
        201
    );
}

#[tokio::test]
async fn signing_out_ends_the_session_on_the_server() {
    let world = World::new().await;
    let cookie = world.sign_in("ada").await;
    let word = world.get("/tokens", &cookie).await.word();
    let heard = world
        .post("/sign-out", &cookie, &format!("_csrf={word}"))
        .await;
    assert_eq!(heard.status, 303);
    assert_eq!(world.get("/tokens", &cookie).await.status, 303);
}

#[tokio::test]
async fn every_answer_forbids_what_is_not_ours_and_pages_are_never_kept() {
    let world = World::new().await;
    let cookie = world.sign_in("ada").await;
    for path in ["/", "/tokens", "/nothing", "/sign-in", "/api/v1/tokens"] {
        let heard = world.get(path, &cookie).await;
        let policy = heard.header("content-security-policy").unwrap();
        assert!(
            policy.starts_with("default-src 'none'") && !policy.contains("unsafe"),
            "{path}"
        );
        assert_eq!(heard.header("cache-control"), Some("no-store"), "{path}");
        assert_eq!(
            heard.header("x-content-type-options"),
            Some("nosniff"),
            "{path}"
        );
    }
}

/// Tries to sign in through a proxy that says where the browser is.
async fn try_from(world: &World, address: &str, login: &str, password: &str) -> Heard {
    let headers = [
        ("sec-fetch-site", "same-origin"),
        ("content-type", "application/x-www-form-urlencoded"),
        ("x-forwarded-for", address),
    ];
    let body = format!("login={login}&password={}", password.replace(' ', "+"));
    world.send("POST", "/sign-in", &headers, &body).await
}

#[tokio::test]
async fn who_guesses_behind_a_trusted_proxy_keeps_nobody_else_out() {
    let world = World::with(Settings {
        trusted_proxies: vec!["127.0.0.1/32".parse().unwrap()],
        ..Settings::default()
    })
    .await;
    for guess in 0..21 {
        let login = format!("nobody{guess}");
        try_from(&world, "203.0.113.7", &login, "a wrong password").await;
    }
    let same = try_from(&world, "203.0.113.7", "ada", PASSWORD).await;
    assert_eq!(same.status, 429, "{same:?}");
    let other = try_from(&world, "198.51.100.1", "ada", PASSWORD).await;
    assert_eq!(other.status, 303, "{other:?}");
    let page = world.get("/audit", &other.cookie()).await.body;
    assert!(page.contains("198.51.100.1"), "{page}");
}

#[tokio::test]
async fn a_browser_is_not_believed_about_where_it_is() {
    let world = World::new().await;
    let heard = try_from(&world, "203.0.113.7", "ada", PASSWORD).await;
    assert_eq!(heard.status, 303, "{heard:?}");
    let page = world.get("/audit", &heard.cookie()).await.body;
    assert!(page.contains("127.0.0.1") && !page.contains("203.0.113.7"));
}

#[tokio::test]
async fn what_a_stranger_sends_is_short() {
    let world = World::new().await;
    let json = [("content-type", "application/json")];
    for path in ["/api/v1/links/look", "/api/v1/links/redeem"] {
        for (length, is_refused) in [(60 << 10, false), (65 << 10, true)] {
            let body = format!(r#"{{"code":"{}"}}"#, "x".repeat(length));
            let heard = world.send("POST", path, &json, &body).await;
            assert_eq!(heard.status == 413, is_refused, "{path}: {}", heard.body);
        }
    }
}
