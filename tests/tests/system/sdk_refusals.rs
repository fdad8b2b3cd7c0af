//! Each refusal as the SDKs' own typed exception, with the number of requests that it took.

use serde_json::Value;
use tollgate_tests::{System, Token};

use crate::sdk::Run;

/// A refusal, what the OpenAI SDKs raise on it, and what Anthropic's does.
struct Case {
    token: &'static [&'static str],
    before: fn(&System, &Token),
    openai: (&'static str, u16, &'static str),
    anthropic: (&'static str, u16),
}

const NOTHING: fn(&System, &Token) = |_, _| {};

fn cases() -> [Case; 7] {
    let unauthorized = ("AuthenticationError", 401);
    [
        Case {
            token: &[],
            before: |system, token| drop(system.admin(&["token", "revoke", &token.id, "--yes"])),
            openai: ("AuthenticationError", 401, "invalid_api_key"),
            anthropic: unauthorized,
        },
        Case {
            token: &[],
            before: |system, token| drop(system.admin(&["token", "disable", &token.id])),
            openai: ("AuthenticationError", 401, "token_disabled"),
            anthropic: unauthorized,
        },
        Case {
            token: &["--expires", "1s"],
            before: NOTHING,
            openai: ("AuthenticationError", 401, "token_expired"),
            anthropic: unauthorized,
        },
        Case {
            token: &["--ips", "203.0.113.7"],
            before: NOTHING,
            openai: ("AuthenticationError", 401, "ip_not_authorized"),
            anthropic: ("PermissionDeniedError", 403),
        },
        Case {
            token: &["--models", "another"],
            before: NOTHING,
            openai: ("NotFoundError", 404, "model_not_found"),
            anthropic: ("NotFoundError", 404),
        },
        Case {
            token: &["--endpoints", "embeddings"],
            before: NOTHING,
            openai: ("PermissionDeniedError", 403, "permission_denied"),
            anthropic: ("PermissionDeniedError", 403),
        },
        Case {
            token: &["--quota", "0"],
            before: NOTHING,
            openai: ("RateLimitError", 429, "insufficient_quota"),
            anthropic: ("PaymentRequiredError", 402),
        },
    ]
}

/// How many requests the gateway refused so far.
fn refused(system: &System) -> usize {
    let is_refusal = |line: &&Value| line["message"] == "refused";
    system.gateway.log_lines().iter().filter(is_refusal).count()
}

async fn raises(system: &mut System, run: Run, case: &str, model: &str, token: &Token) -> Value {
    let (upstream, gateway) = (system.simulator.count(), refused(system));
    let answer = run.call(system, &token.secret, case, model).await;
    assert_eq!(answer["ok"], Value::Bool(false), "{run:?}: {answer}");
    let id = answer["request_id"].clone();
    system
        .gateway
        .logged_where(|line| line["message"] == "refused" && line["request_id"] == id)
        .await;
    assert_eq!(
        system.simulator.count(),
        upstream,
        "{run:?}: nothing reaches the upstream"
    );
    assert_eq!(
        refused(system),
        gateway + 1,
        "{run:?}: one request, since waiting cannot help"
    );
    answer
}

async fn raises_everywhere(run: Run, streamed: &str, whole: &str, model: &str) {
    let mut system = System::start().await;
    for case in cases() {
        let token = system.token(case.token);
        (case.before)(&system, &token);
        system.in_force().await;
        if case.token.contains(&"--expires") {
            system.until(&token, 401).await;
        }
        for kind in [whole, streamed] {
            let answer = raises(&mut system, run, kind, model, &token).await;
            let seen = (
                answer["exception"].as_str().unwrap(),
                answer["status"].as_u64().unwrap(),
            );
            let expected = match run {
                Run::AnthropicPython => case.anthropic,
                Run::OpenAiPython | Run::OpenAiNode => {
                    assert_eq!(answer["code"], case.openai.2, "{run:?}: {answer}");
                    (case.openai.0, case.openai.1)
                }
            };
            assert_eq!(
                seen,
                (expected.0, u64::from(expected.1)),
                "{run:?}: {answer}"
            );
        }
    }
    system.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn openai_for_python_raises_its_own_exceptions() {
    raises_everywhere(Run::OpenAiPython, "chat_stream", "chat", "sim-chat").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn openai_for_node_raises_its_own_exceptions() {
    raises_everywhere(Run::OpenAiNode, "responses_stream", "responses", "sim-chat").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn anthropic_for_python_raises_its_own_exceptions() {
    raises_everywhere(
        Run::AnthropicPython,
        "messages_stream",
        "messages",
        "sim-messages",
    )
    .await;
}
