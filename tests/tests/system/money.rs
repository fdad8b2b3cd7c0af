//! What calls cost, and what quotas, limits and enforcement do with them, with real clients' bytes.

use serde_json::{Value, json};
use tollgate_tests::money::micros;
use tollgate_tests::system::{Backend, request, text};
use tollgate_tests::{System, Token};

/// Two tokens: five bytes, four bytes to a token.
const PROMPT: &str = "Hello";
const PROMPT_TOKENS: i64 = 2;

fn chat(more: Value) -> String {
    let mut body = json!({
        "model": "sim-chat",
        "messages": [{"role": "user", "content": PROMPT}],
    });
    merge(&mut body, more);
    body.to_string()
}

fn merge(body: &mut Value, more: Value) {
    let (Value::Object(body), Value::Object(more)) = (body, more) else {
        panic!("objects");
    };
    body.extend(more);
}

async fn ask(system: &System, token: &Token, path: &str, chunks: u32, body: &str) -> String {
    let headers = [
        ("authorization", token.bearer()),
        ("x-sim-chunks", chunks.to_string()),
    ];
    let headers: Vec<(&str, &str)> = headers.iter().map(|(n, v)| (*n, v.as_str())).collect();
    let answer = system.send(&format!("POST {path}"), &headers, body).await;
    let text = String::from_utf8(answer.body.to_vec()).unwrap();
    assert_eq!(answer.status(), 200, "{path}: {text}");
    text
}

