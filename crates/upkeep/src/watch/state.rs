//! What is known of upstreams that failed, as a pure step: time is an argument.

use std::collections::BTreeMap;
use std::time::Duration;

use serde_json::json;
use tollgate_policy::id::UpstreamId;
use tollgate_policy::time::Timestamp;

use crate::port::{NewAlert, Subject};

/// An upstream is down after so many failures without an answer in between.
pub const FAILURES: u32 = 5;
/// For so long after it was told that an upstream is back, its failures do not count: one that comes
/// and goes is told of a few times an hour, not a few times a minute.
pub const QUIET: Duration = Duration::from_secs(5 * 60);

/// What of a reason is kept, in characters.
const REASON: usize = 200;

/// The upstreams that failed since they last answered, or that came back a short time ago.
#[derive(Debug, Default)]
pub(super) struct States(BTreeMap<UpstreamId, State>);

#[derive(Debug)]
enum State {
    Failing { since: Timestamp, failures: u32 },
    Down { since: Timestamp, name: String },
    Back { at: Timestamp },
}

/// Something that operators are to be told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Event {
    Down {
        upstream: UpstreamId,
        name: String,
        since: Timestamp,
        at: Timestamp,
        reason: String,
    },
    Up {
        upstream: UpstreamId,
        name: String,
        since: Timestamp,
        at: Timestamp,
    },
}

impl States {
    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(super) fn answered(&mut self, upstream: UpstreamId, at: Timestamp) -> Option<Event> {
        let state = self.0.remove(&upstream)?;
        let (kept, event) = match state {
            State::Failing { .. } => (None, None),
            State::Down { since, name } => {
                let event = Event::Up {
                    upstream,
                    name,
                    since,
                    at,
                };
                (Some(State::Back { at }), Some(event))
            }
            State::Back { at: back } if at.since(back) < QUIET => {
                (Some(State::Back { at: back }), None)
            }
            State::Back { .. } => (None, None),
        };
        if let Some(state) = kept {
            self.0.insert(upstream, state);
        }
        event
    }

    pub(super) fn failed(
        &mut self,
        upstream: UpstreamId,
        name: &str,
        reason: &str,
        at: Timestamp,
    ) -> Option<Event> {
        let state = self.0.entry(upstream).or_insert(State::Failing {
            since: at,
            failures: 0,
        });
        match state {
            State::Back { at: back } if at.since(*back) < QUIET => None,
            State::Down { .. } => None,
            State::Back { .. } => {
                *state = State::Failing {
                    since: at,
                    failures: 1,
                };
                None
            }
            State::Failing { since, failures } => {
                *failures += 1;
                if *failures < FAILURES {
                    return None;
                }
                let since = *since;
                *state = State::Down {
                    since,
                    name: name.to_owned(),
                };
                Some(Event::Down {
                    upstream,
                    name: name.to_owned(),
                    since,
                    at,
                    reason: reason.chars().take(REASON).collect(),
                })
            }
        }
    }
}

impl Event {
    pub(super) const fn at(&self) -> Timestamp {
        match self {
            Self::Down { at, .. } | Self::Up { at, .. } => *at,
        }
    }

    pub(super) fn alert(&self) -> NewAlert {
        let (kind, upstream, since, body) = match self {
            Self::Down {
                upstream,
                name,
                since,
                reason,
                ..
            } => {
                let since_text = since.to_string();
                let body = json!({ "name": name, "since": since_text, "reason": reason });
                ("upstream_down", upstream, since, body)
            }
            Self::Up {
                upstream,
                name,
                since,
                at,
            } => {
                let (since_text, seconds) = (since.to_string(), at.since(*since).as_secs());
                let body = json!({ "name": name, "since": since_text, "seconds": seconds });
                ("upstream_up", upstream, since, body)
            }
        };
        NewAlert {
            key: format!("{kind}:{upstream}:{}", minute(*since)),
            kind: kind.to_owned(),
            subject: Subject::Upstream(*upstream),
            body,
        }
    }
}

/// Gateways do not see an outage begin at the same instant.
fn minute(at: Timestamp) -> Timestamp {
    let minutes = at.as_micros().div_euclid(60_000_000);
    Timestamp::from_seconds(minutes.saturating_mul(60))
}
