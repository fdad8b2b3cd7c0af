//! The live side of one account with all its tokens: holds, leases and limits, as a pure state.
//!
//! A call is held against every limit of token, account and group in one step, or against none.
//! There is no lock here and no waiting; who wraps it in a lock makes the step atomic.

use std::time::Duration;

use tollgate_policy::credits::Credits;
use tollgate_policy::group::Enforcement;
use tollgate_policy::id::TokenId;
use tollgate_policy::time::Timestamp;
use tollgate_policy::verdict::Layer;

use crate::book::{Lease, Pot};
use crate::demand::{Demand, Grip, Limit, Stop};
use crate::denied::Denied;
use crate::hash::IdMap;
use crate::meter::Meter;
use crate::pot::{PotState, Wish};
use crate::span::LastSpan;

/// How long the counts of a token that is not used are kept: longer than any limit looks back.
const FORGET_AFTER: Duration = Duration::from_secs(180);

/// The state of one account.
#[derive(Debug, Default)]
pub(crate) struct AccountState {
    pots: IdMap<Pot, PotState>,
    meter: Meter,
    span: LastSpan,
    tokens: IdMap<TokenId, TokenMeters>,
}

/// The limits of one token: its own, and those of its group where they are not shared.
#[derive(Debug)]
struct TokenMeters {
    own: Meter,
    tier: Meter,
    span: LastSpan,
    touched: Timestamp,
}

impl Default for TokenMeters {
    fn default() -> Self {
        Self {
            own: Meter::default(),
            tier: Meter::default(),
            span: LastSpan::default(),
            touched: Timestamp::from_micros(i64::MIN),
        }
    }
}

impl AccountState {
    /// Takes the worst case of a call from every limit at once. `shared` is the meter of the group
    /// where its tokens share one. Where leases have `lapsed`, nothing is taken from them.
    pub(crate) fn try_hold(
        &mut self,
        demand: &Demand<'_>,
        shared: Option<&mut Meter>,
        lapsed: bool,
    ) -> Result<Grip, Stop> {
        let Demand {
            principal,
            group,
            tokens,
            now,
            ..
        } = *demand;
        let (token, account) = (&principal.token, &principal.account);
        let terms = &group.terms;
        let meters = self.tokens.entry(token.id).or_default();
        let denied = Stop::Denied;
        let own = meters
            .own
            .admit(&token.limits, Layer::Token, tokens, now)
            .map_err(denied)?;
        let all = self
            .meter
            .admit(&account.limits, Layer::Account, tokens, now)
            .map_err(denied)?;
        let group_meter = shared.unwrap_or(&mut meters.tier);
        let tier = group_meter
            .admit(&terms.limits, Layer::Group, tokens, now)
            .map_err(denied)?;
        let token_span = meters.span.of(token.quota.periodic.as_ref(), now);
        let account_span = self.span.of(account.funds.periodic.as_ref(), now);
        let (limits, payer) = demand.limits(token_span, account_span);
        let mut amount = demand.full;
        if lapsed || !take(&mut self.pots, &limits, amount, now) {
            amount = afford(&mut self.pots, demand, &limits, lapsed)?;
            if !take(&mut self.pots, &limits, amount, now) {
                return Err(Stop::Lack(Vec::new()));
            }
        }
        // From here on nothing fails: all of it is taken.
        (self.meter, *group_meter) = (all, tier);
        (meters.own, meters.touched) = (own, meters.touched.max(now));
        let windows = own
            .windows(&token.limits, now)
            .tightest(tier.windows(&terms.limits, now))
            .tightest(all.windows(&account.limits, now));
        Ok(Grip {
            payer,
            amount,
            pots: limits.map(|limit| limit.map(|limit| limit.pot)),
            strict: terms.enforcement != Enforcement::Lenient,
            shares_group: terms.shared,
            tokens,
            rates: [
                token.limits.tokens,
                account.limits.tokens,
                terms.limits.tokens,
            ],
            windows,
        })
    }

