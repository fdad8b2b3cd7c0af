//! Changes of the four allowlists that tokens, accounts and groups have in common.

use tollgate_policy::name::Provider;
use tollgate_policy::network::Network;
use tollgate_policy::pattern::Pattern;
use tollgate_policy::scope::{Allow, Scope};

/// What to change of a scope: `None` leaves a list as it is.
#[derive(Debug, Clone, Default)]
pub struct ScopeEdit {
    /// Models by exact name or pattern.
    pub models: Option<Allow<Pattern>>,
    /// Vendors behind the models.
    pub providers: Option<Allow<Provider>>,
    /// Endpoints by their name.
    pub endpoints: Option<Allow<Pattern>>,
    /// Client addresses.
    pub networks: Option<Allow<Network>>,
}

impl ScopeEdit {
    pub(crate) fn apply(self, scope: &mut Scope) {
        set(&mut scope.models, self.models);
        set(&mut scope.providers, self.providers);
        set(&mut scope.endpoints, self.endpoints);
        set(&mut scope.networks, self.networks);
    }
}

/// Puts a new value in the place of an old one, if there is a new one.
pub(crate) fn set<T>(place: &mut T, value: Option<T>) {
    if let Some(value) = value {
        *place = value;
    }
}
