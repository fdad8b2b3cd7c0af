//! Models of the gallery and the upstreams that serve them. Addresses and credentials are kept apart.

use crate::bound::Window;
use crate::endpoint::Dialect;
use crate::id::{CredentialId, GroupId, ModelId, UpstreamId};
use crate::name::{ModelName, Name, Prefix, Provider};
use crate::price::Price;
use crate::scope::Allow;

/// A public model that clients can name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Model {
    /// The model's identity.
    pub id: ModelId,
    /// What clients call it; unique.
    pub name: ModelName,
    /// The vendor behind it.
    pub provider: Provider,
    /// Whether it is on offer.
    pub enabled: bool,
    /// What calls of it cost.
    pub pricing: Pricing,
    /// How much it takes and gives.
    pub window: Window,
}

/// The price lists of a model. Without one that applies, its price is unknown.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Pricing {
    /// Where no other applies.
    pub base: Option<Price>,
    /// Price lists of a vendor, of a group, or of a vendor for a group.
    pub overrides: Vec<PriceOverride>,
}

/// A price list that applies to some calls only.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PriceOverride {
    /// Applies to upstreams of this vendor; `None` to all.
    pub provider: Option<Provider>,
    /// Applies to tokens of this group; `None` to all.
    pub group: Option<GroupId>,
    /// The price list, in place of the base.
    pub price: Price,
}

impl Pricing {
    /// The list that applies: that of vendor and group, else of the group, else of the vendor, else
    /// the base.
    pub fn of(&self, provider: &Provider, group: GroupId) -> Option<&Price> {
        self.closest(provider, Some(group))
    }

    /// The list that applies to groups without one of their own.
    pub fn usual(&self, provider: &Provider) -> Option<&Price> {
        self.closest(provider, None)
    }

    fn closest(&self, provider: &Provider, group: Option<GroupId>) -> Option<&Price> {
        let applies = |one: &&PriceOverride| {
            one.provider.as_ref().is_none_or(|of| of == provider)
                && (one.group.is_none() || one.group == group)
        };
        let rank = |one: &&PriceOverride| (one.group.is_some(), one.provider.is_some());
        let closest = self.overrides.iter().filter(applies).max_by_key(rank);
        closest.map(|one| &one.price).or(self.base.as_ref())
    }
}

/// One endpoint that serves models, or a plain HTTP API.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Upstream {
    /// The upstream's identity.
    pub id: UpstreamId,
    /// Unique among upstreams.
    pub name: Name,
    /// Who runs it.
    pub provider: Provider,
    /// What it speaks.
    pub dialect: Dialect,
    /// Whether it takes calls.
    pub enabled: bool,
    /// A higher priority is tried first.
    pub priority: i32,
    /// The share among upstreams of the same priority; 0 only when nothing else is left.
    pub weight: u32,
    /// The groups that it serves.
    pub groups: Allow<GroupId>,
    /// The credentials that may be used, any of them; `None` where it wants none. One that wants
    /// some and has none takes no calls.
    pub credentials: Option<Vec<CredentialId>>,
    /// Whether the calls of a token go to the same upstream of its priority, with the same
    /// credential, as long as that serves: what a provider caches is kept by credential.
    pub sticky: bool,
    /// What it serves.
    pub serves: Serves,
    /// What a request of a mounted API costs; models have price lists of their own.
    pub price: Option<Price>,
}

/// What an upstream serves.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Serves {
    /// Models, by their public names.
    Models(Vec<ServedModel>),
    /// Everything under a path prefix.
    Mount(Prefix),
}

/// A model as one upstream serves it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServedModel {
    /// The public name.
    pub name: ModelName,
    /// The name that the upstream knows it by, where that differs.
    pub sent_as: Option<ModelName>,
}

impl Upstream {
    /// Whether tokens of the group may be routed here.
    pub fn serves_group(&self, group: GroupId) -> bool {
        self.groups.any(|served| *served == group)
    }

    /// Whether it has what it needs to be called.
    pub fn has_credentials(&self) -> bool {
        self.credentials
            .as_ref()
            .is_none_or(|some| !some.is_empty())
    }
}
