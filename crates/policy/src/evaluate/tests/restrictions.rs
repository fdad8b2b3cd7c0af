//! Every way in which an operator can take rights away, and that none of them gives any.

use proptest::prelude::*;
use proptest::sample::{Index, select};

use super::*;
use crate::credits::Credits;
use crate::fixture::{LAYERS, generated};
use crate::id::UpstreamId;
use crate::pattern::Pattern;
use crate::price::{Part, Price};
use crate::quota::PeriodicLimit;
use crate::scope::Allow;
use crate::upstream::{Model, Pricing, Serves};

/// One change that can only take away.
#[derive(Debug, Clone)]
enum Restriction {
    /// Keeps some entries of one list of a layer; of "any", some of all entries that there are.
    Narrow(Layer, List, u8),
    /// Puts narrower entries in the place of those of one list of a layer.
    Sharpen(Layer, List),
    Switch(TokenState),
    DisableAccount,
    ExpireBy(i64),
    RetireBy(i64),
    /// Lowers one of the four limits, or sets it where there was none.
    LowerQuota(Layer, i64),
    LowerPeriod(Layer, i64, usize),
    LowerCreditLine(i64),
    /// Takes the default price away, which stands in for all that is missing.
    ForgetDefault,
    /// Takes the base list of a model away, where no default stands in for it.
    ForgetBase(Index),
    /// Takes all lists of a model away, and the default with them.
    ForgetPrices(Index),
    ForgetMount(Index),
    /// Takes one price out of every list that there is.
    ForgetPart(Part),
    DisableModel(Index),
    DisableUpstream(Index),
    NarrowUpstream(Index, u8),
    ServeNothing(Index),
    RemoveUpstream(Index),
    RemoveGroup,
}

#[derive(Debug, Clone, Copy)]
enum List {
    Models,
    Providers,
    Endpoints,
    Networks,
}

fn restriction() -> impl Strategy<Value = Restriction> {
    use Restriction::*;
    let layer = select(&LAYERS);
    let list = select(&[
        List::Models,
        List::Providers,
        List::Endpoints,
        List::Networks,
    ]);
    let upstream = any::<Index>;
    let payer = select(&[Layer::Token, Layer::Account]);
    prop_oneof![
        12 => (layer.clone(), list.clone(), any::<u8>()).prop_map(|(a, b, c)| Narrow(a, b, c)),
        6 => (layer, list).prop_map(|(a, b)| Sharpen(a, b)),
        1 => select(&[TokenState::Disabled, TokenState::Revoked]).prop_map(Switch),
        1 => Just(DisableAccount),
        2 => (-2i64..3).prop_map(ExpireBy),
        2 => (-2i64..3).prop_map(RetireBy),
        2 => (payer.clone(), 0i64..5).prop_map(|(a, b)| LowerQuota(a, b)),
        2 => (payer, 0i64..5, 0..4usize).prop_map(|(a, b, c)| LowerPeriod(a, b, c)),
        1 => (-2i64..2).prop_map(LowerCreditLine),
        1 => Just(ForgetDefault),
        2 => upstream().prop_map(ForgetBase),
        2 => upstream().prop_map(ForgetPrices),
        2 => upstream().prop_map(ForgetMount),
        3 => select(&Part::ALL).prop_map(ForgetPart),
        2 => upstream().prop_map(DisableModel),
        2 => upstream().prop_map(DisableUpstream),
        2 => (upstream(), any::<u8>()).prop_map(|(a, b)| NarrowUpstream(a, b)),
        2 => upstream().prop_map(ServeNothing),
        2 => upstream().prop_map(RemoveUpstream),
        1 => Just(RemoveGroup),
    ]
}

impl Restriction {
    fn apply(&self, world: &mut World) {
        let token = &mut world.principal.token;
        match *self {
            Self::Narrow(layer, list, keep) => narrow_list(world.scope(layer), list, keep),
            Self::Sharpen(layer, list) => sharpen_list(world.scope(layer), list),
            Self::Switch(state) => token.state = state,
            Self::DisableAccount => world.principal.account.enabled = false,
            Self::ExpireBy(micros) => earlier(&mut token.expires_at, micros),
            Self::RetireBy(micros) => earlier(&mut world.secret_valid_until, micros),
            Self::LowerQuota(layer, micros) => lower_quota(world, layer, micros),
            Self::LowerPeriod(layer, micros, one) => lower_period(world, layer, micros, one),
            Self::LowerCreditLine(micros) => {
                let line = &mut world.principal.account.funds.credit_line;
                *line = (*line).min(Credits::from_micros(micros));
            }
            Self::ForgetDefault => world.default_price = None,
            Self::ForgetBase(at) => {
                if world.default_price.is_none() {
                    at.get_mut(&mut world.models).pricing.base = None;
                }
            }
            Self::ForgetPrices(at) => {
                world.default_price = None;
                at.get_mut(&mut world.models).pricing = Pricing::default();
            }
            Self::ForgetPart(part) => forget_part(world, part),
            Self::DisableModel(at) => at.get_mut(&mut world.models).enabled = false,
            Self::RemoveGroup => world.groups.clear(),
            // The rest needs an upstream.
            _ if world.upstreams.is_empty() => (),
            Self::ForgetMount(at) => {
                world.default_price = None;
                at.get_mut(&mut world.upstreams).price = None;
            }
            Self::DisableUpstream(at) => at.get_mut(&mut world.upstreams).enabled = false,
            Self::NarrowUpstream(at, keep) => {
                let groups = &mut at.get_mut(&mut world.upstreams).groups;
                narrow(groups, generated::groups(), keep);
            }
            Self::ServeNothing(at) => {
                at.get_mut(&mut world.upstreams).serves = Serves::Models(Vec::new());
            }
            Self::RemoveUpstream(at) => {
                world.upstreams.remove(at.index(world.upstreams.len()));
            }
        }
    }
}

