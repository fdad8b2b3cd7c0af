//! From a permit to a hold: the worst case of the call is taken before anything is relayed.
//!
//! Where less is left than the worst case, a strict group has the output capped to what was held.

use tollgate_ledger::{Ask, Denied, Held, Ledger, Window, Windows};
use tollgate_policy::bound;
use tollgate_policy::bound::{Bound, Demand, Quote, Uses};
use tollgate_policy::cap::CapField;
use tollgate_policy::credits::Credits;
use tollgate_policy::endpoint::Endpoint;
use tollgate_policy::group::Enforcement;
use tollgate_policy::limit::Rate;
use tollgate_policy::plan::{Attempt, Plan};
use tollgate_policy::time::Timestamp;
use tollgate_policy::verdict::{Layer, Permit, Reason, ReasonKind};
use tollgate_policy::{Refusal, Target};
use tollgate_wire::answer::Fault;
use tollgate_wire::form::FormFields;
use tollgate_wire::peek::Peek;

use crate::call::Subject;
use crate::exchange::Exchange;
use crate::stop::Stop;

/// When to try again once a place for a receipt may be free, in seconds.
const RETRY_AFTER: u64 = 1;

/// The smallest `max_output_tokens` that OpenAI takes of a response.
const LEAST_RESPONSE: u64 = 16;

/// A hold, and what it was taken for.
pub(crate) struct Hold {
    pub(crate) held: Held,
    pub(crate) worth: Worth,
}

/// What a call can use, and how much of that is covered.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Worth {
    pub(crate) demand: Demand,
    pub(crate) window: bound::Window,
    /// What was held.
    amount: Credits,
    /// Whether less was held than the worst case, so that the output is to be capped.
    lowers: bool,
}

impl Worth {
    /// The longest prompt that is held for, in tokens.
    pub(crate) fn longest_prompt(&self) -> u64 {
        self.demand.input_bound(&self.window)
    }

    /// The cap that keeps the output within what was held, if one is needed.
    pub(crate) fn cap(&self, quote: &Quote, window: &bound::Window) -> Option<u64> {
        let bound = quote.bound(&self.demand, window);
        if !self.lowers || quote.cost_of(&bound) <= self.amount {
            return None;
        }
        quote.affordable(&bound, self.amount)
    }
}

/// What the body of a model call says about how much it can use.
pub(crate) fn demand(peek: &Peek<'_>, endpoint: Endpoint, bytes: usize) -> Demand {
    let bytes = bytes as u64;
    let only = |one, count| if endpoint == one { count } else { 0 };
    let calls = peek.max_tool_calls;
    let calls = calls.filter(|_| endpoint == Endpoint::Responses);
    let cap = peek.caps.bound(endpoint);
    Demand {
        bytes,
        cap,
        least_output: match endpoint {
            Endpoint::Responses => LEAST_RESPONSE,
            Endpoint::Messages => least_message(peek.thinking_budget, cap),
            _ => 0,
        },
        choices: peek.choices,
        generates: endpoint.generates(),
        prompts: peek.features.prompts,
        // Providers charge it with each document.
        repeated: only(Endpoint::Rerank, peek.features.query),
        images: match endpoint {
            Endpoint::ImageGenerations | Endpoint::ImageEdits => peek.choices,
            _ => 0,
        },
        // Nobody takes more than a second to say a byte of text.
        sound_micros: only(Endpoint::Speech, bytes.saturating_mul(1_000_000)),
        // A search is a hundred documents, each of which has three bytes at least: `"",`.
        searches: only(Endpoint::Rerank, 1 + bytes / 300),
        tool_uses: uses(peek.features.provider_runs, endpoint).capped(calls),
        search_uses: uses(peek.features.provider_searches, endpoint).capped(calls),
        // There is a picture at least, whichever member it stands in.
        referenced: peek.features.referenced || endpoint == Endpoint::ImageEdits,
        may_sound: peek.features.may_sound,
        audio: peek.features.audio || endpoint == Endpoint::Speech,
        cache: peek.features.cache,
        tools: peek.features.tools,
        compacts: peek.features.compacts,
    }
}

/// Anthropic takes no cap that does not exceed what the model may think with. A client's own cap
/// below that is the client's own matter.
fn least_message(thinking_budget: Option<u64>, cap: Option<u64>) -> u64 {
    let fits = |budget: &u64| cap.is_none_or(|cap| cap > *budget);
    let budget = thinking_budget.filter(fits);
    budget.map_or(0, |budget| budget.saturating_add(1))
}

/// What a form says about how much it can use.
pub(crate) fn form_demand(fields: &FormFields, endpoint: Endpoint) -> Demand {
    let sound_micros = fields.sound_micros(endpoint);
    Demand {
        bytes: fields.bytes.saturating_add(fields.picture_tokens(endpoint)),
        choices: fields.images(endpoint).max(1),
        generates: endpoint.generates(),
        images: fields.images(endpoint),
        sound_micros,
        audio: sound_micros > 0,
        ..Demand::default()
    }
}

/// Only the endpoint of messages reads what a tool says of its uses.
fn uses(said: Uses, endpoint: Endpoint) -> Uses {
    match said {
        Uses::AtMost(_) if endpoint != Endpoint::Messages => Uses::Unbounded,
        said => said,
    }
}

