//! The decision: every rule in order, over token, account and group. Read this first.
//!
//! One walk serves both [`evaluate()`], which keeps what is broken, and [`explain()`], which keeps
//! every step, so the two cannot disagree. The permit path allocates nothing.

use std::fmt::Display;

use self::destination::{Caller, destination};
use self::shown::{Moment, Remainder};
use crate::asked::{Asked, Target};
use crate::catalog::{Catalog, Offer, Route};
use crate::endpoint::Endpoint;
use crate::explain::{Explanation, Step};
use crate::group::Group;
use crate::network::canonical;
use crate::quota::{Quota, Standing};
use crate::scope::Scope;
use crate::time::Timestamp;
use crate::token::{Principal, TokenState};
use crate::verdict::{Layer, Permit, Reason, ReasonKind, Refusal, Verdict};

pub(crate) use self::destination::{Way, instead, is_open, usable};

mod destination;
mod shown;

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

/// Decides as [`evaluate()`] does, and keeps every rule with what it saw.
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
///
/// Restrictions of all layers count, also those on endpoints. What is not particular to a model
/// (status, address, quota) is not looked at: that is the matter of the call that asks for the list.
pub fn reachable_models<'a>(
    catalog: &'a Catalog,
    principal: &'a Principal,
) -> impl Iterator<Item = &'a Offer> {
    let group = catalog.group(principal.token.group);
    catalog
        .offers()
        .filter(move |offer| group.is_some_and(|group| reachable(offer, principal, group)))
}

fn reachable(offer: &Offer, principal: &Principal, group: &Group) -> bool {
    let model = offer.model.name.as_str();
    let open = |endpoint: &Endpoint| {
        let target = Target::Model {
            endpoint: *endpoint,
            model,
        };
        let usable = |route: &Route| {
            let way = Way::to_model(route, group.id);
            usable(&way, target.dialect(), Some(*endpoint), principal, group).is_some()
        };
        scopes(principal, Some(group)).all(|(_, scope)| target.allowed_by(scope))
            && offer.routes.iter().any(usable)
    };
    offer.model.enabled
        && scopes(principal, Some(group)).all(|(_, scope)| scope.allows_model(model))
        && Endpoint::ALL.iter().filter(|one| one.relayed()).any(open)
}

/// What becomes of each rule that was looked at.
pub(crate) trait Watch {
    /// A rule that does not pass by itself with time, or not at a moment that is known.
    #[inline]
    fn saw(
        &mut self,
        passed: bool,
        kind: ReasonKind,
        layer: Layer,
        saw: &dyn Display,
        wanted: &dyn Display,
    ) {
        self.saw_until(passed, kind, layer, &|| None, saw, wanted);
    }

    /// A rule that, where it is broken, is so until a moment, which is asked only if it is kept.
    fn saw_until(
        &mut self,
        passed: bool,
        kind: ReasonKind,
        layer: Layer,
        until: &dyn Fn() -> Option<Timestamp>,
        saw: &dyn Display,
        wanted: &dyn Display,
    );
}

impl Watch for Vec<Reason> {
    #[inline]
    fn saw_until(
        &mut self,
        passed: bool,
        kind: ReasonKind,
        layer: Layer,
        until: &dyn Fn() -> Option<Timestamp>,
        saw: &dyn Display,
        wanted: &dyn Display,
    ) {
        if !passed {
            let (saw, wanted) = (saw.to_string(), wanted.to_string());
            self.push(Reason {
                kind,
                layer,
                until: until(),
                saw,
                wanted,
            });
        }
    }
}

/// Every rule in order. A broken one does not end the walk, so that all reasons are found.
fn walk<'a>(
    catalog: &'a Catalog,
    principal: &'a Principal,
    asked: &Asked<'_>,
    now: Timestamp,
    watch: &mut impl Watch,
) -> Option<Permit<'a>> {
    let group = catalog.group(principal.token.group);
    secret(asked, now, watch);
    status(principal, now, watch);
    group_known(principal, group, watch);
    network(principal, group, asked, watch);
    endpoint(principal, group, asked, watch);
    let target = asked.target;
    let caller = Caller {
        principal,
        group,
        target,
    };
    let destination = destination(catalog, caller, watch);
    if !target.is_answered_here() {
        quotas(principal, now, watch);
    }
    Some(Permit {
        catalog,
        principal,
        group: group?,
        dialect: target.dialect(),
        endpoint: target.endpoint(),
        destination: destination?,
    })
}

/// The restrictions that a call must pass, all of them.
fn scopes<'a>(
    principal: &'a Principal,
    group: Option<&'a Group>,
) -> impl Iterator<Item = (Layer, &'a Scope)> {
    [
        Some((Layer::Token, &principal.token.scope)),
        Some((Layer::Account, &principal.account.scope)),
        group.map(|group| (Layer::Group, &group.scope)),
    ]
    .into_iter()
    .flatten()
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

fn group_known(principal: &Principal, group: Option<&Group>, watch: &mut impl Watch) {
    watch.saw(
        group.is_some(),
        ReasonKind::GroupUnknown,
        Layer::Catalog,
        &principal.token.group,
        &"a group that exists",
    );
}

fn network(
    principal: &Principal,
    group: Option<&Group>,
    asked: &Asked<'_>,
    watch: &mut impl Watch,
) {
    let address = canonical(asked.address);
    for (layer, scope) in scopes(principal, group) {
        let passed = scope.allows_address(address);
        watch.saw(
            passed,
            ReasonKind::AddressNotAllowed,
            layer,
            &address,
            &scope.networks,
        );
    }
}

fn endpoint(
    principal: &Principal,
    group: Option<&Group>,
    asked: &Asked<'_>,
    watch: &mut impl Watch,
) {
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
}

fn quotas(principal: &Principal, now: Timestamp, watch: &mut impl Watch) {
    let Principal {
        token,
        account,
        spent,
        account_spent,
    } = principal;
    quota(&token.quota, spent, Layer::Token, now, watch);
    let funds = account.funds.quota();
    quota(&funds, account_spent, Layer::Account, now, watch);
}

fn quota(quota: &Quota, spent: &Standing, layer: Layer, now: Timestamp, watch: &mut impl Watch) {
    let wanted = "more than 0 credits left";
    let balance = quota.lifetime_balance(spent);
    watch.saw(
        !balance.is_some_and(|balance| balance.is_exhausted()),
        ReasonKind::QuotaExhausted,
        layer,
        &Remainder(|| balance),
        &wanted,
    );
    // The calendar takes longer than all the rest of the decision: it is asked only for answers.
    let present = || quota.periodic_balance(spent, now);
    watch.saw_until(
        !quota.is_period_exhausted(spent, now),
        ReasonKind::PeriodExhausted,
        layer,
        &|| present().map(|(_, span)| span.end),
        &Remainder(|| present().map(|(balance, _)| balance)),
        &wanted,
    );
}

#[cfg(test)]
mod tests;
