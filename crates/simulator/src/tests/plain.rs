//! The plain HTTP API.

use serde_json::json;

use super::client::{ask, get, post};
use super::start;

#[tokio::test(start_paused = true)]
async fn a_request_is_said_back_with_customers() {
    let simulator = start().await;
    let reply = get(&simulator, "/crm/customers/7?page=2&page=3")
        .send()
        .await;
    assert_eq!(reply.status, 200);
    assert!(reply.header("x-request-id").is_some());
    let answer = reply.json();
    assert_eq!(answer["method"], "GET");
    assert_eq!(answer["path"], "/crm/customers/7");
    assert_eq!(answer["query"], "page=2&page=3");
    assert!(!answer["customers"].as_array().unwrap().is_empty());
    assert!(answer.get("received").is_none());
}

#[tokio::test(start_paused = true)]
async fn a_json_body_is_said_back_and_another_one_is_not() {
    let simulator = start().await;
    let body = json!({"name": "New & Co"});
    let answer = post(&simulator, "/crm/customers", body.clone())
        .send()
        .await
        .json();
    assert_eq!(answer["received"], body);
    let text = ask(&simulator, "PATCH", "/crm/customers/1").body("name=New");
    let answer = text
        .header("content-type", "text/plain")
        .send()
        .await
        .json();
    assert_eq!(answer["method"], "PATCH");
    assert!(answer.get("received").is_none());
}

#[tokio::test(start_paused = true)]
async fn a_body_that_claims_to_be_json_must_be() {
    let simulator = start().await;
    let broken = ask(&simulator, "POST", "/crm/customers").body("{");
    let reply = broken
        .header("content-type", "application/json")
        .send()
        .await;
    assert_eq!(reply.status, 400);
    assert_eq!(reply.json()["status"], 400);
}
