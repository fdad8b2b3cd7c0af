//! One upstream or credential: its counter, and its breaker behind a flag that says whether anything
//! is remembered.

use std::sync::atomic::Ordering::{Acquire, Relaxed, Release};
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tollgate_policy::breaker::{Blame, Breaker, Part, Report, Standing, State};
use tollgate_policy::plan::Condition;
use tollgate_policy::time::Timestamp;

pub(super) use tollgate_policy::breaker::Pass;

#[derive(Debug)]
pub(super) struct Watched {
    part: Part,
    in_flight: AtomicU32,
    /// Whether the breaker remembers anything: as long as it does not, it is not asked.
    troubled: AtomicBool,
    breaker: Mutex<Breaker>,
    changes: Arc<AtomicU64>,
}

impl Watched {
    pub(super) fn new(part: Part, changes: Arc<AtomicU64>) -> Self {
        Self {
            part,
            in_flight: AtomicU32::new(0),
            troubled: AtomicBool::new(false),
            breaker: Mutex::new(Breaker::new(part)),
            changes,
        }
    }

    pub(super) fn begin(&self) {
        self.in_flight.fetch_add(1, Relaxed);
    }

    pub(super) fn end(&self) {
        self.in_flight.fetch_sub(1, Relaxed);
    }

    pub(super) fn in_flight(&self) -> u32 {
        self.in_flight.load(Relaxed)
    }

    pub(super) fn state(&self) -> State {
        if self.is_calm() {
            return State::Closed;
        }
        self.lock().state()
    }

    pub(super) fn condition(&self, now: Timestamp) -> Condition {
        let standing = if self.is_calm() {
            Standing::Ready
        } else {
            self.lock().standing(now)
        };
        Condition {
            standing,
            in_flight: self.in_flight(),
        }
    }

    pub(super) fn enter(&self, now: Timestamp) -> Option<Pass> {
        if self.is_calm() {
            return Some(Pass::Plain);
        }
        self.step(|breaker| breaker.enter(now))
    }

    pub(super) fn leave(&self, pass: Pass, report: &Report, now: Timestamp) {
        let accused = match report.blame() {
            Blame::Credential(_) => self.part == Part::Credential,
            Blame::Upstream(_) => self.part == Part::Upstream,
            Blame::Nobody | Blame::Client | Blame::Unknown => false,
        };
        if accused || !self.is_calm() {
            self.step(|breaker| breaker.leave(pass, report, now));
        }
    }

    fn is_calm(&self) -> bool {
        !self.troubled.load(Acquire)
    }

    fn step<T>(&self, step: impl FnOnce(&mut Breaker) -> T) -> T {
        let mut breaker = self.lock();
        let before = breaker.state();
        let result = step(&mut breaker);
        self.troubled.store(!breaker.is_calm(), Release);
        if breaker.state() != before {
            self.changes.fetch_add(1, Release);
        }
        result
    }

    /// A poisoned lock still guards a whole state: nothing panics half-way.
    fn lock(&self) -> MutexGuard<'_, Breaker> {
        self.breaker.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
