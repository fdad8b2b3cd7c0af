//! The hold of one call: taken before it is relayed, settled exactly once, however it ends.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use tollgate_journal::Slot;
use tollgate_policy::bound::Quote;
use tollgate_policy::credits::Credits;
use tollgate_policy::id::{GroupId, UpstreamId};
use tollgate_policy::time::Timestamp;
use tollgate_policy::usage::Usage;

use crate::demand::Grip;
use crate::ledger::{Ask, Shared};
use crate::live::Kept;
use crate::meter::Windows;
use crate::receipt::{Ending, MOST_ENDPOINT, MOST_NAME, Receipt, start};
use crate::record::{BYTES_PER_TOKEN, Ended, Record};
use crate::request_id::RequestId;
use crate::sync::Place;

/// Text that is passed on between two notes in the journal of how much it was, in bytes. A call that
/// its gateway does not survive is charged for all but at most so much.
const NOTE_EVERY: u64 = 4096;

/// How a call went.
#[derive(Debug, Clone, Copy)]
pub struct Done<'a> {
    /// The upstream that answered, or the last that was tried.
    pub upstream: Option<UpstreamId>,
    /// The model as the upstream knows it, where that differs. The receipt keeps the first
    /// [`MOST_NAME`] bytes.
    pub served_as: Option<&'a str>,
    /// The status that it answered with.
    pub status: Option<u16>,
    /// Whether the answer was an event stream.
    pub streamed: bool,
    /// How the call ended.
    pub ending: Ending,
    /// What was used.
    pub usage: Usage,
    /// How many requests are charged: 1 where the upstream served the call, else 0.
    pub requests: u64,
    /// Whether the usage is an estimate.
    pub estimated: bool,
    /// By what the call is charged.
    pub quote: Quote,
    /// From the arrival of the call to the first byte of its answer's body.
    pub first_byte: Option<Duration>,
    /// From then to its end.
    pub total: Duration,
}

/// A call that is held for. Dropping it without settling charges the input by an estimate, since the
/// call may have reached an upstream.
#[derive(Debug)]
pub struct Held {
    shared: Arc<Shared>,
    call: Call,
    grip: Grip,
    slot: Option<Slot>,
    noted: u64,
}

/// What the receipt says of the call besides how it went.
#[derive(Debug, Clone)]
pub(crate) struct Call {
    pub(crate) request: RequestId,
    pub(crate) group: GroupId,
    pub(crate) endpoint: String,
    pub(crate) model: Option<String>,
    pub(crate) client: IpAddr,
    pub(crate) started: Timestamp,
    pub(crate) admitted: Timestamp,
    pub(crate) input_tokens: u64,
    pub(crate) quote: Quote,
}

impl Call {
    pub(crate) fn new(ask: &Ask<'_>) -> Self {
        Self {
            request: ask.request,
            group: ask.group.id,
            endpoint: start(ask.endpoint, MOST_ENDPOINT).to_owned(),
            model: ask.model.map(|name| start(name, MOST_NAME).to_owned()),
            client: ask.client,
            started: ask.arrived,
            admitted: ask.now,
            input_tokens: ask.input_tokens,
            quote: ask.quote,
        }
    }
}

impl Held {
    pub(crate) fn new(shared: Arc<Shared>, call: Call, grip: Grip, slot: Slot) -> Self {
        Self {
            shared,
            call,
            grip,
            slot: Some(slot),
            noted: 0,
        }
    }

    /// What is held: all that was asked for, or what was left. It is more once the call was settled
    /// for more.
    pub fn amount(&self) -> Credits {
        self.grip.amount
    }

    /// The tightest limits of a minute as they stood when the call was admitted.
    pub fn windows(&self) -> &Windows {
        &self.grip.windows
    }

    /// The call goes to an upstream with this price now. It is charged by that if the gateway does not
    /// survive.
    pub fn sent_at(&mut self, quote: Quote) {
        if quote == self.call.quote {
            return;
        }
        self.call.quote = quote;
        if let Some(slot) = &self.slot {
            self.shared.revise(slot, &self.call, &self.grip);
        }
    }

