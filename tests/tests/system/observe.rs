//! What operators see of a running gateway.

use tollgate_tests::System;

#[tokio::test(flavor = "multi_thread")]
async fn health_readiness_and_metrics_are_served_on_a_listener_of_their_own() {
    let system = System::start().await;
    let token = system.token(&[]);
    system.in_force().await;
    assert_eq!(system.chat(&token.secret, &[]).await.status(), 200);
    assert_eq!(system.chat("sk-nobody", &[]).await.status(), 401);
    assert_eq!(system.gateway.observe("/healthz").await.status(), 200);
    assert_eq!(system.gateway.observe("/readyz").await.status(), 200);
    let metrics = system.gateway.observe("/metrics").await;
    let text = String::from_utf8(metrics.body.to_vec()).unwrap();
    for line in [
        "tollgate_refusals_total{code=\"invalid_api_key\"} 1",
        "tollgate_relays_total{endpoint=\"chat.completions\",ending=\"complete\"} 1",
        "tollgate_responses_total{status=\"200\"} 1",
        "tollgate_open_relays 0",
        "tollgate_rights_current 1",
        "tollgate_credentials_in_memory 1",
    ] {
        assert!(
            text.lines().any(|seen| seen == line),
            "{line} is not in\n{text}"
        );
    }
    assert!(text.ends_with("# EOF\n"));
    let on_calls = system.send("GET /metrics", &[], "").await;
    assert_eq!(on_calls.status(), 404, "not where strangers call");
    system.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_leaves_one_line_that_names_it() {
    let mut system = System::start().await;
    let token = system.token(&[]);
    let answer = system.chat(&token.secret, &[]).await;
    let id = answer.head.header("x-request-id").unwrap().to_owned();
    let line = system
        .gateway
        .logged_where(|line| line["request_id"] == id.as_str())
        .await;
    assert_eq!(line["token"], token.id.as_str());
    assert_eq!(
        (line["status"].as_u64(), line["model"].as_str()),
        (Some(200), Some("sim-chat"))
    );
    assert!(line["upstream"].as_str().unwrap().starts_with("ups_"));
    system.finish().await;
}
