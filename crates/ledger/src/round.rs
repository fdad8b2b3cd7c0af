//! One turn with the store as the live side sees it: what goes there, and what comes of it. Who
//! calls the store, and when, is not known here.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use tollgate_policy::credits::Credits;
use tollgate_policy::id::AccountId;
use tollgate_policy::time::Timestamp;

use crate::book::{Ask, GatewayId, Lease, Outcome, Pot, Turn};
use crate::live::{Kept, Live};
use crate::pot::Wish;
use crate::sync::{Ground, Lock};

/// Receipts in one turn, at most.
pub(crate) const MOST_RECEIPTS: usize = 4096;
/// The same where turns fail again and again: a store that is slow has time for so many.
pub(crate) const FEWEST_RECEIPTS: usize = 64;
/// How often what is not used is looked for.
const SWEEP_EVERY: Duration = Duration::from_millis(500);
/// What was not used for so long goes back to the store.
const IDLE_AFTER: Duration = Duration::from_secs(1);
/// How often the store hears of the gateway.
const HEARTBEAT_EVERY: Duration = Duration::from_secs(10);

/// What is known from one turn to the next.
#[derive(Debug)]
pub(crate) struct Rounds {
    gateway: GatewayId,
    /// Pots of which it is unknown what the store has leased: the next turn asks.
    unsure: BTreeMap<Pot, AccountId>,
    /// For which accounts' calls a token's pots are leased, the one that asked last behind the
    /// others: there are several after a token was moved.
    holders: BTreeMap<Pot, Vec<AccountId>>,
    swept: Option<Timestamp>,
    heard: Option<Timestamp>,
    /// Receipts in the next turn, at most: half as many after one that failed.
    most: usize,
}

/// One turn that is under way.
pub(crate) struct Round<P> {
    pub(crate) turn: Arc<Turn>,
    /// Whether more receipts may wait.
    pub(crate) is_full: bool,
    /// The receipts of the turn, which wait again if it fails.
    kept: Vec<Kept<P>>,
    charges: Charges,
    needs: BTreeMap<Pot, (AccountId, Wish)>,
    /// The pots of which it was unknown what the store had leased.
    unsure: BTreeMap<Pot, AccountId>,
    /// Whose the pots are that are given back.
    returns: BTreeMap<Pot, AccountId>,
}

/// What the receipts of a turn charge to what each account holds in each pot.
type Charges = BTreeMap<Pot, Vec<(AccountId, i64)>>;

impl Rounds {
    pub(crate) fn new(gateway: GatewayId) -> Self {
        Self {
            gateway,
            unsure: BTreeMap::new(),
            holders: BTreeMap::new(),
            swept: None,
            heard: None,
            most: MOST_RECEIPTS,
        }
    }

    /// The next turn, if there is anything to do.
    pub(crate) fn next<G: Ground>(
        &mut self,
        live: &Live<G>,
        now: Timestamp,
    ) -> Option<Round<G::Place>> {
        let waiting = live.take_waiting(self.most);
        if live.is_lapsed(now) {
            self.distrust(live);
        }
        let mut returns = BTreeMap::new();
        if waiting.recalled || due(self.swept, SWEEP_EVERY, now) {
            self.swept = Some(now);
            for (id, account) in live.all_accounts() {
                let idle = account.with(|account| account.take_idle(IDLE_AFTER, now));
                give_back(&mut returns, id, idle);
            }
            self.holders.retain(|pot, holders| {
                holders.retain(|id| live.account(*id).with(|one| one.has_leased(*pot)));
                !holders.is_empty()
            });
            live.forget_idle();
        }
        let mut needs = BTreeMap::new();
        for (id, pot) in waiting.wants {
            let wish = live.account(id).with(|account| account.take_wish(pot));
            if let Some(wish) = wish {
                // Of two accounts in one turn the other one asks again, as its calls still wait.
                needs.insert(pot, (id, wish));
                self.note_holder(pot, id);
            }
        }
        let charges = charges(&waiting.receipts);
        for (pot, charged) in &charges {
            let latest = self.latest_holder(*pot);
            for (id, charged) in charged {
                if returns.contains_key(pot) || latest.is_some_and(|latest| latest != *id) {
                    continue;
                }
                let account = live.account(*id);
                if let Some(ahead) = account.with(|account| account.take_ahead(*pot, *charged)) {
                    let (_, wish) = needs.entry(*pot).or_insert((*id, ahead));
                    wish.good = wish.good.max(ahead.good);
                    self.note_holder(*pot, *id);
                }
            }
        }
        let heartbeat = due(self.heard, HEARTBEAT_EVERY, now);
        let nothing = waiting.receipts.is_empty() && needs.is_empty() && returns.is_empty();
        if nothing && self.unsure.is_empty() && !heartbeat {
            return None;
        }
        Some(self.round(waiting.receipts, charges, returns, needs, now))
    }

