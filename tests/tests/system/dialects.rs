//! Gemini's and Azure's forms of a call: routed, named, capped and charged as the others are.

use serde_json::{Value, json};
use tollgate_tests::system::request;
use tollgate_tests::{System, Token};

const PROMPT: &str = "Hello";
const PROMPT_TOKENS: i64 = 2;

/// Makes the simulated provider's Gemini models callable.
pub(crate) fn serve_gemini(system: &System) {
    let price = ["--price", tollgate_tests::system::PRICE];
    let create = ["model", "create", "sim-gemini", "--provider", "google"];
    system.admin(&[create.as_slice(), &price].concat());
    system.admin(&[
        "upstream",
        "create",
        "sim gemini",
        "--dialect",
        "gemini",
        "--provider",
        "google",
        "--carrier",
        "x-goog-api-key",
        "--models",
        "sim-gemini",
        "--credential-env",
        "TEST_UPSTREAM_KEY",
        "--allow-private",
        "--base-url",
        &system.simulator.base_url(),
    ]);
}

/// Makes one more model callable, which the simulated provider knows by another name.
fn serve_openai(system: &System, model: &str, sent_as: &str, price: &str) {
    let create = ["model", "create", model, "--provider", "openai"];
    system.admin(&[create.as_slice(), &["--price", price]].concat());
    system.admin(&[
        "upstream",
        "create",
        &format!("{model} upstream"),
        "--dialect",
        "openai",
        "--provider",
        "openai",
        "--models",
        &format!("{model}={sent_as}"),
        "--credential-env",
        "TEST_UPSTREAM_KEY",
        "--allow-private",
        "--base-url",
        &system.simulator.base_url(),
    ]);
}

fn contents() -> Value {
    json!({"contents": [{"role": "user", "parts": [{"text": PROMPT}]}]})
}

/// Sends a call with the secret where the dialect's clients put it.
async fn post(
    system: &System,
    token: &Token,
    path: &str,
    carrier: &str,
    body: &Value,
) -> (u16, Value) {
    let headers = [(carrier, token.secret.as_str()), ("x-sim-chunks", "6")];
    let answer = system
        .send(&format!("POST {path}"), &headers, &body.to_string())
        .await;
    let json = answer.json().unwrap_or(Value::Null);
    (answer.status(), json)
}

