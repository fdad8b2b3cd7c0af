use axum::Router;
use axum::extract::State;
use axum::routing::post;
use bytes::Bytes;
use http::HeaderMap;
use tokio::net::TcpListener;
use tokio::sync::mpsc;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::registry;

use super::*;
use crate::telemetry::propagation::{adopt, pass_on};

type Sent = (HeaderMap, Bytes);

/// A collector that tells what it was sent.
async fn collector() -> (config::Traces, mpsc::UnboundedReceiver<Sent>) {
    let (sender, sent) = mpsc::unbounded_channel();
    let take = async |State(sender): State<mpsc::UnboundedSender<Sent>>, head, body| {
        sender.send((head, body)).unwrap();
    };
    let routes = Router::new().route("/v1/traces", post(take));
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        axum::serve(listener, routes.with_state(sender))
            .await
            .unwrap();
    });
    let traces = config::Traces {
        endpoint: format!("http://{address}").parse().unwrap(),
        sampling_ratio: 0.0,
        headers_env: None,
    };
    (traces, sent)
}

/// A span with a caller's headers, and what an upstream is sent of them.
fn call(traces: &Traces, parent: &str) -> String {
    let subscriber = registry().with(vec![traces.layer()]);
    tracing::subscriber::with_default(subscriber, || {
        let mut headers = HeaderMap::new();
        headers.insert("traceparent", parent.parse().unwrap());
        let span = tracing::info_span!(target: "trace", "a call that is told of");
        adopt(&span, &headers);
        span.in_scope(|| {});
        pass_on(&span, &mut headers);
        headers["traceparent"].to_str().unwrap().to_owned()
    })
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sampled_trace_is_sent_and_passed_on_with_a_new_parent() {
    let (config, mut sent) = collector().await;
    let traces = Traces::start(&config).unwrap_or_else(|failure| panic!("{failure}"));
    let trace = "00-4bf92f3577b34da6a3ce929d0e0e4736";
    let sampled = format!("{trace}-00f067aa0ba902b7-01");
    let passed = call(&traces, &sampled);
    assert!(
        passed.starts_with(trace) && passed.ends_with("-01"),
        "{passed}"
    );
    assert_ne!(passed, sampled);
    let unsampled = call(&traces, &format!("{trace}-00f067aa0ba902b7-00"));
    assert!(unsampled.ends_with("-00"), "{unsampled}");
    tokio::task::spawn_blocking(move || traces.end())
        .await
        .unwrap();
    let (head, body) = sent.recv().await.unwrap();
    assert_eq!(head["content-type"], "application/x-protobuf");
    let name = b"a call that is told of";
    let times = body.windows(name.len()).filter(|seen| seen == name).count();
    assert_eq!(times, 1, "the unsampled one is not sent");
    assert!(sent.try_recv().is_err());
}
