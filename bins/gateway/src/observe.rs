//! The listener for operators: liveness, readiness and metrics. Loopback by default.

mod process;
mod state;
mod text;
mod upstreams;

use std::convert::Infallible;
use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::State;
use axum::http::{Request, Response, StatusCode, header};
use axum::response::IntoResponse;
use axum::routing::get;
use bytes::Bytes;
use prometheus_client::encoding::text::encode;
use prometheus_client::registry::Registry;
use tollgate_ledger::Ledger;
use tollgate_listen::{Gate, Incoming, Listener, Peer, Rejected, Service, Settings};
use tollgate_policy::time::Timestamp;
use tollgate_proxy::health::Health;
use tollgate_proxy::metrics::Metrics;
use tollgate_proxy::room::Rooms;
use tollgate_rights::Rights;
use tollgate_rights::responses::Kept;
use tollgate_upkeep::stats::Stats;
use tower_service::Service as _;

use self::text::Text;
use crate::certificates::Renewed;
use crate::clock;
use crate::reload::Reloads;
use crate::telemetry::AccessLog;

/// Connections that are served at once: whoever looks at a gateway takes few.
const CONNECTIONS: usize = 64;
/// How long the last answers may take once the listener is told to end.
const DRAIN: Duration = Duration::from_secs(1);
/// For a head, and for the next one: so that nobody keeps a place from others for long.
const PATIENCE: Duration = Duration::from_secs(5);

/// What the listener tells about.
pub(crate) struct Observed {
    parts: Parts,
    registry: Registry,
    draining: AtomicBool,
    started: Timestamp,
}

/// The parts of a gateway that tell of themselves.
pub(crate) struct Parts {
    pub(crate) rights: Arc<Rights>,
    pub(crate) responses: Arc<Kept>,
    pub(crate) metrics: Arc<Metrics>,
    pub(crate) rooms: Rooms,
    pub(crate) ledger: Ledger,
    /// The most receipts that the ledger's journal has places for.
    pub(crate) most_receipts: u32,
    pub(crate) health: Arc<Health>,
    pub(crate) alerts: Arc<Stats>,
    pub(crate) reloads: Arc<Reloads>,
    pub(crate) certificates: Option<Arc<Renewed>>,
    pub(crate) access: Option<Arc<AccessLog>>,
}

impl Observed {
    /// Tells of these, and of what is counted in the registry.
    pub(crate) fn new(parts: Parts, registry: Registry) -> Self {
        Self {
            parts,
            registry,
            draining: AtomicBool::new(false),
            started: clock::now(),
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
    listener: Listener,
    ended: impl Future<Output = ()>,
) {
    let router = Router::new()
        .route("/healthz", get(async || "ok\n"))
        .route("/readyz", get(ready))
        .route("/metrics", get(metrics))
        .with_state(observed);
    let bounds = Settings {
        refusals: CONNECTIONS,
        head_timeout: PATIENCE,
        keep_alive_idle: PATIENCE,
        hostless: true,
        drain: DRAIN,
        ..Settings::default()
    };
    let gate = Gate::new(CONNECTIONS);
    tollgate_listen::serve(Arc::new(Pages(router)), listener, gate, bounds, ended).await;
}

/// What is served to operators. The listener has checked the framing of HTTP/1.
struct Pages(Router);

impl Service for Pages {
    type Body = Body;

    async fn answer(&self, _: Peer, request: Request<Incoming>) -> Response<Body> {
        let Ok::<_, Infallible>(answer) = self.0.clone().call(request.map(Body::new)).await;
        answer
    }

    fn refuse(&self, _: &Peer, rejected: Rejected<'_>) -> Bytes {
        rejected.to_plain_answer()
    }
}

async fn ready(State(observed): State<Arc<Observed>>) -> (StatusCode, &'static str) {
    if observed.draining.load(Ordering::Relaxed) {
        (StatusCode::SERVICE_UNAVAILABLE, "draining\n")
    } else if !observed.parts.rights.is_current() {
        (
            StatusCode::SERVICE_UNAVAILABLE,
            "the store does not answer: changes are not followed\n",
        )
    } else {
        (StatusCode::OK, "ready\n")
    }
}

async fn metrics(State(observed): State<Arc<Observed>>) -> impl IntoResponse {
    let mut page = String::new();
    // Writing to a string cannot fail.
    let _ = observed.write(&mut Text(&mut page));
    let _ = encode(&mut page, &observed.registry);
    let kind = "application/openmetrics-text; version=1.0.0; charset=utf-8";
    ([(header::CONTENT_TYPE, kind)], page)
}

impl Observed {
    fn write(&self, text: &mut Text<'_>) -> std::fmt::Result {
        let parts = &self.parts;
        state::build(text)?;
        process::write(text, self.started)?;
        state::rights(text, &parts.rights)?;
        state::ledger(text, &parts.ledger, parts.most_receipts)?;
        upstreams::write(text, &parts.health, &parts.rights.snapshot())?;
        upstreams::connections(text, parts.metrics.upstream_connections())?;
        state::rooms(text, &parts.rooms)?;
        state::responses(text, &parts.responses)?;
        state::alerts(text, &parts.alerts)?;
        state::reloads(text, &parts.reloads)?;
        state::certificates(text, parts.certificates.as_deref())?;
        state::access(text, parts.access.as_deref())
    }
}
