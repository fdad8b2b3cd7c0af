//! A change by an admin is in force at the gateway within a stated time.

use std::time::{Duration, Instant};

use tollgate_testkit::postgres::Postgres;
use tollgate_testkit::raw_client::RawClient;
use tollgate_tests::{Backend, System};

/// How long after the command's end calls may still be admitted.
const BOUND: Duration = Duration::from_millis(50);

#[tokio::test(flavor = "multi_thread")]
async fn a_revoked_tokens_next_call_is_refused() {
    for backend in [Backend::Sqlite, Backend::Postgres] {
        let system = System::start_on(backend, &[]).await;
        let mut delays = Vec::new();
        for _ in 0..15 {
            let token = system.token(&[]);
            assert_eq!(system.chat(&token.secret, &[]).await.status(), 200);
            system.admin(&["token", "revoke", &token.id, "--yes"]);
            let revoked = Instant::now();
            // When the last call was begun that was still admitted.
            let mut last = Duration::ZERO;
            loop {
                let begun = revoked.elapsed();
                if system.chat(&token.secret, &[]).await.status() == 401 {
                    break;
                }
                last = begun;
            }
            delays.push(last);
            assert_eq!(
                system.chat(&token.secret, &[]).await.status(),
                401,
                "and so are all that follow"
            );
        }
        // A slow moment of a shared machine is not the gateway's: two of fifteen may be one.
        delays.sort_unstable();
        assert!(delays[12] <= BOUND, "{backend:?}: {delays:?}");
        system.finish().await;
    }
}

/// The gateway asks for a body once it knows who sends it: only then is the token changed.
#[tokio::test(flavor = "multi_thread")]
async fn who_sends_a_body_for_long_has_the_rights_of_its_end() {
    let system = System::start().await;
    let chat = r#"{"model":"sim-chat","messages":[]}"#;
    let form = "--b\r\nContent-Disposition: form-data; name=\"model\"\r\n\r\nsim-chat\r\n--b--\r\n";
    let bodies = [
        ("/v1/chat/completions", "application/json", chat),
        (
            "/v1/audio/transcriptions",
            "multipart/form-data; boundary=b",
            form,
        ),
    ];
    let changes: [(&[&str], u16); 3] = [
        (&["edit", "--quota", "0"], 429),
        (&["edit", "--models", "another"], 404),
        (&["revoke", "--yes"], 401),
    ];
    for (path, kind, body) in bodies {
        let token = system.token(&[]);
        system.in_force().await;
        for (change, status) in changes {
            let mut client = RawClient::connect(system.gateway.address).await.unwrap();
            let head = format!(
                "POST {path} HTTP/1.1\r\nHost: gateway\r\nAuthorization: {}\r\nContent-Type: {kind}\r\n\
                 Content-Length: {}\r\nExpect: 100-continue\r\n\r\n",
                token.bearer(),
                body.len()
            );
            client.send(head).await.unwrap();
            assert_eq!(client.head().await.unwrap().status(), Some(100));
            let (verb, flags) = change.split_first().unwrap();
            system.admin(&[&["token", verb, token.id.as_str()], flags].concat());
            system.in_force().await;
            client.send(body).await.unwrap();
            let answer = client.head().await.unwrap();
            let body = client.body(&answer).await.unwrap();
            let body = String::from_utf8_lossy(&body);
            assert_eq!(answer.status(), Some(status), "{path} {change:?} {body}");
        }
    }
    system.finish().await;
}