#[tokio::test(flavor = "multi_thread")]
async fn gemini_is_spoken_natively_and_charged_by_its_own_count() {
    let system = System::start().await;
    serve_gemini(&system);
    let token = system.token(&["--quota", "1"]);
    system.in_force().await;
    let path = "/v1beta/models/sim-gemini:generateContent";
    let (status, whole) = post(&system, &token, path, "x-goog-api-key", &contents()).await;
    assert_eq!(status, 200, "{whole}");
    let used = whole["usageMetadata"]["totalTokenCount"].as_i64().unwrap();
    let output = used - PROMPT_TOKENS;
    assert!(output >= 6, "{whole}");
    assert_eq!(system.spent(&token).await, PROMPT_TOKENS + 2 * output);
    // As events, and as one array that comes piece by piece.
    for query in ["?alt=sse", ""] {
        let path = format!("/v1beta/models/sim-gemini:streamGenerateContent{query}");
        let before = system.spent(&token).await;
        let (status, _) = post(&system, &token, &path, "x-goog-api-key", &contents()).await;
        assert_eq!(status, 200, "{path}");
        let cost = system.spent(&token).await - before;
        assert_eq!(cost, PROMPT_TOKENS + 2 * output, "{path}");
    }
    let before = system.spent(&token).await;
    let path = "/v1beta/models/sim-gemini:countTokens";
    let (status, counted) = post(&system, &token, path, "x-goog-api-key", &contents()).await;
    assert_eq!(status, 200, "{counted}");
    assert_eq!(system.spent(&token).await, before, "counting is free");
    system.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_output_of_gemini_is_capped_to_what_is_left() {
    let system = System::start().await;
    serve_gemini(&system);
    let window = ["--context", "1000", "--max-output", "500"];
    system.admin(&[&["model", "edit", "sim-gemini"], window.as_slice()].concat());
    let token = system.token(&["--quota", "0.00024"]);
    system.in_force().await;
    let path = "/v1beta/models/sim-gemini:generateContent";
    let (status, answer) = post(&system, &token, path, "x-goog-api-key", &contents()).await;
    assert_eq!(status, 200, "{answer}");
    let sent: Value = serde_json::from_slice(&system.simulator.seen()[0].body).unwrap();
    let cap = sent["generationConfig"]["maxOutputTokens"]
        .as_i64()
        .unwrap();
    assert!((1..100).contains(&cap), "{sent}");
    assert_eq!(
        sent["contents"],
        contents()["contents"],
        "the rest is the client's"
    );
    system.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn gemini_is_refused_in_its_own_words() {
    let system = System::start().await;
    serve_gemini(&system);
    let token = system.token(&["--models", "sim-chat"]);
    system.in_force().await;
    let path = "/v1beta/models/sim-gemini:generateContent";
    let (status, refusal) = post(&system, &token, path, "x-goog-api-key", &contents()).await;
    assert_eq!(status, 404, "{refusal}");
    assert_eq!(refusal["error"]["status"], "NOT_FOUND");
    let ask = request(
        "POST /v1beta/models/sim-gemini:generateContent",
        &[("x-goog-api-key", "sk-tg-wrong")],
        &contents().to_string(),
    );
    let answer = tollgate_testkit::raw_client::exchange(system.gateway.address, ask)
        .await
        .unwrap();
    assert_eq!(answer.status(), 401);
    assert_eq!(answer.json().unwrap()["error"]["status"], "UNAUTHENTICATED");
    assert_eq!(system.simulator.count(), 0, "nothing reaches the upstream");
    system.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn azures_form_names_the_model_in_its_path() {
    let system = System::start().await;
    let token = system.token(&[]);
    system.in_force().await;
    let messages = json!([{"role": "user", "content": PROMPT}]);
    let query = "?api-version=2024-10-21";
    let path = format!("/openai/deployments/sim-chat/chat/completions{query}");
    for body in [
        json!({"messages": messages}),
        json!({"model": "another", "messages": messages}),
    ] {
        let (status, answer) = post(&system, &token, &path, "api-key", &body).await;
        assert_eq!(status, 200, "{answer}");
        assert_eq!(answer["model"], "sim-chat");
    }
    for seen in system.simulator.seen() {
        let sent: Value = serde_json::from_slice(&seen.body).unwrap();
        assert_eq!(sent["model"], "sim-chat", "{sent}");
    }
    assert_eq!(system.spent(&token).await, 2 * (PROMPT_TOKENS + 2 * 6));
    let path = format!("/openai/deployments/no-such-model/chat/completions{query}");
    let (status, refusal) = post(
        &system,
        &token,
        &path,
        "api-key",
        &json!({"messages": messages}),
    )
    .await;
    assert_eq!(status, 404, "{refusal}");
    assert_eq!(refusal["error"]["code"], "model_not_found");
    system.finish().await;
}

/// A form whose model comes after its file.
fn form(model: &str) -> (String, String) {
    let sound = "RIFF".repeat(1000);
    let boundary = "a-boundary-of-a-form";
    let head = "Content-Disposition: form-data; name=";
    let body = [
        format!("--{boundary}\r\n{head}\"file\"; filename=\"a.wav\"\r\n"),
        format!("Content-Type: audio/wav\r\n\r\n{sound}\r\n"),
        format!("--{boundary}\r\n{head}\"model\"\r\n\r\n{model}\r\n--{boundary}--\r\n"),
    ];
    (
        format!("multipart/form-data; boundary={boundary}"),
        body.concat(),
    )
}

#[tokio::test(flavor = "multi_thread")]
async fn a_form_is_decided_on_before_it_is_sent_on_and_named_for_the_upstream() {
    let system = System::start().await;
    serve_openai(&system, "scribe", "sim-chat", "second=0.0006");
    let token = system.token(&[]);
    let poor = system.token(&["--quota", "0.000001"]);
    system.in_force().await;
    let (kind, body) = form("scribe");
    let ask = async |token: &Token, more: &str, body: &str| {
        let bearer = token.bearer();
        let ask = format!(
            "POST /v1/audio/transcriptions HTTP/1.1\r\nhost: gateway\r\ncontent-type: {kind}\r\n\
             {more}authorization: {bearer}\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{body}",
            body.len()
        );
        let answer = tollgate_testkit::raw_client::exchange(system.gateway.address, ask);
        answer.await.unwrap()
    };
    let transcribe = async |token: &Token, body: &str| ask(token, "", body).await;
    assert_eq!(transcribe(&poor, &body).await.status(), 429);
    assert_eq!(transcribe(&token, &form("unknown").1).await.status(), 404);
    // What others could read as another form.
    for more in [
        "content-type: multipart/form-data; boundary=other\r\n",
        "content-encoding: gzip\r\n",
    ] {
        assert_eq!(ask(&token, more, &body).await.status(), 400, "{more}");
    }
    assert_eq!(system.simulator.count(), 0, "nothing reaches the upstream");
    let answer = transcribe(&token, &body).await;
    let text = String::from_utf8_lossy(&answer.body).into_owned();
    assert_eq!(answer.status(), 200, "{text}");
    let seen = &system.simulator.seen()[0];
    assert_eq!(
        seen.body,
        form("sim-chat").1.as_bytes(),
        "but for the model"
    );
    assert!(system.spent(&token).await > 0, "{text}");
    system.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn images_are_edited_in_json_as_well() {
    let system = System::start().await;
    serve_openai(&system, "painter", "sim-painter", "input=1,image=0.02");
    let token = system.token(&[]);
    // Enough for a prompt of which nothing is known and one image, and not for ten.
    let poor = system.token(&["--quota", "1.2"]);
    system.in_force().await;
    let images = json!([{"image_url": "https://a.example/b.png"}, {"file_id": "file-1"}]);
    let edit =
        |model: &str, n: u64| json!({"model": model, "prompt": "Hello!", "images": images, "n": n});
    let path = "/v1/images/edits";
    let ask =
        async |token: &Token, body: &Value| post(&system, token, path, "x-api-key", body).await;
    assert_eq!(ask(&token, &edit("unknown", 1)).await.0, 404);
    assert_eq!(ask(&poor, &edit("painter", 10)).await.0, 429);
    assert_eq!(system.simulator.count(), 0, "nothing reaches the upstream");
    let (status, answer) = ask(&token, &edit("painter", 3)).await;
    assert_eq!(status, 200, "{answer}");
    assert_eq!(ask(&poor, &edit("painter", 1)).await.0, 200);
    assert_eq!(answer["data"].as_array().unwrap().len(), 3);
    let seen = &system.simulator.seen()[0];
    let sent: Value = serde_json::from_slice(&seen.body).unwrap();
    assert_eq!(sent, edit("sim-painter", 3), "but for the model");
    // 202 tokens of the input, and three images.
    assert_eq!(system.spent(&token).await, 202 + 60_000);
    system.finish().await;
}
