//! What a call asks for, which limits on spending apply to it, and what was taken from them.

use tollgate_policy::credits::Credits;
use tollgate_policy::group::Group;
use tollgate_policy::limit::Rate;
use tollgate_policy::period::Span;
use tollgate_policy::time::Timestamp;
use tollgate_policy::token::Principal;
use tollgate_policy::verdict::Layer;

use crate::book::Pot;
use crate::denied::Denied;
use crate::meter::Windows;
use crate::receipt::Payer;

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
    /// What is held in each limited pot.
    pub(crate) amount: Credits,
    /// The pots that are held in.
    pub(crate) pots: [Option<Pot>; 4],
    pub(crate) strict: bool,
    /// Whether the call was counted against limits that the tokens of its group share.
    pub(crate) shares_group: bool,
    pub(crate) tokens: u32,
    /// The limits of tokens a minute by which it was counted: of token, account and group.
    pub(crate) rates: [Option<Rate>; 3],
    pub(crate) windows: Windows,
}

/// Why a call is not held.
#[derive(Debug)]
pub(crate) enum Stop {
    Denied(Denied),
    /// These pots have to be asked for, and nobody did so yet.
    Lack(Vec<Pot>),
}

/// A limit on spending that applies to a call.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Limit {
    pub(crate) pot: Pot,
    pub(crate) layer: Layer,
    pub(crate) resets: Option<Timestamp>,
}

impl Demand<'_> {
    /// The limits on spending that apply, and who pays, in the present periods of token and account.
    pub(crate) fn limits(
        &self,
        token_span: Option<Span>,
        account_span: Option<Span>,
    ) -> ([Option<Limit>; 4], Payer) {
        let Principal { token, account, .. } = self.principal;
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
            account
                .funds
                .credited
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
}
