//! Each way in which an answer says what it used, or does not, and each way in which it ends: one
//! table, with the charge stated beforehand.

use serde_json::Value;
use tollgate_testkit::http_message::{LAST_CHUNK, chunk, response_head};
use tollgate_testkit::raw_client::RawClient;
use tollgate_testkit::raw_upstream::{Gate, RawUpstream, Step};
use tollgate_tests::money::micros;
use tollgate_tests::system::{request, text};
use tollgate_tests::{System, Token};

/// In micro-credits per token.
const PRICE: &str =
    "input=10,cached-input=1,cache-write-5m=12,cache-write-1h=20,output=40,reasoning=50";
const INPUT: i64 = 10;
const OUTPUT: i64 = 40;

const CHAT: &str = "/v1/chat/completions";
const RESPONSES: &str = "/v1/responses";
const MESSAGES: &str = "/v1/messages";

/// How the scripted upstream answers.
#[derive(Clone, Copy)]
enum Answer {
    /// A whole event stream.
    Events(&'static str),
    /// An event stream whose connection breaks.
    Cut(&'static str),
    /// A JSON document.
    Json(u16, &'static str),
}

/// What is charged.
#[derive(Clone, Copy)]
enum Charge {
    /// What the provider said, in micro-credits.
    Exactly(i64),
    /// The prompt by its bytes, and so many bytes of text.
    Estimate(i64),
    /// Nothing.
    Nothing,
}

use Answer::{Cut, Events, Json};
use Charge::{Estimate, Exactly, Nothing};

struct Case {
    name: &'static str,
    path: &'static str,
    answer: Answer,
    charge: Charge,
    ending: &'static str,
}

const fn case(
    name: &'static str,
    path: &'static str,
    answer: Answer,
    charge: Charge,
    ending: &'static str,
) -> Case {
    Case {
        name,
        path,
        answer,
        charge,
        ending,
    }
}

/// A chunk with eleven bytes of text.
macro_rules! hello {
    () => {
        "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"Hello there\"}}]}\n\n"
    };
}

const CASES: [Case; 25] = [
    case(
        "a body with cached and reasoning tokens inside their wholes",
        CHAT,
        Json(
            200,
            r#"{"choices":[{"message":{"content":"Hi"}}],"usage":{"prompt_tokens":100,"completion_tokens":30,"total_tokens":130,"prompt_tokens_details":{"cached_tokens":60},"completion_tokens_details":{"reasoning_tokens":20}}}"#,
        ),
        Exactly(40 * INPUT + 60 + 10 * OUTPUT + 20 * 50),
        "complete",
    ),
    case(
        "a last chunk with usage and no choices",
        CHAT,
        Events(concat!(
            hello!(),
            "data: {\"choices\":[],\"usage\":{\"prompt_tokens\":7,\"completion_tokens\":3}}\n\n",
            "data: [DONE]\n\n"
        )),
        Exactly(7 * INPUT + 3 * OUTPUT),
        "complete",
    ),
    case(
        "a usage chunk with choices in it",
        CHAT,
        Events(concat!(
            hello!(),
            "data: {\"choices\":[{\"index\":0,\"delta\":{}}],\"usage\":{\"prompt_tokens\":7,\"completion_tokens\":3}}\n\n",
            "data: [DONE]\n\n"
        )),
        Exactly(7 * INPUT + 3 * OUTPUT),
        "complete",
    ),
    case(
        "usage on every chunk, of which the last counts",
        CHAT,
        Events(concat!(
            "data: {\"choices\":[{\"delta\":{\"content\":\"a\"}}],\"usage\":{\"prompt_tokens\":7,\"completion_tokens\":1}}\n\n",
            "data: {\"choices\":[{\"delta\":{\"content\":\"b\"}}],\"usage\":{\"prompt_tokens\":7,\"completion_tokens\":2}}\n\n",
            "data: [DONE]\n\n"
        )),
        Exactly(7 * INPUT + 2 * OUTPUT),
        "complete",
    ),
    case(
        "lines that end in CRLF and data without a space",
        CHAT,
        Events(
            "data:{\"choices\":[],\"usage\":{\"prompt_tokens\":7,\"completion_tokens\":3}}\r\n\r\ndata:[DONE]\r\n\r\n",
        ),
        Exactly(7 * INPUT + 3 * OUTPUT),
        "complete",
    ),
    case(
        "no usage at all",
        CHAT,
        Events(concat!(hello!(), "data: [DONE]\n\n")),
        Estimate(11),
        "complete",
    ),
    case(
        "usage that is null",
        CHAT,
        Events(concat!(
            hello!(),
            "data: {\"choices\":[],\"usage\":null}\n\ndata: [DONE]\n\n"
        )),
        Estimate(11),
        "complete",
    ),
    case(
        "an end without [DONE] and without usage",
        CHAT,
        Events(hello!()),
        Estimate(11),
        "complete",
    ),
    case(
        "a broken connection before any usage",
        CHAT,
        Cut(hello!()),
        Estimate(11),
        "upstream_broke",
    ),
    case(
        "a broken connection after the usage",
        CHAT,
        Cut(concat!(
            hello!(),
            "data: {\"choices\":[],\"usage\":{\"prompt_tokens\":7,\"completion_tokens\":3}}\n\n"
        )),
        Exactly(7 * INPUT + 3 * OUTPUT),
        "upstream_broke",
    ),
    case(
        "a count below zero",
        CHAT,
        Events(concat!(
            hello!(),
            "data: {\"choices\":[],\"usage\":{\"prompt_tokens\":-7,\"completion_tokens\":3}}\n\ndata: [DONE]\n\n"
        )),
        Estimate(11),
        "complete",
    ),
    case(
        "a count that is a fraction",
        CHAT,
        Json(
            200,
            r#"{"choices":[{"message":{"content":"Hello there"}}],"usage":{"prompt_tokens":7.5,"completion_tokens":3}}"#,
        ),
        Estimate(11),
        "complete",
    ),
    case(
        "a count that no provider can mean",
        CHAT,
        Json(
            200,
            r#"{"choices":[{"message":{"content":"Hello there"}}],"usage":{"prompt_tokens":18446744073709551616,"completion_tokens":3}}"#,
        ),
        Estimate(11),
        "complete",
    ),
    case(
        "a count that is a text",
        CHAT,
        Json(
            200,
            r#"{"choices":[{"message":{"content":"Hello there"}}],"usage":{"prompt_tokens":"7","completion_tokens":3}}"#,
        ),
        Estimate(11),
        "complete",
    ),
    case(
        "an error inside the stream, with text before it",
        CHAT,
        Events(concat!(
            hello!(),
            "data: {\"error\":{\"message\":\"overloaded\",\"type\":\"server_error\"}}\n\n"
        )),
        Estimate(11),
        "failed",
    ),
    case(
        "an error inside the stream, before any text",
        CHAT,
        Events("data: {\"error\":{\"message\":\"overloaded\",\"type\":\"server_error\"}}\n\n"),
        Nothing,
        "failed",
    ),
    case(
        "a request that the upstream refuses",
        CHAT,
        Json(
            400,
            r#"{"error":{"message":"no","type":"invalid_request_error"}}"#,
        ),
        Nothing,
        "failed",
    ),
    case(
        "response.completed",
        RESPONSES,
        Events(
            "event: response.completed\ndata: {\"type\":\"response.completed\",\"response\":{\"usage\":{\"input_tokens\":9,\"input_tokens_details\":{\"cached_tokens\":4},\"output_tokens\":5,\"output_tokens_details\":{\"reasoning_tokens\":2}}}}\n\n",
        ),
        Exactly(5 * INPUT + 4 + 3 * OUTPUT + 2 * 50),
        "complete",
    ),
    case(
        "response.incomplete",
        RESPONSES,
        Events(
            "event: response.incomplete\ndata: {\"type\":\"response.incomplete\",\"response\":{\"status\":\"incomplete\",\"usage\":{\"input_tokens\":9,\"output_tokens\":5}}}\n\n",
        ),
        Exactly(9 * INPUT + 5 * OUTPUT),
        "incomplete",
    ),
    case(
        "response.failed with usage",
        RESPONSES,
        Events(
            "event: response.failed\ndata: {\"type\":\"response.failed\",\"response\":{\"status\":\"failed\",\"usage\":{\"input_tokens\":9,\"output_tokens\":5}}}\n\n",
        ),
        Exactly(9 * INPUT + 5 * OUTPUT),
        "failed",
    ),
    case(
        "messages, whose output is cumulative and whose cache tokens are beside the input",
        MESSAGES,
        Events(concat!(
            "event: message_start\ndata: {\"type\":\"message_start\",\"message\":{\"usage\":{\"input_tokens\":9,\"cache_read_input_tokens\":30,\"cache_creation_input_tokens\":50,\"cache_creation\":{\"ephemeral_5m_input_tokens\":20,\"ephemeral_1h_input_tokens\":30},\"output_tokens\":1}}}\n\n",
            "event: content_block_delta\ndata: {\"type\":\"content_block_delta\",\"delta\":{\"type\":\"text_delta\",\"text\":\"Hi\"}}\n\n",
            "event: message_delta\ndata: {\"type\":\"message_delta\",\"usage\":{\"output_tokens\":5}}\n\n",
            "event: message_delta\ndata: {\"type\":\"message_delta\",\"usage\":{\"output_tokens\":8}}\n\n",
            "event: message_stop\ndata: {\"type\":\"message_stop\"}\n\n"
        )),
        Exactly(9 * INPUT + 30 + 20 * 12 + 30 * 20 + 8 * OUTPUT),
        "complete",
    ),
    case(
        "a message body",
        MESSAGES,
        Json(
            200,
            r#"{"type":"message","content":[{"type":"text","text":"Hi"}],"usage":{"input_tokens":9,"output_tokens":5}}"#,
        ),
        Exactly(9 * INPUT + 5 * OUTPUT),
        "complete",
    ),
    case(
        "a whole message whose connection breaks after it",
        MESSAGES,
        Cut(concat!(
            "event: message_start\ndata: {\"type\":\"message_start\",\"message\":{\"usage\":{\"input_tokens\":9,\"output_tokens\":1}}}\n\n",
            "event: message_delta\ndata: {\"type\":\"message_delta\",\"delta\":{\"stop_reason\":\"end_turn\"},\"usage\":{\"output_tokens\":5}}\n\n",
            "event: message_stop\ndata: {\"type\":\"message_stop\"}\n\n"
        )),
        Exactly(9 * INPUT + 5 * OUTPUT),
        "complete",
    ),
    case(
        "counting tokens, which no provider bills",
        "/v1/messages/count_tokens",
        Json(200, r#"{"input_tokens":1000}"#),
        Nothing,
        "complete",
    ),
    case(
        "embeddings",
        "/v1/embeddings",
        Json(
            200,
            r#"{"object":"list","data":[{"embedding":[0.1]}],"usage":{"prompt_tokens":12,"total_tokens":12}}"#,
        ),
        Exactly(12 * INPUT),
        "complete",
    ),
];

fn steps(answer: Answer) -> Vec<Step> {
    let head = |kind| {
        let headers = [
            ("content-type", kind),
            ("transfer-encoding", "chunked"),
            ("connection", "close"),
        ];
        Step::write(response_head(200, &headers))
    };
    match answer {
        Events(events) => vec![
            head("text/event-stream"),
            Step::write(chunk(events.as_bytes())),
            Step::write(LAST_CHUNK),
            Step::Close,
        ],
        Cut(events) => vec![
            head("text/event-stream"),
            Step::write(chunk(events.as_bytes())),
            Step::Close,
        ],
        Json(status, body) => vec![Step::respond(status, "application/json", body), Step::Close],
    }
}

fn body(path: &str, streams: bool) -> String {
    let what = match path {
        MESSAGES => r#""max_tokens":100,"messages":[]"#,
        RESPONSES => r#""input":"Hello""#,
        _ => r#""messages":[]"#,
    };
    let stream = if streams { r#","stream":true"# } else { "" };
    format!(r#"{{"model":"raw-{}",{what}{stream}}}"#, dialect(path))
}

fn dialect(path: &str) -> &'static str {
    if path.starts_with(MESSAGES) {
        "anthropic"
    } else {
        "openai"
    }
}

/// A scripted upstream of each dialect behind a model of its own.
async fn serve(system: &System, scripts: [(&str, Vec<Vec<Step>>); 2]) -> Vec<RawUpstream> {
    let mut upstreams = Vec::new();
    for (dialect, script) in scripts {
        let upstream = RawUpstream::start_sequence(script).await.unwrap();
        let model = format!("raw-{dialect}");
        let vendor = ["--provider", dialect];
        let create = [
            "model",
            "create",
            &model,
            "--price",
            PRICE,
            "--max-output",
            "1000",
        ];
        system.admin(&[create.as_slice(), &vendor].concat());
        let name = format!("raw {dialect}");
        let url = upstream.url();
        let create = ["upstream", "create", &name, "--dialect", dialect];
        let served = ["--models", &model, "--allow-private", "--base-url", &url];
        system.admin(&[create.as_slice(), &vendor, &served].concat());
        upstreams.push(upstream);
    }
    upstreams
}

#[tokio::test(flavor = "multi_thread")]
async fn each_ending_is_charged_as_stated() {
    let system = System::start().await;
    let scripts = |wanted: &str| {
        let of = CASES.iter().filter(|case| dialect(case.path) == wanted);
        of.map(|case| steps(case.answer)).collect::<Vec<_>>()
    };
    let scripts = [
        ("openai", scripts("openai")),
        ("anthropic", scripts("anthropic")),
    ];
    let _upstreams = serve(&system, scripts).await;
    let token = system.token(&["--quota", "100"]);
    system.in_force().await;
    let mut expected = 0;
    for case in &CASES {
        let Case { name, path, .. } = case;
        let body = body(path, !matches!(case.answer, Json(..)));
        let bearer = token.bearer();
        let bytes = request(
            &format!("POST {path}"),
            &[("authorization", &bearer)],
            &body,
        );
        let mut client = RawClient::connect(system.gateway.address).await.unwrap();
        client.send(bytes).await.unwrap();
        // Also where the answer breaks off, its end is what is waited for.
        let answer = client.to_end().await;
        let answer = String::from_utf8(answer.unwrap()).unwrap();
        let is_told_of = answer.contains("event: error");
        assert!(!is_told_of || case.ending == "upstream_broke", "{answer}");
        let receipt = system.receipts(&token).await.remove(0);
        let input = i64::try_from(body.len().div_ceil(4)).unwrap() * INPUT;
        let (cost, estimated) = match case.charge {
            Exactly(cost) => (cost, false),
            Estimate(bytes) => (input + (bytes + 3) / 4 * OUTPUT, true),
            Nothing => (0, false),
        };
        assert_eq!(micros(&text(&receipt, "/cost")), cost, "{name}: {receipt}");
        assert_eq!(
            receipt["estimated"],
            Value::Bool(estimated),
            "{name}: {receipt}"
        );
        assert_eq!(receipt["ending"], case.ending, "{name}: {receipt}");
        expected += cost;
        assert_eq!(system.spent(&token).await, expected, "{name}");
    }
    system.finish().await;
}

/// An event stream that goes on for as long as the gate is closed.
fn gated(gate: &Gate, first: &str, rest: &str) -> Vec<Step> {
    let headers = [
        ("content-type", "text/event-stream"),
        ("transfer-encoding", "chunked"),
        ("connection", "close"),
    ];
    vec![
        Step::write(response_head(200, &headers)),
        Step::write(chunk(first.as_bytes())),
        Step::Wait(gate.clone()),
        Step::write(chunk(rest.as_bytes())),
        Step::write(LAST_CHUNK),
        Step::Close,
    ]
}

/// Reads the first piece of the answer, leaves, and gives the receipt.
async fn leave(system: &System, token: &Token, gate: &Gate) -> Value {
    let bearer = token.bearer();
    let body = body(CHAT, true);
    let bytes = request(
        &format!("POST {CHAT}"),
        &[("authorization", &bearer)],
        &body,
    );
    let mut client = RawClient::connect(system.gateway.address).await.unwrap();
    client.send(bytes).await.unwrap();
    let head = client.head().await.unwrap();
    assert!(head.first_line().contains("200"), "{head:?}");
    client.chunk().await.unwrap().unwrap();
    client.reset().unwrap();
    gate.pass();
    system.receipts(token).await.remove(0)
}

const REST: &str = concat!(
    "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\" and more\"}}]}\n\n",
    "data: {\"choices\":[],\"usage\":{\"prompt_tokens\":7,\"completion_tokens\":3}}\n\n",
    "data: [DONE]\n\n"
);

#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_leaves_pays_for_what_passed() {
    let system = System::start().await;
    let gate = Gate::new();
    let script = vec![gated(&gate, hello!(), REST)];
    let _upstreams = serve(&system, [("openai", script), ("anthropic", vec![])]).await;
    let token = system.token(&[]);
    system.in_force().await;
    let receipt = leave(&system, &token, &gate).await;
    let input = i64::try_from(body(CHAT, true).len().div_ceil(4)).unwrap();
    assert_eq!(receipt["ending"], "client_left", "{receipt}");
    assert_eq!(receipt["estimated"], true);
    let cost = input * INPUT + 3 * OUTPUT;
    assert_eq!(micros(&text(&receipt, "/cost")), cost, "{receipt}");
    system.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_group_that_drains_pays_what_the_provider_counts() {
    let system = System::start().await;
    system.admin(&["group", "create", "draining", "--on-leave", "drain:30"]);
    let gate = Gate::new();
    let script = vec![gated(&gate, hello!(), REST)];
    let _upstreams = serve(&system, [("openai", script), ("anthropic", vec![])]).await;
    let token = system.token(&[]);
    system.admin(&["token", "edit", &token.id, "--group", "draining"]);
    system.in_force().await;
    let receipt = leave(&system, &token, &gate).await;
    assert_eq!(receipt["estimated"], false, "{receipt}");
    assert_eq!(micros(&text(&receipt, "/cost")), 7 * INPUT + 3 * OUTPUT);
    system.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_provider_that_counts_more_than_was_held_never_passes_a_limit() {
    let system = System::start().await;
    let huge = r#"{"choices":[{"message":{"content":"Hi"}}],"usage":{"prompt_tokens":7,"completion_tokens":1000000}}"#;
    let script = vec![steps(Json(200, huge))];
    let _upstreams = serve(&system, [("openai", script), ("anthropic", vec![])]).await;
    let token = system.token(&["--quota", "0.05"]);
    system.in_force().await;
    let bearer = token.bearer();
    let answer = system
        .send(
            &format!("POST {CHAT}"),
            &[("authorization", &bearer)],
            &body(CHAT, false),
        )
        .await;
    assert_eq!(answer.status(), 200);
    let receipt = system.receipts(&token).await.remove(0);
    let (cost, uncovered) = (text(&receipt, "/cost"), text(&receipt, "/uncovered"));
    assert_eq!(micros(&cost), 7 * INPUT + 1_000_000 * OUTPUT);
    let charged = micros(&cost) - micros(&uncovered);
    assert!(charged <= 50_000, "{receipt}");
    assert_eq!(system.spent(&token).await, charged);
    assert_eq!(system.figure("tollgate_uncovered_receipts").await, 1);
    system.finish().await;
}
