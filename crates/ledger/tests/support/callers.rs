//! Tokens, accounts and groups, and calls of them.

use std::net::{IpAddr, Ipv4Addr};
use std::time::Duration;

use tollgate_ledger::receipt::Ending;
use tollgate_ledger::request_id::RequestId;
use tollgate_ledger::{Ask, Done};
use tollgate_policy::bound::Quote;
use tollgate_policy::credits::Credits;
use tollgate_policy::group::{Enforcement, Group, Multiplier, Terms};
use tollgate_policy::id::{AccountId, GroupId, TokenId};
use tollgate_policy::limit::Limits;
use tollgate_policy::name::Name;
use tollgate_policy::period::Period;
use tollgate_policy::price::{Part, Price, UnitPrice};
use tollgate_policy::quota::{PeriodicLimit, Quota, Standing};
use tollgate_policy::scope::Scope;
use tollgate_policy::time::Timestamp;
use tollgate_policy::token::{Account, Funds, Principal, Token, TokenState};
use tollgate_policy::usage::Usage;

/// Which limits on spending a caller has. How much they are, only the book knows.
#[derive(Debug, Clone, Copy, Default)]
pub struct Limited {
    pub token: bool,
    pub token_period: bool,
    pub account: bool,
    pub account_period: bool,
}

pub const LIMITED: Limited = Limited {
    token: true,
    token_period: true,
    account: true,
    account_period: true,
};

pub fn micros(micros: i64) -> Credits {
    Credits::from_micros(micros)
}

pub fn token(raw: i64) -> TokenId {
    TokenId::from_raw(raw).unwrap()
}

pub fn account(raw: i64) -> AccountId {
    AccountId::from_raw(raw).unwrap()
}

pub fn hourly() -> PeriodicLimit {
    PeriodicLimit {
        limit: micros(i64::MAX),
        period: Period {
            unit: "hour".parse().unwrap(),
            zone: "UTC".parse().unwrap(),
        },
    }
}

pub fn principal(token: i64, account: i64, limited: Limited) -> Principal {
    let most = micros(i64::MAX);
    let (token_id, account_id) = (self::token(token), self::account(account));
    Principal {
        token: Token {
            id: token_id,
            name: Name::parse("token").unwrap(),
            account: account_id,
            group: GroupId::from_raw(1).unwrap(),
            state: TokenState::Enabled,
            expires_at: None,
            quota: Quota {
                lifetime: limited.token.then_some(most),
                periodic: limited.token_period.then(hourly),
            },
            limits: Limits::default(),
            scope: Scope::default(),
        },
        account: Account {
            id: account_id,
            name: Name::parse("account").unwrap(),
            enabled: true,
            funds: Funds {
                credited: limited.account.then_some(most),
                credit_line: Credits::ZERO,
                periodic: limited.account_period.then(hourly),
            },
            limits: Limits::default(),
            scope: Scope::default(),
        },
        spent: Standing::default(),
        account_spent: Standing::default(),
    }
}

pub fn group(id: i64, enforcement: Enforcement) -> Group {
    Group {
        id: GroupId::from_raw(id).unwrap(),
        name: Name::parse("group").unwrap(),
        multiplier: Multiplier::ONE,
        scope: Scope::default(),
        terms: Terms {
            enforcement,
            ..Terms::default()
        },
    }
}

/// A token of input costs a micro-credit, one of output two.
pub fn quote() -> Quote {
    let price = Price::EMPTY
        .with(Part::Input, UnitPrice::from_picos(1_000_000))
        .with(Part::Output, UnitPrice::from_picos(2_000_000));
    Quote {
        price,
        multiplier: Multiplier::ONE,
    }
}

/// A call that holds so much.
pub fn ask<'a>(
    principal: &'a Principal,
    group: &'a Group,
    request: RequestId,
    full: i64,
    now: Timestamp,
) -> Ask<'a> {
    Ask {
        request,
        principal,
        group,
        endpoint: "chat.completions",
        model: Some("gpt-4o"),
        client: IpAddr::V4(Ipv4Addr::LOCALHOST),
        input_tokens: 0,
        quote: quote(),
        full: micros(full),
        least: micros(full),
        tokens: 1,
        arrived: now,
        now,
    }
}

/// An end that costs so much.
pub fn done(cost: i64) -> Done<'static> {
    Done {
        upstream: None,
        served_as: None,
        status: Some(200),
        streamed: false,
        ending: Ending::Complete,
        usage: Usage {
            input: u64::try_from(cost).unwrap(),
            ..Usage::NONE
        },
        requests: 1,
        estimated: false,
        quote: quote(),
        first_byte: None,
        total: Duration::ZERO,
    }
}
