//! The calls of a session, one after the other: each response is held for before it can begin, and
//! settled with what the provider says it used.
//!
//! | how a call ends | what is charged |
//! | --- | --- |
//! | `response.done`, or a transcription | what it says, else an estimate from what was generated |
//! | the session breaks off inside a response | an estimate from what was generated |
//! | the session ends between two responses | nothing |

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use tokio::time::Instant;
use tollgate_ledger::Ledger;
use tollgate_ledger::receipt::Ending;
use tollgate_ledger::request_id::RequestId;
use tollgate_policy::Target;
use tollgate_policy::bound::{Demand, Uses};
use tollgate_policy::endpoint::Endpoint;
use tollgate_policy::group::OnLeave;
use tollgate_policy::id::UpstreamId;
use tollgate_policy::plan::{Attempt, Plan, PlanInput, Untroubled};
use tollgate_policy::secret::SecretHash;
use tollgate_policy::time::Timestamp;
use tollgate_policy::usage::Usage;
use tollgate_policy::verdict::Permit;
use tollgate_rights::Rights;
use tollgate_rights::entry::Entry;
use tollgate_upkeep::refusals::Refusals;
use tollgate_wire::usage::realtime::{ServerEvent, ServerScanner};
use tollgate_wire::usage::{Ended, Metered, estimate};
use tollgate_wire::websocket::Piece;

use crate::call::Call;
use crate::exchange::Exchange;
use crate::health::InFlight;
use crate::metered::Outcome;
use crate::metrics::Metrics;
use crate::stop::Stop;
use crate::{admit, hold, record};

/// What one response can use: all that was said before it, as far as the model reads, and as much
/// as the model gives. Nothing of that is in the request.
pub(super) const DEMAND: Demand = Demand {
    bytes: 0,
    cap: None,
    choices: 1,
    generates: true,
    images: 0,
    sound_micros: 0,
    searches: 0,
    tool_uses: Uses::None,
    search_uses: Uses::None,
    referenced: true,
    audio: true,
    cache: false,
    tools: false,
};

/// Who speaks with what, for as long as the session lasts.
pub(super) struct Standing {
    pub(super) rights: Arc<Rights>,
    pub(super) ledger: Ledger,
    pub(super) metrics: Arc<Metrics>,
    pub(super) refusals: Refusals,
    pub(super) clock: fn() -> Timestamp,
    pub(super) secret: SecretHash,
    /// The request that opened the session.
    pub(super) opening: Arc<Exchange>,
    pub(super) model: String,
}

/// The calls of a session. Dropping it ends the one that is open.
pub(super) struct Turns {
    standing: Standing,
    /// Whose session it is, as they stood at the last call.
    entry: Arc<Entry>,
    upstream: Option<UpstreamId>,
    served_as: Option<String>,
    scanner: ServerScanner,
    /// None only while there is none that could be charged.
    call: Option<Box<Call>>,
    in_flight: Option<InFlight>,
    /// Responses that have begun and not ended.
    running: u32,
    /// What was written down of the client's words while a response goes on, and is charged with it.
    aside: Option<Usage>,
    /// Whether the client has left, so that nothing follows.
    is_last: bool,
}

/// Why there is no further response, by the name that the client is told.
pub(super) struct Refused {
    pub(super) id: RequestId,
    pub(super) code: &'static str,
    pub(super) message: String,
}

impl Turns {
    /// With the call that opened the session.
    pub(super) fn new(standing: Standing, call: Box<Call>) -> Self {
        Self {
            standing,
            entry: Arc::clone(&call.entry),
            upstream: call.upstream(),
            served_as: call.served_as().map(str::to_owned),
            scanner: ServerScanner::new(),
            call: Some(call),
            in_flight: None,
            running: 0,
            aside: None,
            is_last: false,
        }
    }

    /// Reads what the upstream says.
    pub(super) fn read(&mut self, piece: Piece<'_>) -> Option<ServerEvent> {
        self.scanner.push(piece)
    }

    /// Bytes of the upstream's are about to pass, in which it said so.
    ///
    /// # Errors
    /// Where no further response may begin. What passes may pass, and nothing after it.
    pub(super) async fn passing(
        &mut self,
        bytes: usize,
        events: Vec<ServerEvent>,
    ) -> Result<(), Refused> {
        if let Some(call) = &mut self.call {
            call.passed(bytes);
        }
        for event in events {
            match event {
                ServerEvent::ResponseBegins => self.running = self.running.saturating_add(1),
                ServerEvent::Transcribed(metered) if self.is_running() => {
                    let (usage, _) = metered.settled(0);
                    self.aside = Some(self.aside.map_or(usage, |aside| sum(&aside, &usage)));
                }
                ServerEvent::Transcribed(metered) => {
                    self.settle(&metered);
                    self.renew().await?;
                }
                ServerEvent::ResponseEnds(metered) => {
                    self.running = self.running.saturating_sub(1);
                    self.settle(&metered);
                    self.renew().await?;
                }
            }
        }
        let generated = self.scanner.output_bytes();
        if let Some(call) = &mut self.call {
            call.generated(generated);
        }
        Ok(())
    }

    /// Whether a response goes on.
    pub(super) fn is_running(&self) -> bool {
        self.running > 0
    }

    /// The client has left. For how long the response that goes on is read to its end.
    pub(super) fn read_on(&mut self) -> Option<Duration> {
        self.is_last = true;
        self.time_to_read_on()
    }

