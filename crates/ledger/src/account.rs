//! The live side of one account with all its tokens: holds, leases and limits, as a pure state.
//!
//! A call is held against every limit of token, account and group in one step, or against none.
//! There is no lock here and no waiting; who wraps it in a lock makes the step atomic.

use std::collections::HashMap;
use std::time::Duration;

use tollgate_policy::credits::Credits;
use tollgate_policy::group::{Enforcement, Group};
use tollgate_policy::id::TokenId;
use tollgate_policy::limit::Rate;
use tollgate_policy::quota::Quota;
use tollgate_policy::time::Timestamp;
use tollgate_policy::token::Principal;
use tollgate_policy::verdict::Layer;

use crate::book::{Lease, Pot};
use crate::denied::Denied;
use crate::meter::{Meter, Windows};
use crate::pot::PotState;
use crate::receipt::Payer;

/// How long the counts of a token that is not used are kept: longer than any limit looks back.
const FORGET_AFTER: Duration = Duration::from_secs(180);

/// The worst case of a call, and whose it is.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Demand<'a> {
    pub(crate) principal: &'a Principal,
    pub(crate) group: &'a Group,
    /// The most that the call can cost.
    pub(crate) full: Credits,
    /// The least that it can cost and still be worth making.
    pub(crate) least: Credits,
    /// How many tokens count against the limit of a minute.
    pub(crate) tokens: u32,
    pub(crate) now: Timestamp,
}

/// What was taken for a call; what has to be known to give it back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Grip {
    pub(crate) payer: Payer,
    /// What was held in each limited pot.
    pub(crate) amount: Credits,
    pots: [Option<Pot>; 4],
    strict: bool,
    shares_group: bool,
    tokens: u32,
    rates: [Option<Rate>; 3],
    pub(crate) windows: Windows,
}

/// Why a call is not held.
#[derive(Debug)]
pub(crate) enum Stop {
    Denied(Denied),
    /// These pots have to be asked for, and nobody did so yet.
    Lack(Vec<Pot>),
}

/// The state of one account.
#[derive(Debug, Default)]
pub(crate) struct AccountState {
    pots: HashMap<Pot, PotState>,
    meter: Meter,
    tokens: HashMap<TokenId, TokenMeters>,
}

/// The limits of one token: its own, and those of its group where they are not shared.
#[derive(Debug, Clone, Copy)]
struct TokenMeters {
    own: Meter,
    tier: Meter,
    touched: Timestamp,
}

impl Default for TokenMeters {
    fn default() -> Self {
        Self {
            own: Meter::default(),
            tier: Meter::default(),
            touched: Timestamp::from_micros(i64::MIN),
        }
    }
}

/// A limit on spending that applies to a call.
#[derive(Debug, Clone, Copy)]
struct Limit {
    pot: Pot,
    layer: Layer,
    resets: Option<Timestamp>,
}

impl Grip {
    /// Whether the call was counted against limits that the tokens of its group share.
    pub(crate) fn shares_group(&self) -> bool {
        self.shares_group
    }

    /// The pots that were held in.
    pub(crate) fn pots(&self) -> &[Option<Pot>; 4] {
        &self.pots
    }
}

impl AccountState {
    /// Takes the worst case of a call from every limit at once. `shared` is the meter of the group
    /// where its tokens share one.
    pub(crate) fn try_hold(
        &mut self,
        demand: &Demand<'_>,
        shared: Option<&mut Meter>,
    ) -> Result<Grip, Stop> {
        let Demand {
            principal,
            group,
            tokens,
            now,
            ..
        } = *demand;
        let (token, account) = (&principal.token, &principal.account);
        let mut meters = self.tokens.get(&token.id).copied().unwrap_or_default();
        let denied = Stop::Denied;
        let own = meters
            .own
            .admit(&token.limits, Layer::Token, tokens, now)
            .map_err(denied)?;
        let all = self
            .meter
            .admit(&account.limits, Layer::Account, tokens, now)
            .map_err(denied)?;
        let tier = shared.as_deref().unwrap_or(&meters.tier);
        let tier = tier
            .admit(&group.terms.limits, Layer::Group, tokens, now)
            .map_err(denied)?;
        let (limits, payer) = limits(principal, now);
        let amount = self.afford(demand, &limits)?;
        // From here on nothing fails: all of it is taken.
        for limit in limits.into_iter().flatten() {
            let pot = self.pots.entry(limit.pot).or_default();
            pot.hold(amount.as_micros(), now);
        }
        self.meter = all;
        (meters.own, meters.touched) = (own, now);
        match shared {
            Some(shared) => *shared = tier,
            None => meters.tier = tier,
        }
        self.tokens.insert(token.id, meters);
        let windows = own
            .windows(&token.limits, now)
            .tightest(tier.windows(&group.terms.limits, now))
            .tightest(all.windows(&account.limits, now));
        Ok(Grip {
            payer,
            amount,
            pots: limits.map(|limit| limit.map(|limit| limit.pot)),
            strict: group.terms.enforcement != Enforcement::Lenient,
            shares_group: group.terms.shared,
            tokens,
            rates: [
                token.limits.tokens,
                account.limits.tokens,
                group.terms.limits.tokens,
            ],
            windows,
        })
    }

