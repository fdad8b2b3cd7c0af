//! The immutable, indexed picture of groups, models and upstreams that decisions are made on.

use std::collections::{BTreeMap, BTreeSet};

use crate::group::Group;
use crate::id::{GroupId, UpstreamId};
use crate::name::{ModelName, Prefix, Provider};
use crate::price::Price;
use crate::upstream::{Model, ServedModel, Serves, Upstream};

/// Groups, models and upstreams, indexed. Built once per change and then only read.
#[derive(Debug, Clone, Default)]
pub struct Catalog {
    groups: BTreeMap<GroupId, Group>,
    offers: BTreeMap<ModelName, Offer>,
    mounts: BTreeMap<Prefix, Upstream>,
    /// Those that serve models, or that did.
    upstreams: BTreeMap<UpstreamId, Upstream>,
    default_price: Option<Price>,
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
    /// What it costs here, from the model's price lists.
    prices: Prices,
}

/// The price lists of a model at one vendor: that of most groups, and those of some.
#[derive(Debug, Clone)]
struct Prices {
    usual: Option<Price>,
    of_groups: Vec<(GroupId, Price)>,
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
    /// Indexes groups, models and upstreams. What has no price cannot be called.
    ///
    /// # Errors
    /// Where names collide or an upstream serves a model that is not there.
    pub fn new(
        groups: impl IntoIterator<Item = Group>,
        models: impl IntoIterator<Item = Model>,
        upstreams: impl IntoIterator<Item = Upstream>,
    ) -> Result<Self, CatalogError> {
        Self::with_default_price(None, groups, models, upstreams)
    }

    /// Indexes groups, models and upstreams. What has no price of its own takes this one, if any.
    ///
    /// # Errors
    /// Where names collide or an upstream serves a model that is not there.
    pub fn with_default_price(
        default_price: Option<Price>,
        groups: impl IntoIterator<Item = Group>,
        models: impl IntoIterator<Item = Model>,
        upstreams: impl IntoIterator<Item = Upstream>,
    ) -> Result<Self, CatalogError> {
        let mut catalog = Self {
            default_price,
            ..Self::default()
        };
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
            Serves::Mount(prefix) => {
                upstream.price = upstream.price.or(self.default_price);
                match self.mounts.insert(prefix.clone(), upstream) {
                    Some(_) => Err(CatalogError::DoubleMount(prefix)),
                    None => Ok(()),
                }
            }
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
                    let prices = Prices::new(&offer.model, &upstream.provider, self.default_price);
                    let upstream = upstream.clone();
                    offer.routes.push(Route {
                        upstream,
                        served,
                        prices,
                    });
                }
                self.upstreams.insert(upstream.id, upstream);
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

    /// An upstream that serves models, or is set up to and serves none now; its `serves` is left
    /// empty here.
    pub fn upstream(&self, id: UpstreamId) -> Option<&Upstream> {
        self.upstreams.get(&id)
    }

    /// The upstream that is mounted under this path segment; its `serves` is left empty here.
    pub fn mount(&self, prefix: &str) -> Option<&Upstream> {
        self.mounts.get(prefix)
    }
}

impl Route {
    /// What a call of the group costs here; `None` where that is not known.
    pub fn price(&self, group: GroupId) -> Option<&Price> {
        let Prices { usual, of_groups } = &self.prices;
        let of_group = of_groups.iter().find(|(id, _)| *id == group);
        of_group.map(|(_, price)| price).or(usual.as_ref())
    }
}

impl Prices {
    fn new(model: &Model, provider: &Provider, default: Option<Price>) -> Self {
        let pricing = &model.pricing;
        let named = pricing.overrides.iter().filter_map(|one| one.group);
        let groups: BTreeSet<GroupId> = named.collect();
        let price = |group| Some((group, *pricing.of(provider, group)?));
        Self {
            usual: pricing.usual(provider).copied().or(default),
            of_groups: groups.into_iter().filter_map(price).collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bound::Window;
    use crate::endpoint::Dialect;
    use crate::group::{Multiplier, Terms};
    use crate::id::ModelId;
    use crate::scope::{Allow, Scope};
    use crate::upstream::{PriceOverride, Pricing};

    fn group(id: i64) -> Group {
        Group {
            id: GroupId::from_raw(id).unwrap(),
            name: "group".parse().unwrap(),
            multiplier: Multiplier::ONE,
            scope: Scope::default(),
            terms: Terms::default(),
        }
    }

    fn model(name: &str) -> Model {
        Model {
            id: ModelId::from_raw(1).unwrap(),
            name: name.parse().unwrap(),
            provider: "vendor".parse().unwrap(),
            enabled: true,
            pricing: Pricing::default(),
            window: Window::default(),
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
            credentials: None,
            sticky: false,
            serves,
            price: None,
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

    #[test]
    fn the_closest_price_list_applies() {
        let price = |text: &str| Some(text.parse::<Price>().unwrap());
        let of = |provider: Option<&str>, group: Option<i64>, text| PriceOverride {
            provider: provider.map(|name| name.parse().unwrap()),
            group: group.map(|id| GroupId::from_raw(id).unwrap()),
            price: price(text).unwrap(),
        };
        let overrides = vec![
            of(Some("vendor"), None, "request=2"),
            of(None, Some(7), "request=3"),
            of(Some("other"), Some(7), "request=4"),
            of(Some("vendor"), Some(8), "request=5"),
        ];
        let pricing = |base| Pricing {
            base,
            overrides: overrides.clone(),
        };
        let found = |pricing: Pricing, default, group| {
            let model = Model {
                pricing,
                ..model("a")
            };
            let upstreams = [upstream(1, models(&["a"]))];
            let catalog = Catalog::with_default_price(default, [], [model], upstreams).unwrap();
            let route = catalog.offer("a").unwrap().routes[0].clone();
            route.price(GroupId::from_raw(group).unwrap()).copied()
        };
        let base = pricing(price("request=1"));
        assert_eq!(found(base.clone(), None, 1), price("request=2"));
        assert_eq!(found(base.clone(), None, 7), price("request=3"));
        assert_eq!(found(base, None, 8), price("request=5"));
        let none = Pricing::default;
        assert_eq!(found(none(), None, 1), None);
        assert_eq!(found(none(), price("request=9"), 1), price("request=9"));
    }
}