    /// For how long a response is read on without its client: where one goes on, and the group says
    /// so.
    pub(super) fn time_to_read_on(&self) -> Option<Duration> {
        let call = self.call.as_ref().filter(|_| self.is_running())?;
        match call.on_leave {
            OnLeave::Drain(seconds) => Some(Duration::from_secs(u64::from(seconds))),
            _ => None,
        }
    }

    /// Ends the session, and the call with it.
    pub(super) fn end(&mut self, ending: Ending) {
        let Some(mut call) = self.call.take() else {
            return;
        };
        let generated = self.scanner.output_bytes();
        let is_used = self.is_running() || generated > 0;
        let usage = estimate(0, generated);
        let aside = self.aside.take();
        call.conclude(Outcome {
            ending,
            usage: aside.map_or(usage, |aside| sum(&aside, &usage)),
            requests: u64::from(is_used || aside.is_some()),
            estimated: is_used,
        });
    }

    /// Before the bytes that say so are passed on.
    fn settle(&mut self, metered: &Metered) {
        let Some(mut call) = self.call.take() else {
            return;
        };
        let (usage, estimated) = metered.settled(0);
        let ending = match metered.ended {
            Ended::Failed => Ending::Failed,
            Ended::Incomplete => Ending::Incomplete,
            _ if self.is_last => Ending::Drained,
            Ended::Complete | Ended::Unmarked => Ending::Complete,
        };
        let is_served = ending != Ending::Failed || usage != Usage::NONE;
        let aside = self.aside.take();
        self.in_flight = call.hand_over();
        call.conclude(Outcome {
            ending,
            usage: aside.map_or(usage, |aside| sum(&aside, &usage)),
            requests: u64::from(is_served || aside.is_some()),
            estimated: estimated && is_served,
        });
    }

    /// Holds for the next response, as policy stands now.
    async fn renew(&mut self) -> Result<(), Refused> {
        if self.is_last {
            return Ok(());
        }
        let exchange = self.standing.exchange();
        match self.open(&exchange).await {
            Ok(call) => {
                self.call = Some(call);
                Ok(())
            }
            Err(stop) => Err(self.standing.refused(&exchange, &self.entry, &stop)),
        }
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
        let entry = admit::principal(rights, secret).await?;
        self.entry = Arc::clone(&entry);
        let snapshot = rights.snapshot();
        admit::check_caller(exchange, &snapshot, &entry, endpoint)?;
        let target = Target::Model { endpoint, model };
        let permit = admit::decide(exchange, &snapshot, &entry, target)?;
        let subject = admit::subject(target);
        let attempt = self.attempt(&permit, exchange);
        let attempt = attempt.ok_or_else(|| Stop::no_upstream(subject.clone()))?;
        rights.note_use(&entry, exchange.now);
        let plan = Plan {
            attempts: vec![attempt],
        };
        let hold = hold::take(ledger, exchange, &permit, &plan, DEMAND, target, &subject).await?;
        let on_leave = permit.group().terms.on_leave;
        let endpoint = Some(endpoint);
        let mut call = Call::new(exchange, &entry, subject, endpoint, hold, on_leave, metrics);
        call.sending(&attempt);
        call.answered(SWITCHED);
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

impl Drop for Turns {
    fn drop(&mut self) {
        self.end(Ending::ClientLeft);
    }
}

/// The status of every call of a session.
const SWITCHED: u16 = 101;

impl Standing {
    /// The next call, as if it had been asked for now.
    fn exchange(&self) -> Arc<Exchange> {
        let now = (self.clock)();
        let opening = &self.opening;
        Arc::new(Exchange {
            id: RequestId::new(now, rand::random()),
            method: opening.method.clone(),
            version: opening.version,
            path: opening.path.clone(),
            dialect: opening.dialect,
            client: opening.client,
            started: Instant::now(),
            now,
            settings: Arc::clone(&opening.settings),
            read: OnceLock::new(),
            trace: OnceLock::new(),
        })
    }

    /// Records that a call was refused, as for one of its own.
    fn refused(&self, exchange: &Exchange, entry: &Entry, stop: &Stop) -> Refused {
        let fault = stop.fault(exchange.now);
        let (code, id) = (stop.code(exchange.now), exchange.id);
        let answer = tollgate_wire::answer::answer(&fault, exchange.dialect, &id.to_string());
        self.metrics.refused(code, answer.status);
        record::stopped(&self.refusals, exchange, Some(entry), stop, answer.status);
        let message = tollgate_wire::answer::message(&fault);
        Refused { id, code, message }
    }
}

fn sum(one: &Usage, other: &Usage) -> Usage {
    let add = u64::saturating_add;
    Usage {
        input: add(one.input, other.input),
        cached_input: add(one.cached_input, other.cached_input),
        cache_write_5m: add(one.cache_write_5m, other.cache_write_5m),
        cache_write_1h: add(one.cache_write_1h, other.cache_write_1h),
        input_audio: add(one.input_audio, other.input_audio),
        input_image: add(one.input_image, other.input_image),
        output: add(one.output, other.output),
        reasoning: add(one.reasoning, other.reasoning),
        output_audio: add(one.output_audio, other.output_audio),
        output_image: add(one.output_image, other.output_image),
        audio_micros: add(one.audio_micros, other.audio_micros),
        searches: add(one.searches, other.searches),
        images: add(one.images, other.images),
    }
}