/// The first call of a token waits until the store leases it credits, and no longer: a machine that
/// takes too long to revoke meanwhile tries once more.
#[tokio::test(flavor = "multi_thread")]
async fn who_waits_for_credits_has_the_rights_of_the_end_of_it() {
    let server = tokio::task::spawn_blocking(|| Postgres::start().unwrap())
        .await
        .unwrap();
    let url = server.fresh_database().unwrap();
    let (_, database) = url.rsplit_once('/').unwrap();
    let system = System::start_with(&url, &[]).await;
    let store = |statement: &str| server.query(database, statement).unwrap();
    let mut status = 503;
    for _ in 0..20 {
        let token = system.token(&["--quota", "5"]);
        system.in_force().await;
        store("BEGIN; LOCK TABLE gateways IN SHARE MODE; PREPARE TRANSACTION 'held'");
        let calling = system.chat(&token.secret, &[]);
        let changing = async {
            let waiting = "SELECT COUNT(*) FROM pg_locks WHERE NOT granted";
            while store(waiting) == "0" {
                tokio::task::yield_now().await;
            }
            system.admin(&["token", "revoke", &token.id, "--yes"]);
            system.in_force().await;
            store("ROLLBACK PREPARED 'held'");
        };
        status = tokio::join!(calling, changing).0.status();
        if status != 503 {
            break;
        }
    }
    assert_eq!(status, 401);
    system.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn every_change_of_a_token_comes_into_force() {
    let system = System::start().await;
    let token = system.token(&[]);
    let changes: [(&[&str], u16); 11] = [
        (&["disable"], 401),
        (&["enable"], 200),
        (&["edit", "--models", "another"], 404),
        (&["edit", "--models", "any"], 200),
        (&["edit", "--ips", "203.0.113.7"], 401),
        (&["edit", "--ips", "any"], 200),
        (&["edit", "--endpoints", "embeddings"], 403),
        (&["edit", "--endpoints", "any"], 200),
        (&["edit", "--quota", "0"], 429),
        (&["edit", "--quota", "unlimited"], 200),
        (&["delete", "--yes"], 401),
    ];
    for (change, status) in changes {
        let (verb, flags) = change.split_first().unwrap();
        system.admin(&[&["token", verb, token.id.as_str()], flags].concat());
        system.in_force().await;
        assert_eq!(
            system.chat(&token.secret, &[]).await.status(),
            status,
            "{change:?}"
        );
    }
    system.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_expired_token_works_again_when_its_expiry_is_moved() {
    let mut system = System::start().await;
    let token = system.expired_token().await;
    system.admin(&["token", "edit", &token.id, "--expires", "never"]);
    system.in_force().await;
    assert_eq!(system.chat(&token.secret, &[]).await.status(), 200);
    system.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn changes_of_accounts_groups_models_and_upstreams_come_into_force() {
    let system = System::start().await;
    let token = system.token(&[]);
    let changes: [(&[&str], u16); 10] = [
        (&["account", "disable", "acme"], 401),
        (&["account", "enable", "acme"], 200),
        (&["group", "edit", "default", "--models", "another"], 404),
        (&["group", "edit", "default", "--models", "any"], 200),
        (&["model", "disable", "sim-chat"], 404),
        (&["model", "enable", "sim-chat"], 200),
        (&["upstream", "disable", "sim openai"], 404),
        (&["upstream", "enable", "sim openai"], 200),
        (
            &["account", "edit", "acme", "--endpoints", "embeddings"],
            403,
        ),
        (&["account", "edit", "acme", "--endpoints", "any"], 200),
    ];
    for (change, status) in changes {
        system.admin(change);
        system.in_force().await;
        assert_eq!(
            system.chat(&token.secret, &[]).await.status(),
            status,
            "{change:?}"
        );
    }
    system.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rotated_secret_works_beside_the_new_one_until_its_overlap_ends() {
    let system = System::start().await;
    let token = system.token(&[]);
    let rotated = system.admin(&["token", "rotate", &token.id, "--overlap", "1h"]);
    let second = tollgate_tests::system::text(&rotated, "/secret");
    system.issued(&second);
    system.in_force().await;
    for secret in [&token.secret, &second] {
        assert_eq!(system.chat(secret, &[]).await.status(), 200);
    }
    let rotated = system.admin(&["token", "rotate", &token.id, "--overlap", "0"]);
    let third = tollgate_tests::system::text(&rotated, "/secret");
    system.issued(&third);
    system.in_force().await;
    assert_eq!(system.chat(&third, &[]).await.status(), 200);
    for secret in [&token.secret, &second] {
        assert_eq!(system.chat(secret, &[]).await.status(), 401);
    }
    system.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn last_used_is_kept() {
    let system = System::start().await;
    let token = system.token(&[]);
    let last_used =
        |system: &System| system.admin(&["token", "show", &token.id])["last_used_at"].clone();
    assert!(last_used(&system).is_null());
    assert_eq!(system.chat(&token.secret, &[]).await.status(), 200);
    let begun = Instant::now();
    while last_used(&system).is_null() {
        assert!(
            begun.elapsed() < Duration::from_secs(60),
            "the use is written"
        );
    }
    system.finish().await;
}
