//! What a decision says: a permit, or a refusal with every reason that applied.

use crate::catalog::{Catalog, Offer, Route};
use crate::endpoint::{Dialect, Endpoint};
use crate::evaluate::{Way, instead, is_open, usable};
use crate::group::Group;
use crate::id::UpstreamId;
use crate::name::ModelName;
use crate::price::Price;
use crate::time::Timestamp;
use crate::token::Principal;
use crate::upstream::{Model, Upstream};

/// The outcome of a decision. A refusal is a value, not an error.
#[derive(Debug, Clone)]
pub enum Verdict<'a> {
    /// The call may be made.
    Permit(Permit<'a>),
    /// The call may not be made.
    Refuse(Refusal),
}

/// Proof that a call may be made, and what it may use. Only [`crate::evaluate()`] makes one.
#[derive(Debug, Clone, Copy)]
pub struct Permit<'a> {
    pub(crate) catalog: &'a Catalog,
    pub(crate) principal: &'a Principal,
    pub(crate) group: &'a Group,
    pub(crate) dialect: Dialect,
    pub(crate) endpoint: Option<Endpoint>,
    pub(crate) destination: Destination<'a>,
}

/// An upstream that may serve a call.
#[derive(Debug, Clone, Copy)]
pub struct Candidate<'a> {
    /// The upstream.
    pub upstream: &'a Upstream,
    /// The way to the model; none for a mount.
    pub route: Option<&'a Route>,
    /// What the call costs there, before the group's multiplier.
    pub price: &'a Price,
}

/// Where a permitted call may go.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Destination<'a> {
    Model(&'a Offer),
    Mount(&'a Upstream),
    Gateway,
}

impl Permit<'_> {
    /// Whether the call may go to an upstream that serves models, whichever of them and even none
    /// now: it is enabled, for the group, and of a vendor that is allowed.
    pub fn may_reach(&self, upstream: UpstreamId) -> bool {
        let found = self.catalog.upstream(upstream);
        found.is_some_and(|found| is_open(found, self.dialect, self.principal, self.group))
    }
}

/// Why a call may not be made: at least one reason, the first of which decides the answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    first: Reason,
    others: Vec<Reason>,
}

/// One rule that a call broke.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reason {
    /// Which rule, and how.
    pub kind: ReasonKind,
    /// Whose restriction it was.
    pub layer: Layer,
    /// Until when, if that is known: when a period begins anew, or when there is room again.
    pub until: Option<Timestamp>,
    /// What the rule looked at.
    pub saw: String,
    /// What it would have let through.
    pub wanted: String,
}

/// Whose restriction a rule belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Layer {
    /// The token's own.
    Token,
    /// The account's.
    Account,
    /// The group's.
    Group,
    /// The gateway's: what the catalog has.
    Catalog,
}

/// The rules, in the order in which they are looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Rule {
    /// The presented secret is current.
    Secret,
    /// Token and account are enabled, the token is not expired, and its group exists.
    Status,
    /// The client's address is allowed.
    Network,
    /// The endpoint is allowed.
    Endpoint,
    /// What is asked for is on offer and allowed: the model, or the mount.
    Model,
    /// The vendor that would serve the call is allowed.
    Provider,
    /// Something serves the call.
    Upstream,
    /// It is known what the call costs.
    Price,
    /// There is something left to spend.
    Quota,
    /// There is room in the minute, and beside the calls that go on.
    Limit,
}

/// How a rule was broken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ReasonKind {
    /// The secret was rotated, and its overlap has ended.
    SecretRetired,
    /// The token was revoked.
    TokenRevoked,
    /// The token is disabled.
    TokenDisabled,
    /// The token's expiry has passed.
    TokenExpired,
    /// The account is disabled.
    AccountDisabled,
    /// The token's group does not exist.
    GroupUnknown,
    /// The client's address is not in an allowed network.
    AddressNotAllowed,
    /// The endpoint is not allowed.
    EndpointNotAllowed,
    /// No such model is on offer.
    ModelUnknown,
    /// The model is not allowed.
    ModelNotAllowed,
    /// Nothing is mounted under the prefix.
    MountUnknown,
    /// No vendor that serves the call is allowed.
    ProviderNotAllowed,
    /// Nothing that may be used serves the call.
    NoUpstream,
    /// It is not known what a call costs that nothing else keeps from being made.
    PriceUnknown,
    /// The quota of a lifetime is used up, or the balance of the account.
    QuotaExhausted,
    /// The quota of the present period is used up.
    PeriodExhausted,
    /// What is left, less what is held for other calls, does not cover the call.
    QuotaShort,
    /// Too many requests in a minute.
    RequestLimit,
    /// Too many tokens in a minute.
    TokenLimit,
    /// Too many requests at once.
    ConcurrencyLimit,
}