    /// How much can be held in every limit: all that is asked for; where the store has no more than
    /// less, that.
    fn afford(
        &mut self,
        demand: &Demand<'_>,
        limits: &[Option<Limit>; 4],
    ) -> Result<Credits, Stop> {
        let Demand {
            full, least, now, ..
        } = *demand;
        let (mut amount, mut lacking, mut asking) = (full.as_micros(), Vec::new(), false);
        for limit in limits.iter().flatten() {
            let pot = self.pots.entry(limit.pot).or_default();
            let free = pot.free();
            if free >= full.as_micros() {
                continue;
            }
            if !pot.is_dry(now) {
                asking = true;
                if pot.want(full.as_micros()) {
                    lacking.push(limit.pot);
                }
            } else if free < least.as_micros() {
                let free = Credits::from_micros(free.max(0));
                let denied = Denied::short(limit.layer, free, least, limit.resets);
                return Err(Stop::Denied(denied));
            } else {
                amount = amount.min(free);
            }
        }
        if asking {
            return Err(Stop::Lack(lacking));
        }
        Ok(Credits::from_micros(amount))
    }

    /// Gives a hold back and charges what the call cost; the part of the cost that nobody pays is
    /// returned. A strict hold is only passed by what is free besides: a limit holds, whatever a
    /// provider counts.
    pub(crate) fn settle(
        &mut self,
        grip: &Grip,
        shared: Option<&mut Meter>,
        cost: Credits,
        tokens: u32,
        now: Timestamp,
    ) -> Credits {
        let (held, cost) = (grip.amount.as_micros(), cost.as_micros());
        let mut charged = cost;
        if grip.strict && cost > held {
            for pot in grip.pots.iter().flatten() {
                let free = self.pots.get(pot).map_or(0, PotState::free).max(0);
                charged = charged.min(held.saturating_add(free));
            }
        }
        for pot in grip.pots.iter().flatten() {
            let pot = self.pots.entry(*pot).or_default();
            pot.settle(held, charged, now);
        }
        let [own, all, tier] = grip.rates;
        self.meter.leave(all, grip.tokens, tokens, now);
        let meters = self.tokens.entry(grip.payer.token).or_default();
        meters.own.leave(own, grip.tokens, tokens, now);
        let shared = shared.unwrap_or(&mut meters.tier);
        shared.leave(tier, grip.tokens, tokens, now);
        Credits::from_micros(cost.saturating_sub(charged))
    }

    /// What to ask the store for a pot: what is needed, and what would be good to have.
    pub(crate) fn take_wish(&mut self, pot: Pot) -> Option<(i64, i64)> {
        self.pots.get_mut(&pot).map(PotState::take_wish)
    }

    /// Applies what the store says of a pot.
    pub(crate) fn apply(&mut self, lease: &Lease, charged: i64, needed: i64, now: Timestamp) {
        let pot = self.pots.entry(lease.pot).or_default();
        pot.apply(lease, charged, needed, now);
    }

    /// Takes back what was not used for a while, to give it to the store.
    pub(crate) fn take_idle(
        &mut self,
        idle: Duration,
        now: Timestamp,
        out: &mut Vec<(Pot, Credits)>,
    ) {
        for (pot, state) in &mut self.pots {
            let free = state.take_idle(idle, now);
            if free > 0 {
                out.push((*pot, Credits::from_micros(free)));
            }
        }
        self.pots
            .retain(|_, state| !state.is_idle() || state.is_dry(now));
        self.tokens
            .retain(|_, meters| meters.own.open() > 0 || now.since(meters.touched) < FORGET_AFTER);
    }

    /// An operator changed the account or one of its tokens.
    pub(crate) fn changed(&mut self) {
        self.pots.values_mut().for_each(PotState::changed);
    }

    /// Whether forgetting the account loses nothing.
    pub(crate) fn is_idle(&self) -> bool {
        self.pots.is_empty() && self.tokens.is_empty() && self.meter.open() == 0
    }

    /// What is held in all pots for calls that go on.
    pub(crate) fn held(&self) -> i64 {
        self.pots.values().map(PotState::held).sum()
    }
}

/// The limits on spending that apply to a call, and who pays.
fn limits(principal: &Principal, now: Timestamp) -> ([Option<Limit>; 4], Payer) {
    let Principal { token, account, .. } = principal;
    let funds = account.funds.quota();
    let span = |quota: &Quota| quota.periodic.as_ref().map(|one| one.period.span(now));
    let (token_span, account_span) = (span(&token.quota), span(&funds));
    let limit = |pot, layer, resets| Limit { pot, layer, resets };
    let limits = [
        token
            .quota
            .lifetime
            .map(|_| limit(Pot::Token(token.id), Layer::Token, None)),
        token_span.map(|span| {
            let pot = Pot::TokenPeriod(token.id, span.begin);
            limit(pot, Layer::Token, Some(span.end))
        }),
        funds
            .lifetime
            .map(|_| limit(Pot::Account(account.id), Layer::Account, None)),
        account_span.map(|span| {
            let pot = Pot::AccountPeriod(account.id, span.begin);
            limit(pot, Layer::Account, Some(span.end))
        }),
    ];
    let payer = Payer {
        token: token.id,
        account: account.id,
        token_period: token_span.map(|span| span.begin),
        account_period: account_span.map(|span| span.begin),
    };
    (limits, payer)
}
