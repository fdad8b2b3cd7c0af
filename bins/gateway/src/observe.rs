//! The listener for operators: liveness, readiness and metrics. Loopback by default.

use std::fmt::Write;
use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use axum::Router;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::IntoResponse;
use axum::routing::get;
use prometheus_client::encoding::text::encode;
use prometheus_client::registry::Registry;
use tokio::net::TcpListener;
use tollgate_ledger::Ledger;
use tollgate_proxy::metrics::Metrics;
use tollgate_rights::Rights;

/// What the listener tells about.
pub(crate) struct Observed {
    registry: Registry,
    rights: Arc<Rights>,
    ledger: Ledger,
    draining: AtomicBool,
}

impl Observed {
    pub(crate) fn new(rights: Arc<Rights>, ledger: Ledger, metrics: &Metrics) -> Self {
        let mut registry = Registry::with_prefix("tollgate");
        metrics.register(&mut registry);
        let draining = AtomicBool::new(false);
        Self {
            registry,
            rights,
            ledger,
            draining,
        }
    }

    /// From now on the gateway is not ready: a load balancer stops sending calls.
    pub(crate) fn drain(&self) {
        self.draining.store(true, Ordering::Relaxed);
    }
}

/// Serves until `ended` is ready.
pub(crate) async fn serve(
    observed: Arc<Observed>,
    listener: TcpListener,
    ended: impl Future<Output = ()> + Send + 'static,
) {
    let routes = Router::new()
        .route("/healthz", get(async || "ok\n"))
        .route("/readyz", get(ready))
        .route("/metrics", get(metrics))
        .with_state(observed);
    if let Err(error) = axum::serve(listener, routes)
        .with_graceful_shutdown(ended)
        .await
    {
        tracing::error!(
            error = &error as &dyn std::error::Error,
            "the observing listener ended"
        );
    }
}

async fn ready(State(observed): State<Arc<Observed>>) -> (StatusCode, &'static str) {
    if observed.draining.load(Ordering::Relaxed) {
        (StatusCode::SERVICE_UNAVAILABLE, "draining\n")
    } else if !observed.rights.is_current() {
        (
            StatusCode::SERVICE_UNAVAILABLE,
            "the store does not answer: changes are not followed\n",
        )
    } else {
        (StatusCode::OK, "ready\n")
    }
}

async fn metrics(State(observed): State<Arc<Observed>>) -> impl IntoResponse {
    let mut text = String::new();
    // Writing to a string cannot fail.
    let _ = state(&mut text, &observed);
    let _ = encode(&mut text, &observed.registry);
    let kind = "application/openmetrics-text; version=1.0.0; charset=utf-8";
    ([(header::CONTENT_TYPE, kind)], text)
}

/// What is read at the moment of asking, rather than counted.
fn state(text: &mut String, observed: &Observed) -> std::fmt::Result {
    let Observed { rights, ledger, .. } = observed;
    let ledger = ledger.stats();
    let current = u8::from(rights.is_current());
    let gauges = [
        (
            "rights_revision",
            "The last administrative change that is in force",
            rights.revision().0,
        ),
        (
            "rights_current",
            "Whether changes are being followed",
            i64::from(current),
        ),
        (
            "credentials_in_memory",
            "Secrets whose rights are held in memory",
            i64::try_from(rights.credentials_in_memory()).unwrap_or(i64::MAX),
        ),
        (
            "held_calls",
            "Calls that are held for",
            i64::from(ledger.open),
        ),
        (
            "held_microcredits",
            "Credits held for calls that go on, over all limits",
            ledger.held.as_micros(),
        ),
        (
            "unsettled_receipts",
            "Receipts that are in the journal and not in the store yet",
            i64::from(ledger.unsettled),
        ),
        (
            "uncovered_receipts",
            "Receipts since the start whose cost was more than any hold covered",
            i64::try_from(ledger.uncovered).unwrap_or(i64::MAX),
        ),
        (
            "failed_turns",
            "Times since the start that the store did not take receipts",
            i64::try_from(ledger.failed_turns).unwrap_or(i64::MAX),
        ),
    ];
    for (name, help, value) in gauges {
        writeln!(
            text,
            "# HELP tollgate_{name} {help}.\n# TYPE tollgate_{name} gauge\ntollgate_{name} {value}"
        )?;
    }
    Ok(())
}
