//! The calls of a session: each response is held for before it can begin, and settled with what the
//! provider says it used. One that begins while another goes on is held for as soon as that is known.
//!
//! | how a call ends | what is charged |
//! | --- | --- |
//! | `response.done`, or a transcription | what it says, else an estimate |
//! | the session breaks off inside a response | an estimate of what it read and generated |
//! | the session ends between two responses | nothing |

mod opening;

use std::time::Duration;

use tokio::time::Instant;
use tollgate_ledger::receipt::Ending;
use tollgate_policy::bound::{Demand, Uses};
use tollgate_policy::group::OnLeave;
use tollgate_policy::id::UpstreamId;
use tollgate_policy::usage::Usage;
use tollgate_wire::usage::realtime::{
    ClientEvent, ClientScanner, ResponseTag, Said, ServerEvent, ServerScanner,
};
use tollgate_wire::usage::{Ended, Metered};
use tollgate_wire::websocket::Piece;

use super::charge::{Charge, sum};
use super::prompt::Conversation;
use super::standing::{Refused, Standing};
use crate::admit::Caller;
use crate::call::Call;
use crate::health::InFlight;
use crate::metered::Outcome;

/// What one response can use: all that was said before it, as far as the model reads, and as much
/// as the model gives. Nothing of that is in the request.
pub(super) const DEMAND: Demand = Demand {
    bytes: 0,
    cap: None,
    least_output: 1,
    choices: 1,
    generates: true,
    prompts: 1,
    repeated: 0,
    images: 0,
    sound_micros: 0,
    searches: 0,
    tool_uses: Uses::None,
    search_uses: Uses::None,
    referenced: true,
    may_sound: true,
    audio: true,
    cache: false,
    tools: false,
    compacts: false,
};

/// The calls of a session. Dropping it ends those that are open.
pub(super) struct Turns {
    standing: Standing,
    /// Whose session it is, as they stood at the last call.
    caller: Caller,
    upstream: Option<UpstreamId>,
    served_as: Option<String>,
    scanner: ServerScanner,
    client: ClientScanner,
    conversation: Conversation,
    /// The longest prompt that the last call was held for, in tokens.
    longest: u64,
    /// The responses that go on, oldest first.
    running: Vec<Turn>,
    /// What the next response is held with, while none goes on.
    next: Option<Box<Call>>,
    in_flight: Option<InFlight>,
    /// What is charged with the call that ends next: transcriptions while a response goes on, and
    /// responses that could not be held for.
    aside: Charge,
    /// What was said outside of the responses that are known.
    loose: Said,
    /// Why the session has to end, once it has.
    refused: Option<Refused>,
    /// Whether the client has left, so that nothing follows.
    is_last: bool,
}

/// A response that goes on.
struct Turn {
    tag: Option<ResponseTag>,
    call: Box<Call>,
    /// What the client had said when it began.
    heard: Said,
    /// What it reads, by an estimate.
    prompt: Usage,
    generated: Said,
}

impl Turns {
    /// With the call that opened the session.
    pub(super) fn new(standing: Standing, caller: Caller, call: Box<Call>) -> Self {
        Self {
            standing,
            caller,
            upstream: call.upstream(),
            longest: call.worth.longest_prompt(),
            served_as: call.served_as().map(str::to_owned),
            scanner: ServerScanner::new(),
            client: ClientScanner::new(),
            conversation: Conversation::NEW,
            running: Vec::new(),
            next: Some(call),
            in_flight: None,
            aside: Charge::NOTHING,
            loose: Said::NOTHING,
            refused: None,
            is_last: false,
        }
    }

    /// Reads what the upstream says.
    pub(super) fn read(&mut self, piece: Piece<'_>) -> Option<ServerEvent> {
        self.scanner.push(piece)
    }

    /// Reads what the client says, and tells whether it asks for a response.
    pub(super) fn hear(&mut self, piece: Piece<'_>) -> bool {
        self.client.push(piece) == Some(ClientEvent::ResponseCreate)
    }

    /// The client asks for a response.
    ///
    /// # Errors
    /// Where none may begin any more: then what asks for it may not pass.
    pub(super) async fn asked(&mut self) -> Result<(), Refused> {
        self.confirm().await;
        self.refused.take().map_or(Ok(()), Err)
    }

    /// Bytes of the upstream's are about to pass, in which it said so.
    ///
    /// # Errors
    /// Where no further response may begin, or one has that may not. What passes may pass, and
    /// nothing after it.
    pub(super) async fn passing(
        &mut self,
        bytes: usize,
        events: Vec<ServerEvent>,
    ) -> Result<(), Refused> {
        let first = self.running.first_mut().map(|turn| &mut turn.call);
        if let Some(call) = first.or(self.next.as_mut()) {
            call.passed(bytes, Instant::now());
        }
        for event in events {
            match event {
                ServerEvent::ResponseBegins(tag) => self.begins(tag).await,
                ServerEvent::Generates(tag, said) => self.generates(tag, said),
                ServerEvent::ResponseEnds(tag, metered) => self.ends(tag, &metered).await,
                ServerEvent::Transcribed(metered) => self.transcribed(&metered).await,
            }
        }
        if self.running.is_empty() && !self.is_last {
            self.next = self.take().await;
        }
        self.refused.take().map_or(Ok(()), Err)
    }

    /// Whether a response goes on.
    pub(super) const fn is_running(&self) -> bool {
        !self.running.is_empty()
    }

