//! The commands of API credentials.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::Which;

/// What can be done with API credentials.
#[derive(Debug, Subcommand)]
pub(crate) enum ApiCredentialCommand {
    /// Make an API credential, and show its secret once
    Create(ApiCredentialCreate),
    /// List all API credentials
    List,
    /// Take an API credential back for good
    Revoke(Which),
}

/// Make an API credential.
#[derive(Debug, Args)]
pub(crate) struct ApiCredentialCreate {
    /// What it is for: 2 to 50 characters, unique
    pub(crate) name: String,
    /// For whom it acts: it never may do more than they
    #[arg(long, value_name = "LOGIN|ID")]
    pub(crate) member: String,
    /// What it may do at most: read, tokens (reads, and manages tokens), or all
    #[arg(long, default_value = "read")]
    pub(crate) scope: String,
    /// When it ends: a moment, a date, how long from now such as `90d`, or `never`
    #[arg(long, default_value = "90d", value_name = "WHEN")]
    pub(crate) expires: String,
    /// Write the secret into this new file, with mode 0600, in place of showing it
    #[arg(long, value_name = "FILE")]
    pub(crate) secret_file: Option<PathBuf>,
}