/// Takes the worst case of a call, by whichever upstream of the plan would charge the most. Where
/// what is left covers the model that was asked for and not its fallbacks, these leave the plan.
///
/// CANCEL: nothing is held before this returns.
pub(crate) async fn take(
    ledger: &Ledger,
    exchange: &Exchange,
    permit: &Permit<'_>,
    plan: &mut Plan<'_>,
    demand: Demand,
    target: Target<'_>,
    subject: &Subject,
) -> Result<Hold, Stop> {
    let window = permit.model().map(|model| model.window).unwrap_or_default();
    let enforcement = match permit.group().terms.enforcement {
        // What has no field for a cap cannot be lowered.
        Enforcement::Strict if !can_be_capped(target) => Enforcement::Refuse,
        other => other,
    };
    let is_free = target.endpoint().is_some_and(Endpoint::is_free);
    // An upload may have taken long: limits and periods are those of now.
    let now = exchange.now.plus(exchange.started.elapsed());
    let (input, output) = demand.estimate(&window);
    loop {
        let Some(first) = plan.attempts.first() else {
            return Err(Stop::no_upstream(subject.clone()));
        };
        let (full, least) = match is_free {
            true => (Credits::ZERO, Credits::ZERO),
            false => costs(&plan.attempts, &demand, enforcement),
        };
        let ask = Ask {
            request: exchange.id,
            principal: permit.principal(),
            group: permit.group(),
            endpoint: &subject.endpoint,
            model: subject.model.as_deref(),
            client: exchange.client,
            input_tokens: input,
            quote: first.quote,
            full,
            least,
            tokens: u32::try_from(input.saturating_add(output)).unwrap_or(u32::MAX),
            arrived: exchange.now,
            now,
        };
        let held = match ledger.hold(&ask).await {
            Ok(held) => held,
            Err(denied) if denied.is_short() && drop_fallbacks(plan, permit) => continue,
            Err(denied) => return Err(stop(denied, subject, permit, now)),
        };
        let worth = Worth {
            demand,
            window,
            amount: held.amount(),
            // Where all was held, it covers each attempt.
            lowers: enforcement == Enforcement::Strict && held.amount() < full,
        };
        return Ok(Hold { held, worth });
    }
}

/// What is to be held for the dearest of these attempts, and the least that will do.
fn costs(
    attempts: &[Attempt<'_>],
    demand: &Demand,
    enforcement: Enforcement,
) -> (Credits, Credits) {
    let each = attempts.iter().map(|attempt| {
        let (quote, window) = (&attempt.quote, attempt.window());
        let cost = |bound: &Bound| quote.cost_of(bound);
        match enforcement {
            Enforcement::Strict => {
                let bound = quote.bound(demand, &window);
                (cost(&bound), cost(&bound.least()))
            }
            Enforcement::Refuse => {
                let full = cost(&quote.bound(demand, &window));
                (full, full)
            }
            Enforcement::Lenient => {
                let full = cost(&quote.estimate(demand, &window));
                (full, full.min(Credits::from_micros(1)))
            }
        }
    });
    let none = (Credits::ZERO, Credits::ZERO);
    each.fold(none, |most, one| (most.0.max(one.0), most.1.max(one.1)))
}

/// Leaves the attempts of the model that was asked for, if there are any and others, too.
fn drop_fallbacks(plan: &mut Plan<'_>, permit: &Permit<'_>) -> bool {
    let Some(asked) = permit.model() else {
        return false;
    };
    let is_own = |attempt: &Attempt<'_>| attempt.model.is_some_and(|model| model.id == asked.id);
    let own = plan.attempts.iter().filter(|one| is_own(one)).count();
    if own == 0 || own == plan.attempts.len() {
        return false;
    }
    plan.attempts.retain(is_own);
    true
}

/// The limit that a reason is about, where it is one of a minute: it has no room until then.
fn windows(reason: &Reason, permit: &Permit<'_>, now: Timestamp) -> Windows {
    let principal = permit.principal();
    let limits = match reason.layer {
        Layer::Token => &principal.token.limits,
        Layer::Account => &principal.account.limits,
        Layer::Group | Layer::Catalog => &permit.group().terms.limits,
    };
    let full = |rate: Rate| Window {
        limit: rate.per_minute(),
        remaining: 0,
        resets_in: reason.until.unwrap_or(now).since(now),
    };
    let of = |kind, rate: Option<Rate>| rate.filter(|_| reason.kind == kind).map(full);
    Windows {
        requests: of(ReasonKind::RequestLimit, limits.requests),
        tokens: of(ReasonKind::TokenLimit, limits.tokens),
    }
}

fn can_be_capped(target: Target<'_>) -> bool {
    let fields = target.endpoint().map_or(&[] as &[CapField], CapField::of);
    !fields.is_empty()
}

fn stop(denied: Denied, subject: &Subject, permit: &Permit<'_>, now: Timestamp) -> Stop {
    let refused = |refusal: Box<Refusal>| Stop::Refused {
        windows: windows(refusal.first(), permit, now),
        refusal,
        subject: subject.clone(),
    };
    match denied {
        Denied::Refused(refusal) => refused(refusal),
        Denied::NoRoom(_) => Stop::Overloaded {
            retry_after_s: RETRY_AFTER,
            why: "its receipt would have no place",
            subject: subject.clone(),
        },
        Denied::Unavailable => Fault::StoreUnavailable.into(),
    }
}

#[cfg(test)]
mod tests;
