//! What is left of a call: one log line, and the metrics. Made at the end, from what the steps made.

use std::sync::Arc;
use std::time::Duration;

use tollgate_policy::id::UpstreamId;
use tollgate_rights::entry::Entry;

use crate::exchange::Exchange;
use crate::metrics::Metrics;
use crate::stop::Stop;

/// How a call that was relayed ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Ending {
    Complete,
    UpstreamBroke,
    UpstreamSilent,
    ClientLeft,
}

/// A call that is being relayed: what its record will say, but for its end.
pub(crate) struct Relayed {
    pub(crate) exchange: Exchange,
    pub(crate) entry: Arc<Entry>,
    pub(crate) endpoint: String,
    pub(crate) model: Option<String>,
    pub(crate) upstream: UpstreamId,
    pub(crate) status: u16,
    pub(crate) metrics: Arc<Metrics>,
    progress: Progress,
}

/// What has passed so far.
struct Progress {
    upstream_head: Duration,
    first_byte: Option<Duration>,
    bytes: u64,
}

impl Ending {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Complete => "complete",
            Self::UpstreamBroke => "upstream_broke",
            Self::UpstreamSilent => "upstream_silent",
            Self::ClientLeft => "client_left",
        }
    }
}

impl Relayed {
    pub(crate) fn new(
        exchange: Exchange,
        entry: Arc<Entry>,
        (endpoint, model): (String, Option<String>),
        upstream: UpstreamId,
        status: u16,
        metrics: Arc<Metrics>,
    ) -> Self {
        metrics.relay_began();
        let progress = Progress {
            upstream_head: exchange.started.elapsed(),
            first_byte: None,
            bytes: 0,
        };
        Self {
            exchange,
            entry,
            endpoint,
            model,
            upstream,
            status,
            metrics,
            progress,
        }
    }

    pub(crate) fn passed(&mut self, bytes: usize) {
        let started = self.exchange.started;
        self.progress
            .first_byte
            .get_or_insert_with(|| started.elapsed());
        self.progress.bytes += bytes as u64;
    }

    /// Writes the record. The call is used up: it ends once.
    pub(crate) fn end(self, ending: Ending) {
        let Self {
            exchange,
            entry,
            progress,
            ..
        } = &self;
        let total = exchange.started.elapsed();
        let principal = &entry.credential().principal;
        self.metrics.relay_ended(
            &self.endpoint,
            self.status,
            ending,
            progress.first_byte,
            total,
        );
        tracing::info!(
            target: "access",
            request_id = %exchange.id,
            client = %exchange.client,
            method = %exchange.method,
            path = exchange.path,
            status = self.status,
            token = %principal.token.id,
            account = %principal.account.id,
            endpoint = self.endpoint,
            model = self.model,
            upstream = %self.upstream,
            ending = ending.name(),
            bytes = progress.bytes,
            upstream_ms = millis(progress.upstream_head),
            first_byte_ms = progress.first_byte.map(millis),
            total_ms = millis(total),
            "relayed"
        );
    }
}

/// Records a call that the gateway answered itself.
pub(crate) fn answered(exchange: &Exchange, entry: Option<&Entry>, status: u16, metrics: &Metrics) {
    metrics.answered(status);
    let principal = entry.map(|entry| &entry.credential().principal);
    tracing::info!(
        target: "access",
        request_id = %exchange.id,
        client = %exchange.client,
        method = %exchange.method,
        path = exchange.path,
        status,
        token = principal.map(|principal| tracing::field::display(principal.token.id)),
        total_ms = millis(exchange.started.elapsed()),
        "answered"
    );
}

/// Records a call that was refused or failed: for the operator in full.
pub(crate) fn stopped(
    exchange: &Exchange,
    entry: Option<&Entry>,
    stop: &Stop,
    status: u16,
    metrics: &Metrics,
) {
    let code = tollgate_wire::answer::code(&stop.fault());
    metrics.refused(code, status);
    let principal = entry.map(|entry| &entry.credential().principal);
    tracing::info!(
        target: "access",
        request_id = %exchange.id,
        client = %exchange.client,
        method = %exchange.method,
        path = exchange.path,
        status,
        token = principal.map(|principal| tracing::field::display(principal.token.id)),
        code,
        reasons = reasons(stop),
        total_ms = millis(exchange.started.elapsed()),
        "refused"
    );
}

/// Every reason, for the operator; what an upstream's failure was caused by, down to its root.
fn reasons(stop: &Stop) -> String {
    match stop {
        Stop::Refused { refusal, .. } => {
            let each: Vec<String> = refusal.reasons().map(ToString::to_string).collect();
            each.join("; ")
        }
        Stop::Upstream(error) => chain(error),
        Stop::Rights(error) => chain(error),
        Stop::Malformed(sentence) => sentence.clone(),
        Stop::Fault(_) | Stop::NoModel(_) => String::new(),
    }
}

fn chain(error: &dyn std::error::Error) -> String {
    let causes = std::iter::successors(Some(error), |error| error.source());
    causes
        .map(ToString::to_string)
        .collect::<Vec<_>>()
        .join(": ")
}

fn millis(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1000.0
}
