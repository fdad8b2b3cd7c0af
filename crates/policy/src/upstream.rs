//! Models of the gallery and the upstreams that serve them. Addresses and credentials are kept apart.

use crate::endpoint::Dialect;
use crate::id::{GroupId, ModelId, UpstreamId};
use crate::name::{ModelName, Name, Prefix, Provider};
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
    /// What it serves.
    pub serves: Serves,
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
}
