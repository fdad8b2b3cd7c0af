//! How upstreams and their credentials do: what is under way at each, and what is put aside.
//!
//! Shared by all workers. As long as nothing has failed of late, a call costs look-ups and counters,
//! and no lock.

mod watched;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use arc_swap::{ArcSwap, Guard};
use tollgate_policy::breaker::{Outcome, Part, Report, Standing, State};
use tollgate_policy::id::{CredentialId, UpstreamId};
use tollgate_policy::plan::{Attempt, Condition, Conditions, PlanInput};
use tollgate_policy::time::Timestamp;
use tollgate_rights::Rights;
use tollgate_rights::source::Access;

use self::watched::{Pass, Watched};

/// How often upstreams are looked for that are not there any more.
const TEND_EVERY: Duration = Duration::from_secs(10);

/// What is known of all upstreams that were called.
#[derive(Debug, Default)]
pub struct Health {
    table: ArcSwap<Table>,
    /// How often something was put aside, tried or brought back.
    changes: Arc<AtomicU64>,
}

type Table = BTreeMap<Key, Arc<Watched>>;

/// What is watched by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Key {
    Upstream(UpstreamId),
    Credential(UpstreamId, Option<CredentialId>),
}

/// How things stand at a moment, for the plan of one call.
pub struct View {
    table: Guard<Arc<Table>>,
    now: Timestamp,
}

/// A call at an upstream. It counts as under way until this is dropped.
#[derive(Debug)]
#[must_use = "a call that is dropped is under way no more"]
pub struct InFlight {
    upstream: Entered,
    credential: Entered,
    begun: Timestamp,
    told: bool,
}

/// One part of a call's way, and the leave to take it.
#[derive(Debug)]
struct Entered {
    part: Arc<Watched>,
    pass: Pass,
}

/// How one upstream or credential does, for operators.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Seen {
    /// The upstream.
    pub upstream: UpstreamId,
    /// What it is told of: the upstream itself, or one of its credentials.
    pub part: Part,
    /// The credential; `None` of the upstream itself, and of calls that carry none.
    pub credential: Option<CredentialId>,
    /// Where its breaker stands.
    pub state: State,
    /// The calls that are under way.
    pub in_flight: u32,
}

impl Health {
    /// How things stand now. Not to be kept over an await.
    pub fn view(&self, now: Timestamp) -> View {
        View {
            table: self.table.load(),
            now,
        }
    }

    /// Lets a call go the way of an attempt, or not: it may have been put aside since the plan was
    /// drawn, and a probe is given to one call only.
    pub fn begin(&self, attempt: &Attempt<'_>, now: Timestamp) -> Option<InFlight> {
        let upstream = self.part(Key::Upstream(attempt.upstream));
        let credential = self.part(Key::Credential(attempt.upstream, attempt.credential));
        let first = upstream.enter(now)?;
        let Some(second) = credential.enter(now) else {
            upstream.leave(first, &Outcome::Unknown.into(), now);
            return None;
        };
        let entered = |part: Arc<Watched>, pass| {
            part.begin();
            Entered { part, pass }
        };
        Some(InFlight {
            upstream: entered(upstream, first),
            credential: entered(credential, second),
            begun: now,
            told: false,
        })
    }

    /// Forgets upstreams and credentials that are not there any more. One that comes back begins
    /// anew.
    pub fn keep(&self, access: &BTreeMap<UpstreamId, Arc<Access>>) {
        let is_there = |key: &Key| match key {
            Key::Upstream(id) => access.contains_key(id),
            Key::Credential(id, None) => {
                access.get(id).is_some_and(|one| one.credentials.is_empty())
            }
            Key::Credential(id, Some(credential)) => access
                .get(id)
                .is_some_and(|one| one.credentials.iter().any(|one| one.id == *credential)),
        };
        if self.table.load().keys().all(is_there) {
            return;
        }
        self.table.rcu(|table| {
            let kept = table.iter().filter(|(key, _)| is_there(key));
            kept.map(|(key, part)| (*key, Arc::clone(part)))
                .collect::<Table>()
        });
        self.changes.fetch_add(1, Ordering::Release);
    }

