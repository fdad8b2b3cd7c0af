//! The story of a token through the pages, as a browser without scripts would have it.

use std::collections::BTreeSet;

use crate::World;

async fn made(world: &World, cookie: &str, more: &str) -> (String, String) {
    let word = world.get("/tokens/new", cookie).await.word();
    let body = format!("_csrf={word}&name=Reporting&account=acme&group=standard{more}");
    let heard = world.post("/tokens", cookie, &body).await;
    assert_eq!(heard.status, 200, "{}", heard.body);
    let (_, rest) = heard
        .body
        .split_once("<code id=\"secret\" tabindex=\"0\">")
        .unwrap();
    let secret = rest.split('<').next().unwrap().to_owned();
    let (_, rest) = heard.body.split_once("href=\"/tokens/tok_").unwrap();
    (format!("tok_{}", rest.split('"').next().unwrap()), secret)
}

#[tokio::test]
async fn a_secret_is_on_the_page_that_made_it_and_on_no_other() {
    let world = World::new().await;
    let cookie = world.sign_in("ada").await;
    let (id, secret) = made(&world, &cookie, "").await;
    assert!(secret.starts_with("sk-tg-"));
    for path in [
        "/tokens".to_owned(),
        format!("/tokens/{id}"),
        format!("/tokens/{id}/edit"),
        "/audit".to_owned(),
    ] {
        let heard = world.get(&path, &cookie).await;
        assert_eq!(heard.status, 200, "{path}");
        assert!(!heard.body.contains(&secret), "{path}");
    }
}

#[tokio::test]
async fn a_token_is_edited_rotated_revoked_by_its_name_and_found_in_the_audit() {
    let world = World::new().await;
    let cookie = world.sign_in("ada").await;
    let (id, secret) = made(
        &world,
        &cookie,
        "&quota=12.5&models=gpt-4o&networks=10.0.0.0%2F8",
    )
    .await;
    let page = world.get(&format!("/tokens/{id}/edit"), &cookie).await;
    let word = page.word();
    assert!(page.body.contains("value=\"12.5\"") && page.body.contains("10.0.0.0/8"));
    let edit = format!("_csrf={word}&version=1&name=Renamed&account=acme&group=standard&quota=20");
    assert_eq!(
        world
            .post(&format!("/tokens/{id}"), &cookie, &edit)
            .await
            .status,
        303
    );
    let stale = world.post(&format!("/tokens/{id}"), &cookie, &edit).await;
    assert_eq!(stale.status, 412);
    let word = format!("_csrf={word}");
    let rotated = world
        .post(
            &format!("/tokens/{id}/rotate"),
            &cookie,
            &format!("{word}&overlap=1h"),
        )
        .await;
    assert!(rotated.status == 200 && !rotated.body.contains(&secret));
    let path = format!("/tokens/{id}/revoke");
    let wrong = world
        .post(&path, &cookie, &format!("{word}&confirm=Reporting"))
        .await;
    assert_eq!(wrong.status, 422);
    assert_eq!(
        world
            .post(&path, &cookie, &format!("{word}&confirm=Renamed"))
            .await
            .status,
        303
    );
    assert!(
        world
            .get("/tokens?status=revoked", &cookie)
            .await
            .body
            .contains("Renamed")
    );
    let audit = world.get("/audit?verify=true", &cookie).await.body;
    for action in ["token.create", "token.edit", "token.rotate"] {
        assert!(audit.contains(action), "{action}");
    }
    assert!(audit.contains("notice good"));
}

#[tokio::test]
async fn each_history_that_the_audit_log_offers_is_there() {
    let world = World::new().await;
    let owner = world.credential("ada", "all").await;
    let free = r#"{"price":"free"}"#;
    let set = world.call("PUT", "/default-price", &owner, free).await;
    assert_eq!(set.status, 200, "{set:?}");
    let cookie = world.sign_in("ada").await;
    let log = world.get("/audit", &cookie).await.body;
    assert!(log.contains("setting."), "{log}");
    let links: BTreeSet<&str> = log
        .split("href=\"/audit?subject=")
        .skip(1)
        .map(|rest| rest.split('"').next().unwrap())
        .collect();
    assert!(links.iter().any(|id| id.starts_with("key_")), "{links:?}");
    for id in links {
        assert!(!id.is_empty());
        let heard = world.get(&format!("/audit?subject={id}"), &cookie).await;
        assert_eq!(heard.status, 200, "{id}");
        assert!(heard.body.contains(id), "{id}");
    }
}

#[tokio::test]
async fn why_shows_each_rule_and_what_to_change() {
    let world = World::new().await;
    let cookie = world.sign_in("ada").await;
    let (id, _) = made(&world, &cookie, "&networks=10.0.0.0%2F8").await;
    let path = format!("/tokens/{id}/why?model=gpt-4o&ip=203.0.113.7");
    let page = world.get(&path, &cookie).await.body;
    assert!(page.contains("This call is refused"));
    assert!(page.contains("The address is not allowed") && page.contains("Add the address"));
}

