//! Where a call may go: the rules on models, mounts, providers and upstreams.

use super::shown::{Prices, Providers, Quoted, Upstreams, Wanted};
use super::{Watch, scopes};
use crate::asked::Target;
use crate::catalog::{Catalog, Route};
use crate::endpoint::{Dialect, Endpoint};
use crate::group::Group;
use crate::id::GroupId;
use crate::price::Price;
use crate::token::Principal;
use crate::upstream::Upstream;
use crate::verdict::{Destination, Layer, Permit, Reason, ReasonKind};

/// Who calls, in which tier, and how. The group is missing where it is not known.
#[derive(Clone, Copy)]
pub(super) struct Caller<'a> {
    pub(super) principal: &'a Principal,
    pub(super) group: Option<&'a Group>,
    pub(super) target: Target<'a>,
}

/// An upstream that could take a call, and what the call would cost there.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Way<'a> {
    pub(crate) upstream: &'a Upstream,
    pub(crate) route: Option<&'a Route>,
    pub(crate) price: Option<&'a Price>,
}

impl<'a> Way<'a> {
    pub(crate) fn to_model(route: &'a Route, group: GroupId) -> Self {
        Self {
            upstream: &route.upstream,
            route: Some(route),
            price: route.price(group),
        }
    }

    pub(crate) fn to_mount(upstream: &'a Upstream) -> Self {
        Self {
            upstream,
            route: None,
            price: upstream.price.as_ref(),
        }
    }

    /// The price of a call, if the list has what is needed to know it.
    pub(crate) fn price_of(&self, endpoint: Option<Endpoint>) -> Option<&'a Price> {
        self.price.filter(|price| price.covers(endpoint))
    }
}

/// What keeps an upstream from taking a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Obstacle {
    Disabled,
    Dialect,
    Group,
    Credential,
    Provider(Layer),
}

/// What a call of the principal costs on a way; `None` where it may not be routed there.
pub(crate) fn usable<'a>(
    way: &Way<'a>,
    dialect: Dialect,
    endpoint: Option<Endpoint>,
    principal: &Principal,
    group: &Group,
) -> Option<&'a Price> {
    match obstacle(way.upstream, dialect, principal, group) {
        None => way.price_of(endpoint),
        Some(_) => None,
    }
}

/// Whether nothing keeps an upstream from taking a call of the principal.
pub(crate) fn is_open(
    upstream: &Upstream,
    dialect: Dialect,
    principal: &Principal,
    group: &Group,
) -> bool {
    obstacle(upstream, dialect, principal, group).is_none()
}

fn obstacle(
    upstream: &Upstream,
    dialect: Dialect,
    principal: &Principal,
    group: &Group,
) -> Option<Obstacle> {
    if !upstream.enabled {
        return Some(Obstacle::Disabled);
    }
    if upstream.dialect != dialect {
        return Some(Obstacle::Dialect);
    }
    if !upstream.serves_group(group.id) {
        return Some(Obstacle::Group);
    }
    if !upstream.has_credentials() {
        return Some(Obstacle::Credential);
    }
    scopes(principal, Some(group))
        .find(|(_, scope)| !scope.allows_provider(&upstream.provider))
        .map(|(layer, _)| Obstacle::Provider(layer))
}

/// Looks for something that serves the call; `None` only after a rule was found broken.
pub(super) fn destination<'a>(
    catalog: &'a Catalog,
    caller: Caller<'_>,
    watch: &mut impl Watch,
) -> Option<Destination<'a>> {
    match caller.target {
        Target::Gateway { .. } | Target::Statement => Some(Destination::Gateway),
        Target::Mount { prefix } => mount(catalog, caller, prefix, watch),
        Target::Model { model, .. } => offer(catalog, caller, model, watch),
    }
}