async fn costs_what_the_provider_counts(backend: Backend) {
    let system = System::start_on(backend, &[]).await;
    let token = system.token(&[]);
    system.in_force().await;
    let messages = json!({
        "model": "sim-messages", "max_tokens": 50,
        "messages": [{"role": "user", "content": PROMPT}],
    });
    let mut streamed_messages = messages.clone();
    merge(&mut streamed_messages, json!({"stream": true}));
    let responses = json!({"model": "sim-chat", "input": PROMPT, "stream": true}).to_string();
    let completions = json!({"model": "sim-chat", "prompt": PROMPT}).to_string();
    let embeddings = json!({"model": "sim-embedding", "input": PROMPT}).to_string();
    let mut expected = 0;
    for (path, body, chunks, output) in [
        ("/v1/chat/completions", chat(json!({})), 7, 7),
        ("/v1/chat/completions", chat(json!({"stream": true})), 8, 8),
        ("/v1/chat/completions", chat(json!({"n": 2})), 5, 10),
        ("/v1/completions", completions, 3, 3),
        ("/v1/responses", responses, 9, 9),
        ("/v1/messages", messages.to_string(), 4, 4),
        ("/v1/messages", streamed_messages.to_string(), 6, 6),
        ("/v1/embeddings", embeddings, 1, 0),
    ] {
        ask(&system, &token, path, chunks, &body).await;
        expected += PROMPT_TOKENS + 2 * output;
        assert_eq!(system.spent(&token).await, expected, "{path}: {body}");
    }
    let crm = system
        .send(
            "GET /crm/customers",
            &[("authorization", &token.bearer())],
            "",
        )
        .await;
    assert_eq!(crm.status(), 200);
    expected += 1000;
    assert_eq!(system.spent(&token).await, expected, "a request of a mount");
    let receipts = system.receipts(&token).await;
    assert_eq!(receipts.len(), 9);
    let costs: i64 = receipts.iter().map(|one| micros(&text(one, "/cost"))).sum();
    assert_eq!(costs, expected, "the receipts add up");
    for receipt in &receipts {
        assert_eq!(receipt["estimated"], Value::Bool(false), "{receipt}");
        assert_eq!(receipt["ending"], "complete", "{receipt}");
    }
    system.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_costs_what_the_provider_counts() {
    costs_what_the_provider_counts(Backend::Sqlite).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_costs_what_the_provider_counts_on_postgres() {
    costs_what_the_provider_counts(Backend::Postgres).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_did_not_ask_for_usage_sees_none() {
    let system = System::start().await;
    let token = system.token(&[]);
    system.in_force().await;
    let path = "/v1/chat/completions";
    let plain = ask(&system, &token, path, 5, &chat(json!({"stream": true}))).await;
    assert!(!plain.contains("usage"), "{plain}");
    assert!(plain.ends_with("data: [DONE]\n\n"), "{plain}");
    let sent: Value = serde_json::from_slice(&system.simulator.seen()[0].body).unwrap();
    assert_eq!(sent["stream_options"]["include_usage"], true);
    let asked = json!({"stream": true, "stream_options": {"include_usage": true}});
    let told = ask(&system, &token, path, 5, &chat(asked)).await;
    assert!(told.contains(r#""completion_tokens":5"#), "{told}");
    system.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_strict_quota_lowers_the_cap_to_what_is_left() {
    let system = System::start().await;
    let token = system.token(&["--quota", "0.001"]);
    system.in_force().await;
    let body = chat(json!({"max_tokens": 5000}));
    ask(&system, &token, "/v1/chat/completions", 10, &body).await;
    let sent: Value = serde_json::from_slice(&system.simulator.seen()[0].body).unwrap();
    // The input is held at a token per byte, the rest buys two micro-credits of output each.
    let left = 1000 - i64::try_from(body.len()).unwrap();
    assert_eq!(sent["max_tokens"], left / 2);
    assert_eq!(system.spent(&token).await, PROMPT_TOKENS + 20);
    // Without a cap of the client's, one is put in, in the field that the model takes.
    ask(
        &system,
        &token,
        "/v1/chat/completions",
        10,
        &chat(json!({})),
    )
    .await;
    let sent: Value = serde_json::from_slice(&system.simulator.seen()[1].body).unwrap();
    let left = 1000 - 22 - i64::try_from(chat(json!({})).len()).unwrap();
    assert_eq!(sent["max_completion_tokens"], left / 2);
    system.finish().await;
}

/// Most who imitate OpenAI pass over `max_completion_tokens`, and answer as long as they like.
#[tokio::test(flavor = "multi_thread")]
async fn a_cap_is_sent_in_the_field_that_the_model_reads() {
    let system = System::start().await;
    let field = ["--cap-field", "max_tokens"];
    system.admin(&[&["model", "edit", "sim-chat"], field.as_slice()].concat());
    let rich = system.token(&[]);
    let poor = system.token(&["--quota", "0.001"]);
    system.in_force().await;
    let path = "/v1/chat/completions";
    let body = chat(json!({"max_completion_tokens": 5000}));
    ask(&system, &rich, path, 3, &body).await;
    ask(&system, &poor, path, 3, &body).await;
    let left = (1000 - body.len()) / 2;
    for (seen, cap) in system.simulator.seen().iter().zip([5000, left]) {
        let sent: Value = serde_json::from_slice(&seen.body).unwrap();
        assert_eq!(sent["max_tokens"], cap);
        assert_eq!(sent.get("max_completion_tokens"), None);
    }
    system.finish().await;
}

/// OpenAI refuses a lower cap of a response, in words about a number that the client never wrote.
#[tokio::test(flavor = "multi_thread")]
async fn a_response_is_refused_rather_than_capped_below_what_providers_take() {
    let system = System::start().await;
    let body = json!({"model": "sim-chat", "input": PROMPT}).to_string();
    let quota = |output: usize| format!("0.{:06}", body.len() + 2 * output);
    let token = system.token(&["--quota", &quota(15)]);
    system.in_force().await;
    let bearer = token.bearer();
    let headers = [("authorization", bearer.as_str())];
    let refused = system.send("POST /v1/responses", &headers, &body).await;
    assert_eq!(refused.status(), 429);
    let refused = refused.json().unwrap();
    assert_eq!(refused["error"]["code"], "insufficient_quota", "{refused}");
    assert_eq!(system.simulator.count(), 0, "nothing reaches the upstream");
    system.admin(&["token", "edit", &token.id, "--quota", &quota(16)]);
    system.in_force().await;
    ask(&system, &token, "/v1/responses", 3, &body).await;
    let sent: Value = serde_json::from_slice(&system.simulator.seen()[0].body).unwrap();
    assert_eq!(sent["max_output_tokens"], 16);
    system.finish().await;
}

/// Anthropic refuses a cap that does not exceed what the model may think with.
#[tokio::test(flavor = "multi_thread")]
async fn a_message_is_refused_rather_than_capped_below_what_it_may_think_with() {
    let system = System::start().await;
    let body = json!({
        "model": "sim-messages", "max_tokens": 4000,
        "thinking": {"type": "enabled", "budget_tokens": 1024},
        "messages": [{"role": "user", "content": PROMPT}],
    });
    let body = body.to_string();
    let quota = |output: usize| format!("0.{:06}", body.len() + 2 * output);
    let token = system.token(&["--quota", &quota(1024)]);
    system.in_force().await;
    let bearer = token.bearer();
    let headers = [("authorization", bearer.as_str())];
    let refused = system.send("POST /v1/messages", &headers, &body).await;
    assert_eq!(refused.status(), 402);
    let refused = refused.json().unwrap();
    assert_eq!(refused["error"]["type"], "billing_error", "{refused}");
    assert_eq!(system.simulator.count(), 0, "nothing reaches the upstream");
    system.admin(&["token", "edit", &token.id, "--quota", &quota(1025)]);
    system.in_force().await;
    ask(&system, &token, "/v1/messages", 3, &body).await;
    let sent: Value = serde_json::from_slice(&system.simulator.seen()[0].body).unwrap();
    assert_eq!(sent["max_tokens"], 1025);
    system.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_quota_that_does_not_cover_the_input_refuses_and_works_again_when_raised() {
    let system = System::start().await;
    let token = system.token(&["--quota", "0.00005"]);
    system.in_force().await;
    let answer = system.chat(&token.secret, &[]).await;
    assert_eq!(answer.status(), 429);
    assert_eq!(
        answer.json().unwrap()["error"]["code"],
        "insufficient_quota"
    );
    assert_eq!(system.simulator.count(), 0, "nothing reaches the upstream");
    system.admin(&["token", "edit", &token.id, "--quota", "1"]);
    system.in_force().await;
    assert_eq!(system.chat(&token.secret, &[]).await.status(), 200);
    system.finish().await;
}

/// The provider reads the prompt again after each search, and charges each of them apiece.
#[tokio::test(flavor = "multi_thread")]
async fn searches_of_the_provider_are_held_for() {
    let system = System::start().await;
    let price = "input=1,output=2,search=0.01";
    system.admin(&["model", "price", "set", "sim-messages", price]);
    let window = ["--context", "1000", "--max-output", "100"];
    system.admin(&[&["model", "edit", "sim-messages"], window.as_slice()].concat());
    let token = system.token(&["--quota", "0.034"]);
    system.in_force().await;
    let body = |tools: Value| {
        let messages = json!([{"role": "user", "content": PROMPT}]);
        let mut body = json!({"model": "sim-messages", "max_tokens": 50, "messages": messages});
        merge(&mut body, json!({"tools": tools}));
        body.to_string()
    };
    let bearer = token.bearer();
    let status = async |body: String| {
        let headers = [("authorization", bearer.as_str()), ("x-sim-chunks", "4")];
        let answer = system.send("POST /v1/messages", &headers, &body).await;
        answer.status()
    };
    let search = json!({"type": "web_search_20250305", "name": "web_search", "max_uses": 3});
    // Three searches, and the prompt before them and after each.
    assert_eq!(status(body(json!([search]))).await, 402);
    assert_eq!(system.simulator.count(), 0, "nothing reaches the upstream");
    system.admin(&["token", "edit", &token.id, "--quota", "0.03402"]);
    system.in_force().await;
    let unbounded = json!({"type": "web_search_20250305", "name": "web_search"});
    assert_eq!(status(body(json!([unbounded]))).await, 402);
    assert_eq!(status(body(json!([search]))).await, 200);
    let sent: Value = serde_json::from_slice(&system.simulator.seen()[0].body).unwrap();
    assert_eq!(sent["max_tokens"], 10, "what 20 micro-credits buy");
    // What was not searched comes back, and a function of the client is not searched with.
    assert_eq!(system.spent(&token).await, PROMPT_TOKENS + 2 * 4);
    let function = json!({"name": "web_search", "input_schema": {"type": "object"}});
    assert_eq!(status(body(json!([function]))).await, 200);
    let sent: Value = serde_json::from_slice(&system.simulator.seen()[1].body).unwrap();
    assert_eq!(sent["max_tokens"], 50);
    system.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_group_that_refuses_does_not_lower() {
    let system = System::start().await;
    system.admin(&["group", "create", "careful", "--enforcement", "refuse"]);
    let token = system.token(&["--quota", "0.001"]);
    system.admin(&["token", "edit", &token.id, "--group", "careful"]);
    system.in_force().await;
    assert_eq!(system.chat(&token.secret, &[]).await.status(), 429);
    let body = chat(json!({"max_tokens": 100}));
    ask(&system, &token, "/v1/chat/completions", 10, &body).await;
    system.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_balance_is_shared_by_the_tokens_of_an_account() {
    let system = System::start().await;
    system.admin(&["account", "create", "small", "--balance", "0.002"]);
    let of_small = |name| {
        let made = system.admin(&[
            "token",
            "create",
            name,
            "--account",
            "small",
            "--group",
            "default",
        ]);
        let token = Token {
            id: text(&made, "/token/id"),
            secret: text(&made, "/secret"),
        };
        system.issued(&token.secret);
        token
    };
    let tokens = [of_small("one"), of_small("two"), of_small("three")];
    system.in_force().await;
    let mut statuses = Vec::new();
    for token in &tokens {
        let bearer = [("authorization", token.bearer())];
        let bearer = bearer
            .each_ref()
            .map(|(name, value)| (*name, value.as_str()));
        let answer = system.send("GET /crm/customers", &bearer, "").await;
        statuses.push(answer.status());
    }
    assert_eq!(statuses, [200, 200, 429]);
    system.settled().await;
    let account = system.admin(&["account", "show", "small"]);
    assert_eq!(account["used"], "0.002", "{account}");
    system.admin(&["account", "top-up", "small", "1", "--note", "a test"]);
    system.in_force().await;
    let bearer = tokens[2].bearer();
    let again = system
        .send("GET /crm/customers", &[("authorization", &bearer)], "")
        .await;
    assert_eq!(again.status(), 200);
    system.finish().await;
}

/// Thousands ask at once for what only ten can have.
async fn exactly_ten(backend: Backend) {
    let system = System::start_on(backend, &[]).await;
    let token = system.token(&["--quota", "0.01"]);
    system.in_force().await;
    let bearer = token.bearer();
    let bytes = request("GET /crm/customers", &[("authorization", &bearer)], "");
    let address = system.gateway.address;
    let calls: Vec<_> = (0..2000)
        .map(|_| {
            let bytes = bytes.clone();
            tokio::spawn(async move {
                let answer = tollgate_testkit::raw_client::exchange(address, bytes).await;
                answer.unwrap().status()
            })
        })
        .collect();
    let mut statuses = std::collections::BTreeMap::new();
    for call in calls {
        *statuses.entry(call.await.unwrap()).or_insert(0) += 1;
    }
    assert_eq!(statuses.get(&200), Some(&10), "{statuses:?}");
    assert_eq!(statuses.get(&429), Some(&1990), "{statuses:?}");
    assert_eq!(system.simulator.count(), 10);
    assert_eq!(system.spent(&token).await, 10_000);
    assert_eq!(system.show(&token)["token"]["status"], "exhausted");
    system.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_quota_for_ten_calls_lets_ten_of_thousands_through() {
    exactly_ten(Backend::Sqlite).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_quota_for_ten_calls_lets_ten_of_thousands_through_on_postgres() {
    exactly_ten(Backend::Postgres).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_learns_what_is_left_on_it() {
    let system = System::start().await;
    let token = system.token(&["--quota", "0.01"]);
    system.in_force().await;
    let bearer = token.bearer();
    let bearer = [("authorization", bearer.as_str())];
    system.send("GET /crm/customers", &bearer, "").await;
    system.settled().await;
    let read = async |path: &str| {
        let answer = system.send(&format!("GET {path}"), &bearer, "").await;
        assert_eq!(answer.status(), 200, "{path}");
        answer.json().unwrap()
    };
    let key = read("/v1/key").await;
    assert_eq!(key["data"]["limit"], 0.01);
    assert_eq!(key["data"]["limit_remaining"], 0.009);
    assert_eq!(key["data"]["usage"], 0.001);
    assert_eq!(key["data"]["usage_daily"], 0.001);
    let subscription = read("/dashboard/billing/subscription").await;
    assert_eq!(subscription["hard_limit_usd"], 0.01);
    let usage = read("/v1/dashboard/billing/usage?start_date=2026-01-01").await;
    assert_eq!(usage["total_usage"], 0.1, "cents");
    // Whatever it is for, as long as it may be used at all.
    let edit =
        |flags: &[&str]| system.admin(&[&["token", flags[0], &token.id], &flags[1..]].concat());
    edit(&["edit", "--endpoints", "embeddings"]);
    system.in_force().await;
    read("/v1/key").await;
    for flags in [["edit", "--ips=203.0.113.7"], ["revoke", "--yes"]] {
        edit(&flags);
        system.in_force().await;
        let answer = system.send("GET /v1/key", &bearer, "").await;
        assert_eq!(answer.status(), 401, "{flags:?}");
    }
    system.finish().await;
}

/// Nothing was held for the token yet.
#[tokio::test(flavor = "multi_thread")]
async fn counting_tokens_costs_nothing_and_waits_for_no_credits() {
    let system = System::start().await;
    let messages = json!([{"role": "user", "content": "Hello"}]);
    let body = json!({"model": "sim-messages", "messages": messages}).to_string();
    for quota in ["0.000001", "0"] {
        let token = system.token(&["--quota", quota]);
        system.in_force().await;
        let headers = [("x-api-key", token.secret.as_str())];
        let line = "POST /v1/messages/count_tokens";
        let answer = system.send(line, &headers, &body).await;
        let status = if quota == "0" { 402 } else { 200 };
        assert_eq!(answer.status(), status, "{quota}");
    }
    system.finish().await;
}