    /// From now on a token's pot is leased for the calls of this account, besides those for which
    /// it was before. The pots of an account are its own.
    fn note_holder(&mut self, pot: Pot, id: AccountId) {
        if matches!(pot, Pot::Token(_) | Pot::TokenPeriod(..)) {
            let holders = self.holders.entry(pot).or_default();
            holders.retain(|holder| *holder != id);
            holders.push(id);
        }
    }

    fn latest_holder(&self, pot: Pot) -> Option<AccountId> {
        self.holders.get(&pot)?.last().copied()
    }

    /// The next turn of those that end it all: what is left is settled, and all that is free given
    /// back.
    pub(crate) fn last<G: Ground>(
        &mut self,
        live: &Live<G>,
        now: Timestamp,
    ) -> Option<Round<G::Place>> {
        let receipts = live.take_waiting(self.most).receipts;
        let mut returns = BTreeMap::new();
        for (id, account) in live.all_accounts() {
            let free = account.with(|account| account.take_free());
            give_back(&mut returns, id, free);
        }
        let nothing = receipts.is_empty() && returns.is_empty() && self.unsure.is_empty();
        let charges = charges(&receipts);
        (!nothing).then(|| self.round(receipts, charges, returns, BTreeMap::new(), now))
    }

    /// The store did the turn. Gives the places of its receipts, which are free from now on.
    pub(crate) fn done<G: Ground>(
        &mut self,
        live: &Live<G>,
        round: Round<G::Place>,
        outcome: &Outcome,
    ) -> Vec<G::Place> {
        let turn = &round.turn;
        self.heard = Some(turn.now);
        self.most = self.most.saturating_mul(2).min(MOST_RECEIPTS);
        live.heard(turn.now);
        for lease in &outcome.leases {
            self.apply(live, &round, lease);
        }
        if !round.unsure.is_empty() {
            live.wait_for_recalled();
        }
        round.kept.into_iter().map(|one| one.place).collect()
    }

    /// Applies what the store says of a pot. It tells what is leased in one sum: of a token that was
    /// moved, the calls of other accounts keep what they have, and the rest is for those of the
    /// account that asked last.
    fn apply<G: Ground>(&mut self, live: &Live<G>, round: &Round<G::Place>, lease: &Lease) {
        let pot = lease.pot;
        let charged = round.charges.get(&pot).map_or(&[][..], Vec::as_slice);
        let need = round.needs.get(&pot);
        let latest = need.map(|need| need.0);
        let latest = latest.or_else(|| self.latest_holder(pot));
        let latest = latest.or_else(|| round.returns.get(&pot).copied());
        let Some(latest) = latest.or_else(|| Some(charged.first()?.0)) else {
            return;
        };
        let charge_of = |id: AccountId| {
            let charge = charged.iter().find(|(one, _)| *one == id);
            charge.map_or(0, |(_, charge)| *charge)
        };
        let held = self.holders.get(&pot).cloned().unwrap_or_default();
        let charged_only = charged.iter().map(|(id, _)| *id);
        let charged_only = charged_only.filter(|id| !held.contains(id));
        let mut rest = lease.leased.as_micros();
        for id in held.iter().copied().chain(charged_only) {
            if id != latest {
                let charge = charge_of(id);
                live.account(id).with(|account| {
                    let part = account.part(pot, charge).min(rest.max(0));
                    rest = rest.saturating_sub(part);
                    let leased = Credits::from_micros(part);
                    let lease = Lease { leased, ..*lease };
                    account.apply(&lease, charge, 0, round.turn.now);
                });
                self.keep_holder(live, pot, id);
            }
        }
        let leased = Credits::from_micros(rest);
        let lease = Lease { leased, ..*lease };
        let needed = need.map_or(0, |(_, wish)| wish.least);
        live.account(latest).with(|account| {
            account.apply(&lease, charge_of(latest), needed, round.turn.now);
            if round.unsure.contains_key(&pot) {
                account.recall_pot(pot);
            }
        });
        self.keep_holder(live, pot, latest);
    }

