//! What use cases answer: the JSON of the command line and of the API. Domain types are not JSON.
//!
//! Names are in snake_case. Ids are texts. Moments are RFC 3339 in UTC. Credits and multipliers are
//! decimal texts with at most six decimals, which no reader can round. `null` stands for never, for
//! unlimited, and for a list without restriction; an empty list allows nothing. No view has a
//! place for a secret.

use serde::Serialize;
use tollgate_policy::scope::{Allow, Scope};
use tollgate_policy::time::Timestamp;

pub mod account;
pub mod audit;
pub mod explain;
pub mod group;
pub mod model;
pub mod token;
pub mod upstream;

/// Another thing, by id and by the name that it has now.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Reference {
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: String,
}

/// One page of a list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Page<T> {
    /// The entries, in order.
    pub entries: Vec<T>,
    /// Where the next page begins; `null` on the last one.
    pub next_cursor: Option<String>,
}

/// Restrictions; `null` where there is none.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ScopeView {
    /// Models by exact name or pattern.
    pub models: Option<Vec<String>>,
    /// Providers.
    pub providers: Option<Vec<String>>,
    /// Endpoints by name or pattern.
    pub endpoints: Option<Vec<String>>,
    /// Client networks.
    pub networks: Option<Vec<String>>,
}

impl ScopeView {
    pub(crate) fn new(scope: &Scope) -> Self {
        Self {
            models: texts(&scope.models),
            providers: texts(&scope.providers),
            endpoints: texts(&scope.endpoints),
            networks: texts(&scope.networks),
        }
    }
}

pub(crate) fn texts<T: ToString>(allow: &Allow<T>) -> Option<Vec<String>> {
    let list = allow.list()?;
    Some(list.iter().map(T::to_string).collect())
}

pub(crate) fn moment(at: Option<Timestamp>) -> Option<String> {
    at.map(|at| at.to_string())
}
