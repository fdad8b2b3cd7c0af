//! Each refusal as the SDKs' own typed exception, with the number of requests that it took.

use serde_json::Value;
use tollgate_testkit::raw_client::RawClient;
use tollgate_tests::system::request;
use tollgate_tests::{System, Token};

use crate::dialects::serve_gemini;
use crate::sdk::Run;

/// An exception and its status.
type Raised = (&'static str, u16);

/// A refusal, and what each SDK raises on it.
struct Case {
    token: &'static [&'static str],
    before: fn(&System, &Token),
    /// OpenAI's SDKs, LangChain which is one of them, and the code that they show.
    openai: (Raised, &'static str),
    anthropic: Raised,
    genai: u16,
    litellm: Raised,
}

const NOTHING: fn(&System, &Token) = |_, _| {};

const UNAUTHORIZED: Raised = ("AuthenticationError", 401);

const CASES: [Case; 7] = [
    Case {
        token: &[],
        before: |system, token| drop(system.admin(&["token", "revoke", &token.id, "--yes"])),
        openai: (UNAUTHORIZED, "invalid_api_key"),
        anthropic: UNAUTHORIZED,
        genai: 401,
        litellm: ("BadRequestError", 401),
    },
    Case {
        token: &["--models", "another"],
        before: NOTHING,
        openai: (("NotFoundError", 404), "model_not_found"),
        anthropic: ("NotFoundError", 404),
        genai: 404,
        litellm: ("NotFoundError", 404),
    },
    Case {
        token: &["--endpoints", "moderations"],
        before: NOTHING,
        openai: (("PermissionDeniedError", 403), "permission_denied"),
        anthropic: ("PermissionDeniedError", 403),
        genai: 403,
        litellm: ("BadRequestError", 403),
    },
    Case {
        token: &["--quota", "0"],
        before: NOTHING,
        openai: (("RateLimitError", 429), "insufficient_quota"),
        anthropic: ("PaymentRequiredError", 402),
        genai: 429,
        litellm: ("RateLimitError", 429),
    },
    Case {
        token: &[],
        before: |system, token| drop(system.admin(&["token", "disable", &token.id])),
        openai: (UNAUTHORIZED, "token_disabled"),
        anthropic: UNAUTHORIZED,
        genai: 401,
        litellm: ("BadRequestError", 401),
    },
    Case {
        token: &["--expires", "1s"],
        before: NOTHING,
        openai: (UNAUTHORIZED, "token_expired"),
        anthropic: UNAUTHORIZED,
        genai: 401,
        litellm: ("BadRequestError", 401),
    },
    Case {
        token: &["--ips", "203.0.113.7"],
        before: NOTHING,
        openai: (UNAUTHORIZED, "ip_not_authorized"),
        anthropic: ("PermissionDeniedError", 403),
        genai: 403,
        litellm: ("BadRequestError", 401),
    },
];

/// The first of [`CASES`] are the main ones: enough for those who take seconds to start.
const MAIN: usize = 4;

impl Case {
    fn raised(&self, run: Run) -> Raised {
        match run {
            Run::OpenAiPython | Run::OpenAiNode | Run::LangChain => self.openai.0,
            Run::AnthropicPython | Run::AnthropicNode => self.anthropic,
            Run::Genai => ("ClientError", self.genai),
            Run::LiteLlm => self.litellm,
        }
    }
}

/// Makes a call that must raise, and must have been so many requests, none of which went upstream.
async fn raises(
    system: &mut System,
    run: Run,
    case: &str,
    token: &Token,
    requests: usize,
) -> Value {
    let (upstream, before) = (system.simulator.count(), system.calls().await.len());
    let answer = run.call(system, &token.secret, case, run.calls().0).await;
    assert_eq!(answer["ok"], false, "{run:?} {case}: {answer}");
    let calls = system.calls().await.split_off(before);
    assert_eq!(calls.len(), requests, "{run:?} {case}: {calls:#?}");
    assert!(calls.iter().all(|call| call["message"] == "refused"));
    assert_eq!(
        system.simulator.count(),
        upstream,
        "{run:?}: nothing reaches the upstream"
    );
    answer
}

fn seen(answer: &Value) -> (&str, u64) {
    let name = answer["exception"].as_str().unwrap_or_default();
    // LangChain's own are children of OpenAI's and named after them.
    let own = ["OpenAIModel", "OpenAI"];
    let name = own
        .iter()
        .find_map(|own| name.strip_prefix(own))
        .unwrap_or(name);
    (name, answer["status"].as_u64().unwrap_or_default())
}

async fn raises_its_own(run: Run, cases: &[Case], kinds: &[&str]) {
    let mut system = System::start().await;
    serve_gemini(&system);
    for case in cases {
        let token = system.token(case.token);
        (case.before)(&system, &token);
        system.in_force().await;
        if case.token.contains(&"--expires") {
            system.until(&token, 401).await;
        }
        for kind in kinds {
            // One request, since waiting cannot help.
            let answer = raises(&mut system, run, kind, &token, 1).await;
            let (name, status) = case.raised(run);
            assert_eq!(
                seen(&answer),
                (name, u64::from(status)),
                "{run:?}: {answer}"
            );
            if matches!(run, Run::OpenAiPython | Run::OpenAiNode | Run::LangChain) {
                assert_eq!(answer["code"], case.openai.1, "{run:?}: {answer}");
            }
        }
    }
    system.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn openai_for_python_raises_its_own_exceptions() {
    let run = Run::OpenAiPython;
    raises_its_own(run, &CASES, &run.calls().1).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn openai_for_node_raises_its_own_exceptions() {
    let run = Run::OpenAiNode;
    raises_its_own(run, &CASES, &run.calls().1).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn anthropic_for_python_raises_its_own_exceptions() {
    let run = Run::AnthropicPython;
    raises_its_own(run, &CASES, &run.calls().1).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn anthropic_for_node_raises_its_own_exceptions() {
    let run = Run::AnthropicNode;
    raises_its_own(run, &CASES, &run.calls().1).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn google_genai_raises_its_own_exceptions() {
    let run = Run::Genai;
    raises_its_own(run, &CASES[..MAIN], &run.calls().1).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn langchain_raises_the_exceptions_of_openai() {
    raises_its_own(Run::LangChain, &CASES[..MAIN], &["chat_stream"]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn litellm_raises_its_own_exceptions() {
    raises_its_own(Run::LiteLlm, &CASES[..MAIN], &["chat_stream"]).await;
}

/// A token that may make one call at once, and the connection of a call that takes the place.
pub(crate) async fn occupied(system: &System) -> (Token, RawClient) {
    let token = system.token(&["--concurrency", "1"]);
    system.in_force().await;
    let bearer = token.bearer();
    let hang = [("authorization", bearer.as_str()), ("x-sim-hang", "1")];
    let mut client = RawClient::connect(system.gateway.address).await.unwrap();
    let before = system.simulator.count();
    client
        .send(request("GET /crm/slow", &hang, ""))
        .await
        .unwrap();
    system
        .simulator
        .tally_when(|tally| tally.received > before)
        .await;
    (token, client)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_limit_is_tried_as_often_as_each_sdk_tries_by_itself() {
    let mut system = System::start().await;
    serve_gemini(&system);
    let (token, occupier) = occupied(&system).await;
    for (run, requests) in [
        (Run::OpenAiPython, 3),
        (Run::OpenAiNode, 3),
        (Run::AnthropicPython, 3),
        (Run::AnthropicNode, 3),
        (Run::Genai, 1),
        (Run::LangChain, 3),
        (Run::LiteLlm, 3),
    ] {
        let kind = run.calls().1[0];
        let answer = raises(&mut system, run, kind, &token, requests).await;
        assert_eq!(seen(&answer).1, 429, "{run:?}: {answer}");
    }
    drop(occupier);
    system.finish().await;
}