fn lower_quota(world: &mut World, layer: Layer, micros: i64) {
    let limit = match layer {
        Layer::Token => &mut world.principal.token.quota.lifetime,
        _ => &mut world.principal.account.funds.credited,
    };
    let new = Credits::from_micros(micros);
    *limit = Some(limit.map_or(new, |old| old.min(new)));
}

/// Keeps the period where there is one: another one could begin later.
fn lower_period(world: &mut World, layer: Layer, micros: i64, one: usize) {
    let limit = match layer {
        Layer::Token => &mut world.principal.token.quota.periodic,
        _ => &mut world.principal.account.funds.periodic,
    };
    let new = Credits::from_micros(micros);
    match limit {
        Some(old) => old.limit = old.limit.min(new),
        None => {
            *limit = Some(PeriodicLimit {
                limit: new,
                period: generated::period(generated::PERIODS[one]),
            });
        }
    }
}

fn forget_part(world: &mut World, part: Part) {
    let without = |price: &mut Price| {
        let others = Part::ALL.into_iter().filter(|one| *one != part);
        *price = others.fold(Price::EMPTY, |kept, one| match price.stated(one) {
            Some(unit) => kept.with(one, unit),
            None => kept,
        });
    };
    world.default_price.iter_mut().for_each(without);
    for Model { pricing, .. } in &mut world.models {
        pricing.base.iter_mut().for_each(without);
        let overrides = pricing.overrides.iter_mut();
        overrides.for_each(|one| without(&mut one.price));
    }
    let prices = world.upstreams.iter_mut();
    prices
        .filter_map(|one| one.price.as_mut())
        .for_each(without);
}

fn narrow_list(scope: &mut Scope, list: List, keep: u8) {
    match list {
        List::Models => narrow(&mut scope.models, generated::model_patterns(), keep),
        List::Providers => narrow(&mut scope.providers, generated::providers(), keep),
        List::Endpoints => narrow(&mut scope.endpoints, generated::endpoint_patterns(), keep),
        List::Networks => narrow(&mut scope.networks, generated::networks(), keep),
    }
}

fn narrow<T: Clone>(allow: &mut Allow<T>, all: Vec<T>, keep: u8) {
    let entries = allow.list().map_or(all, <[T]>::to_vec);
    let kept = entries.into_iter().enumerate();
    let kept = kept
        .filter(|(i, _)| keep >> i & 1 == 1)
        .map(|(_, entry)| entry);
    *allow = Allow::Only(kept.collect());
}

fn sharpen_list(scope: &mut Scope, list: List) {
    match list {
        List::Models => sharpen(&mut scope.models, "a*"),
        List::Endpoints => sharpen(&mut scope.endpoints, "m*"),
        List::Providers => scope.providers = Allow::Only(vec![]),
        List::Networks => match &mut scope.networks {
            Allow::Any => scope.networks = crate::fixture::networks(["10.0.0.0/8"]),
            Allow::Only(list) => list.iter_mut().for_each(|network| {
                if network.to_string().ends_with(".0/8") || network.to_string() == "0.0.0.0/0" {
                    *network = "10.1.0.0/16".parse().unwrap();
                }
            }),
        },
    }
}

/// A pattern that is covered by the old one: each star gets a character in front of it.
fn sharpen(patterns: &mut Allow<Pattern>, of_any: &str) {
    match patterns {
        Allow::Any => *patterns = Allow::Only(vec![of_any.parse().unwrap()]),
        Allow::Only(list) => list.iter_mut().for_each(|pattern| {
            let narrower = pattern.as_str().replacen('*', "a*", 1);
            *pattern = narrower.parse().unwrap();
        }),
    }
}

fn earlier(moment: &mut Option<Timestamp>, micros: i64) {
    let new = Timestamp::from_micros(NOW.as_micros() + micros);
    *moment = Some(moment.map_or(new, |old| old.min(new)));
}

/// The upstreams that may serve a call; nothing where it is refused.
fn rights(world: &World, target: Target<'_>) -> Option<Vec<UpstreamId>> {
    let (catalog, asked) = (world.catalog(), world.asked(target));
    match evaluate(&catalog, &world.principal, &asked, NOW) {
        Verdict::Permit(permit) => Some(permit.candidates().map(|one| one.upstream.id).collect()),
        Verdict::Refuse(_) => None,
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn a_restriction_only_takes_away(
        world in generated::world(),
        target in generated::target(),
        restriction in restriction(),
    ) {
        let before = rights(&world, target);
        let mut restricted = world.clone();
        restriction.apply(&mut restricted);
        let after = rights(&restricted, target);
        match (before, after) {
            (_, None) => (),
            (None, Some(_)) => prop_assert!(false, "a refusal became a permit"),
            (Some(before), Some(after)) => {
                let known = after.iter().all(|one| before.contains(one));
                prop_assert!(known, "{after:?} is more than {before:?}");
            }
        }
        let shrunk = models(&restricted).iter().all(|name| models(&world).contains(name));
        prop_assert!(shrunk, "a model became reachable");
    }
}

fn models(world: &World) -> Vec<String> {
    let catalog = world.catalog();
    reachable_models(&catalog, &world.principal)
        .map(|offer| offer.model.name.to_string())
        .collect()
}
