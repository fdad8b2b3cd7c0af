//! A call that policy permitted and that is held for, from then to its end.
//!
//! However it ends, and wherever it is dropped, it is settled once and leaves one record: a client
//! that leaves takes the future of its request with it, and the call must not vanish with that.

mod progress;

use std::borrow::Cow;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use tokio::time::Instant;
use tollgate_ledger::receipt::Ending;
use tollgate_ledger::{Done, Held, Windows};
use tollgate_policy::bound::Quote;
use tollgate_policy::breaker::Outcome as Became;
use tollgate_policy::credits::Credits;
use tollgate_policy::endpoint::Endpoint;
use tollgate_policy::group::OnLeave;
use tollgate_policy::id::UpstreamId;
use tollgate_policy::plan::Attempt;
use tollgate_policy::time::Timestamp;
use tollgate_policy::usage::Usage;
use tollgate_rights::entry::Entry;
use tollgate_rights::responses::{Kept, Place};

use crate::exchange::Exchange;
use crate::health::InFlight;
use crate::hold::{Hold, Worth};
use crate::metered::{Metered, Outcome, Reached};
use crate::metrics::{self, Metrics};
use crate::record;
use crate::stored::Learning;
use progress::{Progress, Sent};

/// What is asked for, by the names that records use.
#[derive(Debug, Clone)]
pub(crate) struct Subject {
    pub(crate) endpoint: Cow<'static, str>,
    pub(crate) model: Option<String>,
}

/// A permitted call that has not ended.
pub(crate) struct Call {
    pub(crate) exchange: Arc<Exchange>,
    pub(crate) entry: Arc<Entry>,
    pub(crate) subject: Subject,
    pub(crate) endpoint: Option<Endpoint>,
    pub(crate) progress: Progress,
    /// Boxed, like what else a call has at its end alone: it may be open for long.
    pub(crate) settled: Option<Box<Settlement>>,
    pub(crate) on_leave: OnLeave,
    in_flight: Option<InFlight>,
    held: Held,
    pub(crate) worth: Worth,
    metered: Metered,
    learning: Option<Box<Learning>>,
    metrics: Arc<Metrics>,
    /// Where its end is counted.
    row: Arc<metrics::Row>,
    open: bool,
}

/// What a call was settled with.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Settlement {
    pub(crate) outcome: Outcome,
    pub(crate) cost: Credits,
}

impl Call {
    /// A call that begins to be forwarded. It is handed on from step to step, so it has one place.
    pub(crate) fn new(
        exchange: &Arc<Exchange>,
        entry: &Arc<Entry>,
        subject: Subject,
        endpoint: Option<Endpoint>,
        hold: Hold,
        on_leave: OnLeave,
        metrics: &Arc<Metrics>,
    ) -> Box<Self> {
        let row = metrics.relay_began(endpoint, &subject.endpoint);
        let Hold { held, worth } = hold;
        Box::new(Self {
            exchange: Arc::clone(exchange),
            entry: Arc::clone(entry),
            subject,
            endpoint,
            progress: Progress::default(),
            settled: None,
            on_leave,
            in_flight: None,
            held,
            worth,
            metered: Metered::default(),
            learning: None,
            metrics: Arc::clone(metrics),
            row,
            open: true,
        })
    }

    /// The cap that keeps the output within what is held, if an upstream with this price and model needs one.
    pub(crate) fn cap(&self, attempt: &Attempt<'_>) -> Option<u64> {
        self.worth.cap(&attempt.quote, &attempt.window())
    }

    /// The limits of a minute as they stood when the call was admitted.
    pub(crate) fn windows(&self) -> &Windows {
        self.held.windows()
    }

    /// The request is about to be sent to an upstream.
    pub(crate) fn sending(&mut self, attempt: &Attempt<'_>) {
        self.held.sent_at(attempt.quote);
        self.progress.sent = Some(Sent {
            upstream: attempt.upstream,
            credential: attempt.credential,
            served_as: attempt.sent_as.map(ToString::to_string),
            may_serve: true,
        });
    }

    /// Who serves it, for a call that follows on the same connection.
    pub(crate) fn hand_over(&mut self) -> Option<InFlight> {
        self.in_flight.take()
    }

    /// This one serves it, and has it until it ends.
    pub(crate) fn served_by(&mut self, in_flight: InFlight) {
        self.in_flight = Some(in_flight);
    }

    /// A moment as the wall clock has it.
    pub(crate) fn at(&self, now: Instant) -> Timestamp {
        self.exchange.now.plus(self.after(now))
    }

