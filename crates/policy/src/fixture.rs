//! A small gateway for tests: one tier, two models, four upstreams, and a token that may use all.

use std::net::IpAddr;

use crate::asked::{Asked, Target};
use crate::bound::Window;
use crate::catalog::Catalog;
use crate::endpoint::{Dialect, Endpoint};
use crate::group::{Group, Multiplier, Terms};
use crate::id::{AccountId, GroupId, ModelId, TokenId, UpstreamId};
use crate::limit::Limits;
use crate::name::{ModelName, Name, Prefix, Provider};
use crate::network::Network;
use crate::pattern::Pattern;
use crate::price::Price;
use crate::quota::{Quota, Standing};
use crate::scope::{Allow, Scope};
use crate::time::Timestamp;
use crate::token::{Account, Funds, Principal, Token, TokenState};
use crate::upstream::{Model, Pricing, ServedModel, Serves, Upstream};
use crate::verdict::Layer;

pub(crate) mod generated;
pub(crate) mod plainly;

/// The layers that have a scope.
pub(crate) const LAYERS: [Layer; 3] = [Layer::Token, Layer::Account, Layer::Group];
/// The moment at which the tests ask.
pub(crate) const NOW: Timestamp = Timestamp::from_seconds(1_800_000_000);
pub(crate) const GPT: Target<'_> = chat("gpt-4o");
pub(crate) const CRM: Target<'_> = Target::Mount { prefix: "crm" };
pub(crate) const LIST: Target<'_> = Target::Gateway {
    endpoint: Endpoint::Models,
};

pub(crate) const fn chat(model: &str) -> Target<'_> {
    Target::Model {
        endpoint: Endpoint::ChatCompletions,
        model,
    }
}

/// Everything that a decision looks at, but for what is asked for.
#[derive(Debug, Clone)]
pub(crate) struct World {
    pub(crate) default_price: Option<Price>,
    pub(crate) groups: Vec<Group>,
    pub(crate) models: Vec<Model>,
    pub(crate) upstreams: Vec<Upstream>,
    pub(crate) principal: Principal,
    pub(crate) address: IpAddr,
    pub(crate) secret_valid_until: Option<Timestamp>,
}

impl World {
    pub(crate) fn new() -> Self {
        let gpt = |sent_as: Option<&str>| models([("gpt-4o", sent_as)]);
        Self {
            default_price: None,
            groups: vec![group(1, "standard")],
            models: vec![model(1, "gpt-4o", "openai"), model(2, "opus", "anthropic")],
            upstreams: vec![
                upstream(1, "first", "openai", Dialect::OpenAi, gpt(None)),
                upstream(2, "second", "azure", Dialect::OpenAi, gpt(Some("gpt-eu"))),
                upstream(
                    3,
                    "third",
                    "anthropic",
                    Dialect::Anthropic,
                    models([("opus", None)]),
                ),
                upstream(4, "crm", "acme", Dialect::Plain, mount("crm")),
            ],
            principal: principal(),
            address: IpAddr::from([203, 0, 113, 7]),
            secret_valid_until: None,
        }
    }

    pub(crate) fn catalog(&self) -> Catalog {
        let Self {
            default_price,
            groups,
            models,
            upstreams,
            ..
        } = self.clone();
        Catalog::with_default_price(default_price, groups, models, upstreams).unwrap()
    }

    pub(crate) fn asked<'a>(&self, target: Target<'a>) -> Asked<'a> {
        Asked {
            target,
            address: self.address,
            secret_valid_until: self.secret_valid_until,
        }
    }

    pub(crate) fn scope(&mut self, layer: Layer) -> &mut Scope {
        match layer {
            Layer::Token => &mut self.principal.token.scope,
            Layer::Account => &mut self.principal.account.scope,
            Layer::Group => &mut self.groups[0].scope,
            Layer::Catalog => panic!("the catalog has no scope"),
        }
    }
}

fn principal() -> Principal {
    Principal {
        token: Token {
            id: TokenId::from_raw(1).unwrap(),
            name: name("ci-key"),
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
            name: name("acme"),
            enabled: true,
            funds: Funds::default(),
            limits: Limits::default(),
            scope: Scope::default(),
        },
        spent: Standing::default(),
        account_spent: Standing::default(),
    }
}

pub(crate) fn group(id: i64, text: &str) -> Group {
    Group {
        id: GroupId::from_raw(id).unwrap(),
        name: name(text),
        multiplier: Multiplier::ONE,
        scope: Scope::default(),
        terms: Terms::default(),
    }
}

pub(crate) fn model(id: i64, text: &str, provider: &str) -> Model {
    Model {
        id: ModelId::from_raw(id).unwrap(),
        name: model_name(text),
        provider: provider.parse().unwrap(),
        enabled: true,
        pricing: Pricing {
            base: Some(price()),
            overrides: Vec::new(),
        },
        window: Window::default(),
    }
}

/// What everything costs.
pub(crate) fn price() -> Price {
    "input=1,output=4,request=0.001".parse().unwrap()
}

pub(crate) fn upstream(
    id: i64,
    text: &str,
    provider: &str,
    dialect: Dialect,
    serves: Serves,
) -> Upstream {
    Upstream {
        id: UpstreamId::from_raw(id).unwrap(),
        name: name(text),
        provider: provider.parse().unwrap(),
        dialect,
        enabled: true,
        priority: 0,
        weight: 1,
        groups: Allow::Any,
        credentials: None,
        sticky: false,
        serves,
        price: Some(price()),
    }
}

pub(crate) fn models<'a>(names: impl IntoIterator<Item = (&'a str, Option<&'a str>)>) -> Serves {
    let served = |(name, sent_as): (&str, Option<&str>)| ServedModel {
        name: model_name(name),
        sent_as: sent_as.map(model_name),
    };
    Serves::Models(names.into_iter().map(served).collect())
}

pub(crate) fn mount(text: &str) -> Serves {
    Serves::Mount(Prefix::parse(text).unwrap())
}

pub(crate) fn patterns<const N: usize>(texts: [&str; N]) -> Allow<Pattern> {
    Allow::Only(texts.map(|text| text.parse().unwrap()).to_vec())
}

pub(crate) fn providers<const N: usize>(texts: [&str; N]) -> Allow<Provider> {
    Allow::Only(texts.map(|text| text.parse().unwrap()).to_vec())
}

pub(crate) fn networks<const N: usize>(texts: [&str; N]) -> Allow<Network> {
    Allow::Only(texts.map(|text| text.parse().unwrap()).to_vec())
}

fn name(text: &str) -> Name {
    text.parse().unwrap()
}

fn model_name(text: &str) -> ModelName {
    text.parse().unwrap()
}
