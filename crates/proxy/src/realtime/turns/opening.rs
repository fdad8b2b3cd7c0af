//! The call that a response is held with: opened ahead of it, and looked at again when it is asked for.

use std::sync::Arc;

use tokio::time::Instant;
use tollgate_policy::Target;
use tollgate_policy::endpoint::Endpoint;
use tollgate_policy::plan::{Attempt, Plan, PlanInput, Untroubled};
use tollgate_policy::verdict::Permit;

use super::super::standing::Standing;
use super::{DEMAND, Turns};
use crate::admit::Caller;
use crate::call::Call;
use crate::exchange::Exchange;
use crate::stop::Stop;
use crate::{admit, hold};

/// How many responses of a session go on at once.
const MOST_AT_ONCE: usize = 16;
/// When to try again once one of them may have ended, in seconds.
const RETRY_AFTER: u64 = 1;
/// The status of every call of a session.
const SWITCHED: u16 = 101;

impl Turns {
    /// What a response is held with: the call that waits for one, or another one, as policy stands
    /// now. None where that is refused, once and for all.
    pub(super) async fn take(&mut self) -> Option<Box<Call>> {
        if self.next.is_some() || self.refused.is_some() {
            return self.next.take();
        }
        let exchange = self.standing.exchange();
        match self.open(&exchange).await {
            Ok(call) => Some(call),
            Err(stop) => {
                self.refuse(&exchange, &stop);
                None
            }
        }
    }

    /// Decides anew about the call that waits for a response, where anything was changed since it
    /// was opened. It stays, for what the session has used.
    pub(super) async fn confirm(&mut self) {
        if self.next.is_none() || self.refused.is_some() {
            return;
        }
        let Standing { rights, model, .. } = &self.standing;
        if !self.caller.is_outdated(rights) {
            return;
        }
        let exchange = self.standing.exchange();
        let endpoint = Endpoint::Realtime;
        let target = Target::Model { endpoint, model };
        if let Err(stop) = self.caller.confirm(rights, &exchange, target).await {
            self.refuse(&exchange, &stop);
        }
    }

    fn refuse(&mut self, exchange: &Exchange, stop: &Stop) {
        let refused = self.standing.refused(exchange, &self.caller.entry, stop);
        self.refused = Some(refused);
    }

    async fn open(&mut self, exchange: &Arc<Exchange>) -> Result<Box<Call>, Stop> {
        let Standing {
            rights,
            ledger,
            metrics,
            secret,
            model,
            ..
        } = &self.standing;
        let endpoint = Endpoint::Realtime;
        self.caller = Caller::find(rights, *secret).await?;
        let entry = &self.caller.entry;
        let snapshot = rights.snapshot();
        admit::check_caller(exchange, &snapshot, entry, endpoint)?;
        let target = Target::Model { endpoint, model };
        let permit = admit::decide(exchange, &snapshot, entry, target)?;
        let subject = admit::subject(target);
        if self.running.len() >= MOST_AT_ONCE {
            return Err(Stop::Overloaded {
                retry_after_s: RETRY_AFTER,
                why: "a session has too many responses at once",
                subject,
            });
        }
        let attempt = self.attempt(&permit, exchange);
        let attempt = attempt.ok_or_else(|| Stop::no_upstream(subject.clone()))?;
        rights.note_use(entry, exchange.now);
        let mut plan = Plan {
            attempts: vec![attempt],
        };
        let hold = hold::take(
            ledger, exchange, &permit, &mut plan, DEMAND, target, &subject,
        )
        .await?;
        let on_leave = permit.group().terms.on_leave;
        let endpoint = Some(endpoint);
        let mut call = Call::new(exchange, entry, subject, endpoint, hold, on_leave, metrics);
        self.longest = call.worth.longest_prompt();
        call.sending(&attempt);
        call.answered(SWITCHED, Instant::now());
        if let Some(in_flight) = self.in_flight.take() {
            call.served_by(in_flight);
        }
        Ok(call)
    }

    /// The upstream that the session is with, at the price of now; none where it may not serve the
    /// model any more. How it does is no matter, since the connection is there.
    fn attempt<'a>(&self, permit: &Permit<'a>, exchange: &Exchange) -> Option<Attempt<'a>> {
        let input = PlanInput {
            seed: 0,
            now: exchange.now,
            conditions: &Untroubled,
        };
        let plan = Plan::draw(permit, &input).ok()?;
        plan.attempts.into_iter().find(|attempt| {
            let sent_as = attempt.sent_as.map(|name| name.as_str());
            Some(attempt.upstream) == self.upstream && sent_as == self.served_as.as_deref()
        })
    }
}
