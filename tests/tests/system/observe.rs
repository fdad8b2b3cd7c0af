//! What operators see of a running gateway.

use tollgate_testkit::raw_client::RawClient;
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
async fn those_who_hold_the_observing_listener_open_are_few() {
    let mut system = System::start().await;
    let mut held = Vec::new();
    // One more than it takes.
    for _ in 0..=64 {
        held.push(RawClient::connect(system.gateway.observe).await.unwrap());
    }
    let last = held.last_mut().unwrap();
    let asked = "GET /metrics HTTP/1.1\r\nhost: observe\r\n\r\n";
    last.send(asked).await.unwrap();
    assert_eq!(last.head().await.unwrap().status(), Some(503));
    drop(held);
    system.gateway.terminate();
    assert_eq!(system.gateway.ended().await, Some(0));
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

/// The names of metrics in an expression of the dashboard.
fn queried(expression: &str) -> Vec<&str> {
    let is_part = |c: char| c.is_ascii_alphanumeric() || c == '_';
    let words = expression.split(|c| !is_part(c));
    words
        .filter(|word| word.starts_with("tollgate_") || word.starts_with("process_"))
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn every_metric_that_the_dashboard_shows_is_there() {
    let system = System::start().await;
    let token = system.token(&[]);
    system.in_force().await;
    // A family of which nothing was counted yet is not there.
    assert_eq!(system.chat(&token.secret, &[]).await.status(), 200);
    assert_eq!(system.chat("sk-nobody", &[]).await.status(), 401);
    let metrics = system.gateway.observe("/metrics").await;
    let text = String::from_utf8(metrics.body.to_vec()).unwrap();
    let families: Vec<&str> = text
        .lines()
        .filter_map(|line| line.strip_prefix("# TYPE ")?.split(' ').next())
        .collect();
    let mut unique = families.clone();
    unique.sort_unstable();
    unique.dedup();
    assert_eq!(unique.len(), families.len(), "each family is told once");
    let dashboard = include_str!("../../../dist/grafana/tollgate.json");
    let dashboard: serde_json::Value = serde_json::from_str(dashboard).unwrap();
    let panels = dashboard["panels"].as_array().unwrap();
    let targets = panels
        .iter()
        .filter_map(|panel| panel["targets"].as_array());
    let mut shown = 0;
    for expression in targets
        .flatten()
        .map(|target| target["expr"].as_str().unwrap())
    {
        for name in queried(expression) {
            let endings = ["_total", "_bucket", "_count", "_sum", "_info"];
            let family = endings.iter().find_map(|ending| name.strip_suffix(ending));
            let is_there = |name: &str| families.contains(&name);
            assert!(
                is_there(name) || family.is_some_and(is_there),
                "{name} is not in\n{text}"
            );
            shown += 1;
        }
    }
    assert!(shown > 30, "{shown} metrics are shown");
    system.finish().await;
}
