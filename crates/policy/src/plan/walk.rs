//! Which attempts of a plan are made, as their outcomes come in.

use super::Attempt;
use crate::breaker::{Blame, Cause};
use crate::id::{ModelId, UpstreamId};

/// How many attempts are made of each model where nobody says otherwise.
pub const MOST_ATTEMPTS: u8 = 3;

/// A walk over the attempts of a plan. Where an endpoint failed, its other credentials are left out.
#[derive(Debug, Clone)]
pub struct Walk<'p, 'a> {
    rest: std::slice::Iter<'p, Attempt<'a>>,
    most: u8,
    made: u8,
    last: Option<&'p Attempt<'a>>,
    /// The endpoints that failed, and the model for which they did; `None` where they failed for
    /// every model.
    failed: Vec<(UpstreamId, Option<ModelId>)>,
}

impl<'p, 'a> Walk<'p, 'a> {
    pub(super) fn new(attempts: &'p [Attempt<'a>], most: u8) -> Self {
        Self {
            rest: attempts.iter(),
            most,
            made: 0,
            last: None,
            failed: Vec::new(),
        }
    }

    /// The last attempt was not made: it does not count.
    pub fn not_made(&mut self) {
        self.made = self.made.saturating_sub(1);
    }

    /// The last attempt failed. What cannot be reached is not tried for another model either; what
    /// answers that it fails may well serve another one.
    pub fn failed(&mut self, blame: Blame) {
        let Some(last) = self.last else { return };
        if let Blame::Upstream(cause) = blame {
            let model = match cause {
                Cause::Status(_) => last.model.map(|model| model.id),
                Cause::Unreachable | Cause::TimedOut | Cause::Broken | Cause::NoCredential => None,
            };
            self.failed.push((last.upstream, model));
        }
    }

    fn is_left_out(&self, attempt: &Attempt<'a>) -> bool {
        let model = attempt.model.map(|model| model.id);
        let same = |(upstream, of): &(UpstreamId, Option<ModelId>)| {
            *upstream == attempt.upstream && (of.is_none() || *of == model)
        };
        self.failed.iter().any(same)
    }
}

impl<'p, 'a> Iterator for Walk<'p, 'a> {
    type Item = &'p Attempt<'a>;

    fn next(&mut self) -> Option<Self::Item> {
        let model = |attempt: &Attempt<'_>| attempt.model.map(|model| model.id);
        loop {
            let attempt = self.rest.next()?;
            if self.last.is_some_and(|last| model(last) != model(attempt)) {
                self.made = 0;
            }
            if self.made >= self.most || self.is_left_out(attempt) {
                continue;
            }
            self.made = self.made.saturating_add(1);
            self.last = Some(attempt);
            return Some(attempt);
        }
    }
}
