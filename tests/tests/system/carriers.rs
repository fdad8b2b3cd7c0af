//! A secret from any carrier is the same secret, and none of them reaches the upstream or a log.

use serde_json::json;
use tollgate_testkit::raw_client::RawClient;
use tollgate_tests::System;
use tollgate_tests::system::request;

/// Base64 of a short text, as curl's `--user` would send it.
fn basic(user: &str, password: &str) -> String {
    const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let text = format!("{user}:{password}");
    let groups = text.as_bytes().chunks(3).map(|group| {
        let number = group
            .iter()
            .chain(&[0, 0])
            .take(3)
            .fold(0usize, |n, byte| n * 256 + usize::from(*byte));
        let letters = (0..4).map(|i| char::from(LETTERS[(number >> (18 - 6 * i)) & 63]));
        letters
            .take(group.len() + 1)
            .chain("==".chars())
            .take(4)
            .collect::<String>()
    });
    format!("Basic {}", groups.collect::<String>())
}

#[tokio::test(flavor = "multi_thread")]
async fn every_carrier_is_accepted() {
    let system = System::start().await;
    let token = system.token(&[]);
    let secret = &token.secret;
    let body = json!({"model": "sim-chat", "messages": [{"role": "user", "content": "Hello"}]})
        .to_string();
    let carriers = [
        ("authorization", format!("Bearer {secret}")),
        ("authorization", format!("bEARER {secret}")),
        ("authorization", format!("ApiKey {secret}")),
        ("x-api-key", secret.clone()),
        ("api-key", secret.clone()),
        ("x-goog-api-key", secret.clone()),
        (
            "sec-websocket-protocol",
            format!("realtime, openai-insecure-api-key.{secret}"),
        ),
    ];
    for (name, value) in &carriers {
        let answer = system
            .send("POST /v1/chat/completions", &[(name, value)], &body)
            .await;
        assert_eq!(answer.status(), 200, "{name}");
        assert_eq!(
            answer.head.header("sec-websocket-protocol"),
            None,
            "never echoed"
        );
    }
    let line = format!("POST /v1/chat/completions?a=1&key={secret}&b=2");
    assert_eq!(system.send(&line, &[], &body).await.status(), 200);
    let seen = system.simulator.seen();
    assert_eq!(
        seen.last().unwrap().path_and_query,
        "/v1/chat/completions?a=1&b=2"
    );
    for request in seen {
        let shown = format!("{} {:?}", request.path_and_query, request.headers);
        assert!(!shown.contains(&secret[6..]), "{}", request.path_and_query);
    }
    let password = basic("anybody", secret);
    let answer = system
        .send(
            "POST /v1/chat/completions",
            &[("authorization", &password)],
            &body,
        )
        .await;
    assert_eq!(answer.status(), 401, "off by default");
    system.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_query_that_names_another_account_reaches_no_upstream() {
    let system = System::start().await;
    let token = system.token(&[]);
    let bearer = token.bearer();
    let headers = [("authorization", bearer.as_str())];
    for line in [
        "POST /v1/chat/completions?access_token=x",
        "POST /v1beta/models/sim-chat:generateContent?$ct=text/plain",
        "POST /v1/audio/transcriptions?a=b&userProject=x",
        "GET /v1/responses/resp_1?oauth_token=x",
    ] {
        let answer = system.send(line, &headers, "{}").await;
        let text = String::from_utf8_lossy(&answer.body);
        assert_eq!(answer.status(), 400, "{line}: {text}");
        assert!(text.contains("of the query is not supported"), "{text}");
    }
    assert_eq!(system.simulator.count(), 0);
    system.finish().await;
}

/// Some read a form where a body is said to be one, and this one would name another model.
#[tokio::test(flavor = "multi_thread")]
async fn what_was_judged_as_json_is_sent_on_as_json() {
    let system = System::start().await;
    let token = system.token(&[]);
    let bearer = token.bearer();
    let messages = json!([{"role": "user", "content": "&model=dear&"}]);
    let body = json!({"model": "sim-chat", "messages": messages}).to_string();
    let asked = request(
        "POST /v1/chat/completions",
        &[("authorization", &bearer)],
        &body,
    );
    let asked = asked.replace("application/json", "application/x-www-form-urlencoded");
    let mut client = RawClient::connect(system.gateway.address).await.unwrap();
    assert_eq!(client.exchange(asked).await.unwrap().status(), 200);
    let seen = system.simulator.seen();
    let headers = seen[0].headers.iter();
    let kinds = headers.filter(|(name, _)| name == "content-type");
    let kinds: Vec<&str> = kinds.map(|(_, value)| value.as_str()).collect();
    assert_eq!(kinds, ["application/json"]);
    system.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_password_is_accepted_where_the_operator_says_so() {
    let system = System::start_configured("basic_credentials = true\n").await;
    let token = system.token(&[]);
    let password = basic("anybody", &token.secret);
    let answer = system
        .send("GET /v1/models", &[("authorization", &password)], "")
        .await;
    assert_eq!(answer.status(), 200);
    system.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_greeting_of_anthropics_clients_needs_no_secret() {
    let system = System::start().await;
    assert_eq!(system.send("HEAD /", &[], "").await.status(), 200);
    assert_eq!(system.simulator.count(), 0);
    system.finish().await;
}
