//! Counters for operators, with bounded sets of labels. No label ever holds what a stranger sent.

use std::sync::atomic::AtomicI64;
use std::time::Duration;

use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::{Histogram, exponential_buckets};
use prometheus_client::registry::{Registry, Unit};

use crate::record::Ending;

/// The metrics of one gateway.
pub struct Metrics {
    responses: Family<Status, Counter>,
    refusals: Family<Code, Counter>,
    relays: Family<Relay, Counter>,
    open_relays: Gauge<i64, AtomicI64>,
    connections: Gauge<i64, AtomicI64>,
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
    endpoint: String,
    ending: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Endpoint {
    endpoint: String,
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

    pub(crate) fn connection_opened(&self) {
        self.connections.inc();
    }

    pub(crate) fn connection_closed(&self) {
        self.connections.dec();
    }

    pub(crate) fn relay_began(&self) {
        self.open_relays.inc();
    }

    pub(crate) fn relay_ended(
        &self,
        endpoint: &str,
        status: u16,
        ending: Ending,
        first_byte: Option<Duration>,
        total: Duration,
    ) {
        self.open_relays.dec();
        self.answered(status);
        let endpoint = endpoint.to_owned();
        let relay = Relay {
            endpoint: endpoint.clone(),
            ending: ending.name(),
        };
        self.relays.get_or_create(&relay).inc();
        let label = Endpoint { endpoint };
        if let Some(first_byte) = first_byte {
            self.first_byte
                .get_or_create(&label)
                .observe(first_byte.as_secs_f64());
        }
        self.total
            .get_or_create(&label)
            .observe(total.as_secs_f64());
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
