//! Where calls go when an upstream or one of its credentials does not serve them, and what operators
//! are told of it.

use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tollgate_testkit::http_message::{chunk, response_head};
use tollgate_testkit::raw_client::Response;
use tollgate_testkit::raw_upstream::{Gate, RawUpstream, Step};
use tollgate_tests::system::{UPSTREAM_SECRET, text};
use tollgate_tests::{System, Token};

const CHAT: &str = "POST /v1/chat/completions";
const ANSWER: &str = r#"{"id":"1","object":"chat.completion","choices":[],"usage":{"prompt_tokens":1,"completion_tokens":1}}"#;

async fn ask(system: &System, token: &Token, model: &str) -> Response {
    let headers = [("authorization", token.bearer())];
    let headers = headers
        .each_ref()
        .map(|(name, value)| (*name, value.as_str()));
    let body = json!({"model": model, "messages": [{"role": "user", "content": "Hello"}]});
    system.send(CHAT, &headers, &body.to_string()).await
}

/// A server that says the same to every call.
async fn always(step: Step) -> RawUpstream {
    RawUpstream::start(vec![step]).await.unwrap()
}

fn answer() -> Step {
    Step::respond(200, "application/json", ANSWER)
}

/// What operators are told of an upstream, once they are told anything.
async fn put_aside(system: &System, upstream: &str) -> Value {
    let begun = Instant::now();
    loop {
        let shown = system.admin(&["upstream", "show", upstream]);
        if shown["put_aside"] != json!([]) {
            let list = system.admin(&["upstream", "list"]);
            let mut listed = list.as_array().unwrap().iter();
            let listed = listed.find(|one| one["id"] == shown["id"]).unwrap();
            assert_eq!(listed["put_aside"], shown["put_aside"]);
            return shown["put_aside"][0].clone();
        }
        assert!(begun.elapsed() < Duration::from_secs(60), "{upstream}");
        // It answers at once; what is waited for comes every three seconds.
        system.gateway.observe("/healthz").await;
    }
}

