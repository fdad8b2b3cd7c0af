//! Who lives in a simulated world: two accounts that are kept strictly, and a trusted one.

use std::sync::Arc;

use tollgate_ledger::book::Pot;
use tollgate_policy::group::{Enforcement, Group};
use tollgate_policy::time::Timestamp;
use tollgate_policy::token::Principal;

use crate::support::book::State;
use crate::support::callers::{LIMITED, account, group, principal, token};
use crate::support::dice::Dice;

/// Calls at once in the strict group of one gateway, whose tokens share the limit.
pub const AT_ONCE: u32 = 6;
const TOKENS: i64 = 6;
const TRUSTED: i64 = 2;

/// A token with its group.
#[derive(Debug, Clone)]
pub struct Caller {
    pub principal: Arc<Principal>,
    pub group: Arc<Group>,
    pub strict: bool,
}

pub fn callers() -> Vec<Caller> {
    let mut strict = group(1, Enforcement::Strict);
    strict.terms.shared = true;
    strict.terms.limits.concurrency = Some(AT_ONCE);
    let (strict, lenient) = (Arc::new(strict), Arc::new(group(2, Enforcement::Lenient)));
    let callers = (0..TOKENS).map(|token| {
        let account = account_of(token);
        let is_strict = account != TRUSTED;
        let group = if is_strict { &strict } else { &lenient };
        Caller {
            principal: Arc::new(principal(token, account, LIMITED)),
            group: Arc::clone(group),
            strict: is_strict,
        }
    });
    callers.collect()
}

fn account_of(token: i64) -> i64 {
    token / 2
}

pub fn is_strict(pot: Pot) -> bool {
    let account = match pot {
        Pot::Token(id) | Pot::TokenPeriod(id, _) => account_of(id.raw()),
        Pot::Account(id) | Pot::AccountPeriod(id, _) => id.raw(),
    };
    account != TRUSTED
}

fn pots() -> Vec<Pot> {
    let hour = Timestamp::from_seconds(0);
    let mut pots = Vec::new();
    for raw in 0..TOKENS {
        pots.extend([Pot::Token(token(raw)), Pot::TokenPeriod(token(raw), hour)]);
    }
    for raw in 0..=TRUSTED {
        let id = account(raw);
        pots.extend([Pot::Account(id), Pot::AccountPeriod(id, hour)]);
    }
    pots
}

pub fn settle(state: &mut State, dice: &mut Dice) {
    for pot in pots() {
        state.limit(pot, dice.between(0, 3_000), !is_strict(pot));
    }
}

/// An operator changes one limit.
pub fn edit(state: &mut State, dice: &mut Dice) -> Pot {
    let pots = pots();
    let pot = pots[dice.below(pots.len())];
    state.edit(pot, dice.between(0, 6_000));
    pot
}
