//! The decision: every rule in order, over token, account and group. Read this first.
//!
//! One walk serves both [`evaluate`], which keeps what is broken, and [`explain`], which keeps
//! every step, so the two cannot disagree. The permit path allocates nothing.

use std::fmt::Display;

use crate::asked::{Asked, Target};
use crate::catalog::{Catalog, Offer, Route};
use crate::explain::{Explanation, Step};
use crate::group::Group;
use crate::scope::Scope;
use crate::time::Timestamp;
use crate::token::{Principal, TokenState};
use crate::upstream::Upstream;
use crate::verdict::{Destination, Layer, Permit, Reason, ReasonKind, Refusal, Verdict};

/// Decides whether a call may be made at a moment.
///
/// A refusal carries every reason that applied; the first one decides the answer to the client.
pub fn evaluate<'a>(
    catalog: &'a Catalog,
    principal: &'a Principal,
    asked: &Asked<'_>,
    now: Timestamp,
) -> Verdict<'a> {
    let mut broken = Vec::new();
    let permit = walk(catalog, principal, asked, now, &mut broken);
    match (Refusal::new(broken), permit) {
        (None, Some(permit)) => Verdict::Permit(permit),
        (Some(refusal), _) => Verdict::Refuse(refusal),
        // No permit without a broken rule: `walk` has no such path, and if it had, this is safe.
        (None, None) => Verdict::Refuse(Refusal::unexplained()),
    }
}

/// Decides as [`evaluate`] does, and keeps every rule with what it saw.
pub fn explain<'a>(
    catalog: &'a Catalog,
    principal: &'a Principal,
    asked: &Asked<'_>,
    now: Timestamp,
) -> Explanation<'a> {
    let mut steps: Vec<Step> = Vec::new();
    walk(catalog, principal, asked, now, &mut steps);
    Explanation {
        steps,
        verdict: evaluate(catalog, principal, asked, now),
    }
}

/// The models that a principal may call through at least one endpoint, by name.
pub fn reachable_models<'a>(
    catalog: &'a Catalog,
    principal: &'a Principal,
) -> impl Iterator<Item = &'a Offer> {
    let group = catalog.group(principal.token.group);
    catalog.offers().filter(move |offer| {
        group.is_some_and(|group| {
            let callable = |route: &Route| usable(&route.upstream, principal, group);
            let name = offer.model.name.as_str();
            offer.model.enabled
                && scopes(principal, group).all(|(_, scope)| scope.allows_model(name))
                && offer.routes.iter().any(callable)
        })
    })
}

/// Whether calls of the principal may be routed to the upstream.
pub(crate) fn usable(upstream: &Upstream, principal: &Principal, group: &Group) -> bool {
    upstream.enabled
        && upstream.serves_group(group.id)
        && scopes(principal, group).all(|(_, scope)| scope.allows_provider(&upstream.provider))
}

/// What becomes of each rule that was looked at.
pub(crate) trait Watch {
    fn saw(
        &mut self,
        passed: bool,
        kind: ReasonKind,
        layer: Layer,
        saw: &dyn Display,
        wanted: &dyn Display,
    );
}

impl Watch for Vec<Reason> {
    #[inline]
    fn saw(
        &mut self,
        passed: bool,
        kind: ReasonKind,
        layer: Layer,
        saw: &dyn Display,
        wanted: &dyn Display,
    ) {
        if !passed {
            let (saw, wanted) = (saw.to_string(), wanted.to_string());
            self.push(Reason {
                kind,
                layer,
                saw,
                wanted,
            });
        }
    }
}

fn walk<'a>(
    catalog: &'a Catalog,
    principal: &'a Principal,
    asked: &Asked<'_>,
    now: Timestamp,
    watch: &mut impl Watch,
) -> Option<Permit<'a>> {
    secret(asked, now, watch);
    status(principal, now, watch);
    let group = catalog.group(principal.token.group);
    let id = principal.token.group;
    watch.saw(
        group.is_some(),
        ReasonKind::GroupUnknown,
        Layer::Catalog,
        &id,
        &"a group that exists",
    );
    let group = group?;
    for (layer, scope) in scopes(principal, group) {
        let passed = scope.allows_address(asked.address);
        watch.saw(
            passed,
            ReasonKind::AddressNotAllowed,
            layer,
            &asked.address,
            &scope.networks,
        );
    }
    for (layer, scope) in scopes(principal, group) {
        let passed = asked.target.allowed_by(scope);
        watch.saw(
            passed,
            ReasonKind::EndpointNotAllowed,
            layer,
            &asked.target,
            &scope.endpoints,
        );
    }
    let destination = destination(catalog, principal, group, asked, watch);
    if !matches!(asked.target, Target::Gateway { .. }) {
        quota(principal, watch);
    }
    Some(Permit {
        principal,
        group,
        dialect: asked.target.dialect(),
        destination: destination?,
    })
}

/// The restrictions that a call must pass, all of them.
fn scopes<'a>(
    principal: &'a Principal,
    group: &'a Group,
) -> impl Iterator<Item = (Layer, &'a Scope)> {
    [
        (Layer::Token, &principal.token.scope),
        (Layer::Account, &principal.account.scope),
        (Layer::Group, &group.scope),
    ]
    .into_iter()
}

fn secret(asked: &Asked<'_>, now: Timestamp, watch: &mut impl Watch) {
    let retired = asked.secret_valid_until.is_some_and(|until| now >= until);
    let saw = Moment("valid until ", asked.secret_valid_until);
    watch.saw(
        !retired,
        ReasonKind::SecretRetired,
        Layer::Token,
        &saw,
        &"a secret that was not rotated away",
    );
}

