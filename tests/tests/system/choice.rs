//! Which upstream, which credential and which model serve a call, where there are several.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tollgate_testkit::raw_client::Response;
use tollgate_testkit::raw_upstream::{RawUpstream, Step};
use tollgate_tests::money::micros;
use tollgate_tests::system::text;
use tollgate_tests::{System, Token};

const ANSWER: &str = r#"{"id":"1","object":"chat.completion","choices":[],"usage":{"prompt_tokens":7,"completion_tokens":3}}"#;

async fn ask(system: &System, token: &Token, model: &str) -> Response {
    let bearer = token.bearer();
    let headers = [("authorization", bearer.as_str())];
    let body = json!({"model": model, "messages": []}).to_string();
    let line = "POST /v1/chat/completions";
    system.send(line, &headers, &body).await
}

fn answer() -> Vec<Step> {
    vec![Step::respond(200, "application/json", ANSWER)]
}

/// Servers that answer every call.
async fn servers<const N: usize>() -> [RawUpstream; N] {
    let mut found = Vec::new();
    for _ in 0..N {
        found.push(RawUpstream::start(answer()).await.unwrap());
    }
    found.try_into().unwrap()
}

fn counts(servers: &[RawUpstream]) -> Vec<usize> {
    servers.iter().map(|one| one.requests().len()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_calls_of_a_token_stay_where_its_caches_are() {
    let system = System::start().await;
    let servers: [_; 3] = servers().await;
    for server in &servers {
        system.serve_at(&server.url(), "cached", &["--sticky"]);
    }
    let tokens = [system.token(&[]), system.token(&[]), system.token(&[])];
    system.in_force().await;
    for token in &tokens {
        let before = counts(&servers);
        for _ in 0..8 {
            assert_eq!(ask(&system, token, "cached").await.status(), 200);
        }
        let after = counts(&servers);
        let mut more: Vec<_> = after.iter().zip(&before).map(|(a, b)| a - b).collect();
        more.sort_unstable();
        assert_eq!(more, [0, 0, 8], "all of them at one of the three");
    }
    system.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_weight_is_the_share_of_the_calls() {
    let system = System::start().await;
    let servers: [_; 2] = servers().await;
    for (server, weight) in servers.iter().zip(["3", "1"]) {
        system.serve_at(&server.url(), "weighed", &["--weight", weight]);
    }
    let token = system.token(&[]);
    system.in_force().await;
    for _ in 0..160 {
        assert_eq!(ask(&system, &token, "weighed").await.status(), 200);
    }
    // 120 are expected, and chance leads beyond these bounds once in millions of times.
    let heavy = counts(&servers)[0];
    assert!((88..=148).contains(&heavy), "{heavy} of 160");
    system.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_fallback_serves_under_its_own_name_and_at_its_own_price() {
    let system = System::start().await;
    let [server] = servers().await;
    system.serve_at("http://127.0.0.1:1", "wanted", &[]);
    system.serve_at(&server.url(), "instead", &[]);
    let dear = ["model", "edit", "instead", "--price", "input=5,output=9"];
    system.admin(&dear);
    let fallback = ["group", "edit", "default", "--fallback", "wanted=instead"];
    let token = system.token(&[]);
    system.in_force().await;
    assert_eq!(ask(&system, &token, "wanted").await.status(), 502);
    system.admin(&fallback);
    system.in_force().await;
    assert_eq!(ask(&system, &token, "wanted").await.status(), 200);
    let sent: Value = serde_json::from_slice(&server.requests()[0].body).unwrap();
    assert_eq!(sent["model"], "instead");
    let receipt = system.receipts(&token).await.remove(0);
    assert_eq!(micros(&text(&receipt, "/cost")), 7 * 5 + 3 * 9, "{receipt}");
    system.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_fallback_that_cannot_be_paid_keeps_nobody_from_what_can() {
    let system = System::start().await;
    let [server, other] = servers().await;
    system.serve_at(&server.url(), "wanted", &[]);
    system.serve_at(&other.url(), "instead", &[]);
    let dear = [
        "model",
        "edit",
        "instead",
        "--price",
        "input=1000000,output=9",
    ];
    system.admin(&dear);
    system.admin(&["group", "edit", "default", "--fallback", "wanted=instead"]);
    let token = system.token(&["--quota", "5"]);
    system.in_force().await;
    assert_eq!(ask(&system, &token, "instead").await.status(), 429);
    assert_eq!(ask(&system, &token, "wanted").await.status(), 200);
    system.finish().await;
}

/// A server of which one credential is answered with this, once, and everything else is served.
async fn two_credentials(system: &System, model: &str, first: Step) -> RawUpstream {
    let server = RawUpstream::start_sequence(vec![vec![first], answer()]).await;
    let server = server.unwrap();
    let key = |number: u8| {
        let secret = format!("sk-credential-{number}-0123456789");
        let path = system.directory().join(format!("key-{number}"));
        std::fs::write(&path, &secret).unwrap();
        system.issued(&secret);
        path
    };
    let (one, other) = (key(1), key(2));
    let file = |path: &std::path::Path| path.to_str().unwrap().to_owned();
    let (one_file, other_file) = (file(&one), file(&other));
    let named = ["--retry-on", "429", "--credential-file", &one_file];
    system.serve_as(model, &server.url(), model, &named);
    let add = ["upstream", "credential", "add", model, "other"];
    system.admin(&[add.as_slice(), &["--credential-file", &other_file]].concat());
    std::fs::remove_file(one).unwrap();
    std::fs::remove_file(other).unwrap();
    system.in_force().await;
    server
}

/// The credential of each call that came, in order.
fn credentials(server: &RawUpstream) -> Vec<String> {
    let requests = server.requests();
    let header = |name: &str| name.to_owned();
    let of = requests.iter().map(|one| one.head.header("authorization"));
    of.map(|value| header(value.unwrap())).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_credential_that_is_told_to_wait_waits_alone_and_comes_back() {
    let system = System::start().await;
    let limited = "HTTP/1.1 429 Too Many Requests\r\nretry-after: 2\r\ncontent-length: 0\r\n\r\n";
    let server = two_credentials(&system, "limited", Step::write(limited)).await;
    let token = system.token(&[]);
    system.in_force().await;
    let begun = Instant::now();
    assert_eq!(ask(&system, &token, "limited").await.status(), 200);
    let told = credentials(&server).remove(0);
    loop {
        let asked = Instant::now();
        assert_eq!(ask(&system, &token, "limited").await.status(), 200);
        if credentials(&server).last() == Some(&told) {
            // It was told after the beginning, and was free again at the latest by now.
            assert!(begun.elapsed() >= Duration::from_secs(2), "too early");
            break;
        }
        let late = asked.duration_since(begun);
        assert!(late < Duration::from_secs(60), "it never comes back");
    }
    let calls = credentials(&server);
    let used: BTreeSet<&String> = calls[1..calls.len() - 1].iter().collect();
    assert_eq!(used.len(), 1, "meanwhile the other one serves");
    assert!(!used.contains(&told));
    system.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_credential_that_is_refused_is_left_out_and_the_call_served() {
    let system = System::start().await;
    let refused = Step::respond(401, "application/json", "{}");
    let server = two_credentials(&system, "refused", refused).await;
    let token = system.token(&[]);
    system.in_force().await;
    for _ in 0..20 {
        assert_eq!(ask(&system, &token, "refused").await.status(), 200);
    }
    let calls = credentials(&server);
    assert_eq!(calls.len(), 21, "only the refused call was sent twice");
    assert!(calls[1..].iter().all(|one| *one != calls[0]));
    system.finish().await;
}