    /// How long after the beginning of the request it is.
    fn after(&self, now: Instant) -> Duration {
        now.saturating_duration_since(self.exchange.started)
    }

    /// The request is written, and goes to that upstream now.
    pub(crate) fn handed_over(&mut self) {
        let now = self.exchange.started.elapsed();
        let first = self.progress.handed.map_or(now, |(first, _)| first);
        self.progress.handed = Some((first, now));
    }

    /// Nothing of the request reached the upstream, or it refused it: nothing is owed for it there.
    pub(crate) fn unserved(&mut self) {
        if let Some(sent) = &mut self.progress.sent {
            sent.may_serve = false;
        }
    }

    /// The upstream began to answer.
    pub(crate) fn answered(&mut self, status: u16, now: Instant) {
        self.progress.answered = Some((status, self.after(now)));
    }

    /// When the upstream began to answer, if it did.
    pub(crate) fn answered_at(&self) -> Option<Instant> {
        let (_, after) = self.progress.answered?;
        Some(self.exchange.started + after)
    }

    /// The upstream that has the request, or had it last.
    pub(crate) fn upstream(&self) -> Option<UpstreamId> {
        self.progress.sent.as_ref().map(|sent| sent.upstream)
    }

    /// The model as that upstream knows it, where it differs.
    pub(crate) fn served_as(&self) -> Option<&str> {
        self.progress.sent.as_ref()?.served_as.as_deref()
    }

    /// The answer's body is about to pass. `filtered` is whether we alone asked for its usage.
    /// `opaque` is whether it is compressed.
    pub(crate) fn metered(&mut self, events: bool, filtered: bool, opaque: bool) {
        self.progress.streamed = events;
        if events {
            self.metrics.stream_began();
        }
        self.metered = Metered::new(self.endpoint, events, filtered, opaque);
    }

    /// The upstream is going to keep the response.
    pub(crate) fn learn(&mut self, kept: &Arc<Kept>) {
        self.learning = Some(Box::new(Learning::new(kept)));
    }

    /// Notes whose the response is, before its id is passed on.
    fn learn_from(&mut self, data: &[u8]) {
        let (Some(learning), Some(sent)) = (&mut self.learning, &self.progress.sent) else {
            return;
        };
        let place = Place {
            upstream: sent.upstream,
            credential: sent.credential,
        };
        let token = self.entry.credential().principal.token.id;
        let events = self.progress.streamed;
        if learning.read(data, events, token, place, self.exchange.now) {
            self.learning = None;
        }
    }

    /// Whether the call has not ended.
    pub(crate) const fn is_open(&self) -> bool {
        self.open
    }

    /// Looks at a piece of the answer before it is passed on, and gives what is. It counts before the
    /// call is settled, since it may be the first and the last.
    pub(crate) fn read(&mut self, data: Bytes, now: Instant) -> Bytes {
        let data = self.scan(data);
        self.passed(data.len(), now);
        self.settle_at_its_end(now);
        data
    }

    /// Looks at a piece of the answer that may not be passed on.
    pub(crate) fn look_at(&mut self, data: Bytes, now: Instant) -> Bytes {
        let data = self.scan(data);
        self.settle_at_its_end(now);
        data
    }

    /// Whether the answer has said that it is at its end, or was ended.
    pub(crate) const fn is_settled(&self) -> bool {
        self.settled.is_some()
    }

    /// An answer that says that it is at its end is settled before that word leaves, since a client
    /// may take it for the end.
    fn settle_at_its_end(&mut self, now: Instant) {
        if self.metered.is_over() {
            self.settle(Ending::Complete, now);
        }
    }

    fn scan(&mut self, data: Bytes) -> Bytes {
        if self.learning.is_some() {
            self.learn_from(&data);
        }
        let data = self.metered.read(data);
        self.held.progress(self.metered.output_bytes());
        data
    }

    /// What was held back of an answer that has ended.
    pub(crate) fn rest(&mut self, now: Instant) -> Bytes {
        let rest = self.metered.rest();
        self.passed(rest.len(), now);
        rest
    }

    /// So many bytes are passed on.
    pub(crate) fn passed(&mut self, bytes: usize, now: Instant) {
        if bytes == 0 {
            return;
        }
        let after = self.after(now);
        self.progress.first_byte.get_or_insert(after);
        self.progress.bytes = self.progress.bytes.saturating_add(bytes as u64);
    }

