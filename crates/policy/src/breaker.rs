//! When something that serves calls is put aside, and how it comes back: a pure step per outcome.
//!
//! One breaker watches one credential of an upstream, another one the upstream itself. Neither knows
//! a clock: the moment is an argument.

mod blame;
mod rule;

use std::time::Duration;

use crate::time::Timestamp;

pub use blame::{Blame, Cause, Outcome, Report};
pub use rule::{
    CREDENTIAL_CEILING, CREDENTIAL_FIRST, IN_A_ROW, LEAST_SEEN, LIMITED_CEILING, LIMITED_FIRST,
    PROBE_LAPSE, RETRY_AFTER_CEILING, UPSTREAM_CEILING, UPSTREAM_FIRST, WINDOW,
};

/// What a breaker watches.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Part {
    /// One credential of an upstream. It is put aside at once, and it alone.
    Credential,
    /// The endpoint. It is put aside after several failures, with all its credentials.
    Upstream,
}

/// The state of one credential or one upstream. A new one is closed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Breaker {
    part: Part,
    state: State,
    /// How often it opened since it last served.
    trips: u32,
    /// Failures since it last served.
    in_a_row: u32,
    window: Option<Window>,
    /// The number of the last probe.
    probes: u64,
    /// The number of the last probe when it opened.
    settled: u64,
}

/// Where a breaker stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// Calls go through.
    Closed,
    /// Put aside: no call goes through.
    Open {
        /// From when on one call may try.
        until: Timestamp,
        /// What opened it.
        cause: Cause,
        /// When it last stopped serving.
        since: Timestamp,
    },
    /// One call at a time may try; what becomes of it decides.
    HalfOpen {
        /// What opened it.
        cause: Cause,
        /// When it last stopped serving.
        since: Timestamp,
        /// When the call that tries was let through, if one is out.
        trying: Option<Timestamp>,
    },
}

/// Whether a call could go through at a moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// It could.
    Ready,
    /// One could, to try.
    Due,
    /// None could, before this moment.
    Aside(Timestamp),
}

/// Leave to send one call. What became of the call is told with it, once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[must_use = "a probe that is never told of keeps others out for a minute"]
pub enum Pass {
    /// One call among many.
    Plain,
    /// The call by which it is decided whether it serves again: its number.
    Probe(u64),
}

/// Failures and answers since the first failure of a window.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Window {
    begun: Timestamp,
    seen: u32,
    failed: u32,
}

impl Breaker {
    /// A closed breaker.
    pub const fn new(part: Part) -> Self {
        Self {
            part,
            state: State::Closed,
            trips: 0,
            in_a_row: 0,
            window: None,
            probes: 0,
            settled: 0,
        }
    }

    /// Where it stands, as it was left by the last step.
    pub const fn state(&self) -> State {
        self.state
    }

    /// Whether nothing is remembered: it is as good as new, and what serves need not be told.
    pub const fn is_calm(&self) -> bool {
        matches!(self.state, State::Closed) && self.in_a_row == 0 && self.window.is_none()
    }

    /// Whether a call could go through.
    pub fn standing(&self, now: Timestamp) -> Standing {
        match self.state {
            State::Closed => Standing::Ready,
            State::Open { until, .. } if now < until => Standing::Aside(until),
            State::Open { .. } | State::HalfOpen { trying: None, .. } => Standing::Due,
            State::HalfOpen {
                trying: Some(at), ..
            } => {
                let lapses = at.plus(PROBE_LAPSE);
                if now < lapses {
                    // It is likely to be decided long before the probe lapses.
                    Standing::Aside(lapses.min(now.plus(Duration::from_secs(1))))
                } else {
                    Standing::Due
                }
            }
        }
    }

    /// Lets a call through, or not. A probe is given to one caller only, until it is told of or
    /// lapses.
    pub fn enter(&mut self, now: Timestamp) -> Option<Pass> {
        match self.standing(now) {
            Standing::Ready => Some(Pass::Plain),
            Standing::Aside(_) => None,
            Standing::Due => {
                let (cause, since) = self.opened()?;
                self.probes = self.probes.wrapping_add(1);
                self.state = State::HalfOpen {
                    cause,
                    since,
                    trying: Some(now),
                };
                Some(Pass::Probe(self.probes))
            }
        }
    }