fn status(principal: &Principal, now: Timestamp, watch: &mut impl Watch) {
    let Principal { token, account, .. } = principal;
    let state = token.state.name();
    let not_revoked = token.state != TokenState::Revoked;
    watch.saw(
        not_revoked,
        ReasonKind::TokenRevoked,
        Layer::Token,
        &state,
        &"not revoked",
    );
    let not_disabled = token.state != TokenState::Disabled;
    watch.saw(
        not_disabled,
        ReasonKind::TokenDisabled,
        Layer::Token,
        &state,
        &"not disabled",
    );
    let expiry = Moment("expires ", token.expires_at);
    watch.saw(
        !token.expired(now),
        ReasonKind::TokenExpired,
        Layer::Token,
        &expiry,
        &"an expiry in the future, or none",
    );
    let state = if account.enabled {
        "enabled"
    } else {
        "disabled"
    };
    watch.saw(
        account.enabled,
        ReasonKind::AccountDisabled,
        Layer::Account,
        &state,
        &"enabled",
    );
}

fn quota(principal: &Principal, watch: &mut impl Watch) {
    let Principal { token, used, .. } = principal;
    let left = token.quota.and_then(|quota| quota.checked_sub(*used));
    let saw = left.map_or_else(|| Amount::Unlimited, Amount::Left);
    watch.saw(
        !token.exhausted(*used),
        ReasonKind::QuotaExhausted,
        Layer::Token,
        &saw,
        &"more than 0 credits left",
    );
}

fn destination<'a>(
    catalog: &'a Catalog,
    principal: &'a Principal,
    group: &'a Group,
    asked: &Asked<'_>,
    watch: &mut impl Watch,
) -> Option<Destination<'a>> {
    match asked.target {
        Target::Gateway { .. } => Some(Destination::Gateway),
        Target::Mount { prefix } => {
            let upstream = catalog.mount(prefix);
            watch.saw(
                upstream.is_some(),
                ReasonKind::MountUnknown,
                Layer::Catalog,
                &prefix,
                &"a mounted upstream",
            );
            let upstream = upstream?;
            providers(std::iter::once(upstream), principal, group, watch);
            served(usable(upstream, principal, group), group, watch);
            Some(Destination::Mount(upstream))
        }
        Target::Model { endpoint, model } => {
            let offer = catalog.offer(model).filter(|offer| offer.model.enabled);
            watch.saw(
                offer.is_some(),
                ReasonKind::ModelUnknown,
                Layer::Catalog,
                &Quoted(model),
                &"a model of the gallery that is enabled",
            );
            for (layer, scope) in scopes(principal, group) {
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
            let speaks = |upstream: &&Upstream| upstream.dialect == endpoint.dialect();
            let speaking = offer
                .routes
                .iter()
                .map(|route| &route.upstream)
                .filter(speaks);
            providers(speaking.clone(), principal, group, watch);
            let found = speaking
                .clone()
                .any(|upstream| usable(upstream, principal, group));
            served(found, group, watch);
            Some(Destination::Model(offer))
        }
    }
}

/// Each layer must allow the vendor of at least one upstream. Whether one upstream satisfies all
/// layers together is the matter of [`served`].
fn providers<'a>(
    upstreams: impl Iterator<Item = &'a Upstream> + Clone,
    principal: &Principal,
    group: &Group,
    watch: &mut impl Watch,
) {
    if upstreams.clone().next().is_none() {
        return;
    }
    for (layer, scope) in scopes(principal, group) {
        let passed = upstreams
            .clone()
            .any(|upstream| scope.allows_provider(&upstream.provider));
        let saw = Providers(upstreams.clone());
        watch.saw(
            passed,
            ReasonKind::ProviderNotAllowed,
            layer,
            &saw,
            &scope.providers,
        );
    }
}

fn served(found: bool, group: &Group, watch: &mut impl Watch) {
    let saw = if found { "at least one" } else { "none" };
    let wanted = Wanted(group);
    watch.saw(found, ReasonKind::NoUpstream, Layer::Catalog, &saw, &wanted);
}

struct Quoted<'a>(&'a str);

/// At most 200 characters of what a stranger sent, with nothing that could disturb a terminal.
impl Display for Quoted<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let shortened: String = self.0.chars().take(200).collect();
        write!(f, "`{}`", shortened.escape_debug())
    }
}

struct Moment(&'static str, Option<Timestamp>);

impl Display for Moment {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.1 {
            Some(at) => write!(f, "{}{at}", self.0),
            None => f.write_str("no end"),
        }
    }
}

enum Amount {
    Left(crate::credits::Credits),
    Unlimited,
}

impl Display for Amount {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Left(credits) => write!(f, "{credits} credits left"),
            Self::Unlimited => f.write_str("unlimited"),
        }
    }
}

struct Providers<I>(I);

impl<'a, I: Iterator<Item = &'a Upstream> + Clone> Display for Providers<I> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        for (i, upstream) in self.0.clone().enumerate() {
            let comma = if i == 0 { "" } else { ", " };
            write!(f, "{comma}{}", upstream.provider)?;
        }
        Ok(())
    }
}

struct Wanted<'a>(&'a Group);

impl Display for Wanted<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            f,
            "an enabled upstream of this dialect for group `{}` whose provider is allowed",
            self.0.name
        )
    }
}

#[cfg(test)]
mod tests;
