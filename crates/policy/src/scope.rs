//! What a token, an account or a group may reach: four allowlists of the same shape.

use std::net::IpAddr;

use crate::name::Provider;
use crate::network::Network;
use crate::pattern::Pattern;

/// Everything, or only what is listed. An empty list allows nothing.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Allow<T> {
    /// No restriction.
    #[default]
    Any,
    /// Only these.
    Only(Vec<T>),
}

impl<T> Allow<T> {
    /// Whether the list has an entry that `covers`, or there is no list.
    pub fn any(&self, covers: impl Fn(&T) -> bool) -> bool {
        match self {
            Self::Any => true,
            Self::Only(list) => list.iter().any(covers),
        }
    }

    /// The entries; `None` where there is no restriction.
    pub fn list(&self) -> Option<&[T]> {
        match self {
            Self::Any => None,
            Self::Only(list) => Some(list),
        }
    }
}

/// An empty list of entries means no restriction here, as in a form that was left blank.
impl<T> From<Vec<T>> for Allow<T> {
    fn from(list: Vec<T>) -> Self {
        if list.is_empty() {
            Self::Any
        } else {
            Self::Only(list)
        }
    }
}

/// `any`, or the entries with commas between them.
impl<T: std::fmt::Display> std::fmt::Display for Allow<T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Some(list) = self.list() else {
            return f.write_str("any");
        };
        if list.is_empty() {
            return f.write_str("none");
        }
        for (i, entry) in list.iter().enumerate() {
            let comma = if i == 0 { "" } else { ", " };
            write!(f, "{comma}{entry}")?;
        }
        Ok(())
    }
}

/// The restrictions of one layer. The rights of a call are what all three layers allow.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Scope {
    /// Models by exact name or pattern.
    pub models: Allow<Pattern>,
    /// Vendors that may serve a call: it is the upstream's provider that counts.
    pub providers: Allow<Provider>,
    /// Endpoints by their name, such as `chat.completions` or `mount/*`.
    pub endpoints: Allow<Pattern>,
    /// Client addresses.
    pub networks: Allow<Network>,
}

impl Scope {
    /// Whether a client at this canonical address may call.
    pub fn allows_address(&self, address: IpAddr) -> bool {
        self.networks.any(|network| network.contains(address))
    }

    /// Whether a model of this name may be called.
    pub fn allows_model(&self, model: &str) -> bool {
        self.models.any(|pattern| pattern.matches(model))
    }

    /// Whether upstreams of this vendor may be used.
    pub fn allows_provider(&self, provider: &Provider) -> bool {
        self.providers.any(|allowed| allowed == provider)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_blank_list_means_no_restriction_and_an_empty_one_nothing() {
        assert!(Allow::<u8>::from(vec![]).any(|_| false));
        assert!(!Allow::<u8>::Only(vec![]).any(|_| true));
    }

    #[test]
    fn an_allowlist_says_what_it_allows() {
        assert_eq!(Allow::<u8>::Any.to_string(), "any");
        assert_eq!(Allow::<u8>::Only(vec![]).to_string(), "none");
        assert_eq!(Allow::from(vec![1, 2]).to_string(), "1, 2");
    }
}