    /// Is told what became of a call that was let through.
    pub fn leave(&mut self, pass: Pass, report: &Report, now: Timestamp) {
        let probe = match pass {
            Pass::Probe(number) => number == self.probes && self.is_trying(),
            Pass::Plain => false,
        };
        // A probe that lapsed lets others try, but that it served is as true as it was in time: some
        // answers take longer to begin.
        let tried = probe || self.is_probe_since_it_opened(pass);
        match report.blame() {
            Blame::Credential(cause) if self.part == Part::Credential => {
                self.complain(cause, report, probe, now);
            }
            Blame::Upstream(cause) if self.part == Part::Upstream => {
                self.complain(cause, report, probe, now);
            }
            Blame::Nobody => self.served(tried, now),
            // It was not asked.
            Blame::Credential(Cause::NoCredential) if self.part == Part::Upstream => {
                self.release(probe);
            }
            // An endpoint that complains of a credential or of the call is there.
            Blame::Credential(_) | Blame::Client if self.part == Part::Upstream => {
                self.served(tried, now);
            }
            Blame::Credential(_) | Blame::Upstream(_) | Blame::Client | Blame::Unknown => {
                self.release(probe);
            }
        }
    }

    fn is_probe_since_it_opened(&self, pass: Pass) -> bool {
        let Pass::Probe(number) = pass else {
            return false;
        };
        number > self.settled && matches!(self.state, State::HalfOpen { .. })
    }

    fn is_trying(&self) -> bool {
        let State::HalfOpen { trying, .. } = self.state else {
            return false;
        };
        trying.is_some()
    }

    /// What opened it and when, where it is not closed.
    pub const fn opened(&self) -> Option<(Cause, Timestamp)> {
        match self.state {
            State::Closed => None,
            State::Open { cause, since, .. } | State::HalfOpen { cause, since, .. } => {
                Some((cause, since))
            }
        }
    }

    /// A probe said nothing: the next caller may try.
    fn release(&mut self, probe: bool) {
        if let State::HalfOpen { trying, .. } = &mut self.state
            && probe
        {
            *trying = None;
        }
    }

    fn served(&mut self, probe: bool, now: Timestamp) {
        if probe {
            *self = Self {
                probes: self.probes,
                settled: self.probes,
                ..Self::new(self.part)
            };
            return;
        }
        if self.state != State::Closed {
            // A call from before it opened says nothing of now.
            return;
        }
        self.in_a_row = 0;
        self.trips = 0;
        self.count(now, false);
    }

    fn complain(&mut self, cause: Cause, report: &Report, probe: bool, now: Timestamp) {
        match &mut self.state {
            State::Closed => {
                self.in_a_row = self.in_a_row.saturating_add(1);
                self.count(now, true);
                if self.is_too_much(cause) {
                    self.open(cause, report.retry_after, now, now);
                }
            }
            State::HalfOpen { since, .. } if probe => {
                let since = *since;
                self.open(cause, report.retry_after, since, now);
            }
            // A call from before: it can only tell that the wait is longer than was thought.
            State::Open { until, .. } => {
                if let Some(wait) = report.retry_after {
                    *until = (*until).max(now.plus(wait.min(RETRY_AFTER_CEILING)));
                }
            }
            State::HalfOpen { .. } => {}
        }
    }

    fn is_too_much(&self, cause: Cause) -> bool {
        let many = |window: &Window| window.seen >= LEAST_SEEN && window.failed * 2 >= window.seen;
        // Some vendors say 403 of a file that is not the caller's, and 402 of a call that is larger
        // than what is left: neither is the fault of the credential.
        let may_be_the_calls = matches!(cause, Cause::Status(402 | 403));
        let is_plain = self.part == Part::Credential && !may_be_the_calls;
        is_plain || self.in_a_row >= IN_A_ROW || self.window.as_ref().is_some_and(many)
    }

    fn open(&mut self, cause: Cause, wait: Option<Duration>, since: Timestamp, now: Timestamp) {
        let until = now.plus(rule::wait(self.part, cause, self.trips, wait));
        self.trips = self.trips.saturating_add(1);
        self.settled = self.probes;
        self.window = None;
        self.state = State::Open {
            until,
            cause,
            since,
        };
    }

    /// Counts in the window, which a failure begins.
    fn count(&mut self, now: Timestamp, failed: bool) {
        let passed = |window: &mut Window| now >= window.begun.plus(WINDOW);
        self.window.take_if(passed);
        if failed || self.window.is_some() {
            let window = self.window.get_or_insert(Window {
                begun: now,
                seen: 0,
                failed: 0,
            });
            window.seen = window.seen.saturating_add(1);
            window.failed = window.failed.saturating_add(u32::from(failed));
        }
    }
}

impl State {
    /// The name in tables, metrics and texts.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Closed => "closed",
            Self::Open { .. } => "open",
            Self::HalfOpen { .. } => "half-open",
        }
    }
}

#[cfg(test)]
mod tests;
