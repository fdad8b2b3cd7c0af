//! The order in which upstreams are tried: by priority, then at random by weight.
//!
//! Randomness is an argument: the same permit and seed give the same plan.

use crate::bound::Quote;
use crate::id::UpstreamId;
use crate::name::ModelName;
use crate::verdict::{Candidate, Permit};

/// Attempts in the order in which they are to be made; at least one for a call that is relayed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Plan {
    /// The attempts.
    pub attempts: Vec<Attempt>,
}

/// One attempt to have a call answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attempt {
    /// Where to.
    pub upstream: UpstreamId,
    /// The model's name there, where it differs from what the client wrote.
    pub sent_as: Option<ModelName>,
    /// By what the call is charged if this upstream serves it.
    pub quote: Quote,
}

impl Plan {
    /// Orders the candidates of a permit. Upstreams of weight 0 come last in their priority.
    pub fn draw(permit: &Permit<'_>, seed: u64) -> Self {
        let mut draws = Draws(seed);
        let multiplier = permit.group().multiplier;
        let mut ranked: Vec<_> = permit
            .candidates()
            .map(|candidate| {
                let Candidate {
                    upstream,
                    route,
                    price,
                } = candidate;
                let attempt = Attempt {
                    upstream: upstream.id,
                    sent_as: route.and_then(|route| route.served.sent_as.clone()),
                    quote: Quote {
                        price: *price,
                        multiplier,
                    },
                };
                (upstream.priority, draws.score(upstream.weight), attempt)
            })
            .collect();
        ranked.sort_by(|a, b| b.0.cmp(&a.0).then(b.1.total_cmp(&a.1)));
        let attempts = ranked.into_iter().map(|(_, _, attempt)| attempt).collect();
        Self { attempts }
    }
}

/// SplitMix64 (Steele, Lea, Flood 2014): enough to spread calls, and reproducible.
struct Draws(u64);

impl Draws {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// Sorting by `ln(u) / weight`, largest first, draws without replacement in proportion to the
    /// weights (Efraimidis and Spirakis 2006).
    fn score(&mut self, weight: u32) -> f64 {
        // 53 bits, shifted by a half so that the logarithm is finite.
        let unit = ((self.next() >> 11) as f64 + 0.5) / (1u64 << 53) as f64;
        if weight == 0 {
            return f64::NEG_INFINITY;
        }
        unit.ln() / f64::from(weight)
    }
}

#[cfg(test)]
mod tests;
