//! What an operator says of an issuer.

use std::path::PathBuf;

use serde::Deserialize;
use zeroize::Zeroizing;

/// An issuer that signs members in, as it is configured.
#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// Its address, as its discovery document has it: `/.well-known/openid-configuration` is below
    /// it.
    pub issuer: String,
    /// What it calls this console.
    pub client_id: String,
    /// Where the secret is that it gave this console; whoever reads the settings reads it too.
    pub client_secret_file: Option<PathBuf>,
    /// That secret; none for a public client, which PKCE protects alone.
    #[serde(skip)]
    pub client_secret: Option<Zeroizing<String>>,
    /// What people call it, on the button.
    #[serde(default = "named")]
    pub name: String,
    /// What is asked for besides `openid`.
    #[serde(default = "scopes")]
    pub scopes: Vec<String>,
    /// Only people with an address of email in one of these domains may come in; empty for all.
    #[serde(default)]
    pub domains: Vec<String>,
    /// Who becomes a member at their first sign-in: the first entry that fits. Without any, only
    /// members come in.
    #[serde(default)]
    pub provision: Vec<Provision>,
    /// Whether it may be on a private network, or on this machine.
    #[serde(default)]
    pub allow_private: bool,
    /// Where certificates are that are trusted besides the usual roots, as PEM.
    pub ca_file: Option<PathBuf>,
    /// Those certificates.
    #[serde(skip)]
    pub ca: Option<String>,
}

/// Who becomes a member, and as what.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Provision {
    /// A claim that they must have; anybody if missing.
    pub claim: Option<String>,
    /// Its value, or one of its values where it is a list.
    #[serde(default)]
    pub value: String,
    /// `operator`, `auditor` or `member`. Owners are made by owners.
    pub role: String,
    /// The account of a `member`, by name or id.
    pub account: Option<String>,
}

/// Why settings cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SettingsError {
    /// The address cannot be used.
    #[error("`issuer` cannot be used: {0}")]
    Issuer(String),
    /// Something that must be written is not.
    #[error("`{0}` is empty")]
    Empty(&'static str),
    /// A role that nobody is given by an issuer.
    #[error(
        "the role `{0}` is none of `operator`, `auditor` and `member`: owners are made by owners"
    )]
    Role(String),
    /// An account for a role that has none, or none for the one that has.
    #[error("`account` goes with the role `member`, and with no other role")]
    Account,
}

fn named() -> String {
    "OpenID Connect".to_owned()
}

fn scopes() -> Vec<String> {
    vec!["email".to_owned(), "profile".to_owned()]
}

impl Settings {
    /// Whether all can be used that is not asked of the issuer.
    pub(super) fn check(&self) -> Result<(), SettingsError> {
        for (name, text) in [("client_id", &self.client_id), ("name", &self.name)] {
            if text.trim().is_empty() {
                return Err(SettingsError::Empty(name));
            }
        }
        for one in &self.provision {
            if !["operator", "auditor", "member"].contains(&one.role.as_str()) {
                return Err(SettingsError::Role(one.role.chars().take(40).collect()));
            }
            if (one.role == "member") != one.account.is_some() {
                return Err(SettingsError::Account);
            }
        }
        Ok(())
    }
}

/// Never shows the client's secret.
impl std::fmt::Debug for Settings {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let mut shown = f.debug_struct("Settings");
        shown
            .field("issuer", &self.issuer)
            .field("client_id", &self.client_id)
            .finish_non_exhaustive()
    }
}
