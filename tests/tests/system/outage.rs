//! What happens when something is away, as docs/operations.md says.

use serde_json::json;
use tollgate_testkit::postgres::Postgres;
use tollgate_testkit::raw_client::RawClient;
use tollgate_testkit::raw_upstream::{RawUpstream, Step};
use tollgate_tests::System;
use tollgate_tests::system::request;

#[tokio::test(flavor = "multi_thread")]
async fn without_the_store_known_tokens_go_on_and_unknown_ones_wait() {
    let server = tokio::task::spawn_blocking(|| Postgres::start().unwrap())
        .await
        .unwrap();
    let url = server.fresh_database().unwrap();
    let mut system = System::start_with(&url, &[]).await;
    let (known, unknown) = (system.token(&[]), system.token(&[]));
    system.in_force().await;
    assert_eq!(system.chat(&known.secret, &[]).await.status(), 200);
    assert_eq!(system.gateway.observe("/readyz").await.status(), 200);
    tokio::task::spawn_blocking(move || drop(server))
        .await
        .unwrap();
    system
        .gateway
        .logged_where(|line| line["level"] == "ERROR")
        .await;
    assert_eq!(system.gateway.observe("/readyz").await.status(), 503);
    assert_eq!(system.chat(&known.secret, &[]).await.status(), 200);
    let answer = system.chat(&unknown.secret, &[]).await;
    assert_eq!(answer.status(), 503);
    assert!(answer.head.header("retry-after").is_some());
    let metrics = system.gateway.observe("/metrics").await;
    assert!(String::from_utf8_lossy(&metrics.body).contains("tollgate_rights_current 0"));
    system.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_upstream_that_stalls_while_connecting_is_passed_over() {
    let system = System::start_configured("[limits]\nconnect_seconds = 1\n").await;
    // It takes connections and never says a word of TLS.
    let mute = RawUpstream::start(vec![Step::Hang]).await.unwrap();
    let url = format!("https://127.0.0.1:{}", mute.address().port());
    system.serve_at(&url, "sim-chat", &["--priority", "9"]);
    let token = system.token(&[]);
    system.in_force().await;
    assert_eq!(system.chat(&token.secret, &[]).await.status(), 200);
    assert_eq!(system.simulator.count(), 1);
    system.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_that_cannot_end_in_time_is_cut_off_and_said_so() {
    let mut system = System::start_configured("[limits]\ndrain_seconds = 1\n").await;
    let upstream = RawUpstream::start(vec![Step::Hang]).await.unwrap();
    system.serve_at(&upstream.url(), "raw-model", &[]);
    let token = system.token(&[]);
    system.in_force().await;
    let authorization = token.bearer();
    let body = json!({"model": "raw-model"}).to_string();
    let mut client = RawClient::connect(system.gateway.address).await.unwrap();
    client
        .send(request(
            "POST /v1/chat/completions",
            &[("authorization", &authorization)],
            &body,
        ))
        .await
        .unwrap();
    upstream
        .wait_until(|seen| seen.requests.len() == 1)
        .await
        .unwrap();
    // Somebody who holds the observing port open does not hold the end up.
    let mut idle = RawClient::connect(system.gateway.observe).await.unwrap();
    idle.send("GET /met").await.unwrap();
    system.gateway.terminate();
    assert_eq!(system.gateway.ended().await, Some(3));
    system
        .gateway
        .logged_where(|line| line["ending"] == "client_left")
        .await;
    system.assert_no_secret_is_left();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_failed_upstream_is_named_to_the_operator() {
    let mut system = System::start().await;
    let token = system.token(&[]);
    system.in_force().await;
    let answer = system.chat(&token.secret, &[("x-sim-status", "500")]).await;
    let id = answer.head.header("x-request-id").unwrap().to_owned();
    let line = system
        .gateway
        .logged_where(|line| line["request_id"] == id.as_str())
        .await;
    assert!(
        line["upstream"].as_str().unwrap().starts_with("ups_"),
        "{line}"
    );
    assert!(
        line["reasons"].as_str().unwrap().contains("status 500"),
        "{line}"
    );
    assert_eq!(line["model"], "sim-chat");
    system.finish().await;
}
