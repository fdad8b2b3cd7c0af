//! Counters for operators, with bounded sets of labels. No label ever holds what a stranger sent.

use std::borrow::Cow;
use std::sync::atomic::AtomicI64;

use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::{Histogram, exponential_buckets};
use prometheus_client::registry::{Registry, Unit};

use tollgate_ledger::receipt::Ending;

use crate::call::Call;

/// The metrics of one gateway.
pub struct Metrics {
    responses: Family<Status, Counter>,
    refusals: Family<Code, Counter>,
    relays: Family<Relay, Counter>,
    open_relays: Gauge<i64, AtomicI64>,
    connections: Gauge<i64, AtomicI64>,
    broken_connections: Counter,
    shed_connections: Counter,
    first_byte: Family<Endpoint, Histogram, fn() -> Histogram>,
    total: Family<Endpoint, Histogram, fn() -> Histogram>,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Status {
    status: u16,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Code {
    code: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Relay {
    endpoint: Cow<'static, str>,
    ending: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Endpoint {
    endpoint: Cow<'static, str>,
}

impl Default for Metrics {
    fn default() -> Self {
        Self::new()
    }
}

impl Metrics {
    /// Metrics that are all zero.
    pub fn new() -> Self {
        Self {
            responses: Family::default(),
            refusals: Family::default(),
            relays: Family::default(),
            open_relays: Gauge::default(),
            connections: Gauge::default(),
            broken_connections: Counter::default(),
            shed_connections: Counter::default(),
            first_byte: Family::new_with_constructor(seconds),
            total: Family::new_with_constructor(seconds),
        }
    }

    /// Names the metrics in a registry.
    pub fn register(&self, registry: &mut Registry) {
        registry.register("responses", "Responses by status", self.responses.clone());
        registry.register(
            "refusals",
            "Refusals and failures by code",
            self.refusals.clone(),
        );
        registry.register(
            "relays",
            "Relayed calls by endpoint and ending",
            self.relays.clone(),
        );
        registry.register(
            "open_relays",
            "Calls being relayed",
            self.open_relays.clone(),
        );
        registry.register(
            "connections",
            "Open client connections",
            self.connections.clone(),
        );
        registry.register(
            "broken_connections",
            "Client connections that ended by an error or a deadline",
            self.broken_connections.clone(),
        );
        registry.register(
            "shed_connections",
            "Client connections that were refused for want of a place",
            self.shed_connections.clone(),
        );
        let first = self.first_byte.clone();
        registry.register_with_unit(
            "first_byte",
            "Time to the first byte of a relayed body",
            Unit::Seconds,
            first,
        );
        let total = self.total.clone();
        registry.register_with_unit(
            "call",
            "Time from a request's head to the end of its body",
            Unit::Seconds,
            total,
        );
    }

    pub(crate) fn connection_began(&self) {
        self.connections.inc();
    }

    pub(crate) fn connection_ended(&self, in_order: bool) {
        self.connections.dec();
        if !in_order {
            self.broken_connections.inc();
        }
    }

    pub(crate) fn connection_shed(&self) {
        self.shed_connections.inc();
    }

    pub(crate) fn relay_began(&self) {
        self.open_relays.inc();
    }

    pub(crate) fn relay_abandoned(&self) {
        self.open_relays.dec();
    }

    pub(crate) fn relay_ended(&self, call: &Call, ending: Ending) {
        self.open_relays.dec();
        let Call {
            subject,
            progress,
            exchange,
            ..
        } = call;
        if let Some((status, _)) = progress.answered {
            self.answered(status);
        }
        let endpoint = subject.endpoint.clone();
        let relay = Relay {
            endpoint: endpoint.clone(),
            ending: ending.name(),
        };
        self.relays.get_or_create(&relay).inc();
        let label = Endpoint { endpoint };
        if let Some(first_byte) = progress.first_byte {
            self.first_byte
                .get_or_create(&label)
                .observe(first_byte.as_secs_f64());
        }
        let total = exchange.started.elapsed().as_secs_f64();
        self.total.get_or_create(&label).observe(total);
    }

    pub(crate) fn answered(&self, status: u16) {
        self.responses.get_or_create(&Status { status }).inc();
    }

    pub(crate) fn refused(&self, code: &'static str, status: u16) {
        self.refusals.get_or_create(&Code { code }).inc();
        self.answered(status);
    }
}

/// From 1 ms to about 17 minutes, each twice the last.
fn seconds() -> Histogram {
    Histogram::new(exponential_buckets(0.001, 2.0, 21))
}
