//! A plan in the making: what may be tried is ranked, what is put aside is remembered.

use std::cmp::Ordering;

use super::rank::{Draws, rendezvous, score};
use super::{AllAside, Attempt, Plan, PlanInput};
use crate::breaker::Standing;
use crate::id::{CredentialId, TokenId};
use crate::time::Timestamp;
use crate::upstream::Upstream;
use crate::verdict::Candidate;

pub(super) struct Drawing<'p, 'a> {
    token: TokenId,
    input: &'p PlanInput<'p>,
    draws: Draws,
    attempts: Vec<Attempt<'a>>,
    /// When the first of what is put aside may be tried.
    soonest: Option<Timestamp>,
}

/// An attempt and its place.
struct Ranked<'a> {
    priority: i32,
    last: bool,
    /// Which of the upstream's credentials: each upstream has its turn before one has a second.
    round: usize,
    score: f64,
    attempt: Attempt<'a>,
}

impl<'p, 'a> Drawing<'p, 'a> {
    pub(super) fn new(token: TokenId, input: &'p PlanInput<'p>) -> Self {
        Self {
            token,
            input,
            draws: Draws(input.seed),
            attempts: Vec::new(),
            soonest: None,
        }
    }

    /// Adds the candidates of one model, behind those that are there.
    pub(super) fn add(
        &mut self,
        candidates: impl Iterator<Item = Candidate<'a>> + Clone,
        attempt: impl Fn(&Candidate<'a>) -> Attempt<'a>,
    ) {
        let mut ranked: Vec<Ranked<'a>> = Vec::new();
        for candidate in candidates.clone() {
            let upstream = candidate.upstream;
            let condition = self.input.conditions.upstream(upstream.id);
            if !self.is_open(condition.standing) {
                continue;
            }
            // What one provider caches stays with all of its priority or with none.
            let alike = |other: Candidate<'_>| {
                other.upstream.sticky && other.upstream.priority == upstream.priority
            };
            let sticky = candidates.clone().any(alike);
            let score = if sticky {
                score(
                    rendezvous(self.token, upstream.id, None),
                    upstream.weight,
                    0,
                )
            } else {
                score(self.draws.next(), upstream.weight, condition.in_flight)
            };
            for (round, credential) in self.credentials(upstream, sticky).into_iter().enumerate() {
                ranked.push(Ranked {
                    priority: upstream.priority,
                    last: upstream.weight == 0,
                    round,
                    score,
                    attempt: Attempt {
                        credential,
                        ..attempt(&candidate)
                    },
                });
            }
        }
        ranked.sort_by(Ranked::order);
        self.attempts.extend(ranked.iter().map(|one| one.attempt));
    }

    /// The credentials of an upstream that may be tried, the best first.
    fn credentials(&mut self, upstream: &Upstream, sticky: bool) -> Vec<Option<CredentialId>> {
        let listed = upstream.credentials.iter().flatten().copied().map(Some);
        let none = upstream.credentials.is_none().then_some(None);
        let mut scored: Vec<(f64, Option<CredentialId>)> = Vec::new();
        for id in listed.chain(none) {
            let condition = self.input.conditions.credential(upstream.id, id);
            if self.is_open(condition.standing) {
                let score = if sticky {
                    score(rendezvous(self.token, upstream.id, id), 1, 0)
                } else {
                    score(self.draws.next(), 1, condition.in_flight)
                };
                scored.push((score, id));
            }
        }
        scored.sort_by(|a, b| b.0.total_cmp(&a.0));
        scored.into_iter().map(|(_, id)| id).collect()
    }

    fn is_open(&mut self, standing: Standing) -> bool {
        match standing {
            Standing::Ready | Standing::Due => true,
            Standing::Aside(until) => {
                self.soonest = Some(self.soonest.map_or(until, |soonest| soonest.min(until)));
                false
            }
        }
    }

    pub(super) fn plan(self) -> Result<Plan<'a>, AllAside> {
        match self.soonest {
            Some(until) if self.attempts.is_empty() => Err(AllAside {
                until: until.max(self.input.now),
            }),
            _ => Ok(Plan {
                attempts: self.attempts,
            }),
        }
    }
}

impl Ranked<'_> {
    fn order(&self, other: &Self) -> Ordering {
        other
            .priority
            .cmp(&self.priority)
            .then(self.last.cmp(&other.last))
            .then(self.round.cmp(&other.round))
            .then(other.score.total_cmp(&self.score))
    }
}
