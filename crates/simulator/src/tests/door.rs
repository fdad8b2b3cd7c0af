//! Who is let in, what is not there, and what is remembered.

use serde_json::json;

use super::client::{ask, get, post};
use super::start;
use crate::{Options, Simulator};

async fn guarded() -> Simulator {
    let options = Options {
        credential: Some("up/str+eam=".to_owned()),
        ..Options::default()
    };
    Simulator::start(options).await.unwrap()
}

#[tokio::test(start_paused = true)]
async fn the_credential_is_taken_from_each_carrier() {
    let simulator = guarded().await;
    for (name, value) in [
        ("authorization", "Bearer up/str+eam="),
        ("authorization", "bearer up/str+eam="),
        ("authorization", "ApiKey up/str+eam="),
        ("x-api-key", "up/str+eam="),
    ] {
        let reply = get(&simulator, "/crm/customers")
            .header(name, value)
            .send()
            .await;
        assert_eq!(reply.status, 200, "{name}: {value}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_wrong_or_missing_credential_is_refused_in_each_dialect() {
    let simulator = guarded().await;
    for (name, value) in [
        ("authorization", "Bearer other"),
        ("authorization", "Basic up/str+eam="),
        ("authorization", "up/str+eam="),
        ("x-api-key", "up/str+eam"),
        ("x-other", "up/str+eam="),
    ] {
        let chat = post(&simulator, "/v1/chat/completions", json!({})).header(name, value);
        let reply = chat.send().await;
        assert_eq!(reply.status, 401, "{name}: {value}");
        assert_eq!(reply.json()["error"]["code"], "invalid_api_key");
        assert!(reply.header("www-authenticate").is_some());
    }
    let reply = post(&simulator, "/v1/messages", json!({})).send().await;
    assert_eq!(reply.status, 401);
    assert_eq!(reply.json()["error"]["type"], "authentication_error");
    let reply = get(&simulator, "/crm/customers").send().await;
    assert_eq!(
        (reply.status, reply.json()["status"].as_u64()),
        (401, Some(401))
    );
}

#[tokio::test(start_paused = true)]
async fn unreadable_json_an_unknown_path_and_a_wrong_method_are_told_apart() {
    let simulator = start().await;
    for path in [
        "/v1/chat/completions",
        "/v1/completions",
        "/v1/embeddings",
        "/v1/responses",
    ] {
        for body in ["{", "", "[]"] {
            let reply = ask(&simulator, "POST", path).body(body).send().await;
            assert_eq!(reply.status, 400, "{path} {body}");
            assert_eq!(reply.json()["error"]["type"], "invalid_request_error");
        }
        let reply = get(&simulator, path).send().await;
        assert_eq!(reply.status, 405, "{path}");
        assert!(reply.json()["error"]["message"].is_string());
    }
    let reply = get(&simulator, "/v1/other").send().await;
    assert_eq!(reply.status, 404);
    assert!(reply.json()["error"]["message"].is_string());
    let reply = get(&simulator, "/v1/messages/other").send().await;
    assert_eq!(reply.json()["error"]["type"], "not_found_error");
    let reply = get(&simulator, "/other").send().await;
    assert_eq!(
        (reply.status, reply.json()["status"].as_u64()),
        (404, Some(404))
    );
}

#[tokio::test(start_paused = true)]
async fn what_arrived_is_remembered_as_it_was() {
    let simulator = start().await;
    let put = ask(&simulator, "PUT", "/crm/a%20b?c=d").body("raw");
    put.header("X-Mark", "one")
        .header("x-mark", "two")
        .send()
        .await;
    get(&simulator, "/v1/other").send().await;
    let seen = simulator.seen();
    assert_eq!(seen.len(), 2);
    assert_eq!(seen[0].method, "PUT");
    assert_eq!(seen[0].path_and_query, "/crm/a%20b?c=d");
    assert_eq!(seen[0].body, "raw");
    assert_eq!(seen[0].header("X-MARK"), Some("one"));
    assert_eq!(
        seen[0].headers.iter().filter(|it| it.0 == "x-mark").count(),
        2
    );
    assert_eq!(simulator.count(), 2);
    assert_eq!(simulator.tally().abandoned, 0);
}

#[test]
fn debug_output_of_the_options_hides_the_credential() {
    let options = Options {
        credential: Some("hush".to_owned()),
        ..Options::default()
    };
    assert!(!format!("{options:?}").contains("hush"));
}