    /// By what the call is charged where it is now: the price that it was held for, or was last
    /// [sent](Self::sent_at) at.
    pub fn quote(&self) -> Quote {
        self.call.quote
    }

    /// Notes how many bytes of text were passed on so far, in case the gateway does not survive.
    pub fn progress(&mut self, output_bytes: u64) {
        if output_bytes < self.noted.saturating_add(NOTE_EVERY) {
            return;
        }
        self.noted = output_bytes;
        if let Some(slot) = &self.slot {
            self.shared.note(slot, output_bytes);
        }
    }

    /// Settles the call, and gives what it cost. Once this returns, its receipt survives the gateway.
    /// What comes after the first time changes nothing.
    pub fn settle(&mut self, done: &Done<'_>, now: Timestamp) -> Option<Credits> {
        let slot = self.slot.take()?;
        let live = &self.shared.live;
        let (cost, done) = &self.cost(done);
        let cost = *cost;
        let charged = live.cover(&mut self.grip, cost);
        let uncovered = cost.as_micros().saturating_sub(charged.as_micros());
        let uncovered = Credits::from_micros(uncovered);
        if uncovered > Credits::ZERO {
            self.shared.count_uncovered();
        }
        let place = match Record::of(&Ended::new(done, cost, uncovered)) {
            Ok(record) => self
                .shared
                .write(slot, record.as_bytes(), self.call.request),
            Err(_) => Place::Begun(slot),
        };
        // Others may have what is left of the hold only now: until the receipt was written, a killed
        // gateway would have charged all of it.
        let tokens = done
            .usage
            .input_tokens()
            .saturating_add(done.usage.output_tokens());
        live.settle(&self.grip, self.call.group, charged, tokens, now);
        let receipt = Arc::new(self.receipt(done, cost, uncovered));
        self.shared.live.keep(Kept {
            place,
            receipt,
            pots: self.grip.pots,
        });
        Some(cost)
    }

    /// What the call cost. A sum beyond the range is nothing that a provider can mean: what was held
    /// stands for it, of which nothing is uncovered, and the receipt says that it is an estimate.
    fn cost<'a>(&self, done: &Done<'a>) -> (Credits, Done<'a>) {
        if let Some(cost) = done.quote.cost(&done.usage, done.requests) {
            return (cost, *done);
        }
        tracing::error!(
            request_id = %self.call.request,
            held = %self.grip.amount,
            "a call's usage costs more than can be counted: what was held for it is charged"
        );
        let estimated = true;
        (self.grip.amount, Done { estimated, ..*done })
    }

    fn receipt(&mut self, done: &Done<'_>, cost: Credits, uncovered: Credits) -> Receipt {
        let call = &mut self.call;
        Receipt {
            request: call.request,
            payer: self.grip.payer,
            group: call.group,
            endpoint: std::mem::take(&mut call.endpoint),
            model: call.model.take(),
            upstream: done.upstream,
            served_as: done.served_as.map(|name| start(name, MOST_NAME).to_owned()),
            client: call.client,
            status: done.status,
            streamed: done.streamed,
            ending: done.ending,
            usage: done.usage,
            estimated: done.estimated,
            quote: done.quote,
            cost,
            uncovered,
            started: call.started,
            first_byte: done.first_byte,
            total: done.total,
        }
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        if self.slot.is_none() {
            return;
        }
        let usage = Usage {
            input: self.call.input_tokens,
            output: self.noted.div_ceil(BYTES_PER_TOKEN),
            ..Usage::NONE
        };
        let done = Done {
            upstream: None,
            served_as: None,
            status: None,
            streamed: false,
            ending: Ending::Dropped,
            usage,
            requests: 1,
            estimated: true,
            quote: self.call.quote,
            first_byte: None,
            total: Duration::ZERO,
        };
        let now = self.call.admitted;
        self.settle(&done, now);
    }
}
