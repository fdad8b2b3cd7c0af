//! The official SDKs call through the gateway, with nothing changed but a base address and a key.

use serde_json::Value;
use tollgate_testkit::sdk;
use tollgate_tests::{Backend, System};

use crate::dialects::serve_gemini;

async fn succeeds(system: &System, run: Run, case: &str, model: &str) {
    let token = system.token(&[]);
    let before = system.simulator.count();
    let answer = run.call(system, &token.secret, case, model).await;
    assert_eq!(answer["ok"], Value::Bool(true), "{run:?} {case}: {answer}");
    assert!(
        answer["request_id"]
            .as_str()
            .is_none_or(|id| id.starts_with("req_")),
        "{run:?} {case}: {answer}"
    );
    assert_eq!(
        system.simulator.count(),
        before + 1,
        "{run:?} {case} is one call"
    );
}

/// Which SDK.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Run {
    OpenAiPython,
    OpenAiNode,
    AnthropicPython,
    AnthropicNode,
    Genai,
    LangChain,
    LiteLlm,
}

impl Run {
    pub(crate) async fn call(
        self,
        system: &System,
        secret: &str,
        case: &str,
        model: &str,
    ) -> Value {
        let url = match self {
            Self::OpenAiPython | Self::OpenAiNode | Self::LangChain | Self::LiteLlm => {
                system.openai_url()
            }
            Self::AnthropicPython | Self::AnthropicNode | Self::Genai => system.anthropic_url(),
        };
        let env = [
            ("BASE_URL", url.as_str()),
            ("API_KEY", secret),
            ("MODEL", model),
            ("CASE", case),
        ];
        match self {
            Self::OpenAiPython => sdk::python("openai_case.py", &env).await,
            Self::OpenAiNode => sdk::node("openai_case.mjs", &env).await,
            Self::AnthropicPython => sdk::python("anthropic_case.py", &env).await,
            Self::AnthropicNode => sdk::node("anthropic_case.mjs", &env).await,
            Self::Genai => sdk::python("genai_case.py", &env).await,
            Self::LangChain => sdk::python("langchain_case.py", &env).await,
            Self::LiteLlm => sdk::litellm("litellm_case.py", &env).await,
        }
    }

    /// The model that it asks for, and its cases of a call and of a stream.
    pub(crate) fn calls(self) -> (&'static str, [&'static str; 2]) {
        match self {
            Self::OpenAiPython | Self::LangChain | Self::LiteLlm => {
                ("sim-chat", ["chat", "chat_stream"])
            }
            Self::OpenAiNode => ("sim-chat", ["responses", "responses_stream"]),
            Self::AnthropicPython | Self::AnthropicNode => {
                ("sim-messages", ["messages", "messages_stream"])
            }
            Self::Genai => ("sim-gemini", ["generate", "generate_stream"]),
        }
    }
}

const OPENAI_CASES: [(&str, &str); 7] = [
    ("chat", "sim-chat"),
    ("chat_stream", "sim-chat"),
    ("chat_stream_usage", "sim-chat"),
    ("completions", "sim-chat"),
    ("embeddings", "sim-embedding"),
    ("responses", "sim-chat"),
    ("responses_stream", "sim-chat"),
];

