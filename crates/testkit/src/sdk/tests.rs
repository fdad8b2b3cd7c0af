use super::*;
use crate::raw_upstream::{RawUpstream, Step};

/// Runs one case of every SDK against an upstream with this script, and returns what each saw
/// with the number of requests it made.
async fn every_openai_sdk(case: &str, script: Vec<Step>) -> Vec<(Value, usize)> {
    let mut results = Vec::new();
    for language in ["python", "node"] {
        let upstream = RawUpstream::start(script.clone()).await.unwrap();
        let url = upstream.url() + "/v1";
        let env = [
            ("BASE_URL", url.as_str()),
            ("API_KEY", "k"),
            ("MODEL", "m"),
            ("CASE", case),
        ];
        let seen = match language {
            "python" => python("openai_case.py", &env).await,
            _ => node("openai_case.mjs", &env).await,
        };
        results.push((seen, upstream.requests().len()));
    }
    results
}

#[tokio::test]
async fn an_openai_stream_is_read_to_its_end() {
    let events = concat!(
        r#"data: {"id":"c","object":"chat.completion.chunk","created":1,"model":"m","choices":[{"index":0,"delta":{"content":"hel"},"finish_reason":null}]}"#,
        "\n\n",
        r#"data: {"id":"c","object":"chat.completion.chunk","created":1,"model":"m","choices":[{"index":0,"delta":{"content":"lo"},"finish_reason":"stop"}]}"#,
        "\n\ndata: [DONE]\n\n",
    );
    let script = vec![Step::respond(200, "text/event-stream", events)];
    for (seen, requests) in every_openai_sdk("chat_stream", script).await {
        assert_eq!(seen["ok"], true, "{seen}");
        assert_eq!(seen["text"], "hello");
        assert_eq!(seen["finish"], "stop");
        assert_eq!(requests, 1);
    }
}

#[tokio::test]
async fn an_openai_refusal_is_the_sdks_own_exception_after_its_own_retries() {
    let body = r#"{"error":{"message":"slow down","type":"requests","param":null,"code":"rate_limit_exceeded"}}"#;
    let head = format!(
        "HTTP/1.1 429 Busy\r\nretry-after-ms: 1\r\nx-request-id: r7\r\n\
         content-type: application/json\r\ncontent-length: {}\r\n\r\n",
        body.len()
    );
    let script = vec![Step::write(head + body)];
    for (seen, requests) in every_openai_sdk("chat", script).await {
        assert_eq!(seen["ok"], false, "{seen}");
        assert_eq!(seen["exception"], "RateLimitError");
        assert_eq!(seen["status"], 429);
        assert_eq!(seen["code"], "rate_limit_exceeded");
        assert_eq!(seen["type"], "requests");
        assert_eq!(seen["request_id"], "r7");
        assert_eq!(requests, 3);
    }
}

#[tokio::test]
async fn an_anthropic_refusal_is_the_sdks_own_exception() {
    let body = r#"{"type":"error","error":{"type":"authentication_error","message":"no"}}"#;
    let script = vec![Step::respond(401, "application/json", body)];
    let upstream = RawUpstream::start(script).await.unwrap();
    let url = upstream.url();
    let env = [
        ("BASE_URL", url.as_str()),
        ("API_KEY", "k"),
        ("MODEL", "m"),
        ("CASE", "messages"),
    ];
    let seen = python("anthropic_case.py", &env).await;
    assert_eq!(seen["exception"], "AuthenticationError", "{seen}");
    assert_eq!(seen["type"], "authentication_error");
    assert_eq!(upstream.requests().len(), 1);
}

#[tokio::test]
#[should_panic(expected = "KeyError")]
async fn a_script_that_breaks_fails_the_test_with_what_it_said() {
    python("openai_case.py", &[("CASE", "no_such_case")]).await;
}