impl<'a> Permit<'a> {
    /// Who calls.
    pub fn principal(&self) -> &'a Principal {
        self.principal
    }

    /// The tier in which the call is made.
    pub fn group(&self) -> &'a Group {
        self.group
    }

    /// What may serve the call, in no particular order; empty where the gateway answers itself.
    pub fn candidates(&self) -> impl Iterator<Item = Candidate<'a>> + Clone + use<'a> {
        let Self {
            principal,
            group,
            dialect,
            endpoint,
            ..
        } = *self;
        let (routes, mount): (&[Route], _) = match self.destination {
            Destination::Model(offer) => (&offer.routes, None),
            Destination::Mount(upstream) => (&[], Some(Way::to_mount(upstream))),
            Destination::Gateway => (&[], None),
        };
        let ways = routes.iter().map(|route| Way::to_model(route, group.id));
        ways.chain(mount).filter_map(move |way| {
            let price = usable(&way, dialect, endpoint, principal, group)?;
            Some(Candidate {
                upstream: way.upstream,
                route: way.route,
                price,
            })
        })
    }

    /// The same call for each model that the group names in place of this one and that the token may
    /// use as well, in the group's order.
    pub fn fallbacks(&self) -> impl Iterator<Item = Permit<'a>> + use<'a> {
        let permit = *self;
        let fallbacks = &permit.group.terms.fallbacks;
        let others = match permit.model() {
            Some(model) => fallbacks.of(&model.name),
            None => &[],
        };
        let permitted = move |other: &'a ModelName| instead(&permit, other.as_str());
        others.iter().filter_map(permitted)
    }

    /// The model that is called, if one is.
    pub fn model(&self) -> Option<&'a Model> {
        match self.destination {
            Destination::Model(offer) => Some(&offer.model),
            Destination::Mount(_) | Destination::Gateway => None,
        }
    }
}

impl Refusal {
    /// A refusal for a reason that was found after the decision: no room in a limit, or too little
    /// left to hold.
    pub fn because(reason: Reason) -> Self {
        Self {
            first: reason,
            others: Vec::new(),
        }
    }

    /// A refusal from the reasons that were found, in order; `None` if there are none.
    pub(crate) fn new(reasons: Vec<Reason>) -> Option<Self> {
        let mut reasons = reasons.into_iter();
        let first = reasons.next()?;
        let others = reasons.collect();
        Some(Self { first, others })
    }

    /// A refusal for want of a permit, should no rule have been found broken.
    pub(crate) fn unexplained() -> Self {
        let first = Reason {
            kind: ReasonKind::NoUpstream,
            layer: Layer::Catalog,
            until: None,
            saw: "nothing".to_owned(),
            wanted: "a permit".to_owned(),
        };
        Self {
            first,
            others: Vec::new(),
        }
    }

    /// The reason that decides the answer.
    pub fn first(&self) -> &Reason {
        &self.first
    }

    /// All reasons, the deciding one first.
    pub fn reasons(&self) -> impl Iterator<Item = &Reason> {
        std::iter::once(&self.first).chain(&self.others)
    }
}

impl Reason {
    /// The rule that was broken.
    pub fn rule(&self) -> Rule {
        self.kind.rule()
    }
}

impl std::fmt::Display for Reason {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self {
            kind,
            layer,
            saw,
            wanted,
            ..
        } = self;
        write!(
            f,
            "{}: {} saw {saw}, wants {wanted}",
            kind.name(),
            layer.name()
        )
    }
}

impl Layer {
    /// The name in texts.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Token => "token",
            Self::Account => "account",
            Self::Group => "group",
            Self::Catalog => "catalog",
        }
    }
}

impl Rule {
    /// The name in texts.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Secret => "secret",
            Self::Status => "status",
            Self::Network => "network",
            Self::Endpoint => "endpoint",
            Self::Model => "model",
            Self::Provider => "provider",
            Self::Upstream => "upstream",
            Self::Price => "price",
            Self::Quota => "quota",
            Self::Limit => "limit",
        }
    }
}

impl ReasonKind {
    /// The stable name for operators: in logs, metrics and `explain`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::SecretRetired => "secret_retired",
            Self::TokenRevoked => "token_revoked",
            Self::TokenDisabled => "token_disabled",
            Self::TokenExpired => "token_expired",
            Self::AccountDisabled => "account_disabled",
            Self::GroupUnknown => "group_unknown",
            Self::AddressNotAllowed => "address_not_allowed",
            Self::EndpointNotAllowed => "endpoint_not_allowed",
            Self::ModelUnknown => "model_unknown",
            Self::ModelNotAllowed => "model_not_allowed",
            Self::MountUnknown => "mount_unknown",
            Self::ProviderNotAllowed => "provider_not_allowed",
            Self::NoUpstream => "no_upstream",
            Self::PriceUnknown => "price_unknown",
            Self::QuotaExhausted => "quota_exhausted",
            Self::PeriodExhausted => "period_exhausted",
            Self::QuotaShort => "quota_short",
            Self::RequestLimit => "request_limit",
            Self::TokenLimit => "token_limit",
            Self::ConcurrencyLimit => "concurrency_limit",
        }
    }

    /// The rule that is broken in this way.
    pub const fn rule(self) -> Rule {
        match self {
            Self::SecretRetired => Rule::Secret,
            Self::TokenRevoked
            | Self::TokenDisabled
            | Self::TokenExpired
            | Self::AccountDisabled
            | Self::GroupUnknown => Rule::Status,
            Self::AddressNotAllowed => Rule::Network,
            Self::EndpointNotAllowed => Rule::Endpoint,
            Self::ModelUnknown | Self::ModelNotAllowed | Self::MountUnknown => Rule::Model,
            Self::ProviderNotAllowed => Rule::Provider,
            Self::NoUpstream => Rule::Upstream,
            Self::PriceUnknown => Rule::Price,
            Self::QuotaExhausted | Self::PeriodExhausted | Self::QuotaShort => Rule::Quota,
            Self::RequestLimit | Self::TokenLimit | Self::ConcurrencyLimit => Rule::Limit,
        }
    }
}
