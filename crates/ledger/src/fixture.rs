//! Callers and calls for unit tests. Ids are small numbers, moments are seconds.

use std::net::Ipv4Addr;
use std::time::Duration;

use tollgate_policy::bound::Quote;
use tollgate_policy::credits::Credits;
use tollgate_policy::group::{Enforcement, Group, Multiplier, Terms};
use tollgate_policy::id::{AccountId, GroupId, TokenId};
use tollgate_policy::limit::{Limits, Rate};
use tollgate_policy::name::Name;
use tollgate_policy::period::Period;
use tollgate_policy::quota::{PeriodicLimit, Quota, Standing};
use tollgate_policy::scope::Scope;
use tollgate_policy::time::Timestamp;
use tollgate_policy::token::{Account, Funds, Principal, Token, TokenState};
use tollgate_policy::usage::Usage;

use crate::book::{Lease, Pot};
use crate::demand::Demand;
use crate::receipt::{Ending, Payer, Receipt};
use crate::request_id::RequestId;

pub(crate) fn micros(micros: i64) -> Credits {
    Credits::from_micros(micros)
}

pub(crate) fn at(seconds: i64) -> Timestamp {
    Timestamp::from_seconds(seconds)
}

/// Without a limit of any kind.
pub(crate) fn principal() -> Principal {
    Principal {
        token: Token {
            id: TokenId::from_raw(1).unwrap(),
            name: Name::parse("token").unwrap(),
            account: AccountId::from_raw(1).unwrap(),
            group: GroupId::from_raw(1).unwrap(),
            state: TokenState::Enabled,
            expires_at: None,
            quota: Quota::UNLIMITED,
            limits: Limits::default(),
            scope: Scope::default(),
        },
        account: Account {
            id: AccountId::from_raw(1).unwrap(),
            name: Name::parse("account").unwrap(),
            enabled: true,
            funds: Funds::default(),
            limits: Limits::default(),
            scope: Scope::default(),
        },
        spent: Standing::default(),
        account_spent: Standing::default(),
    }
}

pub(crate) fn daily(limit: i64) -> PeriodicLimit {
    PeriodicLimit {
        limit: micros(limit),
        period: Period {
            unit: "day".parse().unwrap(),
            zone: "UTC".parse().unwrap(),
        },
    }
}

pub(crate) fn group(enforcement: Enforcement) -> Group {
    Group {
        id: GroupId::from_raw(1).unwrap(),
        name: Name::parse("group").unwrap(),
        multiplier: Multiplier::ONE,
        scope: Scope::default(),
        terms: Terms {
            enforcement,
            ..Terms::default()
        },
    }
}

pub(crate) fn requests(per_minute: u32) -> Limits {
    Limits {
        requests: Some(Rate::new(per_minute).unwrap()),
        ..Limits::default()
    }
}

pub(crate) fn tokens(per_minute: u32) -> Limits {
    Limits {
        tokens: Some(Rate::new(per_minute).unwrap()),
        ..Limits::default()
    }
}

pub(crate) fn at_once(calls: u32) -> Limits {
    Limits {
        concurrency: Some(calls),
        ..Limits::default()
    }
}

/// A call that costs exactly so much.
pub(crate) fn demand<'a>(principal: &'a Principal, group: &'a Group, cost: i64) -> Demand<'a> {
    Demand {
        principal,
        group,
        full: micros(cost),
        least: micros(cost),
        tokens: 10,
        now: at(0),
    }
}

pub(crate) fn lease(pot: Pot, leased: i64) -> Lease {
    Lease {
        pot,
        leased: micros(leased),
        limited: true,
    }
}

/// The receipt of a call that cost nothing.
pub(crate) fn receipt(number: i64, payer: Payer) -> Receipt {
    Receipt {
        request: RequestId::from_bytes(i128::from(number).to_be_bytes()),
        payer,
        group: GroupId::from_raw(1).unwrap(),
        endpoint: "chat.completions".to_owned(),
        model: None,
        upstream: None,
        served_as: None,
        client: Ipv4Addr::LOCALHOST.into(),
        status: None,
        streamed: false,
        ending: Ending::Complete,
        usage: Usage::NONE,
        estimated: false,
        quote: Quote::free(),
        cost: Credits::ZERO,
        uncovered: Credits::ZERO,
        started: at(0),
        first_byte: None,
        total: Duration::ZERO,
    }
}
