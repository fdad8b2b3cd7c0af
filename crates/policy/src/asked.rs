//! The facts about one call that policy looks at.

use std::net::IpAddr;

use crate::endpoint::{Dialect, Endpoint};
use crate::scope::Scope;
use crate::time::Timestamp;

/// What a caller asks for, from where, and with which of the token's secrets.
#[derive(Debug, Clone, Copy)]
pub struct Asked<'a> {
    /// What is asked for.
    pub target: Target<'a>,
    /// The client's address. One mapped into IPv6 counts as the IPv4 address that it is.
    pub address: IpAddr,
    /// When the presented secret stops being valid: set on the old one while a secret is rotated.
    pub secret_valid_until: Option<Timestamp>,
}

/// What is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Target<'a> {
    /// A model, through an endpoint.
    Model {
        /// The endpoint.
        endpoint: Endpoint,
        /// The model as the client named it.
        model: &'a str,
    },
    /// A mounted plain HTTP API.
    Mount {
        /// The first path segment, without slashes.
        prefix: &'a str,
    },
    /// Something that the gateway answers itself.
    Gateway {
        /// The endpoint.
        endpoint: Endpoint,
    },
    /// What is left on the token that asks: for every token that may be used, whatever it is for.
    Statement,
}

impl Target<'_> {
    /// The dialect in which the call was made, and must be served.
    pub fn dialect(&self) -> Dialect {
        match self {
            Self::Model { endpoint, .. } | Self::Gateway { endpoint } => endpoint.dialect(),
            Self::Mount { .. } => Dialect::Plain,
            Self::Statement => Dialect::OpenAi,
        }
    }

    /// Whether the gateway answers it itself, for nothing.
    pub fn is_answered_here(&self) -> bool {
        matches!(self, Self::Gateway { .. } | Self::Statement)
    }

    /// The endpoint, where there is one.
    pub fn endpoint(&self) -> Option<Endpoint> {
        match self {
            Self::Model { endpoint, .. } | Self::Gateway { endpoint } => Some(*endpoint),
            Self::Mount { .. } | Self::Statement => None,
        }
    }

    pub(crate) fn allowed_by(&self, scope: &Scope) -> bool {
        if let Self::Statement = self {
            return true;
        }
        let (head, tail) = self.name_parts();
        scope
            .endpoints
            .any(|pattern| pattern.matches_joined(head, tail))
    }

    /// The name of the endpoint in two parts, so that a mount's needs no memory.
    fn name_parts(&self) -> (&str, &str) {
        match self {
            Self::Model { endpoint, .. } | Self::Gateway { endpoint } => ("", endpoint.name()),
            Self::Mount { prefix } => ("mount/", prefix),
            Self::Statement => ("", "key"),
        }
    }
}

/// The name of the endpoint as allowlists write it: `chat.completions`, `mount/crm`. A prefix is
/// what a stranger sent, so it is shortened, and escaped where it could disturb a terminal.
impl std::fmt::Display for Target<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (head, tail) = self.name_parts();
        f.write_str(head)?;
        tail.chars()
            .take(200)
            .try_for_each(|c| write!(f, "{}", c.escape_debug()))
    }
}