fn mount<'a>(
    catalog: &'a Catalog,
    caller: Caller<'_>,
    prefix: &str,
    watch: &mut impl Watch,
) -> Option<Destination<'a>> {
    let upstream = catalog.mount(prefix);
    watch.saw(
        upstream.is_some(),
        ReasonKind::MountUnknown,
        Layer::Catalog,
        &Quoted(prefix),
        &"a mounted upstream",
    );
    let upstream = upstream?;
    served(std::iter::once(Way::to_mount(upstream)), caller, watch);
    Some(Destination::Mount(upstream))
}

fn offer<'a>(
    catalog: &'a Catalog,
    caller: Caller<'_>,
    model: &str,
    watch: &mut impl Watch,
) -> Option<Destination<'a>> {
    let offer = catalog.offer(model).filter(|offer| offer.model.enabled);
    watch.saw(
        offer.is_some(),
        ReasonKind::ModelUnknown,
        Layer::Catalog,
        &Quoted(model),
        &"a model of the gallery that is enabled",
    );
    for (layer, scope) in scopes(caller.principal, caller.group) {
        let passed = scope.allows_model(model);
        watch.saw(
            passed,
            ReasonKind::ModelNotAllowed,
            layer,
            &Quoted(model),
            &scope.models,
        );
    }
    let offer = offer?;
    let group = caller.principal.token.group;
    let ways = offer.routes.iter().map(|route| Way::to_model(route, group));
    served(ways, caller, watch);
    Some(Destination::Model(offer))
}

/// The same call for another model, where every rule on models and upstreams lets it pass. What does
/// not depend on the model was judged with the permit.
pub(crate) fn instead<'a>(permit: &Permit<'a>, model: &'a str) -> Option<Permit<'a>> {
    let endpoint = permit.endpoint?;
    let caller = Caller {
        principal: permit.principal,
        group: Some(permit.group),
        target: Target::Model { endpoint, model },
    };
    let mut broken: Vec<Reason> = Vec::new();
    let destination = offer(permit.catalog, caller, model, &mut broken)?;
    broken.is_empty().then_some(Permit {
        destination,
        ..*permit
    })
}

/// One upstream must pass every test at once; that each is passed by some upstream is not enough.
fn served<'a>(
    ways: impl Iterator<Item = Way<'a>> + Clone,
    caller: Caller<'_>,
    watch: &mut impl Watch,
) {
    let dialect = caller.target.dialect();
    providers(ways.clone().map(|way| way.upstream), caller, watch);
    let Caller {
        principal,
        group: Some(group),
        target,
    } = caller
    else {
        return;
    };
    let obstacle = |upstream| obstacle(upstream, dialect, principal, group);
    let open = ways.clone().filter(|way| obstacle(way.upstream).is_none());
    let is_priced = |way: Way<'_>| way.price_of(target.endpoint()).is_some();
    let priced = open.clone().any(is_priced);
    let found = priced || open.clone().next().is_some();
    let tested = ways.map(|way| (way.upstream, obstacle(way.upstream)));
    watch.saw(
        found,
        ReasonKind::NoUpstream,
        Layer::Catalog,
        &Upstreams(tested),
        &Wanted(dialect, group),
    );
    if !found {
        return;
    }
    watch.saw(
        priced,
        ReasonKind::PriceUnknown,
        Layer::Catalog,
        &Prices(open),
        &"a price for what such a call uses: see `model edit --price` or `upstream edit --price`",
    );
}

/// Each layer by itself must allow the vendor of an upstream that speaks the dialect: where one
/// does not, it alone is the reason, and it is named.
fn providers<'a>(
    upstreams: impl Iterator<Item = &'a Upstream> + Clone,
    caller: Caller<'_>,
    watch: &mut impl Watch,
) {
    let dialect = caller.target.dialect();
    let speaking = upstreams.filter(|upstream| upstream.dialect == dialect);
    if speaking.clone().next().is_none() {
        return;
    }
    for (layer, scope) in scopes(caller.principal, caller.group) {
        let passed = speaking
            .clone()
            .any(|upstream| scope.allows_provider(&upstream.provider));
        let saw = Providers(speaking.clone());
        watch.saw(
            passed,
            ReasonKind::ProviderNotAllowed,
            layer,
            &saw,
            &scope.providers,
        );
    }
}
