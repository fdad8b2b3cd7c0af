//! Traces: what a collector is sent, and what upstreams are told of it.

use std::collections::BTreeMap;

use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::common::v1::any_value::Value;
use opentelemetry_proto::tonic::trace::v1::Span;
use prost::Message;
use serde_json::json;
use tollgate_testkit::raw_client::Response;
use tollgate_testkit::raw_upstream::{RawUpstream, Step};
use tollgate_tests::{System, Token};

const CHAT: &str = "POST /v1/chat/completions";
const TRACE: &str = "4bf92f3577b34da6a3ce929d0e0e4736";
const PARENT: &str = "00f067aa0ba902b7";

/// An upstream of the model `traced`.
async fn upstream(system: &System) -> RawUpstream {
    let usage = json!({"prompt_tokens": 7, "completion_tokens": 5});
    let body = json!({"id": "1", "choices": [], "usage": usage}).to_string();
    let answer = Step::respond(200, "application/json", body);
    let upstream = RawUpstream::start(vec![answer]).await.unwrap();
    system.serve_at(&upstream.url(), "traced", &[]);
    system.in_force().await;
    upstream
}

async fn ask(system: &System, secret: &str, model: &str, parent: Option<&str>) -> Response {
    let bearer = format!("Bearer {secret}");
    let mut headers = vec![("authorization", bearer.as_str())];
    headers.extend(parent.map(|parent| ("traceparent", parent)));
    let body = json!({"model": model, "messages": [], "max_tokens": 5});
    system.send(CHAT, &headers, &body.to_string()).await
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// What the spans say that a collector was sent.
fn spans(collector: &RawUpstream) -> Vec<Span> {
    let requests = collector.requests();
    let sent = requests.iter().map(|request| {
        assert_eq!(request.head.first_line(), "POST /v1/traces HTTP/1.1");
        ExportTraceServiceRequest::decode(request.body.as_slice()).unwrap()
    });
    sent.flat_map(|sent| sent.resource_spans)
        .flat_map(|resource| resource.scope_spans)
        .flat_map(|scope| scope.spans)
        .collect()
}

fn attributes(span: &Span) -> BTreeMap<&str, String> {
    let value = |value: &Value| match value {
        Value::StringValue(text) => text.clone(),
        Value::IntValue(number) => number.to_string(),
        other => format!("{other:?}"),
    };
    let known = span.attributes.iter().filter_map(|one| {
        let seen = one.value.as_ref()?.value.as_ref()?;
        Some((one.key.as_str(), value(seen)))
    });
    known.collect()
}

fn passed(upstream: &RawUpstream) -> Vec<Option<String>> {
    let requests = upstream.requests();
    let each = requests.iter().map(|one| one.head.header("traceparent"));
    each.map(|parent| parent.map(str::to_owned)).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_is_one_span_between_its_caller_and_its_upstream() {
    let taken = Step::respond(200, "application/x-protobuf", "");
    let collector = RawUpstream::start(vec![taken]).await.unwrap();
    let config = format!("[traces]\nendpoint = '{}'\n", collector.url());
    let system = System::start_configured(&config).await;
    let upstream = upstream(&system).await;
    let token: Token = system.token(&[]);
    let parent = format!("00-{TRACE}-{PARENT}-01");
    let stranger = ask(&system, "sk-nobody", "traced", Some(&parent)).await;
    assert_eq!(stranger.status(), 401);
    let answer = ask(&system, &token.secret, "traced", Some(&parent)).await;
    assert_eq!(answer.status(), 200);
    let id = answer.head.header("x-request-id").unwrap().to_owned();
    let own = ask(&system, &token.secret, "traced", None).await;
    assert_eq!(own.status(), 200);
    let refused = ask(&system, &token.secret, "no-such-model", None).await;
    assert_eq!(refused.status(), 404);
    // What waits is sent at the end.
    system.finish().await;

    let spans = spans(&collector);
    assert_eq!(spans.len(), 3, "none of the stranger's");
    let [call, begun, refused] = spans.as_slice() else {
        panic!("three spans");
    };
    assert_eq!(call.name, "call");
    assert_eq!(
        (hex(&call.trace_id), hex(&call.parent_span_id)),
        (TRACE.into(), PARENT.into())
    );
    let seen = attributes(call);
    for (name, value) in [
        ("request_id", id.as_str()),
        ("token", token.id.as_str()),
        ("endpoint", "chat.completions"),
        ("model", "traced"),
        ("status", "200"),
        ("ending", "complete"),
        ("input_tokens", "7"),
        ("output_tokens", "5"),
    ] {
        assert_eq!(
            seen.get(name).map(String::as_str),
            Some(value),
            "{name} in {seen:?}"
        );
    }
    assert!(seen["upstream"].starts_with("ups_") && seen["account"].starts_with("acc_"));
    assert!(begun.parent_span_id.is_empty() && hex(&begun.trace_id) != TRACE);
    let seen = attributes(refused);
    assert_eq!(
        (seen["status"].as_str(), seen["code"].as_str()),
        ("404", "model_not_found")
    );
    let told = [call, begun].map(|span| {
        let (trace, id) = (hex(&span.trace_id), hex(&span.span_id));
        Some(format!("00-{trace}-{id}-01"))
    });
    assert_eq!(passed(&upstream), told);
}

#[tokio::test(flavor = "multi_thread")]
async fn where_nothing_is_traced_the_callers_trace_passes_as_it_is() {
    let system = System::start().await;
    let upstream = upstream(&system).await;
    let token = system.token(&[]);
    let parent = format!("00-{TRACE}-{PARENT}-00");
    for parent in [Some(parent.as_str()), None] {
        let answer = ask(&system, &token.secret, "traced", parent).await;
        assert_eq!(answer.status(), 200);
    }
    assert_eq!(passed(&upstream), [Some(parent), None]);
    system.finish().await;
}