fn name(upstream: &RawUpstream) -> String {
    format!("at {}", upstream.address().port())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_credential_that_is_refused_is_put_aside_alone_and_operators_see_why() {
    let system = System::start().await;
    // The simulated provider takes the second one only.
    let wrong = system.directory().join("wrong");
    std::fs::write(&wrong, "sk-wrong-0123456789").unwrap();
    system.issued("sk-wrong-0123456789");
    let wrong = wrong.to_str().unwrap();
    let openai = ["upstream", "credential", "add", "sim openai", "wrong"];
    system.admin(&[openai.as_slice(), &["--credential-file", wrong]].concat());
    std::fs::remove_file(wrong).unwrap();
    system.in_force().await;
    let token = system.token(&[]);
    for _ in 0..20 {
        assert_eq!(ask(&system, &token, "sim-chat").await.status(), 200);
    }
    let told = put_aside(&system, "sim openai").await;
    assert_eq!(told["credential"], "wrong");
    assert_eq!(told["reason"], "status-401");
    assert_eq!(told["state"], "open");
    assert!(text(&told, "/until") > text(&told, "/since"), "{told}");
    assert!(!told.to_string().contains(UPSTREAM_SECRET));
    system.finish().await;
}

/// Google's and Anthropic's answers of 400 that are of the operator's account.
#[tokio::test(flavor = "multi_thread")]
async fn an_account_that_is_refused_as_a_bad_request_is_not_the_clients_mistake() {
    let system = System::start().await;
    let token = system.token(&[]);
    let invalid = json!({"error": {"code": 400, "status": "INVALID_ARGUMENT", "details": [
        {"reason": "API_KEY_INVALID", "domain": "googleapis.com"}]}});
    let unpaid = json!({"type": "error", "error": {"type": "invalid_request_error",
        "message": "Your credit balance is too low to access the API."}});
    for (model, error, reason, calls) in [
        ("keyless", invalid, "status-401", 1),
        ("unpaid", unpaid, "status-402", 5),
    ] {
        let refusing = Step::respond(400, "application/json", error.to_string());
        let refusing = always(refusing).await;
        let other = always(answer()).await;
        system.serve_at(&refusing.url(), model, &["--priority", "2"]);
        system.serve_at(&other.url(), model, &["--priority", "1"]);
        system.in_force().await;
        for _ in 0..7 {
            assert_eq!(ask(&system, &token, model).await.status(), 200);
        }
        assert_eq!(refusing.requests().len(), calls);
        let told = put_aside(&system, &name(&refusing)).await;
        assert_eq!(told["reason"], reason);
        assert!(told["credential"].is_string(), "{told}");
    }
    system.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bad_request_passes_as_the_upstream_tells_it() {
    let system = System::start().await;
    let token = system.token(&[]);
    let long = format!(r#"{{"error":{{"message":"{}"}}}}"#, "x".repeat(20_000));
    for (model, error) in [("short", r#"{"error":{"code":"odd"}}"#), ("long", &long)] {
        let upstream = always(Step::respond(400, "application/json", error)).await;
        system.serve_at(&upstream.url(), model, &[]);
        system.in_force().await;
        let answer = ask(&system, &token, model).await;
        assert_eq!(
            (answer.status(), answer.body),
            (400, error.as_bytes().to_vec())
        );
    }
    system.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_credential_that_is_not_there_costs_no_call() {
    let system = System::start().await;
    let add = ["upstream", "credential", "add", "sim openai", "missing"];
    let variable = ["--credential-env", "KEY_THAT_IS_NOT_SET"];
    system.admin(&[add.as_slice(), &variable].concat());
    system.in_force().await;
    let token = system.token(&[]);
    for _ in 0..20 {
        assert_eq!(ask(&system, &token, "sim-chat").await.status(), 200);
    }
    let told = put_aside(&system, "sim openai").await;
    assert_eq!(told["credential"], "missing");
    assert_eq!(told["reason"], "no-credential");
    system.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_upstream_that_is_down_is_put_aside_and_calls_go_to_the_other() {
    let system = System::start().await;
    system.serve_at("http://127.0.0.1:1", "pair", &["--priority", "2"]);
    let other = always(answer()).await;
    system.serve_at(&other.url(), "pair", &["--priority", "1"]);
    system.in_force().await;
    let token = system.token(&[]);
    for _ in 0..6 {
        assert_eq!(ask(&system, &token, "pair").await.status(), 200);
    }
    let told = put_aside(&system, "at 1").await;
    assert_eq!(told["credential"], Value::Null);
    assert_eq!(told["reason"], "unreachable");
    system.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_higher_priority_is_called_and_a_weight_of_nothing_is_not() {
    let system = System::start().await;
    let (high, low, never) = (
        always(answer()).await,
        always(answer()).await,
        always(answer()).await,
    );
    system.serve_at(&high.url(), "ranked", &["--priority", "2"]);
    system.serve_at(&low.url(), "ranked", &["--priority", "1"]);
    let nothing = ["--priority", "2", "--weight", "0"];
    system.serve_at(&never.url(), "ranked", &nothing);
    system.in_force().await;
    let token = system.token(&[]);
    for _ in 0..10 {
        assert_eq!(ask(&system, &token, "ranked").await.status(), 200);
    }
    let calls = [&high, &low, &never].map(|one| one.requests().len());
    assert_eq!(calls, [10, 0, 0]);
    system.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_status_that_is_named_is_tried_elsewhere_and_another_is_not() {
    let system = System::start().await;
    let busy = always(Step::respond(409, "application/json", "{}")).await;
    let other = always(answer()).await;
    let first = ["--priority", "2"];
    let named = [first.as_slice(), &["--retry-on", "409"]].concat();
    system.serve_at(&busy.url(), "named", &named);
    system.serve_at(&other.url(), "named", &["--priority", "1"]);
    system.in_force().await;
    let token = system.token(&[]);
    assert_eq!(ask(&system, &token, "named").await.status(), 200);
    let which = name(&busy);
    system.admin(&["upstream", "edit", &which, "--retry-on", "none"]);
    system.in_force().await;
    assert_eq!(ask(&system, &token, "named").await.status(), 409);
    assert_eq!(other.requests().len(), 1);
    system.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_picture_reaches_every_upstream_that_is_tried_byte_for_byte() {
    let system = System::start().await;
    let busy = always(Step::respond(409, "application/json", "{}")).await;
    let other = always(answer()).await;
    let first = ["--priority", "2", "--retry-on", "409"];
    system.serve_at(&busy.url(), "seeing", &first);
    let second = ["--priority", "1", "--parameter", "extra=[1]"];
    system.serve_at(&other.url(), "seeing", &second);
    let named = ["--models", "seeing=theirs"];
    system.admin(&[&["upstream", "edit", &name(&other)], named.as_slice()].concat());
    system.in_force().await;
    let token = system.token(&[]);
    let bearer = token.bearer();
    // Its letters are never the same for long, so that no piece can take the place of another.
    let picture: String = (0..400_000).map(|at| format!("{at:x}/")).collect();
    let body = |model: &str, more: &str| {
        format!(
            r#"{{{more}"messages" : [{{"role":"user","content":[{{"type":"image_url","image_url":{{"url":"data:image/png;base64,{picture}"}}}},{{"type":"text","text":"é\n?"}}]}}], "model":"{model}", "n":1}}"#
        )
    };
    let headers = [("authorization", bearer.as_str())];
    let answer = system.send(CHAT, &headers, &body("seeing", "")).await;
    assert_eq!(answer.status(), 200);
    let [tried, answered] = [&busy, &other].map(|upstream| upstream.requests().remove(0).body);
    assert!(tried == body("seeing", "").as_bytes(), "as it came");
    let edited = body("theirs", r#""extra":[1],"#);
    assert!(
        answered == edited.as_bytes(),
        "with another name and one more member"
    );
    system.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_whose_answer_began_is_never_sent_again() {
    let system = System::start().await;
    let head = response_head(200, &[("transfer-encoding", "chunked")]);
    let begun = [head.as_ref(), chunk(b"{\"id\"").as_ref()].concat();
    let script = vec![Step::write(begun), Step::Reset];
    let breaks = RawUpstream::start(script).await.unwrap();
    let other = always(answer()).await;
    system.serve_at(&breaks.url(), "broken", &["--priority", "2"]);
    system.serve_at(&other.url(), "broken", &["--priority", "1"]);
    system.in_force().await;
    let token = system.token(&[]);
    let body = json!({"model": "broken", "messages": [{"role": "user", "content": "Hello"}]});
    let bearer = token.bearer();
    let call = tollgate_tests::system::request(
        CHAT,
        &[("authorization", bearer.as_str())],
        &body.to_string(),
    );
    let answered = tollgate_testkit::raw_client::exchange(system.gateway.address, call).await;
    assert!(answered.is_err(), "it breaks off");
    assert_eq!(breaks.requests().len(), 1);
    assert!(other.requests().is_empty());
    system.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_upstream_is_left_alone_for_as_long_as_it_asks() {
    let system = System::start().await;
    let limited = "HTTP/1.1 429 Too Many Requests\r\nretry-after: 600\r\ncontent-length: 0\r\n\r\n";
    let limited = always(Step::write(limited)).await;
    let other = always(answer()).await;
    let first = ["--priority", "2", "--retry-on", "429"];
    system.serve_at(&limited.url(), "patient", &first);
    system.serve_at(&other.url(), "patient", &["--priority", "1"]);
    system.in_force().await;
    let token = system.token(&[]);
    for _ in 0..5 {
        assert_eq!(ask(&system, &token, "patient").await.status(), 200);
    }
    assert_eq!(limited.requests().len(), 1);
    let told = put_aside(&system, &name(&limited)).await;
    assert_eq!(told["reason"], "status-429");
    system.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_that_everybody_is_put_aside_for_is_named_in_the_log() {
    let mut system = System::start().await;
    let limited = "HTTP/1.1 429 Too Many Requests\r\nretry-after: 600\r\ncontent-length: 0\r\n\r\n";
    let limited = always(Step::write(limited)).await;
    system.serve_at(&limited.url(), "alone", &[]);
    system.in_force().await;
    let token = system.token(&[]);
    assert_eq!(ask(&system, &token, "alone").await.status(), 429);
    let shed = ask(&system, &token, "alone").await;
    assert_eq!(shed.status(), 503);
    let id = shed.head.header("x-request-id").unwrap().to_owned();
    let named = |line: &Value| line["request_id"].as_str() == Some(id.as_str());
    let line = system.gateway.logged_where(named).await;
    assert_eq!(line["endpoint"], "chat.completions");
    assert_eq!(line["model"], "alone");
    assert_eq!(line["reasons"], "everything that serves it is put aside");
    system.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_whose_last_way_is_put_aside_meanwhile_is_told_when_to_come_again() {
    let system = System::start().await;
    let limited = "HTTP/1.1 429 Too Many Requests\r\nretry-after: 40\r\ncontent-length: 0\r\n\r\n";
    let gate = Gate::new();
    let held_back = vec![Step::Wait(gate.clone()), Step::write(limited)];
    let scripts = vec![held_back, vec![Step::write(limited)]];
    let first = RawUpstream::start_sequence(scripts).await.unwrap();
    let second = always(Step::write(limited)).await;
    for (upstream, priority) in [(&first, "2"), (&second, "1")] {
        let more = ["--priority", priority, "--retry-on", "429"];
        system.serve_at(&upstream.url(), "crowded", &more);
    }
    system.in_force().await;
    let token = system.token(&[]);
    let overtaking = async {
        first
            .wait_until(|seen| seen.requests.len() == 1)
            .await
            .unwrap();
        let overtaken = ask(&system, &token, "crowded").await;
        gate.pass();
        overtaken
    };
    let (told, passed_on) = tokio::join!(ask(&system, &token, "crowded"), overtaking);
    assert_eq!(passed_on.status(), 429);
    assert_eq!(told.status(), 503);
    let seconds: u64 = told.head.header("retry-after").unwrap().parse().unwrap();
    assert!((1..=40).contains(&seconds), "{seconds}");
    assert_eq!(second.requests().len(), 1);
    system.finish().await;
}
