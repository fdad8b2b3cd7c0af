//! Limits of a minute and of calls at once, as clients meet them.

use serde_json::Value;
use tollgate_testkit::raw_client::RawClient;
use tollgate_tests::System;
use tollgate_tests::system::request;

#[tokio::test(flavor = "multi_thread")]
async fn too_many_requests_in_a_minute_are_told_when_to_come_back() {
    let system = System::start().await;
    let token = system.token(&["--rpm", "2"]);
    system.in_force().await;
    for left in ["1", "0"] {
        let answer = system.chat(&token.secret, &[]).await;
        assert_eq!(answer.status(), 200);
        assert_eq!(answer.head.header("x-ratelimit-limit-requests"), Some("2"));
        assert_eq!(
            answer.head.header("x-ratelimit-remaining-requests"),
            Some(left)
        );
    }
    let answer = system.chat(&token.secret, &[]).await;
    assert_eq!(answer.status(), 429);
    assert_eq!(
        answer.head.header("x-ratelimit-remaining-requests"),
        Some("0")
    );
    let wait: u32 = answer.head.header("retry-after").unwrap().parse().unwrap();
    assert!((1..=30).contains(&wait), "half a minute for one of two");
    let body: Value = answer.json().unwrap();
    assert_eq!(body["error"]["code"], "rate_limit_exceeded");
    assert_eq!(body["error"]["type"], "requests");
    assert_eq!(system.simulator.count(), 2);
    system.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_group_that_shares_its_limits_counts_all_its_tokens() {
    let system = System::start().await;
    let limited = ["group", "create", "shared", "--rpm", "3", "--shared-limits"];
    system.admin(&limited);
    let tokens = [system.token(&[]), system.token(&[])];
    for token in &tokens {
        system.admin(&["token", "edit", &token.id, "--group", "shared"]);
    }
    system.in_force().await;
    let mut statuses = Vec::new();
    for turn in 0..4 {
        let token = &tokens[turn % 2];
        statuses.push(system.chat(&token.secret, &[]).await.status());
    }
    assert_eq!(statuses, [200, 200, 200, 429]);
    system.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_that_goes_on_takes_the_place_of_the_next_until_it_ends() {
    let system = System::start().await;
    let token = system.token(&["--concurrency", "1"]);
    system.in_force().await;
    let bearer = token.bearer();
    let hanging = request(
        "GET /crm/slow",
        &[("authorization", &bearer), ("x-sim-hang", "1")],
        "",
    );
    let mut client = RawClient::connect(system.gateway.address).await.unwrap();
    client.send(hanging).await.unwrap();
    system
        .simulator
        .tally_when(|tally| tally.received == 1)
        .await;
    assert_eq!(system.chat(&token.secret, &[]).await.status(), 429);
    drop(client);
    system.settled().await;
    assert_eq!(system.chat(&token.secret, &[]).await.status(), 200);
    system.finish().await;
}
