//! A gateway of believable size: 8 models, 8 upstreams, and a caller with 16 networks whose last
//! one is the one that it calls from. Token and account both have quotas of a lifetime and a period.
#![allow(clippy::unwrap_used, reason = "what is written here is well-formed")]

use std::net::IpAddr;

use tollgate_policy::bound::Window;
use tollgate_policy::credits::Credits;
use tollgate_policy::endpoint::{Dialect, Endpoint};
use tollgate_policy::group::{Group, Multiplier, Terms};
use tollgate_policy::id::{AccountId, GroupId, ModelId, TokenId, UpstreamId};
use tollgate_policy::limit::Limits;
use tollgate_policy::pattern::Pattern;
use tollgate_policy::period::Period;
use tollgate_policy::quota::{PeriodicLimit, Quota, Spent, Standing};
use tollgate_policy::scope::{Allow, Scope};
use tollgate_policy::time::Timestamp;
use tollgate_policy::token::{Account, Funds, Principal, Token, TokenState};
use tollgate_policy::upstream::{Model, Pricing, ServedModel, Serves, Upstream};
use tollgate_policy::{Asked, Catalog, Target};

pub const NOW: Timestamp = Timestamp::from_seconds(1_800_000_000);

const MODELS: [&str; 8] = [
    "gpt-4o",
    "gpt-4o-mini",
    "gpt-4.1",
    "o3",
    "text-embedding-3-small",
    "mistral-large",
    "deepseek-chat",
    "qwen-max",
];

/// A call that is permitted.
pub fn asked() -> Asked<'static> {
    Asked {
        target: Target::Model {
            endpoint: Endpoint::ChatCompletions,
            model: "qwen-max",
        },
        address: IpAddr::from([10, 0, 15, 7]),
        secret_valid_until: None,
    }
}

/// A call that is refused for its address and its model.
pub fn refused() -> Asked<'static> {
    Asked {
        target: Target::Model {
            endpoint: Endpoint::ChatCompletions,
            model: "gpt-5",
        },
        address: IpAddr::from([203, 0, 113, 7]),
        ..asked()
    }
}

pub fn catalog() -> Catalog {
    let models = (1..).zip(MODELS).map(|(id, name)| Model {
        id: ModelId::from_raw(id).unwrap(),
        name: name.parse().unwrap(),
        provider: "openai".parse().unwrap(),
        enabled: true,
        pricing: Pricing {
            base: Some("input=2.5,output=10".parse().unwrap()),
            overrides: Vec::new(),
        },
        window: Window::default(),
    });
    Catalog::new([group()], models, (1..=8).map(upstream)).unwrap()
}

pub fn principal() -> Principal {
    let scope = || Scope {
        models: Allow::Only(patterns(MODELS)),
        providers: Allow::Only(vec!["openai".parse().unwrap()]),
        endpoints: Allow::Only(patterns(["embeddings", "chat.*"])),
        networks: Allow::Only(
            (0..16)
                .map(|i| format!("10.0.{i}.0/24").parse().unwrap())
                .collect(),
        ),
    };
    let account = Account {
        id: AccountId::from_raw(1).unwrap(),
        name: "acme".parse().unwrap(),
        enabled: true,
        funds: Funds {
            credited: Some(Credits::from_micros(900_000_000)),
            credit_line: Credits::ZERO,
            periodic: Some(limit("month", 300)),
        },
        limits: Limits::default(),
        scope: scope(),
    };
    let token = Token {
        id: TokenId::from_raw(1).unwrap(),
        name: "busy".parse().unwrap(),
        account: account.id,
        group: group().id,
        state: TokenState::Enabled,
        expires_at: Some(NOW.plus(std::time::Duration::from_secs(60))),
        quota: Quota {
            lifetime: Some(Credits::from_micros(25_000_000)),
            periodic: Some(limit("day", 5)),
        },
        limits: Limits::default(),
        scope: scope(),
    };
    Principal {
        token,
        account,
        spent: standing("2027-01-14T23:00:00Z"),
        account_spent: standing("2026-12-31T23:00:00Z"),
    }
}

fn limit(unit: &str, credits: i64) -> PeriodicLimit {
    PeriodicLimit {
        limit: Credits::from_micros(credits * 1_000_000),
        period: Period {
            unit: unit.parse().unwrap(),
            zone: "Europe/Berlin".parse().unwrap(),
        },
    }
}

fn standing(period_begin: &str) -> Standing {
    let spent = Spent {
        used: Credits::from_micros(3_500_000),
        held: Credits::from_micros(20_000),
    };
    Standing {
        lifetime: spent,
        periodic: Some((Timestamp::parse(period_begin).unwrap(), spent)),
    }
}

fn group() -> Group {
    Group {
        id: GroupId::from_raw(1).unwrap(),
        name: "standard".parse().unwrap(),
        multiplier: Multiplier::ONE,
        scope: Scope::default(),
        terms: Terms::default(),
    }
}

fn upstream(id: i64) -> Upstream {
    let served = MODELS.map(|name| ServedModel {
        name: name.parse().unwrap(),
        sent_as: None,
    });
    Upstream {
        id: UpstreamId::from_raw(id).unwrap(),
        name: format!("relay {id}").parse().unwrap(),
        provider: "openai".parse().unwrap(),
        dialect: Dialect::OpenAi,
        enabled: true,
        priority: 0,
        weight: 1,
        groups: Allow::Only(vec![group().id]),
        credentials: None,
        sticky: false,
        serves: Serves::Models(served.to_vec()),
        price: None,
    }
}

fn patterns<const N: usize>(texts: [&str; N]) -> Vec<Pattern> {
    texts.map(|text| text.parse().unwrap()).to_vec()
}