#[tokio::test(flavor = "multi_thread")]
async fn openai_for_python_calls_through_the_gateway() {
    let system = System::start().await;
    for (case, model) in OPENAI_CASES {
        succeeds(&system, Run::OpenAiPython, case, model).await;
    }
    system.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn openai_for_node_calls_through_the_gateway() {
    let system = System::start().await;
    for (case, model) in OPENAI_CASES {
        succeeds(&system, Run::OpenAiNode, case, model).await;
    }
    system.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn anthropic_for_python_calls_through_the_gateway_over_postgres() {
    let system = System::start_on(Backend::Postgres, &[]).await;
    for case in ["messages", "messages_stream", "count_tokens"] {
        succeeds(&system, Run::AnthropicPython, case, "sim-messages").await;
    }
    system.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn anthropic_for_node_calls_through_the_gateway() {
    let system = System::start().await;
    for case in ["messages", "messages_stream", "count_tokens"] {
        succeeds(&system, Run::AnthropicNode, case, "sim-messages").await;
    }
    system.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn google_genai_calls_through_the_gateway() {
    let system = System::start().await;
    serve_gemini(&system);
    for case in ["generate", "generate_stream", "count_tokens"] {
        succeeds(&system, Run::Genai, case, "sim-gemini").await;
    }
    system.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn langchain_and_litellm_call_through_the_gateway() {
    let system = System::start().await;
    for run in [Run::LangChain, Run::LiteLlm] {
        let (model, cases) = run.calls();
        for case in cases {
            succeeds(&system, run, case, model).await;
        }
    }
    succeeds(&system, Run::LangChain, "embeddings", "sim-embedding").await;
    system.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_sees_only_the_models_that_it_may_use() {
    let system = System::start().await;
    let token = system.token(&["--models", "sim-*", "--providers", "openai"]);
    let answer = Run::OpenAiPython
        .call(&system, &token.secret, "models", "sim-chat")
        .await;
    assert_eq!(answer["text"], "sim-chat,sim-embedding", "{answer}");
    assert_eq!(system.simulator.count(), 0, "the gateway answers itself");
    let authorization = token.bearer();
    let headers = [("authorization", authorization.as_str())];
    let one = system.send("GET /v1/models/sim-chat", &headers, "").await;
    assert_eq!(
        (one.status(), &one.json().unwrap()["id"]),
        (200, &Value::from("sim-chat"))
    );
    let hidden = system
        .send("GET /v1/models/sim-messages", &headers, "")
        .await;
    let unknown = system.send("GET /v1/models/nothing", &headers, "").await;
    assert_eq!((hidden.status(), unknown.status()), (404, 404));
    assert_eq!(
        hidden.json().unwrap()["error"]["code"],
        unknown.json().unwrap()["error"]["code"]
    );
    system.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_upstream_sees_its_own_credential_and_never_the_clients() {
    let system = System::start().await;
    let token = system.token(&[]);
    for (case, run, model) in [
        ("chat", Run::OpenAiPython, "sim-chat"),
        ("messages", Run::AnthropicPython, "sim-messages"),
    ] {
        run.call(&system, &token.secret, case, model).await;
    }
    let apikey = format!("ApiKey {}", token.secret);
    let plain = system
        .send(
            "GET /crm/customers?page=2",
            &[("authorization", &apikey)],
            "",
        )
        .await;
    assert_eq!(plain.status(), 200);
    let seen = system.simulator.seen();
    assert_eq!(seen.len(), 3);
    for request in seen {
        let shown = format!(
            "{:?}{}",
            request.headers,
            String::from_utf8_lossy(&request.body)
        );
        assert!(
            shown.contains(tollgate_tests::system::UPSTREAM_SECRET),
            "{}",
            request.path_and_query
        );
        assert!(!shown.contains(&token.secret), "{}", request.path_and_query);
    }
    system.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_mounted_api_forbids_is_told_and_puts_nobody_aside() {
    let system = System::start().await;
    let token = system.token(&["--endpoints", "mount/*"]);
    let bearer = token.bearer();
    for _ in 0..8 {
        let headers = [("authorization", bearer.as_str()), ("x-sim-status", "403")];
        let answer = system.send("GET /crm/secret", &headers, "").await;
        assert_eq!(answer.status(), 403, "{answer:?}");
    }
    let headers = [("authorization", bearer.as_str())];
    let answer = system.send("GET /crm/customers", &headers, "").await;
    assert_eq!(answer.status(), 200, "{answer:?}");
    system.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mounted_api_is_called_with_any_method_below_its_prefix() {
    let system = System::start().await;
    let token = system.token(&["--endpoints", "mount/*"]);
    let apikey = format!("ApiKey {}", token.secret);
    for (line, path) in [
        ("GET /crm/customers?page=2", "/crm/customers?page=2"),
        ("PUT /crm/customers/7", "/crm/customers/7"),
        ("DELETE /crm/customers/7", "/crm/customers/7"),
        ("POST /crm", "/crm"),
        ("GET /crm/get?key=user:1", "/crm/get?key=user:1"),
    ] {
        let answer = system.send(line, &[("authorization", &apikey)], "{}").await;
        assert_eq!(answer.status(), 200, "{line}");
        assert_eq!(system.simulator.seen().last().unwrap().path_and_query, path);
    }
    let line = format!("GET /crm/get?key={}&a=1", token.secret);
    assert_eq!(system.send(&line, &[], "").await.status(), 200);
    let seen = system.simulator.seen();
    assert_eq!(seen.last().unwrap().path_and_query, "/crm/get?a=1");
    system.finish().await;
}