    /// The client has left. For how long the responses that go on are read to their end.
    pub(super) fn read_on(&mut self) -> Option<Duration> {
        self.is_last = true;
        self.time_to_read_on()
    }

    /// For how long responses are read on without their client: where one goes on, and the group
    /// says so.
    pub(super) fn time_to_read_on(&self) -> Option<Duration> {
        match self.running.first()?.call.on_leave {
            OnLeave::Drain(seconds) => Some(Duration::from_secs(u64::from(seconds))),
            _ => None,
        }
    }

    /// Ends the session, and all its calls with it.
    pub(super) fn end(&mut self, ending: Ending) {
        for turn in std::mem::take(&mut self.running) {
            let generated = self.estimate(turn.generated);
            let charge = Charge::estimated(sum(&turn.prompt, &generated));
            self.conclude(turn.call, ending, charge);
        }
        if let Some(call) = self.next.take() {
            let charge = match std::mem::take(&mut self.loose) {
                Said::NOTHING => Charge::NOTHING,
                said => Charge::estimated(said.generated()),
            };
            self.conclude(call, ending, charge);
        }
        if std::mem::replace(&mut self.aside, Charge::NOTHING) != Charge::NOTHING {
            tracing::warn!("a session used what it could not be held for, nor charged");
        }
    }

    async fn begins(&mut self, tag: Option<ResponseTag>) {
        if tag.is_some() && self.running.iter().any(|turn| turn.tag == tag) {
            return;
        }
        // The client need not have asked for it, but may have stopped to speak.
        self.confirm().await;
        let call = self.take().await;
        let heard = self.client.said();
        let prompt = self.conversation.prompt(heard, self.longest);
        match call {
            Some(call) => self.running.push(Turn {
                tag,
                call,
                heard,
                prompt,
                generated: Said::NOTHING,
            }),
            // It has begun all the same.
            None => self.aside = self.aside.and(Charge::estimated(prompt)),
        }
    }

    fn generates(&mut self, tag: Option<ResponseTag>, said: Said) {
        let is_narrow = self.client.is_narrow();
        let said = if is_narrow { said.narrow() } else { said };
        let at = self.find(tag);
        let Some(turn) = at.and_then(|at| self.running.get_mut(at)) else {
            self.loose = self.loose.and(said);
            return;
        };
        turn.generated = turn.generated.and(said);
        turn.call.generated(turn.generated.as_text());
    }

    async fn ends(&mut self, tag: Option<ResponseTag>, metered: &Metered) {
        if self.find(tag).is_none() && self.refused.is_none() {
            self.begins(tag).await;
        }
        let Some(at) = self.find(tag) else {
            return;
        };
        let turn = self.running.remove(at);
        let generated = self.estimate(turn.generated);
        if let Some(usage) = &metered.usage {
            self.conversation.counted(usage, turn.heard);
        }
        let ending = match metered.ended {
            Ended::Failed => Ending::Failed,
            Ended::Incomplete => Ending::Incomplete,
            _ if self.is_last => Ending::Drained,
            Ended::Complete | Ended::Unmarked => Ending::Complete,
        };
        let charge = match metered.usage {
            Some(usage) => Charge {
                usage,
                served: ending != Ending::Failed || usage != Usage::NONE,
                estimated: false,
            },
            None if ending == Ending::Failed && generated == Usage::NONE => Charge::NOTHING,
            None => Charge::estimated(sum(&turn.prompt, &generated)),
        };
        self.settle(turn.call, ending, charge);
    }

    async fn transcribed(&mut self, metered: &Metered) {
        self.loose = Said::NOTHING;
        let charge = Charge::transcribed(metered);
        let call = match self.is_running() {
            true => None,
            false => self.take().await,
        };
        match call {
            Some(call) => self.settle(call, Ending::Complete, charge),
            None => self.aside = self.aside.and(charge),
        }
    }

    /// The response that is meant, of those that go on. Who names none means the oldest one.
    fn find(&self, tag: Option<ResponseTag>) -> Option<usize> {
        let mut turns = self.running.iter();
        let named = turns.position(|turn| turn.tag == tag);
        named.or_else(|| {
            let mut turns = self.running.iter();
            turns.position(|turn| turn.tag.is_none() || tag.is_none())
        })
    }

    /// What a response generated that nobody counted.
    fn estimate(&mut self, generated: Said) -> Usage {
        let loose = std::mem::take(&mut self.loose);
        generated.and(loose).generated()
    }

    /// Before the bytes that say so are passed on.
    fn settle(&mut self, mut call: Box<Call>, ending: Ending, charge: Charge) {
        let in_flight = call.hand_over().or_else(|| self.in_flight.take());
        self.conclude(call, ending, charge);
        self.in_flight = in_flight;
    }

    /// Ends a call, and the connection's with it where no other one has it.
    fn conclude(&mut self, mut call: Box<Call>, ending: Ending, charge: Charge) {
        let aside = std::mem::replace(&mut self.aside, Charge::NOTHING);
        let charge = charge.and(aside);
        if let Some(in_flight) = self.in_flight.take() {
            call.served_by(in_flight);
        }
        let outcome = Outcome {
            ending,
            usage: charge.usage,
            requests: u64::from(charge.served),
            estimated: charge.estimated,
        };
        call.conclude(outcome, Instant::now());
    }
}

impl Drop for Turns {
    fn drop(&mut self) {
        self.end(Ending::ClientLeft);
    }
}
