//! Secrets that are shown again, over HTTP.

use tollgate_admin_core::SealingKeys;
use tollgate_console::Settings;
use zeroize::Zeroizing;

use crate::World;

const TOKEN: &str = r#"{"name": "kept", "account": "acme", "group": "standard"}"#;

async fn world() -> World {
    let sealing = SealingKeys::new(vec![Zeroizing::new([1; 32])]);
    World::with(Settings {
        sealing,
        ..Settings::default()
    })
    .await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_secret_is_shown_again_to_those_who_may_see_it_and_kept_by_no_cache() {
    let world = world().await;
    let owner = world.credential("ada", "tokens").await;
    let made = world.call("POST", "/tokens", &owner, TOKEN).await.json();
    let path = format!("/tokens/{}/reveal", made["token"]["id"].as_str().unwrap());
    let shown = world.call("POST", &path, &owner, "").await;
    assert_eq!(shown.status, 200, "{shown:?}");
    assert_eq!(shown.json()["secret"], made["secret"]);
    assert_eq!(shown.header("cache-control"), Some("no-store"));
    let reader = world.credential("ada", "read").await;
    assert_eq!(world.call("POST", &path, &reader, "").await.status, 403);
    world.join("olga", "member", Some("other")).await;
    let other = world.credential("olga", "tokens").await;
    assert_eq!(world.call("POST", &path, &other, "").await.status, 404);
    let log = world
        .call("GET", "/audit?action=token.reveal", &reader, "")
        .await;
    assert_eq!(log.json()["entries"].as_array().unwrap().len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_page_of_a_token_shows_its_secret_again_at_the_press_of_a_button() {
    let world = world().await;
    let owner = world.credential("ada", "tokens").await;
    let made = world.call("POST", "/tokens", &owner, TOKEN).await.json();
    let (id, secret) = (
        made["token"]["id"].as_str().unwrap(),
        made["secret"].as_str().unwrap(),
    );
    let cookie = world.sign_in("ada").await;
    let page = world.get(&format!("/tokens/{id}"), &cookie).await;
    let path = format!("/tokens/{id}/reveal");
    assert!(page.body.contains(&path) && !page.body.contains(secret));
    let unasked = world.post(&path, &cookie, "").await;
    assert_eq!(unasked.status, 403);
    let shown = world
        .post(&path, &cookie, &format!("_csrf={}", page.word()))
        .await;
    assert_eq!(shown.status, 200, "{shown:?}");
    assert!(shown.body.contains(secret));
    assert_eq!(shown.header("cache-control"), Some("no-store"));
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_key_there_is_no_button_and_the_refusal_says_what_to_do() {
    let world = World::new().await;
    let owner = world.credential("ada", "tokens").await;
    let made = world.call("POST", "/tokens", &owner, TOKEN).await.json();
    let id = made["token"]["id"].as_str().unwrap();
    let refused = world
        .call("POST", &format!("/tokens/{id}/reveal"), &owner, "")
        .await;
    assert_eq!(refused.status, 409, "{refused:?}");
    assert!(refused.body.contains("sealing-key new"));
    let cookie = world.sign_in("ada").await;
    let page = world.get(&format!("/tokens/{id}"), &cookie).await;
    assert!(!page.body.contains("/reveal"));
}
