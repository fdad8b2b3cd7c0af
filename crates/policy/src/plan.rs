//! The order in which upstreams and their credentials are tried: by priority, then at random by
//! weight and load, or always the same for a token.
//!
//! Randomness, load and health are arguments: the same permit and input give the same plan.

mod condition;
mod draw;
mod rank;
mod walk;

use crate::bound::{Quote, Window};
use crate::id::{CredentialId, UpstreamId};
use crate::name::ModelName;
use crate::time::Timestamp;
use crate::upstream::Model;
use crate::verdict::{Candidate, Permit};

pub use condition::{Condition, Conditions, Untroubled};
pub use walk::{MOST_ATTEMPTS, Walk};

/// Attempts in the order in which they are to be made: those of the model that is asked for, and
/// then those of its fallbacks. At least one for a call that is relayed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Plan<'a> {
    /// The attempts. [`Plan::walk`] says which of them are made.
    pub attempts: Vec<Attempt<'a>>,
}

/// One attempt to have a call answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Attempt<'a> {
    /// Where to.
    pub upstream: UpstreamId,
    /// With which credential; `None` where the upstream wants none.
    pub credential: Option<CredentialId>,
    /// The model that is served: the one that was asked for, or a fallback; `None` of a mount.
    pub model: Option<&'a Model>,
    /// The model's name there, where it differs from what the client wrote.
    pub sent_as: Option<&'a ModelName>,
    /// By what the call is charged if this upstream serves it.
    pub quote: Quote,
}

/// By what a plan is drawn, besides the permit.
#[derive(Clone, Copy)]
pub struct PlanInput<'a> {
    /// 64 random bits.
    pub seed: u64,
    /// The moment.
    pub now: Timestamp,
    /// How upstreams and credentials do.
    pub conditions: &'a dyn Conditions,
}

/// Everything that may serve the call is put aside for now.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("everything that serves the call is put aside until {until}")]
pub struct AllAside {
    /// When the first of them may be tried again.
    pub until: Timestamp,
}

impl<'a> Plan<'a> {
    /// Orders the candidates of a permit and of its fallbacks, without those that are put aside.
    ///
    /// # Errors
    /// Where all of them are put aside.
    pub fn draw(permit: &Permit<'a>, input: &PlanInput<'_>) -> Result<Self, AllAside> {
        let mut drawing = draw::Drawing::new(permit.principal().token.id, input);
        drawing.add(permit.candidates(), |one| attempt(permit, one, false));
        for instead in permit.fallbacks() {
            drawing.add(instead.candidates(), |one| attempt(&instead, one, true));
        }
        drawing.plan()
    }

    /// The attempts that are really made: at most `most` of each model.
    pub fn walk(&self, most: u8) -> Walk<'_, 'a> {
        Walk::new(&self.attempts, most)
    }
}

impl Attempt<'_> {
    /// How much the model that is served takes and gives.
    pub fn window(&self) -> Window {
        self.model.map(|model| model.window).unwrap_or_default()
    }
}

fn attempt<'a>(permit: &Permit<'a>, candidate: &Candidate<'a>, renamed: bool) -> Attempt<'a> {
    let served = candidate.route.map(|route| &route.served);
    let sent_as = served.and_then(|one| one.sent_as.as_ref());
    let public = || served.map(|one| &one.name).filter(|_| renamed);
    Attempt {
        upstream: candidate.upstream.id,
        credential: None,
        model: permit.model(),
        sent_as: sent_as.or_else(public),
        quote: Quote {
            price: *candidate.price,
            multiplier: permit.group().multiplier,
        },
    }
}

#[cfg(test)]
mod tests;
