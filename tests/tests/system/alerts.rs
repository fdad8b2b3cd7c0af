//! What operators are told of, without asking.

use serde_json::Value;
use tollgate_testkit::raw_upstream::{RawUpstream, Step};
use tollgate_tests::System;

#[tokio::test(flavor = "multi_thread")]
async fn a_quota_that_is_nearly_spent_is_told_to_the_webhook() {
    let taken = || vec![Step::respond(204, "text/plain", ""), Step::Close];
    let receiver = RawUpstream::start_sequence(vec![taken(), taken(), taken()])
        .await
        .unwrap();
    let config = format!(
        "[alerts]\nwebhook_url = \"{}/hook\"\nwebhook_secret_env = \"TEST_WEBHOOK_SECRET\"\nwebhook_private = true\n",
        receiver.url()
    );
    let system = System::start_configured(&config).await;
    let token = system.token(&["--quota", "0.005"]);
    system.in_force().await;
    let bearer = token.bearer();
    for _ in 0..5 {
        let answer = system
            .send("GET /crm/customers", &[("authorization", &bearer)], "")
            .await;
        assert_eq!(answer.status(), 200);
    }
    let seen = receiver
        .wait_until(|seen| seen.requests.len() == 2)
        .await
        .unwrap();
    let mut kinds = Vec::new();
    for request in &seen.requests {
        assert_eq!(request.head.first_line(), "POST /hook HTTP/1.1");
        let signature = request.head.header("tollgate-signature").unwrap();
        assert!(signature.starts_with("t=") && signature.contains(",v1="));
        let body: Value = serde_json::from_slice(&request.body).unwrap();
        assert_eq!(body["subject"]["id"], token.id, "{body}");
        kinds.push(body["kind"].as_str().unwrap().to_owned());
    }
    kinds.sort();
    assert_eq!(kinds, ["quota_100", "quota_80"]);
    let listed = system.admin(&["alert", "list"]);
    let listed = listed
        .pointer("/entries")
        .and_then(Value::as_array)
        .unwrap();
    assert_eq!(listed.len(), 2, "{listed:?}");
    system.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_that_is_about_to_expire_is_logged() {
    let mut system = System::start().await;
    let token = system.token(&["--expires", "2d"]);
    // What is due is looked for when a gateway starts.
    system.kill_and_restart().await;
    let line = system
        .gateway
        .logged_where(|line| {
            line["target"] == "alert" && line.to_string().contains("token_expires")
        })
        .await;
    assert!(line.to_string().contains(&token.id), "{line}");
    system.finish().await;
}
