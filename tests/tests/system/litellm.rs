//! An upstream that nobody here wrote: LiteLLM's proxy.

use serde_json::json;
use tollgate_testkit::raw_client::Response;
use tollgate_tests::litellm::{LiteLlm, MODEL, SECRET, TEXT};
use tollgate_tests::system::PRICE;
use tollgate_tests::{System, Token};

async fn ask(system: &System, token: &Token, streams: bool) -> Response {
    let bearer = token.bearer();
    let headers = [("authorization", bearer.as_str())];
    let messages = json!([{"role": "user", "content": "Hello"}]);
    let body = json!({"model": MODEL, "stream": streams, "messages": messages});
    let line = "POST /v1/chat/completions";
    system.send(line, &headers, &body.to_string()).await
}

/// The counts of the newest receipt, which must be the provider's own.
async fn billed(system: &System, token: &Token) -> (i64, i64) {
    let receipt = system.receipts(token).await.remove(0);
    assert_eq!(receipt["estimated"], false, "{receipt}");
    assert_eq!(receipt["ending"], "complete", "{receipt}");
    let count = |name: &str| receipt.pointer(name).and_then(serde_json::Value::as_i64);
    let (input, output) = (count("/usage/input"), count("/usage/output"));
    (input.unwrap(), output.unwrap())
}

#[tokio::test(flavor = "multi_thread")]
async fn litellm_as_an_upstream_is_called_and_billed() {
    let system = System::start().await;
    let proxy = LiteLlm::start().await;
    system.issued(SECRET);
    let key = system.directory().join("litellm-key");
    std::fs::write(&key, SECRET).unwrap();
    let vendor = ["--provider", "litellm"];
    let model = ["model", "create", MODEL, "--price", PRICE];
    system.admin(&[model.as_slice(), &vendor].concat());
    let upstream = ["upstream", "create", "litellm", "--dialect", "openai"];
    let url = proxy.url();
    let served = ["--models", MODEL, "--allow-private", "--base-url", &url];
    let credential = ["--credential-file", key.to_str().unwrap()];
    system.admin(&[upstream.as_slice(), &vendor, &served, &credential].concat());
    std::fs::remove_file(key).unwrap();
    let token = system.token(&["--quota", "1"]);
    system.in_force().await;

    let whole = ask(&system, &token, false).await;
    let body = whole.json().unwrap();
    assert_eq!(whole.status(), 200, "{body}");
    assert_eq!(body["choices"][0]["message"]["content"], TEXT);
    let said = &body["usage"];
    let said = ["prompt_tokens", "completion_tokens"].map(|name| said[name].as_i64().unwrap());
    assert_eq!(billed(&system, &token).await, said.into());

    // Its usage comes with a choice in the same chunk, and only because the gateway asked for it.
    let streamed = ask(&system, &token, true).await;
    assert_eq!(streamed.status(), 200);
    let text = String::from_utf8(streamed.body).unwrap();
    assert!(text.trim_end().ends_with("data: [DONE]"), "{text}");
    assert!(!text.contains("prompt_tokens"), "{text}");
    let (input, output) = billed(&system, &token).await;
    assert!(input > 0 && output > 0);
    let spent = said[0] + 2 * said[1] + input + 2 * output;
    assert_eq!(system.spent(&token).await, spent);
    system.finish().await;
}
