//! The immutable, indexed picture of groups, models and upstreams that decisions are made on.

use std::collections::BTreeMap;

use crate::group::Group;
use crate::id::{GroupId, UpstreamId};
use crate::name::{ModelName, Prefix};
use crate::upstream::{Model, ServedModel, Serves, Upstream};

/// Groups, models and upstreams, indexed. Built once per change and then only read.
#[derive(Debug, Clone, Default)]
pub struct Catalog {
    groups: BTreeMap<GroupId, Group>,
    offers: BTreeMap<ModelName, Offer>,
    mounts: BTreeMap<Prefix, Upstream>,
}

/// A model with everything that serves it.
#[derive(Debug, Clone)]
pub struct Offer {
    /// The model.
    pub model: Model,
    /// Its upstreams, enabled or not.
    pub routes: Vec<Route>,
}

/// One way to a model.
#[derive(Debug, Clone)]
pub struct Route {
    /// The upstream; its `serves` is left empty here.
    pub upstream: Upstream,
    /// The model as this upstream knows it.
    pub served: ServedModel,
}

/// What does not fit together in a catalog.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CatalogError {
    /// Two models have one name.
    #[error("two models are named `{0}`")]
    DoubleModel(ModelName),
    /// Two upstreams are mounted under one prefix.
    #[error("two upstreams are mounted under `{0}`")]
    DoubleMount(Prefix),
    /// An upstream serves a model that the gallery does not have.
    #[error("upstream {upstream} serves the model `{model}`, which is not in the gallery")]
    UnknownModel {
        /// The upstream.
        upstream: UpstreamId,
        /// The missing model.
        model: ModelName,
    },
}

impl Catalog {
    /// Indexes groups, models and upstreams.
    ///
    /// # Errors
    /// Where names collide or an upstream serves a model that is not there.
    pub fn new(
        groups: impl IntoIterator<Item = Group>,
        models: impl IntoIterator<Item = Model>,
        upstreams: impl IntoIterator<Item = Upstream>,
    ) -> Result<Self, CatalogError> {
        let mut catalog = Self {
            groups: groups.into_iter().map(|group| (group.id, group)).collect(),
            ..Self::default()
        };
        for model in models {
            let name = model.name.clone();
            let routes = Vec::new();
            if let Some(offer) = catalog.offers.insert(name, Offer { model, routes }) {
                return Err(CatalogError::DoubleModel(offer.model.name));
            }
        }
        for upstream in upstreams {
            catalog.add(upstream)?;
        }
        Ok(catalog)
    }

    fn add(&mut self, mut upstream: Upstream) -> Result<(), CatalogError> {
        match std::mem::replace(&mut upstream.serves, Serves::Models(Vec::new())) {
            Serves::Mount(prefix) => match self.mounts.insert(prefix.clone(), upstream) {
                Some(_) => Err(CatalogError::DoubleMount(prefix)),
                None => Ok(()),
            },
            Serves::Models(models) => {
                for served in models {
                    let Some(offer) = self.offers.get_mut(&served.name) else {
                        return Err(CatalogError::UnknownModel {
                            upstream: upstream.id,
                            model: served.name,
                        });
                    };
                    let upstream = upstream.clone();
                    offer.routes.push(Route { upstream, served });
                }
                Ok(())
            }
        }
    }

    /// The group of this identity.
    pub fn group(&self, id: GroupId) -> Option<&Group> {
        self.groups.get(&id)
    }

    /// The model that clients name so, exactly.
    pub fn offer(&self, model: &str) -> Option<&Offer> {
        self.offers.get(model)
    }

    /// All models, by name.
    pub fn offers(&self) -> impl Iterator<Item = &Offer> {
        self.offers.values()
    }

    /// The upstream that is mounted under this path segment; its `serves` is left empty here.
    pub fn mount(&self, prefix: &str) -> Option<&Upstream> {
        self.mounts.get(prefix)
    }
}
