//! Signing in to the console at a real OpenID Connect issuer, and everything that must not work.

mod browser;
mod world;

use browser::Browser;
use world::World;

/// Anybody becomes an auditor: whoever is refused then is refused for another reason.
const ANYBODY: &str = "[[provision]]\nrole = \"auditor\"\n";

#[tokio::test(flavor = "multi_thread")]
async fn a_member_signs_in_at_a_real_issuer_whatever_it_signs_with() {
    for algorithm in ["RS256", "ES256"] {
        let world = World::start(algorithm, "").await;
        world
            .admin("member invite ada@example.com --role operator")
            .await;
        let mut browser = Browser::default();
        let form = browser
            .get(&format!("{}/sign-in?next=%2Ftokens", world.console))
            .await;
        assert!(
            form.body.contains("/sign-in/openid?next=%2Ftokens"),
            "{form:?}"
        );
        assert!(form.body.contains("Example"));
        let done = world.sign_in(&mut browser, "ada").await;
        assert_eq!(done.status, 200, "{algorithm}: {done:?}");
        assert_eq!(done.header("refresh"), Some("0; url=/tokens?search=a"));
        let cookies = done
            .head
            .lines()
            .filter(|line| line.starts_with("set-cookie: "));
        let session = cookies.clone().find(|line| line.contains("tollgate="));
        assert!(session.unwrap().contains("HttpOnly; SameSite=Strict"));
        let flow = cookies
            .clone()
            .find(|line| line.contains("tollgate-openid="));
        assert!(flow.unwrap().contains("Max-Age=0"), "{done:?}");
        assert_eq!(
            world.whoami(&mut browser).await.as_deref(),
            Some("ada@example.com")
        );
        let page = browser.get(&format!("{}/tokens", world.console)).await;
        assert_eq!(page.status, 200);
        let member = world.admin("member show ada@example.com").await;
        assert_eq!(
            member["role"], "operator",
            "the role is the one that an owner gave"
        );
        let log = world.admin("audit list").await.to_string();
        assert!(
            log.contains("member.edit") && log.contains(&world.issuer),
            "{log}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_is_new_at_each_sign_in_and_the_one_before_ends() {
    let world = World::start("RS256", "").await;
    world
        .admin("member invite ada@example.com --role operator")
        .await;
    let mut browser = Browser::default();
    let fixed = (
        browser::host(&world.console).to_owned(),
        "tollgate".to_owned(),
    );
    browser
        .jar
        .insert(fixed.clone(), "chosen-by-somebody-else".to_owned());
    assert_eq!(world.sign_in(&mut browser, "ada").await.status, 200);
    let first = browser.clone();
    assert_ne!(first.jar[&fixed], "chosen-by-somebody-else");
    assert_eq!(world.sign_in(&mut browser, "ada").await.status, 200);
    assert_ne!(first.jar[&fixed], browser.jar[&fixed]);
    assert_eq!(world.whoami(&mut first.clone()).await, None);
    assert!(world.whoami(&mut browser).await.is_some());
}

#[tokio::test(flavor = "multi_thread")]
async fn an_id_token_that_is_not_good_signs_nobody_in() {
    let world = World::start("RS256", ANYBODY).await;
    for subject in [
        "wrong-nonce",
        "no-nonce",
        "wrong-audience",
        "two-audiences",
        "wrong-issuer",
        "expired",
        "from-the-future",
        "wrong-signature",
        "unsigned",
    ] {
        let mut browser = Browser::default();
        let refused = world.sign_in(&mut browser, subject).await;
        assert_eq!(refused.status, 401, "{subject}: {refused:?}");
        assert!(
            refused.body.contains("/sign-in\""),
            "{subject}: a way to begin again"
        );
        assert_eq!(world.whoami(&mut browser).await, None, "{subject}");
    }
    assert!(world.logins().await.is_empty());
    // The clocks may be a minute apart.
    let mut browser = Browser::default();
    assert_eq!(
        world.sign_in(&mut browser, "just-expired").await.status,
        200
    );
    assert_eq!(world.logins().await, ["just-expired@example.com"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sign_in_is_finished_once_and_in_the_browser_that_began_it() {
    let world = World::start("RS256", ANYBODY).await;
    let mut browser = Browser::default();
    let back = world.back(&mut browser, "ada").await;
    let refused = |seen: &browser::Seen| seen.status == 401 && seen.body.contains("begin again");
    let mut stranger = Browser::default();
    assert!(refused(&stranger.get(&back).await), "nobody began it there");
    world.back(&mut stranger, "eve").await;
    assert!(
        refused(&stranger.get(&back).await),
        "it was begun elsewhere"
    );
    let changed = back.replace("state=", "state=x");
    assert!(refused(&browser.clone().get(&changed).await));
    let other = back.replace("iss=", "iss=x");
    assert!(
        refused(&browser.clone().get(&other).await),
        "another issuer has answered"
    );
    let denied = format!("{}&error=access_denied", back);
    assert!(refused(&browser.clone().get(&denied).await));
    let mut again = browser.clone();
    assert_eq!(browser.get(&back).await.status, 200);
    assert!(refused(&again.get(&back).await), "it is finished already");
    assert_eq!(world.whoami(&mut again).await, None);
    assert!(
        refused(&browser.get(&back).await),
        "the browser has forgotten it"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn only_members_come_in_unless_the_configuration_makes_more() {
    let world = World::start("RS256", "").await;
    world
        .admin("member invite dora@example.com --role auditor")
        .await;
    world.admin("member disable dora@example.com").await;
    world
        .admin("member invite unverified@example.com --role owner")
        .await;
    for (login, why) in [
        ("nobody", "no member"),
        ("dora", "a member who is disabled"),
        ("unverified", "an address that the issuer has not verified"),
    ] {
        let mut browser = Browser::default();
        let refused = world.sign_in(&mut browser, login).await;
        assert_eq!(refused.status, 401, "{why}: {refused:?}");
        assert!(refused.body.contains("ask an owner"), "{why}: {refused:?}");
    }
    assert_eq!(world.logins().await.len(), 2);

    let claims = "domains = [\"example.com\"]\n[[provision]]\nclaim = \"groups\"\nvalue = \"llm-auditors\"\nrole = \"auditor\"\n";
    let world = World::start("RS256", claims).await;
    let mut browser = Browser::default();
    assert_eq!(world.sign_in(&mut browser, "gia").await.status, 200);
    let made = world.admin("member show gia@example.com").await;
    assert_eq!(
        (&made["role"], &made["name"]),
        (&"auditor".into(), &"Name of gia".into())
    );
    for login in ["bob", "bob%40evil.example"] {
        let mut browser = Browser::default();
        assert_eq!(
            world.sign_in(&mut browser, login).await.status,
            401,
            "{login}"
        );
    }
    assert_eq!(world.logins().await, ["gia@example.com"]);
}
