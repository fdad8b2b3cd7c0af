//! How upstreams and credentials do at the moment of a plan, as whoever runs the calls knows it.

use crate::breaker::Standing;
use crate::id::{CredentialId, UpstreamId};

/// What a plan asks of the run-time side. Answers may be a moment old.
pub trait Conditions {
    /// How an upstream does.
    fn upstream(&self, id: UpstreamId) -> Condition;

    /// How a credential of an upstream does; without one, the calls that carry none.
    fn credential(&self, upstream: UpstreamId, id: Option<CredentialId>) -> Condition;
}

/// How one upstream or credential does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Condition {
    /// Whether a call could go through.
    pub standing: Standing,
    /// The calls that it has now.
    pub in_flight: u32,
}

/// Nothing is put aside and nothing is under way: for programs that do not look after upstreams, and
/// for questions of what would be.
#[derive(Debug, Clone, Copy, Default)]
pub struct Untroubled;

impl Condition {
    /// Ready, with nothing under way.
    pub const IDLE: Self = Self {
        standing: Standing::Ready,
        in_flight: 0,
    };
}

impl Conditions for Untroubled {
    fn upstream(&self, _: UpstreamId) -> Condition {
        Condition::IDLE
    }

    fn credential(&self, _: UpstreamId, _: Option<CredentialId>) -> Condition {
        Condition::IDLE
    }
}
