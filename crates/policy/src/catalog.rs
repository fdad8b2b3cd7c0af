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
    /// Two groups have one identity.
    #[error("two groups have the id {0}")]
    DoubleGroup(GroupId),
    /// Two models have one name.
    #[error("two models are named `{0}`")]
    DoubleModel(ModelName),
    /// Two upstreams are mounted under one prefix.
    #[error("two upstreams are mounted under `{0}`")]
    DoubleMount(Prefix),
    /// An upstream lists a model twice, so that it would be tried twice.
    #[error("upstream {upstream} serves the model `{model}` twice")]
    DoubleRoute {
        /// The upstream.
        upstream: UpstreamId,
        /// The model.
        model: ModelName,
    },
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
        let mut catalog = Self::default();
        for group in groups {
            if let Some(double) = catalog.groups.insert(group.id, group) {
                return Err(CatalogError::DoubleGroup(double.id));
            }
        }
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
                    let listed = |route: &Route| route.upstream.id == upstream.id;
                    if offer.routes.iter().any(listed) {
                        return Err(CatalogError::DoubleRoute {
                            upstream: upstream.id,
                            model: served.name,
                        });
                    }
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::endpoint::Dialect;
    use crate::group::Multiplier;
    use crate::id::ModelId;
    use crate::scope::{Allow, Scope};

    fn group(id: i64) -> Group {
        Group {
            id: GroupId::from_raw(id).unwrap(),
            name: "group".parse().unwrap(),
            multiplier: Multiplier::ONE,
            scope: Scope::default(),
        }
    }

    fn model(name: &str) -> Model {
        Model {
            id: ModelId::from_raw(1).unwrap(),
            name: name.parse().unwrap(),
            provider: "vendor".parse().unwrap(),
            enabled: true,
        }
    }

    fn upstream(id: i64, serves: Serves) -> Upstream {
        Upstream {
            id: UpstreamId::from_raw(id).unwrap(),
            name: "upstream".parse().unwrap(),
            provider: "vendor".parse().unwrap(),
            dialect: Dialect::OpenAi,
            enabled: true,
            priority: 0,
            weight: 1,
            groups: Allow::Any,
            serves,
        }
    }

    fn models(names: &[&str]) -> Serves {
        let served = |name: &&str| ServedModel {
            name: name.parse().unwrap(),
            sent_as: None,
        };
        Serves::Models(names.iter().map(served).collect())
    }

    fn mount() -> Serves {
        Serves::Mount("crm".parse().unwrap())
    }

    #[test]
    fn what_fits_together_is_found_by_name() {
        let upstreams = [
            upstream(1, models(&["a", "b"])),
            upstream(2, models(&["a"])),
            upstream(3, mount()),
        ];
        let catalog = Catalog::new([group(1)], [model("a"), model("b")], upstreams).unwrap();
        assert_eq!(catalog.offer("a").unwrap().routes.len(), 2);
        assert_eq!(catalog.offer("b").unwrap().routes.len(), 1);
        assert!(catalog.mount("crm").is_some() && catalog.offer("A").is_none());
        assert!(catalog.group(GroupId::from_raw(1).unwrap()).is_some());
    }

    #[test]
    fn what_does_not_fit_together_is_refused() {
        let cases: [(Result<Catalog, CatalogError>, &str); 5] = [
            (
                Catalog::new([group(1), group(1)], [], []),
                "two groups have the id",
            ),
            (
                Catalog::new([], [model("a"), model("a")], []),
                "two models are named `a`",
            ),
            (
                Catalog::new([], [], [upstream(1, mount()), upstream(2, mount())]),
                "under `crm`",
            ),
            (
                Catalog::new([], [], [upstream(1, models(&["a"]))]),
                "not in the gallery",
            ),
            (
                Catalog::new([], [model("a")], [upstream(1, models(&["a", "a"]))]),
                "`a` twice",
            ),
        ];
        for (catalog, said) in cases {
            let error = catalog.unwrap_err().to_string();
            assert!(error.contains(said), "{error}");
        }
    }
}
