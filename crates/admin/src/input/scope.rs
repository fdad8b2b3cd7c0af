//! Allowlists as operators write them.

use std::fmt::Display;
use std::str::FromStr;

use serde::Deserialize;
use tollgate_policy::endpoint::Endpoint;
use tollgate_policy::pattern::Pattern;
use tollgate_policy::scope::{Allow, Scope};
use tollgate_store::scope::ScopeEdit;

use super::parsed;
use crate::error::AdminError;

/// The longest list. All of it is kept in the memory of gateways and looked at for each call.
const MOST_ENTRIES: usize = 1000;

/// Restrictions, each where it was said. An empty list or the one entry `any` means no restriction,
/// the one entry `none` allows nothing.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[cfg_attr(feature = "openapi", derive(serde::Serialize, utoipa::ToSchema))]
#[serde(default)]
pub struct ScopeInput {
    /// Models by exact name, or with `*` for any text.
    pub models: Option<Vec<String>>,
    /// Providers by name.
    pub providers: Option<Vec<String>>,
    /// Endpoints by name, such as `chat.completions` or `mount/crm`, or with `*` for any text.
    pub endpoints: Option<Vec<String>>,
    /// Client addresses and networks.
    pub networks: Option<Vec<String>>,
}

impl ScopeInput {
    /// What is to be changed of a scope.
    ///
    /// # Errors
    /// Where an entry is not what the list holds.
    pub fn edit(&self) -> Result<ScopeEdit, AdminError> {
        let edit = ScopeEdit {
            models: allow("models", self.models.as_deref())?,
            providers: allow("providers", self.providers.as_deref())?,
            endpoints: allow("endpoints", self.endpoints.as_deref())?,
            networks: allow("networks", self.networks.as_deref())?,
        };
        edit.endpoints.as_ref().map_or(Ok(()), known_endpoints)?;
        Ok(edit)
    }

    /// The scope of something new: no restriction where nothing was said.
    ///
    /// # Errors
    /// Where an entry is not what the list holds.
    pub fn scope(&self) -> Result<Scope, AdminError> {
        let edit = self.edit()?;
        Ok(Scope {
            models: edit.models.unwrap_or_default(),
            providers: edit.providers.unwrap_or_default(),
            endpoints: edit.endpoints.unwrap_or_default(),
            networks: edit.networks.unwrap_or_default(),
        })
    }
}

/// The word by which a list as a whole is said, if it is one.
pub(crate) fn word(list: &[String]) -> Option<&str> {
    match list {
        [] => Some("any"),
        [one] if one.trim().is_empty() => Some("any"),
        [one] => Some(one.trim()),
        _ => None,
    }
}

fn allow<T>(field: &'static str, list: Option<&[String]>) -> Result<Option<Allow<T>>, AdminError>
where
    T: FromStr + PartialEq,
    T::Err: Display,
{
    let Some(list) = list else {
        return Ok(None);
    };
    match word(list) {
        Some("any") => return Ok(Some(Allow::Any)),
        Some("none") => return Ok(Some(Allow::Only(Vec::new()))),
        _ => {}
    }
    if list.len() > MOST_ENTRIES {
        let problem = format!("a list has at most {MOST_ENTRIES} entries");
        return Err(AdminError::invalid(field, problem));
    }
    let mut entries = Vec::with_capacity(list.len());
    for text in list {
        let entry = parsed(field, text.trim())?;
        if !entries.contains(&entry) {
            entries.push(entry);
        }
    }
    Ok(Some(Allow::Only(entries)))
}

/// A mistyped endpoint would lock every caller out, and look like a rule that works.
fn known_endpoints(endpoints: &Allow<Pattern>) -> Result<(), AdminError> {
    for pattern in endpoints.list().unwrap_or_default() {
        let text = pattern.as_str();
        let known = Endpoint::ALL.iter().any(|one| pattern.matches(one.name()));
        if !known && !text.starts_with("mount/") && !text.contains('*') {
            let names = Endpoint::ALL.map(|one| format!("`{one}`")).join(", ");
            let problem = format!("`{text}` is not one of {names}, `mount/` and a prefix");
            return Err(AdminError::invalid("endpoints", problem));
        }
    }
    Ok(())
}
