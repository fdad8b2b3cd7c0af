//! What use cases answer: the JSON of the command line and of the API. Domain types are not JSON.
//!
//! Names are in snake_case. Ids are texts. Moments are RFC 3339 in UTC. Credits and multipliers are
//! decimal texts with at most six decimals, which no reader can round. `null` stands for never, for
//! unlimited, and for a list without restriction; an empty list allows nothing. No view has a
//! place for a secret.

use serde::Serialize;
use tollgate_policy::id::GroupId;
use tollgate_policy::scope::{Allow, Scope};
use tollgate_policy::time::Timestamp;

use group::GroupView;

pub mod account;
pub mod alert;
pub mod audit;
pub mod explain;
pub mod first_byte;
pub mod gateway;
pub mod group;
pub mod import;
pub mod member;
pub mod model;
pub mod money;
pub mod receipt;
pub mod refusal;
pub mod token;
pub mod upstream;
pub mod usage;

/// Another thing, by id and by the name that it has now.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Reference {
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: String,
}

impl Reference {
    /// The name may be gone between two reads; the id is still right.
    pub(crate) fn to_group(id: GroupId, groups: &[GroupView]) -> Self {
        let id = id.to_string();
        let found = groups.iter().find(|group| group.id == id);
        let name = found.map_or_else(|| id.clone(), |group| group.name.clone());
        Self { id, name }
    }
}

/// One page of a list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Page<T> {
    /// The entries, in order.
    pub entries: Vec<T>,
    /// Where the next page begins; `null` on the last one.
    pub next_cursor: Option<String>,
}

impl<T> Page<T> {
    /// A page of what was asked for with one entry more than it may have.
    pub(crate) fn cut(mut entries: Vec<T>, limit: u32, cursor: impl Fn(&T) -> String) -> Self {
        let length = usize::try_from(limit).unwrap_or(usize::MAX);
        let more = entries.len() > length;
        entries.truncate(length);
        let last = entries.last().filter(|_| more);
        let next_cursor = last.map(cursor);
        Self {
            entries,
            next_cursor,
        }
    }
}

/// Restrictions; `null` where there is none.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
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
