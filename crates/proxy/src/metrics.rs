//! What operators can count, with bounded sets of labels. No label ever holds what a stranger sent.
//!
//! A call that is relayed costs plain atomics here, and neither a lock nor a look-up by label.

mod calls;
mod histogram;

use std::collections::BTreeMap;
use std::sync::atomic::AtomicI64;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::Registry;
use tollgate_connect::Stats;
use tollgate_policy::endpoint::Endpoint;

use self::calls::Calls;
pub(crate) use self::calls::{Ended, Row};
use crate::upstream::Pool;

/// Statuses are three digits: from this one on, so many.
const FIRST_STATUS: u16 = 100;
const STATUSES: usize = 900;

/// The metrics of one gateway.
pub struct Metrics {
    responses: Family<Status, Counter>,
    statuses: [OnceLock<Counter>; STATUSES],
    refusals: Family<Code, Counter>,
    calls: Calls,
    open_relays: Gauge<i64, AtomicI64>,
    open_streams: Gauge<i64, AtomicI64>,
    connections: Gauge<i64, AtomicI64>,
    broken_connections: Counter,
    shed_connections: Counter,
    /// Those of the workers; ones that are gone are empty.
    pools: Mutex<Vec<Pool>>,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Status {
    status: u16,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Code {
    code: &'static str,
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
            statuses: [const { OnceLock::new() }; STATUSES],
            refusals: Family::default(),
            calls: Calls::new(),
            open_relays: Gauge::default(),
            open_streams: Gauge::default(),
            connections: Gauge::default(),
            broken_connections: Counter::default(),
            shed_connections: Counter::default(),
            pools: Mutex::default(),
        }
    }

    /// Names the metrics in a registry.
    pub fn register(&self, registry: &mut Registry) {
        let responses = self.responses.clone();
        registry.register("responses", "Responses by status", responses);
        let refusals = self.refusals.clone();
        registry.register("refusals", "Refusals and failures by code", refusals);
        self.calls.register(registry);
        for (name, help, gauge) in [
            ("open_relays", "Calls being relayed", &self.open_relays),
            (
                "open_streams",
                "Calls being relayed whose answers are event streams",
                &self.open_streams,
            ),
            ("connections", "Open client connections", &self.connections),
        ] {
            registry.register(name, help, gauge.clone());
        }
        for (name, help, counter) in [
            (
                "broken_connections",
                "Client connections that ended by an error or a deadline",
                &self.broken_connections,
            ),
            (
                "shed_connections",
                "Client connections that were refused for want of a place",
                &self.shed_connections,
            ),
        ] {
            registry.register(name, help, counter.clone());
        }
    }

    /// Connections to upstreams, those of all workers together.
    pub fn upstream_connections(&self) -> Stats {
        let mut pools = self.pools.lock().unwrap_or_else(PoisonError::into_inner);
        pools.retain(Pool::is_there);
        let mut all = Stats::default();
        for one in pools.iter().map(Pool::stats) {
            all.open += one.open;
            all.idle += one.idle;
            all.made += one.made;
            all.reused += one.reused;
        }
        all
    }

    /// How many first bytes of relayed bodies came within so many microseconds of their requests, but
    /// not within the next lower number; `None` is for what took longer than all of them.
    pub fn first_bytes(&self) -> BTreeMap<Option<u64>, u64> {
        self.calls.first_bytes()
    }

    /// Calls that are relayed now.
    pub fn open_calls(&self) -> u64 {
        u64::try_from(self.open_relays.get()).unwrap_or_default()
    }

    /// A worker's connections are counted from now on.
    pub(crate) fn watch(&self, pool: Pool) {
        let mut pools = self.pools.lock().unwrap_or_else(PoisonError::into_inner);
        pools.push(pool);
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

    /// A call begins. Gives where its end is counted.
    pub(crate) fn relay_began(&self, endpoint: Option<Endpoint>, name: &str) -> Arc<Row> {
        self.open_relays.inc();
        self.calls.row(endpoint, name)
    }

    pub(crate) fn stream_began(&self) {
        self.open_streams.inc();
    }

    /// A call ends without an answer to pass on.
    pub(crate) fn relay_abandoned(&self) {
        self.open_relays.dec();
    }

    /// A call ends; its answer was a stream, or none.
    pub(crate) fn relay_ended(&self, row: &Row, ended: &Ended, status: Option<u16>, stream: bool) {
        self.open_relays.dec();
        if stream {
            self.open_streams.dec();
        }
        if let Some(status) = status {
            self.answered(status);
        }
        row.count(ended);
    }

    pub(crate) fn answered(&self, status: u16) {
        let known = status.checked_sub(FIRST_STATUS).map(usize::from);
        let known = known.and_then(|place| self.statuses.get(place));
        let make = || self.responses.get_or_create_owned(&Status { status });
        match known {
            Some(count) => count.get_or_init(make).inc(),
            None => make().inc(),
        };
    }

    pub(crate) fn refused(&self, code: &'static str, status: u16) {
        self.refusals.get_or_create(&Code { code }).inc();
        self.answered(status);
    }
}