    /// What a call that costs so much is charged. A strict hold is only passed by what is free
    /// besides, which is held from then on: a limit holds, whatever a provider counts.
    pub(crate) fn cover(&mut self, grip: &mut Grip, cost: Credits) -> Credits {
        let (held, mut charged) = (grip.amount.as_micros(), cost.as_micros());
        if !grip.strict || charged <= held {
            return cost;
        }
        for pot in grip.pots.iter().flatten() {
            let free = self.pots.get(pot).map_or(0, PotState::coverage).max(0);
            charged = charged.min(held.saturating_add(free));
        }
        for pot in grip.pots.iter().flatten() {
            let pot = self.pots.entry(*pot).or_default();
            pot.hold_more(charged.saturating_sub(held));
        }
        grip.amount = Credits::from_micros(charged);
        grip.amount
    }

    /// Gives a hold back and charges what [`cover`](Self::cover) said.
    pub(crate) fn settle(
        &mut self,
        grip: &Grip,
        shared: Option<&mut Meter>,
        charged: Credits,
        tokens: u32,
        now: Timestamp,
    ) {
        for pot in grip.pots.iter().flatten() {
            let pot = self.pots.entry(*pot).or_default();
            pot.settle(grip.amount.as_micros(), charged.as_micros(), now);
        }
        let [own, all, tier] = grip.rates;
        self.meter.leave(all, grip.tokens, tokens, now);
        let meters = self.tokens.entry(grip.payer.token).or_default();
        meters.touched = meters.touched.max(now);
        meters.own.leave(own, grip.tokens, tokens, now);
        let shared = shared.unwrap_or(&mut meters.tier);
        shared.leave(tier, grip.tokens, tokens, now);
    }

    /// What to ask the store for a pot, if a call waits for it.
    pub(crate) fn take_wish(&mut self, pot: Pot) -> Option<Wish> {
        self.pots.get_mut(&pot).and_then(PotState::take_wish)
    }

    /// What to ask the store for a pot before a call waits for it, in a turn that charges so much.
    pub(crate) fn take_ahead(&mut self, pot: Pot, charged: i64) -> Option<Wish> {
        let state = self.pots.get_mut(&pot)?;
        state.take_ahead(charged)
    }

    /// Whether the store may have leased any of a pot for the calls of this account.
    pub(crate) fn has_leased(&self, pot: Pot) -> bool {
        self.pots.get(&pot).is_some_and(PotState::is_leased)
    }

    /// What is leased of a pot for the calls of this account, once so much of it is charged.
    pub(crate) fn part(&self, pot: Pot, charged: i64) -> i64 {
        self.pots.get(&pot).map_or(0, |state| state.part(charged))
    }

    /// Applies what the store says of a pot.
    pub(crate) fn apply(&mut self, lease: &Lease, charged: i64, needed: i64, now: Timestamp) {
        // Nothing is leased by default, so nothing is lost.
        if needed > 0 || lease.leased > Credits::ZERO || self.pots.contains_key(&lease.pot) {
            let pot = self.pots.entry(lease.pot).or_default();
            pot.apply(lease, charged, needed, now);
        }
    }

    /// Takes back what was not used for a while, to give it to the store, and forgets what is not
    /// used.
    pub(crate) fn take_idle(&mut self, idle: Duration, now: Timestamp) -> Vec<(Pot, Credits)> {
        let taken = self.take(|pot| pot.take_idle(idle, now));
        self.pots
            .retain(|_, state| !state.is_idle() || state.is_dry(now));
        self.tokens
            .retain(|_, meters| meters.own.open() > 0 || now.since(meters.touched) < FORGET_AFTER);
        taken
    }

    /// Takes back all that is free, to give it to the store.
    pub(crate) fn take_free(&mut self) -> Vec<(Pot, Credits)> {
        self.take(PotState::take_free)
    }

    fn take(&mut self, mut step: impl FnMut(&mut PotState) -> i64) -> Vec<(Pot, Credits)> {
        let taken = self.pots.iter_mut().map(|(pot, state)| (*pot, step(state)));
        taken
            .filter(|(_, free)| *free > 0)
            .map(|(pot, free)| (pot, Credits::from_micros(free)))
            .collect()
    }

