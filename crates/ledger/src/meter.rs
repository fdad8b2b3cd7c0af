//! What is counted against the limits of one token, account or group: a pure state.

use std::time::Duration;

use tollgate_policy::limit::{Gcra, Limits, Rate};
use tollgate_policy::time::Timestamp;
use tollgate_policy::verdict::{Layer, ReasonKind};

use crate::denied::Denied;

/// When to look again for a call that ends: nobody knows when the next one does.
const SOON: Duration = Duration::from_secs(1);

/// The state of three limits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Meter {
    requests: Gcra,
    tokens: Gcra,
    open: u32,
}

/// A limit as it stands, for the headers of an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Window {
    /// Units a minute.
    pub limit: u32,
    /// Units that would be admitted at once.
    pub remaining: u32,
    /// Until all of them would be.
    pub resets_in: Duration,
}

/// The tightest limits that a call met, after it was counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Windows {
    /// Requests.
    pub requests: Option<Window>,
    /// Tokens.
    pub tokens: Option<Window>,
}

impl Meter {
    /// The state with one more call of so many tokens. This one stays as it is, unless a limiter
    /// refused and found that the clock ran back.
    pub(crate) fn admit(
        &mut self,
        limits: &Limits,
        layer: Layer,
        tokens: u32,
        now: Timestamp,
    ) -> Result<Self, Denied> {
        let mut next = *self;
        if let Some(most) = limits.concurrency
            && self.open >= most
        {
            return Err(Denied::concurrency(layer, most, now.plus(SOON)));
        }
        if let Some(rate) = &limits.requests {
            next.requests = self.requests.take(rate, 1, now).map_err(|refused| {
                self.requests = refused.state;
                let until = now.plus(refused.retry_after);
                Denied::rate(ReasonKind::RequestLimit, layer, *rate, until)
            })?;
        }
        if let Some(rate) = &limits.tokens {
            next.tokens = self.tokens.take(rate, tokens, now).map_err(|refused| {
                self.tokens = refused.state;
                let until = now.plus(refused.retry_after);
                Denied::rate(ReasonKind::TokenLimit, layer, *rate, until)
            })?;
        }
        next.open = next.open.saturating_add(1);
        Ok(next)
    }

    /// The state after a call that was counted with `held` tokens, and really had `real`.
    pub(crate) fn leave(&mut self, rate: Option<Rate>, held: u32, real: u32, now: Timestamp) {
        self.open = self.open.saturating_sub(1);
        if let Some(rate) = &rate {
            self.tokens = self.tokens.settle(rate, held, real, now);
        }
    }

    /// How many calls go on.
    pub(crate) const fn open(&self) -> u32 {
        self.open
    }

    pub(crate) fn windows(&self, limits: &Limits, now: Timestamp) -> Windows {
        let window = |gcra: Gcra, rate: Option<Rate>| {
            rate.map(|rate| Window {
                limit: rate.per_minute(),
                remaining: gcra.remaining(&rate, now),
                resets_in: gcra.resets_in(&rate, now),
            })
        };
        Windows {
            requests: window(self.requests, limits.requests),
            tokens: window(self.tokens, limits.tokens),
        }
    }
}

impl Windows {
    /// Of each kind the one with less room.
    pub(crate) fn tightest(self, other: Self) -> Self {
        let less = |a: Option<Window>, b: Option<Window>| match (a, b) {
            (Some(a), Some(b)) if b.remaining < a.remaining => Some(b),
            (a, b) => a.or(b),
        };
        Self {
            requests: less(self.requests, other.requests),
            tokens: less(self.tokens, other.tokens),
        }
    }
}

#[cfg(test)]
mod tests;