    /// Does so now and then, as rights change. Never ends.
    pub async fn tend(&self, rights: &Rights) {
        let mut turns = tokio::time::interval(TEND_EVERY);
        loop {
            turns.tick().await;
            self.keep(&rights.snapshot().access);
        }
    }

    /// Everything that was called, by upstream.
    pub fn snapshot(&self) -> Vec<Seen> {
        let table = self.table.load();
        table.iter().map(|(key, part)| key.seen(part)).collect()
    }

    /// A number that is another one whenever what [`Health::snapshot`] tells of states is.
    pub fn changes(&self) -> u64 {
        self.changes.load(Ordering::Acquire)
    }

    fn part(&self, key: Key) -> Arc<Watched> {
        if let Some(part) = self.table.load().get(&key) {
            return Arc::clone(part);
        }
        let kind = match key {
            Key::Upstream(_) => Part::Upstream,
            Key::Credential(..) => Part::Credential,
        };
        let fresh = Arc::new(Watched::new(kind, Arc::clone(&self.changes)));
        self.table.rcu(|table| {
            let mut table = Table::clone(table);
            table.entry(key).or_insert_with(|| Arc::clone(&fresh));
            table
        });
        // Another caller may have been first, and then this is not what is in the table.
        let table = self.table.load();
        table.get(&key).map_or(fresh, Arc::clone)
    }
}

impl View {
    /// The input of a plan.
    pub fn plan_input(&self, seed: u64) -> PlanInput<'_> {
        PlanInput {
            seed,
            now: self.now,
            conditions: self,
        }
    }

    /// For how long none of these attempts may be made.
    pub fn wait(&self, attempts: &[Attempt<'_>]) -> Duration {
        let aside = |condition: Condition| match condition.standing {
            Standing::Aside(until) => Some(until),
            Standing::Ready | Standing::Due => None,
        };
        let until = |attempt: &Attempt<'_>| {
            let upstream = aside(self.upstream(attempt.upstream));
            let credential = aside(self.credential(attempt.upstream, attempt.credential));
            upstream.max(credential).unwrap_or(self.now)
        };
        let soonest = attempts.iter().map(until).min();
        soonest.unwrap_or(self.now).since(self.now)
    }

    fn condition(&self, key: Key) -> Condition {
        let part = self.table.get(&key);
        part.map_or(Condition::IDLE, |part| part.condition(self.now))
    }
}

impl Conditions for View {
    fn upstream(&self, id: UpstreamId) -> Condition {
        self.condition(Key::Upstream(id))
    }

    fn credential(&self, upstream: UpstreamId, id: Option<CredentialId>) -> Condition {
        self.condition(Key::Credential(upstream, id))
    }
}

impl InFlight {
    /// Tells what became of the call: when its answer begins, and again where that breaks off later.
    pub fn outcome(&mut self, report: impl Into<Report>, now: Timestamp) {
        let report = report.into();
        for entered in [&mut self.upstream, &mut self.credential] {
            let pass = std::mem::replace(&mut entered.pass, Pass::Plain);
            entered.part.leave(pass, &report, now);
        }
        self.told = true;
    }
}

impl Drop for InFlight {
    fn drop(&mut self) {
        if !self.told {
            self.outcome(Outcome::Unknown, self.begun);
        }
        self.upstream.part.end();
        self.credential.part.end();
    }
}

impl Key {
    fn seen(self, part: &Watched) -> Seen {
        let (upstream, kind, credential) = match self {
            Self::Upstream(id) => (id, Part::Upstream, None),
            Self::Credential(id, credential) => (id, Part::Credential, credential),
        };
        Seen {
            upstream,
            part: kind,
            credential,
            state: part.state(),
            in_flight: part.in_flight(),
        }
    }
}

#[cfg(test)]
mod tests;