    /// Whoever has a part of a lease is known by the next turn.
    fn keep_holder<G: Ground>(&mut self, live: &Live<G>, pot: Pot, id: AccountId) {
        let known = self
            .holders
            .get(&pot)
            .is_some_and(|held| held.contains(&id));
        if !known && live.account(id).with(|account| account.has_leased(pot)) {
            self.note_holder(pot, id);
        }
    }

    /// The turn failed, and it is unknown whether the store did it. Its receipts wait again, and
    /// what the store has leased is asked for: what was given back stays taken until then, since
    /// the store may have given it to others, and goes back once more after that, since an operator
    /// may have demanded it.
    pub(crate) fn failed<G: Ground>(&mut self, live: &Live<G>, round: Round<G::Place>) {
        self.most = (self.most / 2).max(FEWEST_RECEIPTS);
        self.unsure.extend(round.returns);
        let needs = round.needs.into_iter();
        self.unsure.extend(needs.map(|(pot, (id, _))| (pot, id)));
        live.put_back(round.kept);
    }

    /// The store may have given to others what it had leased.
    fn distrust<G: Ground>(&mut self, live: &Live<G>) {
        for (id, account) in live.all_accounts() {
            let pots = account.with(|account| account.distrust());
            self.unsure.extend(pots.into_iter().map(|pot| (pot, id)));
        }
    }

    fn round<P>(
        &mut self,
        kept: Vec<Kept<P>>,
        charges: Charges,
        mut returns: BTreeMap<Pot, (AccountId, Credits)>,
        needs: BTreeMap<Pot, (AccountId, Wish)>,
        now: Timestamp,
    ) -> Round<P> {
        let unsure = std::mem::take(&mut self.unsure);
        for (&pot, &id) in &unsure {
            returns.entry(pot).or_insert((id, Credits::ZERO));
        }
        let is_full = kept.len() == self.most;
        let amounts = returns.iter().map(|(pot, (_, free))| (*pot, *free));
        let asks = needs.iter().map(|(pot, (_, wish))| Ask {
            pot: *pot,
            least: Credits::from_micros(wish.least),
            wish: Credits::from_micros(wish.good),
        });
        let turn = Turn {
            gateway: self.gateway,
            now,
            receipts: kept.iter().map(|one| Arc::clone(&one.receipt)).collect(),
            reset: false,
            returns: amounts.collect(),
            asks: asks.collect(),
        };
        Round {
            turn: Arc::new(turn),
            is_full,
            kept,
            charges,
            needs,
            unsure,
            returns: returns
                .into_iter()
                .map(|(pot, (id, _))| (pot, id))
                .collect(),
        }
    }
}

/// Gives back what is free of an account, besides what others give back of the same pots.
fn give_back(
    returns: &mut BTreeMap<Pot, (AccountId, Credits)>,
    id: AccountId,
    free: Vec<(Pot, Credits)>,
) {
    for (pot, free) in free {
        let (_, sum) = returns.entry(pot).or_insert((id, Credits::ZERO));
        let both = sum.as_micros().saturating_add(free.as_micros());
        *sum = Credits::from_micros(both);
    }
}

/// Whether something that is done every so often is to be done. Where the clock was put back, it
/// is: else nothing would be done until the clock has caught up.
fn due(last: Option<Timestamp>, every: Duration, now: Timestamp) -> bool {
    last.is_none_or(|last| now < last || now.since(last) >= every)
}

/// What receipts charge to what is held in each pot. A pot that was not limited when the call was
/// admitted is in it with nothing, since the store may take the charge from a lease.
fn charges<P>(kept: &[Kept<P>]) -> Charges {
    let mut charges = Charges::new();
    for Kept { receipt, pots, .. } in kept {
        let payer = &receipt.payer;
        for pot in payer.pots() {
            let amount = match pots.contains(&Some(pot)) {
                true => receipt.charged().as_micros(),
                false => 0,
            };
            let charged = charges.entry(pot).or_default();
            match charged.iter_mut().find(|(id, _)| *id == payer.account) {
                Some((_, sum)) => *sum = sum.saturating_add(amount),
                None => charged.push((payer.account, amount)),
            }
        }
    }
    charges
}

#[cfg(test)]
mod tests;