    /// An operator changed the account or one of its tokens.
    pub(crate) fn recall(&mut self) {
        self.pots.values_mut().for_each(PotState::recall);
    }

    /// What is leased of a pot goes back before more of it is held.
    pub(crate) fn recall_pot(&mut self, pot: Pot) {
        if let Some(state) = self.pots.get_mut(&pot) {
            state.recall();
        }
    }

    /// An operator changed a token.
    pub(crate) fn recall_token(&mut self, token: TokenId) {
        for (pot, state) in &mut self.pots {
            if matches!(pot, Pot::Token(id) | Pot::TokenPeriod(id, _) if *id == token) {
                state.recall();
            }
        }
    }

    /// The store may have given the leases to others. Gives the pots of which it has to be asked.
    pub(crate) fn distrust(&mut self) -> Vec<Pot> {
        let pots = self.pots.iter_mut();
        pots.filter_map(|(pot, state)| state.distrust().then_some(*pot))
            .collect()
    }

    /// Whether forgetting the account loses nothing.
    pub(crate) fn is_idle(&self) -> bool {
        self.pots.is_empty() && self.tokens.is_empty() && self.meter.open() == 0
    }

    pub(crate) fn pots(&self) -> impl Iterator<Item = (Pot, &PotState)> {
        self.pots.iter().map(|(pot, state)| (*pot, state))
    }
}

/// Holds an amount in every limit, or in none where one of them does not cover it.
fn take(
    pots: &mut IdMap<Pot, PotState>,
    limits: &[Option<Limit>; 4],
    amount: Credits,
    now: Timestamp,
) -> bool {
    if amount == Credits::ZERO {
        // No pot has to be there for it.
        return true;
    }
    for (nth, limit) in limits.iter().enumerate() {
        let Some(limit) = limit else { continue };
        match pots.get_mut(&limit.pot) {
            Some(pot) if pot.free() >= amount.as_micros() => pot.hold(amount.as_micros(), now),
            _ => {
                for taken in limits.iter().take(nth).flatten() {
                    if let Some(pot) = pots.get_mut(&taken.pot) {
                        pot.let_go(amount.as_micros());
                    }
                }
                return false;
            }
        }
    }
    true
}

/// How much can be held in every limit: all that is asked for; where the store has no more than
/// less, that.
fn afford(
    pots: &mut IdMap<Pot, PotState>,
    demand: &Demand<'_>,
    limits: &[Option<Limit>; 4],
    lapsed: bool,
) -> Result<Credits, Stop> {
    let Demand {
        full, least, now, ..
    } = *demand;
    if full == Credits::ZERO {
        // What costs nothing is never too much.
        return Ok(full);
    }
    let (mut amount, mut asking) = (full.as_micros(), false);
    for limit in limits.iter().flatten() {
        let pot = pots.entry(limit.pot).or_default();
        let free = pot.free();
        if lapsed || lacks(pot, full, now) {
            asking = true;
        } else if free < least.as_micros() {
            let free = Credits::from_micros(free.max(0));
            let denied = Denied::short(limit.layer, free, least, limit.resets);
            return Err(Stop::Denied(denied));
        } else {
            amount = amount.min(free);
        }
    }
    if !asking {
        return Ok(Credits::from_micros(amount));
    }
    // Only now, since whoever notes a want has to see to it that it is asked for.
    let mut lacking = Vec::new();
    for limit in limits.iter().flatten() {
        let pot = pots.entry(limit.pot).or_default();
        if (lapsed || lacks(pot, full, now)) && pot.want(full.as_micros()) {
            lacking.push(limit.pot);
        }
    }
    Err(Stop::Lack(lacking))
}

/// Whether a pot does not cover a call, and the store may have more.
fn lacks(pot: &PotState, full: Credits, now: Timestamp) -> bool {
    pot.free() < full.as_micros() && !pot.is_dry(now)
}

#[cfg(test)]
mod tests;