#[tokio::test]
async fn why_answers_for_a_method_and_a_path() {
    let world = World::new().await;
    let owner = world.credential("ada", "all").await;
    let upstream = r#"{"name":"CRM","provider":"crm","dialect":"plain","base_url":"https://crm.example.com","mount":"crm","price":"request=0.001"}"#;
    let made = world.call("POST", "/upstreams", &owner, upstream).await;
    assert_eq!(made.status, 201, "{made:?}");
    let cookie = world.sign_in("ada").await;
    let (id, _) = self::made(&world, &cookie, "").await;
    let page = world.get(&format!("/tokens/{id}/why"), &cookie).await.body;
    assert!(page.contains("<option value=\"GET /crm/\">"), "{page}");
    let path =
        format!("/tokens/{id}/why?model=&endpoint=chat.completions&path=GET+%2Fcrm%2Fcontacts");
    let page = world.get(&path, &cookie).await.body;
    assert!(page.contains("This call is permitted") && page.contains("CRM"));
    let page = world.get(&path.replace("crm", "shop"), &cookie).await.body;
    assert!(page.contains("This call is refused") && page.contains("There is no such mount"));
    let body = format!(r#"{{"token":"{id}","path":"GET /crm/contacts","ip":"10.0.0.1"}}"#);
    let answer = world.call("POST", "/explain", &owner, &body).await.json();
    assert_eq!(answer["endpoint"], "mount/crm");
}

#[tokio::test]
async fn a_wrong_input_is_shown_beside_its_field_with_all_that_was_written() {
    let world = World::new().await;
    let cookie = world.sign_in("ada").await;
    let word = world.get("/tokens/new", &cookie).await.word();
    let body =
        format!("_csrf={word}&name=Reporting&account=acme&group=standard&quota=lots&note=kept");
    let heard = world.post("/tokens", &cookie, &body).await;
    assert_eq!(heard.status, 422);
    assert!(heard.body.contains("id=\"p-quota\"") && heard.body.contains("value=\"lots\""));
    assert!(heard.body.contains("kept"));
}

#[tokio::test]
async fn what_is_wrong_is_said_in_the_language_of_the_page_and_in_english_to_programs() {
    let world = World::new().await;
    let cookie = format!("{}; lang=zh-CN", world.sign_in("ada").await);
    let word = world.get("/tokens/new", &cookie).await.word();
    let rest = "name=Reporting&account=acme&group=standard";
    let body = format!("_csrf={word}&{rest}&quota=%3Cb%3E%60+or+not");
    let page = world.post("/tokens", &cookie, &body).await.body;
    let (_, problem) = page.split_once("id=\"p-quota\" role=\"alert\">").unwrap();
    let (problem, _) = problem.split_once("</p>").unwrap();
    assert!(problem.contains("不是有效的点数") && problem.contains("&lt;b&gt;"));
    assert!(
        !problem.contains("lang=") && !problem.contains("<b>"),
        "{problem}"
    );
    let gone = world.get("/groups/nowhere", &cookie).await.body;
    assert!(gone.contains("没有名称或 ID 为 <code>nowhere</code> 的分组"));
    let (id, _) = made(&world, &cookie, "&networks=10.0.0.0%2F8").await;
    let why = format!("/tokens/{id}/why?model=gpt-4o&ip=203.0.113.7");
    let why = world.get(&why, &cookie).await.body;
    assert!(why.contains("模型广场中已上架的模型"));
    assert!(!why.contains("<bdi><span lang=\"en\">"), "{why}");
    let owner = world.credential("ada", "all").await;
    let heard = world.call("GET", "/groups/nowhere", &owner, "").await;
    assert_eq!(heard.json()["detail"], "there is no group `nowhere`");
}

#[tokio::test]
async fn several_tokens_are_deleted_only_where_their_number_was_written() {
    let world = World::new().await;
    let cookie = world.sign_in("ada").await;
    let (one, _) = made(&world, &cookie, "").await;
    let (two, _) = made(&world, &cookie, "").await;
    let word = world.get("/tokens", &cookie).await.word();
    let body = format!("_csrf={word}&id={one}&id={two}&action=delete&confirm=");
    assert_eq!(world.post("/tokens/bulk", &cookie, &body).await.status, 422);
    assert_eq!(
        world
            .post("/tokens/bulk", &cookie, &format!("{body}2"))
            .await
            .status,
        303
    );
    assert!(
        !world
            .get("/tokens", &cookie)
            .await
            .body
            .contains("Reporting")
    );
}

#[tokio::test]
async fn pages_speak_chinese_where_the_browser_does_or_somebody_chose_it() {
    let world = World::new().await;
    let accepted = [("accept-language", "zh-CN,zh;q=0.9,en;q=0.8")];
    assert!(
        world
            .send("GET", "/sign-in", &accepted, "")
            .await
            .body
            .contains("lang=\"zh-CN\"")
    );
    let heard = world
        .post("/preferences", "", "lang=zh-CN&back=/sign-in")
        .await;
    assert_eq!(heard.header("location"), Some("/sign-in"));
    assert!(
        world
            .get("/sign-in", &heard.cookie())
            .await
            .body
            .contains("登录")
    );
}

#[tokio::test]
async fn assets_are_kept_for_good_under_names_of_their_content() {
    let world = World::new().await;
    let page = world.get("/sign-in", "").await.body;
    let (_, rest) = page.split_once("href=\"/assets/console-").unwrap();
    let path = format!("/assets/console-{}", rest.split('"').next().unwrap());
    let heard = world.get(&path, "").await;
    assert_eq!(heard.status, 200);
    assert!(heard.header("cache-control").unwrap().contains("immutable"));
    assert_eq!(world.get("/assets/console-0.css", "").await.status, 404);
}