    /// Settles the call; what comes after the first time changes nothing. Once this returns, its
    /// receipt survives the gateway.
    fn settle(&mut self, ending: Ending, now: Instant) {
        if self.settled.is_some() {
            return;
        }
        let sent = self.progress.sent.as_ref();
        let reached = match (self.progress.answered, sent) {
            (Some((status, _)), _) => Reached::Answer(status),
            (None, Some(sent)) if sent.may_serve => Reached::Upstream,
            _ => Reached::Nobody,
        };
        let quote = self.quote();
        let asked = (self.endpoint, &quote.price);
        let outcome = self.metered.outcome(ending, reached, &self.worth, asked);
        self.settle_as(outcome, now);
    }

    /// By what it is charged: the price of whoever has the request.
    fn quote(&self) -> Quote {
        match self.progress.sent {
            Some(_) => self.held.quote(),
            None => Quote::free(),
        }
    }

    fn settle_as(&mut self, outcome: Outcome, now: Instant) {
        let sent = self.progress.sent.as_ref();
        let done = Done {
            upstream: sent.map(|sent| sent.upstream),
            served_as: sent.and_then(|sent| sent.served_as.as_deref()),
            status: self.progress.answered.map(|(status, _)| status),
            streamed: self.progress.streamed,
            ending: outcome.ending,
            usage: outcome.usage,
            requests: outcome.requests,
            estimated: outcome.estimated,
            quote: self.quote(),
            first_byte: self.progress.first_byte,
            total: self.after(now),
        };
        let at = self.at(now);
        let cost = self.held.settle(&done, at).unwrap_or_default();
        self.settled = Some(Box::new(Settlement { outcome, cost }));
    }

    /// Ends the call and writes its record; what comes after the first end changes nothing.
    pub(crate) fn end(&mut self, ending: Ending, now: Instant) {
        self.end_by(ending, now, |call| call.settle(ending, now));
    }

    /// Ends the call with what was read of it elsewhere than in a body.
    pub(crate) fn conclude(&mut self, outcome: Outcome, now: Instant) {
        self.end_by(outcome.ending, now, |call| call.settle_as(outcome, now));
    }

    fn end_by(&mut self, ending: Ending, now: Instant, settle: impl FnOnce(&mut Self)) {
        if !std::mem::take(&mut self.open) {
            return;
        }
        // An upstream that breaks off behind the end of its answer did serve it.
        let served = self.is_settled();
        if !served {
            settle(self);
        }
        if let (Some(mut in_flight), false) = (self.in_flight.take(), served) {
            let at = self.at(now);
            match ending {
                Ending::UpstreamBroke => in_flight.outcome(Became::Broken, at),
                Ending::UpstreamSilent => in_flight.outcome(Became::TimedOut, at),
                _ => {}
            }
        }
        // A client that leaves after the answer's own end has it all.
        let settled = self.settled.as_deref();
        let ending = settled.map_or(ending, |one| one.outcome.ending);
        self.count(ending, now);
        record::ended(self, ending);
    }

    fn count(&self, ending: Ending, now: Instant) {
        let Progress {
            answered,
            handed,
            streamed,
            first_byte,
            ..
        } = self.progress;
        let settled = self.settled.as_deref();
        let ended = metrics::Ended {
            ending,
            usage: settled.map_or(Usage::NONE, |one| one.outcome.usage),
            cost: settled.map_or(Credits::ZERO, |one| one.cost),
            added: handed.map(|(first, _)| first.saturating_sub(self.exchange.read_after())),
            upstream: answered
                .zip(handed)
                .map(|((_, after), (_, last))| after.saturating_sub(last)),
            first_byte,
            total: self.after(now),
        };
        let (status, row) = (answered.map(|(status, _)| status), &self.row);
        self.metrics.relay_ended(row, &ended, status, streamed);
    }

    /// Notes how much text was generated, for a gateway that does not survive.
    pub(crate) fn generated(&mut self, output_bytes: u64) {
        self.held.progress(output_bytes);
    }

    /// Ends the call without an answer to pass on. Its record is that of the answer made instead.
    pub(crate) fn abandon(mut self: Box<Self>) -> Subject {
        if std::mem::take(&mut self.open) {
            self.settle(Ending::Unanswered, Instant::now());
            self.metrics.relay_abandoned();
        }
        self.subject.clone()
    }
}

impl Drop for Call {
    fn drop(&mut self) {
        if self.open {
            self.end(Ending::ClientLeft, Instant::now());
        }
    }
}
