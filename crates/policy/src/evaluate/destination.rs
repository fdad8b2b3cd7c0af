//! Where a call may go: the rules on models, mounts, providers and upstreams.

use super::shown::{Providers, Quoted, Upstreams, Wanted};
use super::{Watch, scopes};
use crate::asked::Target;
use crate::catalog::Catalog;
use crate::endpoint::Dialect;
use crate::group::Group;
use crate::token::Principal;
use crate::upstream::Upstream;
use crate::verdict::{Destination, Layer, ReasonKind};

/// Who calls, in which tier, and in which dialect. The group is missing where it is not known.
#[derive(Clone, Copy)]
pub(super) struct Caller<'a> {
    pub(super) principal: &'a Principal,
    pub(super) group: Option<&'a Group>,
    pub(super) dialect: Dialect,
}

/// What keeps an upstream from taking a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Obstacle {
    Disabled,
    Dialect,
    Group,
    Provider(Layer),
}

/// Whether a call of the principal, made in a dialect, may be routed to the upstream.
pub(crate) fn usable(
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
    scopes(principal, Some(group))
        .find(|(_, scope)| !scope.allows_provider(&upstream.provider))
        .map(|(layer, _)| Obstacle::Provider(layer))
}

/// Looks for something that serves the call; `None` only after a rule was found broken.
pub(super) fn destination<'a>(
    catalog: &'a Catalog,
    caller: Caller<'_>,
    target: Target<'_>,
    watch: &mut impl Watch,
) -> Option<Destination<'a>> {
    match target {
        Target::Gateway { .. } => Some(Destination::Gateway),
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
    served(std::iter::once(upstream), caller, watch);
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
    let upstreams = offer.routes.iter().map(|route| &route.upstream);
    served(upstreams, caller, watch);
    Some(Destination::Model(offer))
}

/// One upstream must pass every test at once; that each is passed by some upstream is not enough.
fn served<'a>(
    upstreams: impl Iterator<Item = &'a Upstream> + Clone,
    caller: Caller<'_>,
    watch: &mut impl Watch,
) {
    providers(upstreams.clone(), caller, watch);
    let Caller {
        principal,
        group: Some(group),
        dialect,
    } = caller
    else {
        return;
    };
    let tested = upstreams.map(|one| (one, obstacle(one, dialect, principal, group)));
    let found = tested.clone().any(|(_, obstacle)| obstacle.is_none());
    let wanted = Wanted(dialect, group);
    watch.saw(
        found,
        ReasonKind::NoUpstream,
        Layer::Catalog,
        &Upstreams(tested),
        &wanted,
    );
}

/// Each layer by itself must allow the vendor of an upstream that speaks the dialect: where one
/// does not, it alone is the reason, and it is named.
fn providers<'a>(
    upstreams: impl Iterator<Item = &'a Upstream> + Clone,
    caller: Caller<'_>,
    watch: &mut impl Watch,
) {
    let speaking = upstreams.filter(|upstream| upstream.dialect == caller.dialect);
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
