//! What is counted of relayed calls, by endpoint: looked up once, when a call begins, so that its end
//! costs a few atomic additions.

use std::collections::BTreeMap;
use std::sync::{Arc, OnceLock, PoisonError, RwLock};
use std::time::Duration;

use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::registry::{Registry, Unit};
use tollgate_ledger::receipt::Ending;
use tollgate_policy::credits::Credits;
use tollgate_policy::endpoint::Endpoint;
use tollgate_policy::usage::Usage;

use super::histogram::Times;

const ENDPOINTS: usize = Endpoint::ALL.len();

type Timed = Family<OfEndpoint, Times, fn() -> Times>;

/// All endpoints.
pub(super) struct Calls {
    relays: Family<Relay, Counter>,
    tokens: Family<Tokens, Counter>,
    charged: Family<OfEndpoint, Counter>,
    added: Timed,
    upstream: Timed,
    first_byte: Timed,
    total: Timed,
    endpoints: [OnceLock<Arc<Row>>; ENDPOINTS],
    /// As many as operators have mounted.
    mounts: RwLock<BTreeMap<String, Arc<Row>>>,
}

/// One endpoint.
pub(crate) struct Row {
    endings: [Counter; Ending::ALL.len()],
    tokens: [Counter; KINDS.len()],
    charged: Counter,
    added: Times,
    upstream: Times,
    first_byte: Times,
    total: Times,
}

/// What is known of a call that has ended.
pub(crate) struct Ended {
    pub(crate) ending: Ending,
    pub(crate) usage: Usage,
    pub(crate) cost: Credits,
    /// From the end of the request's body to its hand-over to the first upstream.
    pub(crate) added: Option<Duration>,
    /// From the hand-over to the upstream that answered to the head of its answer.
    pub(crate) upstream: Option<Duration>,
    pub(crate) first_byte: Option<Duration>,
    pub(crate) total: Duration,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Relay {
    endpoint: String,
    ending: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Tokens {
    endpoint: String,
    kind: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct OfEndpoint {
    endpoint: String,
}

/// A part of what was used.
type Part = fn(&Usage) -> u64;

/// Kinds of tokens, which do not overlap.
const KINDS: [(&str, Part); 5] = [
    ("input", |usage| {
        usage.input + usage.input_audio + usage.input_image
    }),
    ("cached_input", |usage| usage.cached_input),
    ("cache_write", |usage| {
        usage.cache_write_5m + usage.cache_write_1h
    }),
    ("output", |usage| {
        usage.output + usage.output_audio + usage.output_image
    }),
    ("reasoning", |usage| usage.reasoning),
];

impl Calls {
    pub(super) fn new() -> Self {
        Self {
            relays: Family::default(),
            tokens: Family::default(),
            charged: Family::default(),
            added: Family::new_with_constructor(Times::short),
            upstream: Family::new_with_constructor(Times::long),
            first_byte: Family::new_with_constructor(Times::long),
            total: Family::new_with_constructor(Times::long),
            endpoints: [const { OnceLock::new() }; ENDPOINTS],
            mounts: RwLock::default(),
        }
    }

    pub(super) fn register(&self, registry: &mut Registry) {
        let relays = self.relays.clone();
        registry.register("relays", "Relayed calls by endpoint and ending", relays);
        let help = "Tokens that were used, by endpoint and kind; kinds do not overlap";
        registry.register("tokens", help, self.tokens.clone());
        let help = "Millionths of a credit that calls cost, by endpoint";
        registry.register("charged_microcredits", help, self.charged.clone());
        let times = [
            (
                "added",
                "Time from the end of a request's body to its hand-over to the first upstream",
                &self.added,
            ),
            (
                "upstream",
                "Time from the hand-over to the upstream that answers to the head of its answer",
                &self.upstream,
            ),
            (
                "first_byte",
                "Time from a request's head to the first byte of a relayed body",
                &self.first_byte,
            ),
            (
                "call",
                "Time from a request's head to the end of its body",
                &self.total,
            ),
        ];
        for (name, help, times) in times {
            registry.register_with_unit(name, help, Unit::Seconds, times.clone());
        }
    }

    /// Where calls of an endpoint are counted. `name` is that of the endpoint, or of a mount.
    pub(super) fn row(&self, endpoint: Option<Endpoint>, name: &str) -> Arc<Row> {
        let known = endpoint.and_then(|endpoint| self.endpoints.get(endpoint as usize));
        match known {
            Some(row) => Arc::clone(row.get_or_init(|| self.make(name))),
            None => self.mount(name),
        }
    }

    /// First bytes of all endpoints, by bound in microseconds.
    pub(super) fn first_bytes(&self) -> BTreeMap<Option<u64>, u64> {
        let mounts = self.mounts.read().unwrap_or_else(PoisonError::into_inner);
        let endpoints = self.endpoints.iter().filter_map(OnceLock::get);
        let mut sums = BTreeMap::new();
        for row in endpoints.chain(mounts.values()) {
            for (bound, count) in row.first_byte.counts() {
                let sum: &mut u64 = sums.entry(bound).or_default();
                *sum = sum.saturating_add(count);
            }
        }
        sums
    }

    fn mount(&self, name: &str) -> Arc<Row> {
        let known = self.mounts.read().unwrap_or_else(PoisonError::into_inner);
        if let Some(row) = known.get(name) {
            return Arc::clone(row);
        }
        drop(known);
        let mut known = self.mounts.write().unwrap_or_else(PoisonError::into_inner);
        let row = known.entry(name.to_owned());
        Arc::clone(row.or_insert_with(|| self.make(name)))
    }

    fn make(&self, name: &str) -> Arc<Row> {
        let endpoint = name.to_owned();
        let label = OfEndpoint {
            endpoint: endpoint.clone(),
        };
        let ending = |ending: Ending| Relay {
            endpoint: endpoint.clone(),
            ending: ending.name(),
        };
        let kind = |(kind, _)| Tokens {
            endpoint: endpoint.clone(),
            kind,
        };
        Arc::new(Row {
            endings: Ending::ALL.map(|one| self.relays.get_or_create_owned(&ending(one))),
            tokens: KINDS.map(|one| self.tokens.get_or_create_owned(&kind(one))),
            charged: self.charged.get_or_create_owned(&label),
            added: self.added.get_or_create_owned(&label),
            upstream: self.upstream.get_or_create_owned(&label),
            first_byte: self.first_byte.get_or_create_owned(&label),
            total: self.total.get_or_create_owned(&label),
        })
    }
}

impl Row {
    pub(super) fn count(&self, ended: &Ended) {
        if let Some(count) = self.endings.get(ended.ending as usize) {
            count.inc();
        }
        for ((_, of), count) in KINDS.iter().zip(&self.tokens) {
            let tokens = of(&ended.usage);
            if tokens > 0 {
                count.inc_by(tokens);
            }
        }
        let cost = u64::try_from(ended.cost.as_micros()).unwrap_or(0);
        if cost > 0 {
            self.charged.inc_by(cost);
        }
        for (times, time) in [
            (&self.added, ended.added),
            (&self.upstream, ended.upstream),
            (&self.first_byte, ended.first_byte),
            (&self.total, Some(ended.total)),
        ] {
            if let Some(time) = time {
                times.observe(time);
            }
        }
    }
}
